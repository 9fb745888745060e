"""The parameters of a prompt: their names, ranges and versions, as one table.

What is wrong is told as a list of texts: such prompts fail in their task, not at submit.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from waystation.dialects.midjourney.prompt import Parameter, Prompt

VERSIONS: Final = ("1", "2", "3", "4", "5", "5.1", "5.2", "6", "6.1", "7", "8.1")
NIJI: Final = ("4", "5", "6", "7")
_NIJI_NEWEST = NIJI[-1]
_FLAGS = frozenset(
    {"raw", "tile", "draft", "fast", "relax", "turbo", "stealth", "public", "loop", "video"}
)
_ALIASES: Mapping[str, str] = {
    "v": "version",
    "ar": "aspect",
    "c": "chaos",
    "s": "stylize",
    "w": "weird",
    "q": "quality",
    "sameseed": "seed",
    "r": "repeat",
    "p": "profile",
}
_DIGITS_MAX = 12


class Model(msgspec.Struct, frozen=True):
    """number: 6.1 as a decimal, to compare by."""

    name: str
    niji: bool = False

    @property
    def number(self) -> Decimal:
        return Decimal(self.name)

    @property
    def shown(self) -> str:
        return f"niji {self.name}" if self.niji else self.name


class Wishes(msgspec.Struct, kw_only=True):
    """What the parameters say. aspect: (width, height). None, () and "": not said."""

    model: Model
    aspect: tuple[int, int] = (1, 1)
    chaos: int = 0
    stylize: int | None = None
    weird: int = 0
    quality: float = 1.0
    seed: int | None = None
    stop: int = 100
    repeat: int = 1
    iw: float = 1.0
    no: tuple[str, ...] = ()
    style: str = ""
    flags: frozenset[str] = frozenset()
    cref: tuple[str, ...] = ()
    cw: int = 100
    sref: tuple[str, ...] = ()
    sw: int = 100
    sv: int | None = None
    oref: str = ""
    ow: int = 100
    exp: int = 0
    profile: str | None = None
    zoom: float | None = None
    motion: str = ""
    bs: int | None = None
    end: str = ""


class Rules(msgspec.Struct, frozen=True):
    """The operator's, and the page's. version: where a prompt names none. zooms: the custom zoom's
    window, the one place where --zoom means something."""

    version: str = "6.1"
    repeat_max: int = 1
    zooms: bool = False


class _Wrong(Exception):
    """The text of what is wrong, without its title."""


_Reader = Callable[[str, Wishes, Rules], Any]


def interpret(prompt: Prompt, rules: Rules) -> tuple[Wishes, tuple[str, ...]]:
    """The wishes, and what is wrong with them, each as `[Invalid parameter] …`."""
    named = [(_ALIASES.get(each.name, each.name), each) for each in prompt.parameters]
    wishes = Wishes(model=Model(rules.version))
    wrongs: list[str] = []
    wishes.model = _model(named, rules, wrongs)
    unknown: list[str] = []
    for name, each in named:
        if name in ("version", "niji"):
            continue
        try:
            if not _apply(name, each.value, wishes, rules):
                unknown.append(f"--{each.name}")
        except _Wrong as wrong:
            wrongs.append(str(wrong))
    if unknown:
        wrongs.insert(0, f"Unrecognized parameter(s): {', '.join(unknown)}")
    wrongs += _together(wishes)
    return wishes, tuple(f"[Invalid parameter] {wrong}" for wrong in wrongs)


def _model(named: list[tuple[str, Parameter]], rules: Rules, wrongs: list[str]) -> Model:
    model = Model(rules.version)
    for name, each in named:
        value = _short(each.value)
        if name == "version":
            if value in VERSIONS:
                model = Model(value)
            else:
                wrongs.append(_invalid("version", each.value, f"one of {', '.join(VERSIONS)}"))
        elif name == "niji":
            if not value or value in NIJI:
                model = Model(value or _NIJI_NEWEST, niji=True)
            else:
                wrongs.append(_invalid("niji", each.value, f"one of {', '.join(NIJI)}"))
    return model


def _short(value: str) -> str:
    """7.0 is 7."""
    return value.removesuffix(".0")


def _apply(name: str, value: str, wishes: Wishes, rules: Rules) -> bool:
    """False: there is no such parameter. Raises _Wrong."""
    if name in _FLAGS:
        wishes.flags |= {name}
        return True
    reader = _READERS.get(name)
    if reader is None or (name == "zoom" and not rules.zooms):
        return False
    least = _SINCE.get(name)
    if least is not None and wishes.model.number < least:
        raise _Wrong(f"--{name} is not compatible with --{_versioned(wishes.model)}")
    found = reader(value, wishes, rules)
    if name == "seed" and wishes.seed is not None:
        return True  # the first one counts
    if name == "no":
        found = (*wishes.no, *found)
    setattr(wishes, name, found)
    return True


def _versioned(model: Model) -> str:
    return f"niji {model.name}" if model.niji else f"v {model.name}"


def _invalid(name: str, value: str, must: str) -> str:
    return f"Invalid value for --{name}: {value[:100]} (must be {must})"


def _number(name: str, value: str, low: Decimal | int, high: Decimal | int) -> Decimal:
    must = f"between {low} and {high}"
    if len(value) > _DIGITS_MAX or not value.isascii():
        raise _Wrong(_invalid(name, value, must))
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise _Wrong(_invalid(name, value, must)) from None
    if not number.is_finite() or not low <= number <= high:
        raise _Wrong(_invalid(name, value, must))
    return number


def _whole(name: str, low: int, high: int) -> _Reader:
    def read(value: str, wishes: Wishes, rules: Rules) -> int:
        number = _number(name, value, low, high)
        if number != int(number):
            raise _Wrong(_invalid(name, value, f"a whole number between {low} and {high}"))
        return int(number)

    return read


def _choice(name: str, choices: tuple[str, ...]) -> _Reader:
    def read(value: str, wishes: Wishes, rules: Rules) -> str:
        if value.lower() not in choices:
            raise _Wrong(_invalid(name, value, f"one of {', '.join(choices)}"))
        return value.lower()

    return read


def _aspect(value: str, wishes: Wishes, rules: Rules) -> tuple[int, int]:
    width, colon, height = (part.strip() for part in value.partition(":"))
    sides = (width, height)
    if not colon or not all(s.isascii() and s.isdecimal() and len(s) <= 5 for s in sides):
        raise _Wrong(_invalid("ar", value, "whole numbers like 3:2"))
    w, h = int(width), int(height)
    if not w or not h:
        raise _Wrong(_invalid("ar", value, "whole numbers like 3:2"))
    number = wishes.model.number
    if number == 4 and not (w <= 2 * h and h <= 2 * w):
        raise _Wrong(_invalid("ar", value, "between 1:2 and 2:1"))
    if number == 3 and not (2 * w <= 5 * h and 2 * h <= 5 * w):
        raise _Wrong(_invalid("ar", value, "between 2:5 and 5:2"))
    return w, h


def _stylize(value: str, wishes: Wishes, rules: Rules) -> int:
    if wishes.model.niji and wishes.model.name == "4":
        raise _Wrong("--stylize is not compatible with --niji 4")
    old = wishes.model.number == 3
    read = _whole("stylize", 625, 60_000) if old else _whole("stylize", 0, 1000)
    return int(read(value, wishes, rules))


def _quality(value: str, wishes: Wishes, rules: Rules) -> float:
    number = wishes.model.number
    if number >= 8:
        raise _Wrong(f"--quality is not compatible with --v {wishes.model.name}")
    allowed = ("1", "2", "4") if number >= 7 else (".25", ".5", "1", "2")
    written = _short(value)
    if written.startswith("0."):
        written = written[1:]
    if written not in allowed:
        raise _Wrong(_invalid("quality", value, f"one of {', '.join(allowed)}"))
    return min(float(written), 1.0) if number < 7 else float(written)


def _iw(value: str, wishes: Wishes, rules: Rules) -> float:
    number = wishes.model.number
    if number == 4:
        raise _Wrong("--iw is not compatible with --v 4")
    low, high = (-10_000, 10_000) if number <= 3 else (0, 2) if number < 6 else (0, 3)
    return float(_number("iw", value, low, high))


def _repeat(value: str, wishes: Wishes, rules: Rules) -> int:
    count = int(_whole("repeat", 1, 40)(value, wishes, rules))
    if count > rules.repeat_max:
        raise _Wrong(_invalid("repeat", value, f"at most {rules.repeat_max}"))
    return count


def _no(value: str, wishes: Wishes, rules: Rules) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


_STYLES: Mapping[str, Callable[[Model], bool]] = {
    "raw": lambda model: model.number >= Decimal("5.1"),
    **dict.fromkeys(("4a", "4b", "4c"), lambda model: model.name == "4" and not model.niji),
    **dict.fromkeys(
        ("cute", "scenic", "expressive", "original"),
        lambda model: model.niji and model.name == "5",
    ),
}


def _style(value: str, wishes: Wishes, rules: Rules) -> str:
    style = value.lower()
    allowed = [name for name, fits in _STYLES.items() if fits(wishes.model)]
    if style not in allowed:
        must = f"one of {', '.join(allowed)}" if allowed else "left out with this version"
        raise _Wrong(_invalid("style", value, must))
    return style


def _links(name: str) -> _Reader:
    def read(value: str, wishes: Wishes, rules: Rules) -> tuple[str, ...]:
        links = tuple(value.split())
        if not links or not all(_is_link(link) for link in links):
            raise _Wrong(_invalid(name, value, "links to pictures"))
        return links

    return read


def _is_link(word: str) -> bool:
    return word.lower().startswith(("http://", "https://"))


def _sref(value: str, wishes: Wishes, rules: Rules) -> tuple[str, ...]:
    words = tuple(value.split())
    for word in words:
        bare, _, weight = word.partition("::")
        plain = bare.isascii() and (bare.isdecimal() or bare.lower() == "random")
        if not (_is_link(word) or plain) or (plain and weight and not _is_weight(weight)):
            raise _Wrong(_invalid("sref", value, "links, codes or random"))
    if not words:
        raise _Wrong(_invalid("sref", value, "links, codes or random"))
    return words


def _is_weight(text: str) -> bool:
    return len(text) <= _DIGITS_MAX and text.replace(".", "", 1).isdecimal()


def _link(name: str) -> _Reader:
    def read(value: str, wishes: Wishes, rules: Rules) -> str:
        if not _is_link(value) or len(value.split()) != 1:
            raise _Wrong(_invalid(name, value, "one link to a picture"))
        return value

    return read


def _zoom(value: str, wishes: Wishes, rules: Rules) -> float:
    return float(_number("zoom", value, 1, 2))


def _words(value: str, wishes: Wishes, rules: Rules) -> str:
    return value


def _batch(value: str, wishes: Wishes, rules: Rules) -> int:
    if value not in ("1", "2", "4"):
        raise _Wrong(_invalid("bs", value, "one of 1, 2, 4"))
    return int(value)


_READERS: Mapping[str, _Reader] = {
    "aspect": _aspect,
    "chaos": _whole("chaos", 0, 100),
    "stylize": _stylize,
    "weird": _whole("weird", 0, 3000),
    "quality": _quality,
    "seed": _whole("seed", 0, 4_294_967_295),
    "stop": _whole("stop", 10, 100),
    "repeat": _repeat,
    "iw": _iw,
    "no": _no,
    "style": _style,
    "cref": _links("cref"),
    "cw": _whole("cw", 0, 100),
    "sref": _sref,
    "sw": _whole("sw", 0, 1000),
    "sv": _whole("sv", 1, 6),
    "oref": _link("oref"),
    "ow": _whole("ow", 1, 1000),
    "exp": _whole("exp", 0, 100),
    "profile": _words,
    "zoom": _zoom,
    "motion": _choice("motion", ("low", "high")),
    "bs": _batch,
    "end": _link("end"),
}
_SINCE: Mapping[str, int] = {
    "weird": 5,
    "cref": 6,
    "cw": 6,
    "sref": 6,
    "sw": 6,
    "sv": 6,
    "oref": 7,
    "ow": 7,
    "exp": 7,
    "profile": 6,
}
"""The first version that knows them."""


def _together(wishes: Wishes) -> list[str]:
    """What each parameter alone would allow."""
    wrongs = []
    if wishes.oref and wishes.quality == 4:
        wrongs.append("--quality 4 is not compatible with --oref")
    if "draft" in wishes.flags and wishes.model.number < 7:
        wrongs.append(f"--draft is not compatible with --{_versioned(wishes.model)}")
    if wishes.style in ("4a", "4b") and wishes.aspect not in ((1, 1), (2, 3), (3, 2)):
        wrongs.append(f"--style {wishes.style} needs --ar 1:1, 2:3 or 3:2")
    return wrongs
