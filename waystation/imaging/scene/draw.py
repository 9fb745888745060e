"""A prompt drawn. The same prompt, seed and number give the same picture, any other another."""

import random
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from waystation.imaging.breath import breathe
from waystation.imaging.picture import Size
from waystation.imaging.scene.backdrop import backdrop, light
from waystation.imaging.scene.layout import Standing, lay_out
from waystation.imaging.scene.prompt import Plan, read
from waystation.imaging.scene.shapes import SHAPES
from waystation.imaging.scene.thing import draw_thing
from waystation.imaging.scene.words import COLOURS, Rgb
from waystation.imaging.seeds import seed_of

_CONFETTI = 9
_SHAPES_MIN = 3
_MARK = "demo"


def draw(
    prompt: str,
    size: Size,
    seed: int = 0,
    number: int = 0,
    transparent: bool = False,
    marked: bool = True,
) -> Image.Image:
    """RGB, or RGBA without a backdrop. number: among several pictures of one call. marked: with
    the small word in the corner."""
    key = f"{seed}/{number}/{prompt}"
    dice = random.Random(seed_of(key))
    plan = read(prompt)
    standing, horizon = lay_out(plan, size, dice)
    if transparent:
        image = Image.new("RGBA", size)
        _confetti(image, dice)
    else:
        image = backdrop(plan, size, horizon, dice, key)
        words = plan.unknown if plan.unknown or plan.things else (key,) * _SHAPES_MIN
        breathe()
        _strangers(image, words, dice)
    for one in standing:
        _place(image, one, line_width(size))
    if marked:
        _mark(image)
    return image


def place_things(image: Image.Image, plan: Plan, key: str) -> None:
    """Only the plan's things, on a picture that is there."""
    standing, _ = lay_out(plan, image.size, random.Random(seed_of(key)))
    for one in standing:
        _place(image, one, line_width(image.size))


def line_width(size: Size) -> int:
    return max(3, round(min(size) * 0.007))


def _place(image: Image.Image, one: Standing, line: int) -> None:
    breathe()
    colours, mask = draw_thing(SHAPES[one.thing], one.colour, one.width, one.height, line)
    breathe()
    if one.flipped:
        colours = colours.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        mask = mask.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if image.mode == "RGBA":
        colours = colours.convert("RGBA")
    image.paste(colours, (one.left, one.top), mask)


def _strangers(image: Image.Image, words: tuple[str, ...], dice: random.Random) -> None:
    """A soft shape for each word that the vocabulary lacks: form and colour are the word's own,
    its place is the picture's."""
    draw = ImageDraw.Draw(image, "RGBA")
    names = sorted(COLOURS)
    for place, word in enumerate(words):
        own = seed_of(word, place if word == words[0] else 0)
        colour = light(COLOURS[names[own % len(names)]])
        reach = min(image.size) * (0.06 + own % 7 * 0.02)
        x, y = dice.uniform(0, image.width), dice.uniform(0.05, 0.9) * image.height
        _soft_shape(draw, own // 97 % 6, x, y, reach, (*colour, 70 + own // 11 % 60))


def _soft_shape(
    draw: ImageDraw.ImageDraw,
    kind: int,
    x: float,
    y: float,
    reach: float,
    fill: tuple[int, int, int, int],
) -> None:
    box = [x - reach, y - reach, x + reach, y + reach]
    if kind == 0:
        draw.ellipse(box, fill=fill)
    elif kind == 1:
        draw.ellipse(box, outline=fill, width=max(2, int(reach / 4)))
    elif kind == 2:
        draw.rounded_rectangle(box, radius=reach / 3, fill=fill)
    elif kind == 3:
        draw.regular_polygon((x, y, reach), 3, fill=fill)
    elif kind == 4:
        draw.regular_polygon((x, y, reach), 6, rotation=15, fill=fill)
    else:
        draw.pieslice(box, 20, 250, fill=fill)


def _confetti(image: Image.Image, dice: random.Random) -> None:
    """Without a backdrop, a few dots tell two prompts apart."""
    draw = ImageDraw.Draw(image)
    reach = max(2.0, min(image.size) * 0.008)
    for _ in range(_CONFETTI):
        colour: Rgb = COLOURS[dice.choice(sorted(COLOURS))]
        x, y = dice.uniform(0, image.width), dice.uniform(0, image.height)
        draw.ellipse([x - reach, y - reach, x + reach, y + reach], fill=light(colour))


@lru_cache(maxsize=32)
def _font(pixels: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(pixels)


def _mark(image: Image.Image) -> None:
    """Small, in the lower right corner."""
    pixels = max(10, min(image.size) // 40)
    draw, font = ImageDraw.Draw(image), _font(pixels)
    at = image.width - pixels * 0.5, image.height - pixels * 0.3
    draw.text((at[0] + 1, at[1] + 1), _MARK, fill=(124, 124, 132), font=font, anchor="rs")
    draw.text(at, _MARK, fill=(252, 252, 252), font=font, anchor="rs")
