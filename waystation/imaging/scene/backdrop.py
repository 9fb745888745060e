"""Sky, ground and weather, and a soft pattern that no two prompts share.

Everything here stays much lighter than ink (INK_LIGHT_MIN for the strongest channel), so that the
things drawn on it can be told apart from it again.
"""

import hashlib
import random

from PIL import Image, ImageDraw, ImageOps

from waystation.imaging.breath import breathe
from waystation.imaging.picture import Size
from waystation.imaging.scene.prompt import Plan
from waystation.imaging.scene.thing import mix
from waystation.imaging.scene.words import COLOURS, Rgb

INK_LIGHT_MIN = 116
TINT_SHARE = 0.4
HAZE_SHARE = 0.2
PATTERN_SHARE = 0.09
_PATTERN_CELLS = 12
_GREY: Rgb = (128, 128, 128)

SKIES: dict[str, tuple[Rgb, Rgb]] = {
    "day": ((104, 176, 240), (198, 228, 248)),
    "sunset": ((128, 76, 156), (252, 150, 72)),
    "dawn": ((150, 184, 236), (253, 204, 188)),
    "night": ((38, 54, 128), (88, 96, 176)),
    "storm": ((122, 132, 144), (178, 186, 192)),
    "space": ((76, 36, 138), (150, 62, 160)),
}
GROUNDS: dict[str, tuple[Rgb, Rgb]] = {
    "sea": ((36, 118, 178), (190, 224, 240)),
    "beach": ((238, 212, 150), (206, 172, 106)),
    "meadow": ((118, 186, 86), (74, 142, 60)),
    "forest": ((62, 126, 80), (38, 120, 60)),
    "snow": ((234, 240, 250), (198, 214, 236)),
    "street": ((138, 126, 126), (240, 236, 210)),
}
_PASTELS: tuple[Rgb, ...] = (
    (246, 200, 196), (250, 222, 178), (240, 236, 180), (198, 226, 186), (178, 222, 222),
    (188, 206, 240), (216, 198, 238), (244, 198, 224), (226, 218, 206), (206, 212, 218),
)  # fmt: skip


def sky_colours(sky: str | None, tints: tuple[str, ...], dice: random.Random) -> tuple[Rgb, Rgb]:
    """Top and bottom."""
    if sky is not None:
        top, bottom = SKIES[sky]
    else:
        top, bottom = dice.sample(_PASTELS, 2)
    for tint in tints[:2]:
        top, bottom = mix(top, COLOURS[tint], TINT_SHARE), mix(bottom, COLOURS[tint], TINT_SHARE)
    return light(top), light(bottom)


def ground_colour(ground: str, sky: str | None) -> Rgb:
    """With some of the sky's light in it, where the sky is one of the known."""
    own = GROUNDS[ground][0]
    return own if sky is None else light(mix(own, SKIES[sky][1], HAZE_SHARE))


def patterned(colour: Rgb) -> Rgb:
    """A sky's colour as it looks on the average under the pattern."""
    return mix(colour, _GREY, PATTERN_SHARE)


def light(colour: Rgb) -> Rgb:
    strongest = max(colour)
    return colour if strongest >= INK_LIGHT_MIN else mix(colour, (255, 255, 255), 0.35)


def backdrop(plan: Plan, size: Size, horizon: float, dice: random.Random, key: str) -> Image.Image:
    """horizon: share of the height. key: what the pattern follows from."""
    top, bottom = sky_colours(plan.sky, plan.tints, dice)
    ramp = ImageOps.colorize(Image.linear_gradient("L"), top, bottom)
    small = Image.blend(ramp, pattern(ramp.size, key), PATTERN_SHARE)
    image = small.resize(size, Image.Resampling.BILINEAR)
    breathe()
    draw = ImageDraw.Draw(image)
    _weather(draw, plan, size, dice)
    breathe()
    if plan.ground is not None:
        _ground(draw, plan, plan.ground, size, horizon, dice)
    return image


def pattern(size: Size, key: str) -> Image.Image:
    """Soft clouds of colour out of the key's own hash."""
    count = 3 * _PATTERN_CELLS**2
    cells = hashlib.shake_256(key.encode("utf-8", "surrogatepass")).digest(count)
    small = Image.frombytes("RGB", (_PATTERN_CELLS, _PATTERN_CELLS), cells)
    return small.resize(size, Image.Resampling.BICUBIC)


def _weather(draw: ImageDraw.ImageDraw, plan: Plan, size: Size, dice: random.Random) -> None:
    width, height = size
    unit = max(1, min(size) // 256)
    if plan.sky == "storm":
        for _ in range(60):
            x, y = dice.uniform(0, width), dice.uniform(0, height * 0.6)
            end = (x - 6 * unit, y + 18 * unit)
            draw.line([(x, y), end], fill=(226, 232, 238), width=unit)
    if plan.sky in ("night", "space") or plan.ground == "snow":
        for _ in range(50):
            x, y = dice.uniform(0, width), dice.uniform(0, height * 0.6)
            r = dice.uniform(0.6, 1.8) * unit
            draw.ellipse([x - r, y - r, x + r, y + r], fill=(250, 250, 244))


def _ground(
    draw: ImageDraw.ImageDraw,
    plan: Plan,
    ground: str,
    size: Size,
    horizon: float,
    dice: random.Random,
) -> None:
    width, height = size
    level, swell = horizon * height, height * dice.uniform(0.0, 0.015)
    points = [(0.0, float(height)), (0.0, level)]
    points += [(width * at / 8, level + swell * dice.uniform(-1, 1)) for at in range(1, 8)]
    points += [(float(width), level), (float(width), float(height))]
    draw.polygon(points, fill=ground_colour(ground, plan.sky))
    for _ in range(46):
        x, y = dice.uniform(0, width), dice.uniform(level + height * 0.02, height)
        _tuft(draw, ground, x, y, max(1.0, min(size) / 256) * (0.6 + 1.4 * y / height))


def _tuft(draw: ImageDraw.ImageDraw, ground: str, x: float, y: float, unit: float) -> None:
    """A wave, a blade, a grain or a line, as the ground has them."""
    colour, width = GROUNDS[ground][1], max(1, round(unit))
    if ground == "sea":
        draw.arc([x, y, x + 12 * unit, y + 5 * unit], 200, 340, fill=colour, width=width)
    elif ground in ("meadow", "forest"):
        draw.line([(x - unit, y - 4 * unit), (x, y)], fill=colour, width=width)
        draw.line([(x + 2 * unit, y - 4 * unit), (x, y)], fill=colour, width=width)
    elif ground == "street":
        draw.line([(x, y), (x + 8 * unit, y)], fill=colour, width=width)
    else:
        draw.ellipse([x, y, x + 2 * unit, y + unit], fill=colour)
