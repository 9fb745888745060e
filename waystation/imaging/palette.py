"""The colours of a picture in words, and how light it is."""

from collections import Counter

from PIL import Image, ImageStat

from waystation.imaging.picture import flat
from waystation.imaging.scene.reading import nearest_colour

_SIDE = 64
_COLOURS = 8
_SHARE_MIN = 0.06
_DARK, _BRIGHT = 85, 175
_FLAT, _STRONG = 28, 62


def palette(image: Image.Image, most: int = 3) -> tuple[str, ...]:
    """Names of its main colours, the largest area first; at least one."""
    small = flat(image).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    indexed = small.quantize(_COLOURS, Image.Quantize.MEDIANCUT)
    table = indexed.getpalette() or []
    areas: Counter[str] = Counter()
    for at, count in Counter(indexed.tobytes()).items():
        red, green, blue = table[3 * at : 3 * at + 3]
        areas[nearest_colour((red, green, blue))] += count
    total = _SIDE * _SIDE
    named = [name for name, count in areas.most_common() if count >= total * _SHARE_MIN]
    return tuple((named or [areas.most_common(1)[0][0]])[:most])


def brightness(image: Image.Image) -> str:
    """dark, bright or balanced."""
    mean = ImageStat.Stat(_grey(image)).mean[0]
    return "dark" if mean < _DARK else "bright" if mean > _BRIGHT else "balanced"


def contrast(image: Image.Image) -> str:
    """soft, strong or even."""
    spread = ImageStat.Stat(_grey(image)).stddev[0]
    return "soft" if spread < _FLAT else "strong" if spread > _STRONG else "even"


def weight(image: Image.Image) -> str:
    """Where the picture is most unlike its mean: left, right, top, bottom or centre."""
    grey = _grey(image).resize((9, 9), Image.Resampling.BOX)
    mean = ImageStat.Stat(grey).mean[0]
    cells = grey.tobytes()
    parts = {
        "left": [cells[9 * y + x] for y in range(9) for x in range(3)],
        "right": [cells[9 * y + x] for y in range(9) for x in range(6, 9)],
        "top": [cells[9 * y + x] for y in range(3) for x in range(9)],
        "bottom": [cells[9 * y + x] for y in range(6, 9) for x in range(9)],
        "centre": [cells[9 * y + x] for y in range(3, 6) for x in range(3, 6)],
    }
    unlike = {
        name: sum(abs(value - mean) for value in values) / len(values)
        for name, values in parts.items()
    }
    return max(unlike, key=lambda name: unlike[name])


def _grey(image: Image.Image) -> Image.Image:
    return flat(image).convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
