"""A prompt with its parameters, as an image model is told it. Pure."""

from math import gcd, sqrt

import msgspec

from waystation.dialects.midjourney.options import MidjourneyOptions
from waystation.dialects.midjourney.parameters import Rules, Wishes, interpret
from waystation.dialects.midjourney.prompt import Prompt, read_prompt
from waystation.imaging.picture import Size
from waystation.tasks.midjourney.emulator.failing import NotDrawn, invalid_parameter

AREA_PIXELS = 1024 * 1024
_SIDE_MIN, _SIDE_MAX = 16, 4096
_RATIO_MAX = 100
_STEP = 8
_UNHEEDED = ("cref", "sref", "oref", "weird", "iw", "exp", "profile", "repeat", "stop", "sv")
_LOW_STYLIZE, _HIGH_STYLIZE = 50, 300
_PHRASES = {
    "cute": "cute, rounded, charming",
    "scenic": "scenic, with a rich background",
    "expressive": "expressive, vivid rendering",
}


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """prompt: with the phrases that stand for parameters. ratio: width to height, in lowest terms;
    named: the prompt asked for it. quality: "" as the model does it by itself. seed: None where
    the prompt names none. step: from one tile's seed to the next. zoom: of a custom zoom. links:
    pictures at the prompt's head. ignored: parameters that no image model has."""

    prompt: str
    negative: str
    ratio: Size
    named: bool
    quality: str
    seed: int | None
    step: int
    version: str
    zoom: float | None
    links: tuple[str, ...]
    ignored: tuple[str, ...]

    @property
    def size(self) -> Size:
        return size_of(self.ratio)


def read_drawing(
    prompt: str, options: MidjourneyOptions, bot_type: str = "", *, zooms: bool = False
) -> Drawing:
    """zooms: the prompt of a custom zoom. Raises NotDrawn for a prompt that is refused."""
    read = read_prompt(prompt)
    if read.is_permuted:
        raise NotDrawn("invalid_prompt", "[Invalid prompt] Permutations in {} are not supported")
    rules = Rules(version=options.version, repeat_max=options.repeat_max, zooms=zooms)
    wishes, wrongs = interpret(read, rules)
    if wrongs and options.strict_params == "fail":
        raise NotDrawn("invalid_parameter", wrongs[0])
    wide, high = wishes.aspect
    if max(wide, high) > _RATIO_MAX * min(wide, high):
        raise invalid_parameter(f"Invalid value for --ar: {wide}:{high} (too narrow)")
    named = {each.name for each in read.parameters}
    warned = wrongs if options.strict_params == "warn" else ()
    niji = wishes.model.niji or bot_type == "NIJI_JOURNEY"
    text, against = _weighed(read)
    return Drawing(
        prompt=", ".join(part for part in (text, *_phrases(wishes, niji)) if part),
        negative=", ".join((*wishes.no, *against)),
        ratio=lowest(wishes.aspect),
        named=bool(named & {"ar", "aspect"}),
        quality=_quality(wishes) if named & {"q", "quality"} else "",
        seed=wishes.seed,
        step=1 + wishes.chaos * 97,
        version=wishes.model.shown,
        zoom=wishes.zoom,
        links=read.links,
        ignored=(*(name for name in _UNHEEDED if name in named), *warned),
    )


def size_of(ratio: Size) -> Size:
    """About a million pixels in exactly this shape, as far as whole pixels can."""
    wide, high = lowest(ratio)
    unit = sqrt(AREA_PIXELS / (wide * high))
    unit = min(unit, _SIDE_MAX / max(wide, high))
    whole = int(unit) if unit < 2 * _STEP else round(unit / _STEP) * _STEP
    if whole < 1:  # so fine a ratio that it is met nearly
        share = _SIDE_MAX / max(wide, high)
        share = min(share, unit)
        return max(_SIDE_MIN, round(wide * share)), max(_SIDE_MIN, round(high * share))
    return wide * whole, high * whole


def lowest(ratio: Size) -> Size:
    common = gcd(*ratio)
    return ratio[0] // common, ratio[1] // common


def _weighed(prompt: Prompt) -> tuple[str, tuple[str, ...]]:
    """The text, and the parts of it whose weight says that they are not wanted."""
    parts = prompt.weighted()
    wanted = (text for text, weight in parts if weight >= 0)
    return ", ".join(wanted), tuple(text for text, weight in parts if weight < 0)


def _phrases(wishes: Wishes, niji: bool) -> list[str]:
    phrases = ["anime illustration"] if niji else []
    if "raw" in wishes.flags or wishes.style == "raw":
        phrases.append("plain and unembellished")
    elif wishes.style in _PHRASES:
        phrases.append(_PHRASES[wishes.style])
    if wishes.stylize is not None and wishes.stylize >= _HIGH_STYLIZE:
        phrases.append("highly stylized, artistic")
    elif wishes.stylize is not None and wishes.stylize <= _LOW_STYLIZE:
        phrases.append("literal, unstylized")
    if "tile" in wishes.flags:
        phrases.append("seamless repeating pattern")
    return phrases


def _quality(wishes: Wishes) -> str:
    if wishes.quality < 1:
        return "low"
    return "high" if wishes.quality > 1 else "medium"
