"""Four prompts for a picture, without a model: what a drawing of the demo shows is measured in it,
and every picture has colours, light and a shape."""

from fractions import Fraction

from PIL import Image

from waystation.imaging.palette import brightness, contrast, palette, weight
from waystation.imaging.picture import Size, open_picture
from waystation.imaging.scene.prompt import Wanted
from waystation.imaging.scene.reading import Seen, read_drawing

Prompts = tuple[str, str, str, str]

_NUMBERS = ("", "a", "two", "three", "four", "five")
_GROUNDS = {
    "sea": "by the sea",
    "beach": "on a sandy beach",
    "meadow": "in a meadow",
    "forest": "in a forest",
    "snow": "in the snow",
    "street": "on a street",
}
_SKIES = {
    "day": "on a clear day",
    "sunset": "at sunset",
    "dawn": "at dawn",
    "night": "at night",
    "storm": "in a storm",
    "space": "in space",
}
_LIGHT = {"dark": "low light", "bright": "bright light", "balanced": "balanced light"}
_CONTRAST = {"soft": "soft contrast", "strong": "strong contrast", "even": "even contrast"}
_RATIO_MAX = 16


def describe(data: bytes) -> Prompts:
    """The same four for the same picture, each with its shape as `--ar`. Raises BadPicture."""
    image = open_picture(data)
    seen = read_drawing(image)
    subject = _subject(seen, image)
    place = _place(seen)
    colours = _joined(palette(image))
    light, depth = _LIGHT[brightness(image)], _CONTRAST[contrast(image)]
    focus = weight(image)
    middle = f"at the {focus}" if focus in ("top", "bottom") else f"towards the {focus}"
    shape = f" --ar {ratio(image.size)}"
    made = "flat cartoon illustration with bold outlines" if seen.things else "abstract composition"
    return (
        _sentence(f"{subject} {place}", made, f"{colours} palette") + shape,
        _sentence(f"{made} of {subject}", place, light, depth) + shape,
        _sentence(f"{colours} picture", f"{subject} {place}", f"weight {middle}") + shape,
        _sentence(f"{subject}, minimal, {light}", f"{colours} tones", place) + shape,
    )


def ratio(size: Size) -> str:
    """The shape in small whole numbers, nearly."""
    near = Fraction(size[0], size[1]).limit_denominator(_RATIO_MAX)
    if near.numerator == 0 or near.numerator > 8 * _RATIO_MAX:
        return f"{max(1, round(size[0] / size[1]))}:{max(1, round(size[1] / size[0]))}"
    return f"{near.numerator}:{near.denominator}"


def _subject(seen: Seen, image: Image.Image) -> str:
    if not seen.things:
        return f"{palette(image, 1)[0]} shapes"
    return _joined(tuple(_thing(one) for one in seen.things))


def _thing(one: Wanted) -> str:
    named = f"{one.colour} {one.thing}" if one.colour else one.thing
    if one.times == 1:
        return f"an {named}" if named[0] in "aeiou" else f"a {named}"
    number = _NUMBERS[one.times] if one.times < len(_NUMBERS) else str(one.times)
    return f"{number} {_plural(named)}"


def _plural(name: str) -> str:
    if name.endswith("person"):
        return name.removesuffix("person") + "people"
    if name.endswith(("fish", "x", "s")):
        return name + "es"
    return name + "s"


def _place(seen: Seen) -> str:
    ground, sky = _GROUNDS.get(seen.ground or "", ""), _SKIES.get(seen.sky or "", "")
    return " ".join(part for part in (ground, sky) if part) or "against a plain background"


def _joined(parts: tuple[str, ...]) -> str:
    if len(parts) == 1:
        return parts[0]
    return ", ".join(parts[:-1]) + " and " + parts[-1]


def _sentence(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
