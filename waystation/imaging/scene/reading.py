"""Words measured in a drawing's pixels: things by their silhouettes within closed ink, their
colours by what fills them, ground and sky by the bands they leave. No metadata is looked at, so a
screenshot, another format or half the size reads the same.
"""

import math
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from PIL import Image, ImageChops

from waystation.imaging.picture import Size, flat
from waystation.imaging.scene.backdrop import GROUNDS, SKIES, ground_colour, light, patterned
from waystation.imaging.scene.prompt import Wanted
from waystation.imaging.scene.regions import Region, enclosed
from waystation.imaging.scene.shapes import SHAPES
from waystation.imaging.scene.thing import draw_thing, main_mask
from waystation.imaging.scene.words import COLOURS, Rgb

_SIDE = 400
_INK_MAX = 92
_CELLS = (20, 20)
_TEMPLATE_SIDE = 120
_REGION_SIDE_MIN = 14
_MISMATCH_MAX = 0.12
_ASPECT_WEIGHT = 0.25
_DISTANCE_MAX = 34.0
_MAIN_MIN = 230
_HORIZON_MIN = 16.0
_MARK_SHARE = 0.9


class Seen(NamedTuple):
    """things: as a plan has them, most frequent first; ground and sky None when unlike any."""

    things: tuple[Wanted, ...]
    ground: str | None
    sky: str | None


class _Template(NamedTuple):
    thing: str
    aspect: float
    cells: bytes
    main: tuple[int, ...]  # the cells that show its own colour


def read_drawing(image: Image.Image) -> Seen:
    """What the demo's own drawings show. Of another picture: little or nothing."""
    small = flat(image)
    share = _SIDE / min(small.size)
    if share < 1:
        size = round(small.width * share), round(small.height * share)
        small = small.resize(size, Image.Resampling.BOX)
    regions = enclosed(_ink(small))
    found = Counter(one for one in (_thing(small, region) for region in regions) if one)
    things = tuple(Wanted(thing, colour, n) for (thing, colour), n in found.most_common())
    sky, ground = _bands(small, regions)
    return Seen(things, ground, sky)


def nearest_colour(colour: Rgb) -> str:
    return min(COLOURS, key=lambda name: distance(COLOURS[name], colour))


def distance(one: Rgb, other: Rgb) -> float:
    """Between two colours as eyes weigh them, about 0 to 765."""
    mean = (one[0] + other[0]) / 2
    red, green, blue = (a - b for a, b in zip(one, other, strict=True))
    weighted = (2 + mean / 256) * red**2 + 4 * green**2 + (2 + (255 - mean) / 256) * blue**2
    return math.sqrt(weighted)


def _ink(image: Image.Image) -> Image.Image:
    red, green, blue = image.split()
    strongest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return strongest.point(lambda value: 255 if value >= _INK_MAX else 0)


def _thing(image: Image.Image, region: Region) -> tuple[str, str | None] | None:
    """What it is, and its colour when that is not the thing's own."""
    width, height = region.silhouette.size
    if min(width, height) < _REGION_SIDE_MIN or width * height > 0.9 * image.width * image.height:
        return None
    cells, aspect = _cells(region.silhouette), width / height
    mirrored = _cells(region.silhouette.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    mismatch, flipped, best = min(
        (_mismatch(one, shown, aspect), turned, one)
        for one in _templates()
        for turned, shown in ((False, cells), (True, mirrored))
    )
    if mismatch > _MISMATCH_MAX:
        return None
    colour = nearest_colour(_fill(image.crop(region.box), best, flipped))
    return best.thing, None if colour == SHAPES[best.thing].colour else colour


def _mismatch(template: _Template, cells: bytes, aspect: float) -> float:
    """0 for the same; silhouettes' difference as a share, and what the proportions differ."""
    area = sum(abs(a - b) for a, b in zip(template.cells, cells, strict=True))
    return area / (255 * len(cells)) + _ASPECT_WEIGHT * abs(math.log(aspect / template.aspect))


def _fill(piece: Image.Image, template: _Template, flipped: bool) -> Rgb:
    if flipped:
        piece = piece.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    cells = piece.resize(_CELLS, Image.Resampling.BOX).tobytes()
    return _middle([cells[3 * at : 3 * at + 3] for at in template.main])


def _middle(colours: list[bytes]) -> Rgb:
    """The median of each channel."""
    half = len(colours) // 2
    red, green, blue = (sorted(one[channel] for one in colours)[half] for channel in range(3))
    return red, green, blue


def _cells(silhouette: Image.Image) -> bytes:
    return silhouette.resize(_CELLS, Image.Resampling.BOX).tobytes()


@lru_cache(maxsize=1)
def _templates() -> tuple[_Template, ...]:
    """Each thing drawn and measured as any drawing is."""
    return tuple(_template(thing) for thing in SHAPES)


def _template(thing: str) -> _Template:
    shape, line = SHAPES[thing], 3
    width, height = _box(shape.aspect)
    drawn = draw_thing(shape, shape.colour, width, height, line)
    sheet = Image.new("RGB", (width + 20, height + 20), "white")
    sheet.paste(drawn.image, (10, 10), drawn.mask)
    region = max(enclosed(_ink(sheet)), key=lambda one: one.silhouette.size)
    own = Image.new("L", sheet.size)
    own.paste(main_mask(shape, width, height, line), (10, 10))
    shown = own.crop(region.box).resize(_CELLS, Image.Resampling.BOX).tobytes()
    best = max(shown)
    main = tuple(at for at, share in enumerate(shown) if share >= min(best, _MAIN_MIN))
    size = region.silhouette.size
    return _Template(thing, size[0] / size[1], _cells(region.silhouette), main)


def _box(aspect: float) -> Size:
    if aspect >= 1:
        return _TEMPLATE_SIDE, round(_TEMPLATE_SIDE / aspect)
    return round(_TEMPLATE_SIDE * aspect), _TEMPLATE_SIDE


def _bands(image: Image.Image, regions: list[Region]) -> tuple[str | None, str | None]:
    """Sky and ground that together explain the topmost and the lowest band best."""
    top = _band(image, regions, 0.0, 0.05)
    bottom = _band(image, regions, 0.94, 0.99)
    skies: list[str | None] = [*SKIES, None]
    near = {sky: distance(top, patterned(light(SKIES[sky][0]))) for sky in skies if sky is not None}
    sky = min(near, key=lambda name: near[name])
    found_sky = sky if near[sky] < _DISTANCE_MAX * 1.6 else None
    under = {ground: distance(bottom, ground_colour(ground, found_sky)) for ground in GROUNDS}
    ground = min(under, key=lambda name: under[name])
    bare = math.inf if found_sky is None else distance(bottom, patterned(SKIES[found_sky][1]))
    is_ground = under[ground] < min(_DISTANCE_MAX * 1.6, bare) and _has_horizon(image, regions)
    return found_sky, ground if is_ground else None


def _has_horizon(image: Image.Image, regions: list[Region]) -> bool:
    """Somewhere in the middle, one colour ends and another begins."""
    bands = [_band(image, regions, at / 100, at / 100 + 0.01) for at in range(36, 86, 2)]
    return any(distance(one, other) > _HORIZON_MIN for one, other in pairwise(bands))


def _band(image: Image.Image, regions: list[Region], top: float, bottom: float) -> Rgb:
    """Median colour of a band from side to side, things left out, and the mark's corner."""
    high, low = int(top * image.height), max(int(bottom * image.height), 1)
    band = image.crop((0, high, int(image.width * _MARK_SHARE), low)).resize((64, 4))
    data = band.tobytes()
    busy = [one.box for one in regions if one.box[1] < low and one.box[3] > high]
    colours = [
        data[3 * at : 3 * at + 3]
        for at in range(64 * 4)
        if not any(box[0] <= (at % 64) * image.width * _MARK_SHARE / 64 <= box[2] for box in busy)
    ]
    return _middle(colours or [data[3 * at : 3 * at + 3] for at in range(64 * 4)])
