"""A picture that repeats without a seam, as `--tile` asks for."""

from PIL import Image, ImageChops

from waystation.imaging.breath import breathe
from waystation.imaging.picture import encode, open_picture

_FADE_SHARE = 0.25


def seamless(data: bytes) -> bytes:
    """PNG of the same size whose left edge continues its right one and whose top its bottom: near
    two opposite edges it fades into itself moved by a half, whose middle they then are.
    Raises BadPicture."""
    image = open_picture(data)
    width, height = image.size
    across = Image.frombytes("L", (width, 1), _ramp(width)).resize(image.size)
    image = Image.composite(image, ImageChops.offset(image, width // 2, 0), across)
    breathe()
    down = Image.frombytes("L", (1, height), _ramp(height)).resize(image.size)
    return encode(Image.composite(image, ImageChops.offset(image, 0, height // 2), down))


def _ramp(length: int) -> bytes:
    """0 at both ends, 255 in the middle."""
    fade = max(1.0, length * _FADE_SHARE)
    return bytes(min(255, round(255 * min(x, length - 1 - x) / fade)) for x in range(length))
