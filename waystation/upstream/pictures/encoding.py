"""Pictures into JSON, without holding up the loop over large ones."""

import asyncio
from base64 import b64encode

from waystation.upstream.pictures.port import PictureInput

_SMALL_BYTES = 1 << 20


async def base64_of(picture: PictureInput) -> str:
    if picture.size_bytes < _SMALL_BYTES:
        return _encoded(picture)
    return await asyncio.to_thread(_encoded, picture)


def _encoded(picture: PictureInput) -> str:
    return b64encode(picture.read()).decode("ascii")
