"""Masks: callers give transparent = to be changed; vendors want black and white.

A mask without transparency is taken as black and white already, white = to be changed.
"""

import asyncio
import io
import warnings
from typing import Literal

from waystation.errors import Fault
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.pictures.port import PictureInput

PIXELS_MAX = 50_000_000
_FORMATS = ("PNG", "WEBP", "JPEG", "GIF")

Change = Literal["white", "black"]


async def painted(mask: PictureInput, change: Change) -> PictureInput:
    """A PNG of pure black and white; change: the colour of what is to be changed. Raises
    AttemptFailed (400)."""
    data = await asyncio.to_thread(_paint, mask, change)
    return PictureInput(data, "image/png", "mask.png")


def _paint(mask: PictureInput, change: Change) -> bytes:
    from PIL import Image  # loaded when it is needed: a worker stays small

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _drawn(mask, change)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
        raise _refused("it is not a picture that can be read") from None


def _drawn(mask: PictureInput, change: Change) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(mask.read()), formats=_FORMATS) as picture:
        if picture.width * picture.height > PIXELS_MAX:
            raise _refused(f"it has more than {PIXELS_MAX} pixels")
        if picture.has_transparency_data:
            light = picture.convert("RGBA").getchannel("A").point(_BELOW_HALF)
        else:
            light = picture.convert("L").point(_FROM_HALF)
    if change == "black":
        light = light.point(_INVERTED)
    out = io.BytesIO()
    light.save(out, "PNG", compress_level=1)
    return out.getvalue()


_BELOW_HALF = [255] * 128 + [0] * 128
_FROM_HALF = [0] * 128 + [255] * 128
_INVERTED = list(range(255, -1, -1))


def _refused(reason: str) -> AttemptFailed:
    return AttemptFailed(Fault("invalid_value", param="mask", reason=reason), status=400)
