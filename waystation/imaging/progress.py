"""Pictures on the way: a grid of which some tiles are there, and blurred forerunners."""

from collections.abc import Sequence

from PIL import Image, ImageFilter

from waystation.imaging.grid import TILES, join
from waystation.imaging.picture import BadPicture, Size, cover, encode, flat, open_picture
from waystation.imaging.scene.backdrop import pattern

_SIDE_PIXELS = 512
_BLUR_SHARE = 0.08


def progress_grid(tiles: Sequence[bytes | None], percent: int, key: str = "") -> bytes:
    """JPEG preview of a grid: tiles that are there, sharper as percent grows, and a mist where
    there is none yet. At most 1024 pixels wide. key: what the mist follows from."""
    if len(tiles) != TILES:
        raise BadPicture("mismatch", f"a grid has {TILES} places, not {len(tiles)}")
    opened = [None if one is None else flat(open_picture(one)) for one in tiles]
    size = _small(next((one.size for one in opened if one is not None), (1, 1)))
    shown = [
        _mist(size, f"{key}/{place}") if one is None else _blur(cover(one, size), percent)
        for place, one in enumerate(opened)
    ]
    return encode(join(shown), "jpeg", 80)


def _small(size: Size) -> Size:
    share = _SIDE_PIXELS / max(size)
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def _blur(image: Image.Image, percent: int) -> Image.Image:
    left = 1 - max(0, min(percent, 100)) / 100
    if left == 0:
        return image
    return image.filter(ImageFilter.GaussianBlur(max(image.size) * _BLUR_SHARE * left))


def _mist(size: Size, key: str) -> Image.Image:
    return Image.blend(Image.new("RGB", size, (172, 174, 182)), pattern(size, key), 0.25)
