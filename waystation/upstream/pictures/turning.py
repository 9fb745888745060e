"""Photographs that lie on their side: turned upright before a vendor sees them.

Telephones store what they saw and say in EXIF how to hold it. Vendors differ in whether they heed
that, and a mask is made over the picture as it is shown.
"""

import asyncio
from collections.abc import Sequence

from waystation.artefacts.pictures import BadPicture, Pictures, picture_facts
from waystation.dialects.pictures.order import PictureInput

_HEAD_BYTES = 256 * 1024
"""A JPEG says it in its first segments."""
_JPEG = "image/jpeg"


async def turned(pictures: Pictures, inputs: Sequence[PictureInput]) -> tuple[PictureInput, ...]:
    """The same, those on their side upright. What is damaged stays as it is: its vendor judges."""
    return tuple([await _turned(pictures, each) for each in inputs])


async def _turned(pictures: Pictures, picture: PictureInput) -> PictureInput:
    if picture.content_type != _JPEG:
        return picture
    try:
        head = await asyncio.to_thread(picture.read, _HEAD_BYTES)
        if (await pictures.facts(head)).orientation == 1:
            return picture
        data = await asyncio.to_thread(picture.read)
        upright = await pictures.upright(data)
    except BadPicture:
        return picture
    return PictureInput(upright, _JPEG, picture.name)


def shown_size(data: bytes, pixels_max: int) -> tuple[int, int]:
    """(width, height) once it is upright. Raises BadPicture."""
    facts = picture_facts(data, pixels_max)
    return facts.shown_size if facts.media_type.name == _JPEG else (facts.width, facts.height)
