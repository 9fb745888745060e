"""What a picture says of itself, and pictures turned upright: Pillow, bounded in pixels, in
threads, a few at a time.

A header of a few bytes can claim a size that fills the memory, so the size is judged before
anything is decoded.
"""

import asyncio
import re
import struct
import warnings
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import msgspec

from waystation.artefacts.media_types import AVIF, GIF, JPEG, PNG, SVG, WEBP, MediaType, sniff
from waystation.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image

PARALLEL = 2
"""Pictures decoded at once in a process: one of 64 million pixels takes 256 MB."""

_FORMATS = {PNG: "PNG", JPEG: "JPEG", WEBP: "WEBP", GIF: "GIF", AVIF: "AVIF"}
_ORIENTATION = 0x0112
_QUALITY = 95
_BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    TypeError,
    struct.error,
    zlib.error,
    Warning,
)
"""What Pillow raises at damaged files; warnings too, where they are made errors."""

# Elsewhere they are nobody's business: each broken EXIF block would write to stderr.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
_SVG_HEAD_BYTES = 4096
_SVG_TAG = re.compile(rb"<svg\b[^>]*>", re.DOTALL)
_LENGTH = rb"""\s%b\s*=\s*["']\s*([0-9]{1,6})(?:\.[0-9]+)?(?:px)?\s*["']"""
_VIEW_BOX = re.compile(
    rb"""\sviewBox\s*=\s*["']\s*[-0-9.]+[\s,]+[-0-9.]+[\s,]+([0-9]{1,6})[0-9.]*[\s,]+([0-9]{1,6})"""
)

Given = ParamSpec("Given")
Made = TypeVar("Made")


class PictureFacts(msgspec.Struct, frozen=True):
    """width, height: pixels as stored, before the EXIF orientation turns it; 0: an SVG that says
    neither. orientation: of EXIF, 1: upright."""

    media_type: MediaType
    width: int
    height: int
    orientation: int = 1

    @property
    def shown_size(self) -> tuple[int, int]:
        """(width, height) as a viewer shows it."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


class BadPicture(ValueError):
    """The bytes are no picture that we take. The reason is in words a caller may read."""


def picture_facts(data: bytes, pixels_max: int) -> PictureFacts:
    """Read from the header; pixels are not decoded. Raises BadPicture. Call it in a thread when
    the picture is large: some formats are walked through."""
    media_type = sniff(data)
    if media_type == SVG:
        return _svg_facts(data)
    with _opened(data, media_type, pixels_max) as picture:
        assert media_type is not None
        return PictureFacts(media_type, *picture.size, _orientation(picture.info.get("exif")))


def _orientation(exif: object) -> int:
    """Out of the raw EXIF block. (Pillow's own `getexif` decodes a whole PNG to find one.)"""
    if not isinstance(exif, bytes):
        return 1
    from PIL.Image import Exif

    read = Exif()
    try:
        read.load(exif)
        found = read.get(_ORIENTATION, 1)
    except _BROKEN:
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def upright(data: bytes, pixels_max: int) -> bytes:
    """The picture with its EXIF orientation applied, in its own format; the very bytes when there
    is nothing to turn, and of what moves. Raises BadPicture."""
    facts = picture_facts(data, pixels_max)
    if facts.orientation == 1:
        return data
    # Not at the top: a gateway that sees no pictures need not load it.
    from PIL import ImageOps

    with _opened(data, facts.media_type, pixels_max) as picture:
        if getattr(picture, "is_animated", False):
            return data  # turning would leave its first frame alone
        try:
            turned = ImageOps.exif_transpose(picture)
            made = BytesIO()
            more = {"icc_profile": picture.info.get("icc_profile")}
            turned.save(made, _FORMATS[facts.media_type], quality=_QUALITY, **more)
        except _BROKEN as fault:
            raise BadPicture(f"it is damaged ({type(fault).__name__})") from None
    return made.getvalue()


def _opened(data: bytes, media_type: MediaType | None, pixels_max: int) -> "Image":
    """Opened, its size judged. Raises BadPicture."""
    from PIL import Image

    if media_type is None or media_type not in _FORMATS:
        kind = "of an unknown type" if media_type is None else media_type.name
        raise BadPicture(f"it is {kind}, not png, jpeg, webp, gif or avif")
    try:
        picture = Image.open(BytesIO(data), formats=[_FORMATS[media_type]])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(f"it has more than {pixels_max} pixels") from None
    except _BROKEN as fault:
        raise BadPicture(f"it is no sound {media_type.name} ({type(fault).__name__})") from None
    width, height = picture.size
    if width < 1 or height < 1:
        raise BadPicture("it has no pixels")
    if width * height > pixels_max:
        raise BadPicture(f"{width} × {height} are more than {pixels_max} pixels")
    return picture


def _svg_facts(data: bytes) -> PictureFacts:
    """Without an XML parser: two attributes of the first tag, or its view box."""
    found = _SVG_TAG.search(data[:_SVG_HEAD_BYTES])
    tag = found.group() if found else b""
    width, height = (re.search(_LENGTH % name, tag) for name in (b"width", b"height"))
    if width and height:
        return PictureFacts(SVG, int(width[1]), int(height[1]))
    box = _VIEW_BOX.search(tag)
    return PictureFacts(SVG, int(box[1]), int(box[2])) if box else PictureFacts(SVG, 0, 0)


class Pictures:
    """The same in threads, PARALLEL at a time, with the settings' pixel cap."""

    def __init__(self, settings: Settings) -> None:
        self.pixels_max = settings.picture_pixels_max
        self._turn = asyncio.Semaphore(PARALLEL)

    async def facts(self, data: bytes) -> PictureFacts:
        """Raises BadPicture."""
        return await asyncio.to_thread(picture_facts, data, self.pixels_max)

    async def upright(self, data: bytes) -> bytes:
        """Raises BadPicture."""
        return await self.run(upright, data, self.pixels_max)

    async def run(
        self,
        work: Callable[Concatenate[bytes, Given], Made],
        data: bytes,
        *more: Given.args,
        **named: Given.kwargs,
    ) -> Made:
        """Any work that decodes a picture, within the bound on parallel work."""
        async with self._turn:
            return await asyncio.to_thread(work, data, *more, **named)
