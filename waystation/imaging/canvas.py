"""A picture on a larger sheet: zooming out, panning, making square. What lies outside it is to be
painted; until then its own edges, blurred, stand there."""

from typing import Literal

import msgspec
from PIL import Image, ImageFilter

from waystation.imaging.picture import (
    PIXELS_MAX,
    BadPicture,
    Box,
    Size,
    cover,
    encode,
    open_picture,
    same_mode,
)

Side = Literal["left", "right", "up", "down"]

_ZOOM_MIN, _ZOOM_MAX = 1.0, 2.0
_SIDE_PIXELS_MAX = 8192
_BLUR_SHARE = 0.02
_SOFT = 8  # the blurred surroundings are made at an eighth of their size


class Canvas(msgspec.Struct, frozen=True):
    """picture: PNG of the whole sheet. mask: grey PNG of the same size, white where it is to be
    painted. box: where the original lies (left, top, right, bottom)."""

    picture: bytes
    mask: bytes
    box: Box
    size: Size


def zoom_canvas(data: bytes, factor: float, ratio: Size | None = None) -> Canvas:
    """Zoomed out by 1 to 2: the picture at 1/factor of its size in the middle of a sheet as large
    as it was. ratio (width, height): another shape for the sheet, of about the same area, around
    the whole scaled picture. Raises BadPicture."""
    if not _ZOOM_MIN <= factor <= _ZOOM_MAX:
        raise BadPicture("range", f"zoom must be between 1 and 2, not {factor:g}")
    image = open_picture(data)
    size = image.size if ratio is None else _shaped(image.size, ratio)
    fit = min(size[0] / image.width, size[1] / image.height) / factor
    inner = max(1, round(image.width * fit)), max(1, round(image.height * fit))
    if inner != image.size:
        image = image.resize(inner, Image.Resampling.LANCZOS)
    return _placed(image, size, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))


def square_canvas(data: bytes) -> Canvas:
    """Made square around the picture, whose pixels stay as they are."""
    image = open_picture(data)
    side = max(image.size)
    return _placed(image, (side, side), ((side - image.width) // 2, (side - image.height) // 2))


def pan_canvas(data: bytes, side: Side, share: float = 0.5) -> Canvas:
    """Grown on one side by a share of its width or height; the picture's pixels stay as they are.
    Raises BadPicture."""
    image = open_picture(data)
    if not 0 < share <= 1:
        raise BadPicture("range", f"a pan grows by up to the whole side, not {share:g}")
    width, height = image.size
    more = (round(width * share), 0) if side in ("left", "right") else (0, round(height * share))
    at = (more[0] if side == "left" else 0, more[1] if side == "up" else 0)
    return _placed(image, (width + more[0], height + more[1]), at)


def restore(data: bytes, canvas: Canvas) -> bytes:
    """What an upstream painted on the canvas (scaled if it came in another size), with the
    original's pixels put back exactly."""
    painted, sheet = same_mode([open_picture(data), open_picture(canvas.picture)])
    if painted.size != canvas.size:
        painted = painted.resize(canvas.size, Image.Resampling.LANCZOS)
    painted.paste(sheet.crop(canvas.box), canvas.box[:2])
    return encode(painted)


def crop(data: bytes, box: Box) -> bytes:
    """Raises BadPicture for a box that is empty or leaves the picture."""
    image = open_picture(data)
    left, top, right, bottom = box
    if not (0 <= left < right <= image.width and 0 <= top < bottom <= image.height):
        raise BadPicture("range", f"{box} does not lie in {image.width}x{image.height}")
    return encode(image.crop(box))


def crop_to_ratio(data: bytes, ratio: Size) -> bytes:
    """The largest piece of this shape (width, height) out of its middle."""
    image = open_picture(data)
    wide, high = _positive(ratio)
    if image.width * high > image.height * wide:
        size = max(1, round(image.height * wide / high)), image.height
    else:
        size = image.width, max(1, round(image.width * high / wide))
    left, top = (image.width - size[0]) // 2, (image.height - size[1]) // 2
    return encode(image.crop((left, top, left + size[0], top + size[1])))


def enlarge(data: bytes, factor: int = 2) -> bytes:
    """PNG, larger without a model: Lanczos and a little sharpening. Raises BadPicture."""
    return encode(enlarged(open_picture(data), factor))


def enlarged(image: Image.Image, factor: int = 2) -> Image.Image:
    """Raises BadPicture."""
    if factor not in (2, 4):
        raise BadPicture("range", f"a picture is enlarged by 2 or 4, not {factor}")
    size = image.width * factor, image.height * factor
    if size[0] * size[1] > PIXELS_MAX:
        raise BadPicture("too_large", f"{size[0]}x{size[1]} is more than {PIXELS_MAX} pixels")
    larger = image.resize(size, Image.Resampling.LANCZOS)
    return larger.filter(ImageFilter.UnsharpMask(radius=2, percent=60, threshold=2))


def _positive(ratio: Size) -> Size:
    if min(ratio) < 1 or max(ratio) > 100 * min(ratio):
        raise BadPicture("range", f"{ratio[0]}:{ratio[1]} is no shape for a picture")
    return ratio


def _shaped(size: Size, ratio: Size) -> Size:
    """The same area in another shape, in whole eights of pixels."""
    wide, high = _positive(ratio)
    unit = (size[0] * size[1] / (wide * high)) ** 0.5
    return max(8, round(wide * unit / 8) * 8), max(8, round(high * unit / 8) * 8)


def _placed(image: Image.Image, size: Size, at: tuple[int, int]) -> Canvas:
    if max(size) > _SIDE_PIXELS_MAX:
        raise BadPicture("too_large", f"{size[0]}x{size[1]} is larger than {_SIDE_PIXELS_MAX}")
    box = at[0], at[1], at[0] + image.width, at[1] + image.height
    sheet = _surroundings(image, size)
    sheet.paste(image, at)
    mask = Image.new("L", size, 255)
    mask.paste(0, box)
    return Canvas(encode(sheet), encode(mask), box, size)


def _surroundings(image: Image.Image, size: Size) -> Image.Image:
    small = max(1, size[0] // _SOFT), max(1, size[1] // _SOFT)
    soft = cover(image, small).filter(ImageFilter.GaussianBlur(max(small) * _BLUR_SHARE + 1))
    return soft.resize(size, Image.Resampling.BILINEAR)
