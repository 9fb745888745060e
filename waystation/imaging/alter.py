"""Pictures changed as a whole: recoloured, varied, several made one."""

import random

from PIL import Image, ImageChops, ImageEnhance, ImageOps

from waystation.imaging.breath import breathe
from waystation.imaging.picture import BadPicture, Size, cover, same_mode
from waystation.imaging.scene.backdrop import pattern
from waystation.imaging.scene.thing import mix
from waystation.imaging.scene.words import Rgb

_BLACK: Rgb = (16, 14, 24)
_WHITE: Rgb = (255, 255, 255)
_SEAM = 0.08


def recolour(image: Image.Image, colour: Rgb, share: float = 0.6) -> Image.Image:
    """Its lights and darks in shades of a colour; transparency stays as it is. share: of the new
    over the old, 0 to 1."""
    grey = ImageOps.autocontrast(image.convert("RGB").convert("L"), cutoff=1)
    toned = ImageOps.colorize(grey, mix(colour, _BLACK, 0.75), mix(colour, _WHITE, 0.8), mid=colour)
    breathe()
    out = Image.blend(image.convert("RGB"), toned, share)
    if image.mode == "RGBA":
        out.putalpha(image.getchannel("A"))
    return out


def vary(image: Image.Image, key: str, strength: float = 0.5) -> Image.Image:
    """The same picture, a little otherwise: framed closer, its hues turned, its light changed, a
    soft pattern over it. key: what the changes follow from. strength: 0 to 1."""
    dice = random.Random(key)
    out = _reframed(image.convert("RGB"), dice, strength)
    out = _turned(out, dice.choice((-1, 1)) * (3 + round(13 * strength * dice.random())))
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Color, ImageEnhance.Contrast):
        breathe()
        out = enhance(out).enhance(1 + 0.16 * strength * dice.uniform(-1, 1))
    breathe()
    out = Image.blend(out, pattern(out.size, key), 0.04 + 0.08 * strength)
    if image.mode == "RGBA":
        out.putalpha(image.getchannel("A"))
    return out


def combine(images: list[Image.Image], size: Size) -> Image.Image:
    """Side by side in one picture of this size, each filling its upright part, their seams soft.
    Raises BadPicture for none."""
    if not images:
        raise BadPicture("mismatch", "no picture to combine")
    covered = same_mode([cover(one, size) for one in images])
    out = covered[0].copy()
    for place, one in enumerate(covered[1:], 1):
        breathe()
        out.paste(one, mask=_from(size, place / len(covered)))
    return out


def _reframed(image: Image.Image, dice: random.Random, strength: float) -> Image.Image:
    share = 1 - (0.03 + 0.1 * strength * dice.random())
    width, height = image.width * share, image.height * share
    left, top = dice.uniform(0, image.width - width), dice.uniform(0, image.height - height)
    box = (left, top, left + width, top + height)
    return image.resize(image.size, Image.Resampling.BILINEAR, box=box)


def _turned(image: Image.Image, degrees: int) -> Image.Image:
    """Hues turned by 256ths of the circle."""
    breathe()
    hue, saturation, value = image.convert("HSV").split()
    breathe()
    hue = ImageChops.add_modulo(hue, Image.new("L", image.size, degrees % 256))
    turned = Image.merge("HSV", (hue, saturation, value))
    breathe()
    return turned.convert("RGB")


def _from(size: Size, at: float) -> Image.Image:
    """White right of a share of the width, black left of it, a soft seam between."""
    width = size[0]
    half = max(1.0, width * _SEAM / 2)
    ramp = bytes(
        max(0, min(255, round(255 * (x - at * width + half) / (2 * half)))) for x in range(width)
    )
    return Image.frombytes("L", (width, 1), ramp).resize(size, Image.Resampling.NEAREST)
