"""Two to five pictures on one sheet, as the input of a blend."""

from collections.abc import Sequence
from typing import Literal

from PIL import Image

from waystation.imaging.alter import combine
from waystation.imaging.picture import BadPicture, Size, cover, encode, flat, open_picture

Dimensions = Literal["portrait", "square", "landscape"]

SIZES: dict[Dimensions, Size] = {
    "portrait": (1024, 1536),
    "square": (1024, 1024),
    "landscape": (1536, 1024),
}
_IMAGES_MIN, _IMAGES_MAX = 2, 5


def blend_sheet(images: Sequence[bytes], dimensions: Dimensions = "square") -> bytes:
    """PNG with each picture in a field of its own, none hidden: side by side, from four on in two
    rows. Raises BadPicture."""
    opened = _opened(images)
    width, height = SIZES[dimensions]
    out = Image.new("RGB", (width, height), "white")
    rows = [opened] if len(opened) < 4 else [opened[:2], opened[2:]]
    for row, pictures in enumerate(rows):
        top, bottom = row * height // len(rows), (row + 1) * height // len(rows)
        for place, one in enumerate(pictures):
            left, right = place * width // len(pictures), (place + 1) * width // len(pictures)
            out.paste(cover(one, (right - left, bottom - top)), (left, top))
    return encode(out)


def blended(images: Sequence[bytes], dimensions: Dimensions = "square") -> bytes:
    """PNG of all of them in one, with soft seams: a blend without a model."""
    return encode(combine(_opened(images), SIZES[dimensions]))


def _opened(images: Sequence[bytes]) -> list[Image.Image]:
    if not _IMAGES_MIN <= len(images) <= _IMAGES_MAX:
        raise BadPicture("mismatch", f"a blend takes 2 to 5 pictures, not {len(images)}")
    return [flat(open_picture(one)) for one in images]
