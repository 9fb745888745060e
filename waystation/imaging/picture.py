"""A picture out of bytes, and bytes out of a picture.

What comes out of `open_picture` is RGB or RGBA with 8 bits, upright, wholly decoded. Everything
else that a file can be (CMYK, 16 bits, a palette) is converted; several frames, other formats,
broken data and more pixels than allowed are refused by name.
"""

import struct
import zlib
from io import BytesIO
from typing import Literal

from PIL import Image, ImageOps

from waystation.imaging.breath import breathe

PIXELS_MAX = 40_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
_MAY_MOVE = ("PNG", "WEBP", "GIF", "AVIF")
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's readers raise for data that is not what it says it is.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    TypeError,
    struct.error,
    zlib.error,
    Warning,  # where warnings are made errors
)

PictureFormat = Literal["png", "jpeg", "webp"]
Reason = Literal["unreadable", "truncated", "too_large", "animated", "mismatch", "mask", "range"]
Size = tuple[int, int]
Box = tuple[int, int, int, int]


class BadPicture(ValueError):
    """The picture, or what is asked of it, cannot be. The text names no path and no library."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


def open_picture(data: bytes, pixels_max: int = PIXELS_MAX) -> Image.Image:
    """Raises BadPicture."""
    found = _header(data)
    width, height = found.size
    if width * height > pixels_max:
        raise BadPicture("too_large", f"{width}x{height} is more than {pixels_max} pixels")
    if found.format in _MAY_MOVE and getattr(found, "is_animated", False):
        raise BadPicture("animated", "an animated picture; a single frame is needed")
    try:
        found.load()
    except _BROKEN:
        raise BadPicture("truncated", "the picture's data is cut off or damaged") from None
    plain, turn = _plain(found), _turn(found)
    return plain if turn is None else plain.transpose(turn)


def _header(data: bytes) -> Image.Image:
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture("too_large", "the picture has too many pixels") from None
    except _BROKEN:
        raise BadPicture("unreadable", "not a PNG, JPEG, WebP, GIF or AVIF picture") from None


def _turn(found: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(found.getexif().get(_ORIENTATION, 1))
    except _BROKEN:  # metadata that is damaged turns nothing
        return None


def _plain(found: Image.Image) -> Image.Image:
    mode = found.mode
    if mode in ("RGB", "RGBA"):
        return found.copy()
    if mode == "F" or mode.startswith("I"):
        return found.convert("I").point(lambda value: value * (1 / 256)).convert("RGB")
    if mode in ("LA", "PA", "La", "RGBa") or "transparency" in found.info:
        return found.convert("RGBA")
    return found.convert("RGB")


def encode(image: Image.Image, wanted: PictureFormat = "png", quality: int = 90) -> bytes:
    """PNG is without loss; quality (0-100) is for the others. JPEG has no transparency: white
    shows instead."""
    breathe()
    out = BytesIO()
    if wanted == "png":
        image.save(out, "PNG", compress_level=1)
    elif wanted == "webp":
        image.save(out, "WEBP", quality=quality, method=0)
    else:
        flat(image).save(out, "JPEG", quality=max(quality, 1))
    return out.getvalue()


def flat(image: Image.Image) -> Image.Image:
    """RGB, with white behind what is transparent."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    behind = Image.new("RGB", image.size, "white")
    behind.paste(image, mask=image.getchannel("A"))
    return behind


def cover(image: Image.Image, size: Size) -> Image.Image:
    """Scaled and cropped around its middle until it fills the size."""
    if image.size == size:
        return image
    return ImageOps.fit(image, size, Image.Resampling.BICUBIC)


def same_mode(images: list[Image.Image]) -> list[Image.Image]:
    """All RGBA when one is, else all RGB."""
    mode = "RGBA" if any(one.mode == "RGBA" for one in images) else "RGB"
    return [one if one.mode == mode else one.convert(mode) for one in images]
