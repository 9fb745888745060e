"""A prompt read into a plan: which things in which colours, on what ground, under what sky."""

import re
from typing import NamedTuple

from waystation.imaging.scene.words import CHINESE_LENGTH_MAX, COLOURS, MEANINGS, Meaning

PROMPT_CHARACTERS_MAX = 32_000
THINGS_MAX = 10
_UNKNOWN_MAX = 24
_PARAMETER = re.compile(r"(?:--|—)([a-z]+)\b((?:(?!\s--|\s—).)*)", re.IGNORECASE | re.DOTALL)
_PIECE = re.compile(r"https?://\S+|[a-z]+(?:'[a-z]+)?|\d+|[\u3400-\u9fff]+|[,.;!?，。；！？、]+")


class Wanted(NamedTuple):
    """thing: a name of the vocabulary. colour: None for its own. times: at least 1."""

    thing: str
    colour: str | None
    times: int


class Plan(NamedTuple):
    """tints: colours that no thing took. unknown: words outside the vocabulary, as they came."""

    things: tuple[Wanted, ...]
    ground: str | None
    sky: str | None
    tints: tuple[str, ...]
    unknown: tuple[str, ...]


class _Reader:
    """Colours and counts wait for the thing they belong to."""

    def __init__(self) -> None:
        self.things: list[Wanted] = []
        self.tints: list[str] = []
        self.unknown: list[str] = []
        self.grounds: list[str] = []
        self.skies: list[str] = []
        self._colour: str | None = None
        self._count = 0

    def take(self, meaning: Meaning, plural: bool) -> None:
        if meaning.kind == "colour":
            self.tints += [self._colour] if self._colour else []
            self._colour = meaning.value
        elif meaning.kind == "count":
            self._count = int(meaning.value)
        elif meaning.kind == "thing":
            count = self._count or (2 if plural else 1)
            self.things.append(Wanted(meaning.value, self._colour, count))
            self._colour, self._count = None, 0
        elif meaning.kind in ("ground", "sky", "sky_noun"):
            self.rest()
            if meaning.kind == "ground":
                self.grounds.append(meaning.value)
            elif meaning.kind == "sky":
                self.skies.append(meaning.value)

    def rest(self) -> None:
        """What waits for a thing waits in vain: the colour tints the whole."""
        if self._colour is not None:
            self.tints.append(self._colour)
        self._colour, self._count = None, 0


def read(prompt: str) -> Plan:
    """Never fails; what it does not know is listed, and draws shapes."""
    text = prompt[:PROMPT_CHARACTERS_MAX].lower()
    refused = _refused(text)
    reader = _Reader()
    for piece in _PIECE.findall(_PARAMETER.sub(" ", text)):
        if piece[0] in ",.;!?，。；！？、":
            reader.rest()
        elif "\u3400" <= piece[0] <= "\u9fff":
            _chinese(reader, piece)
        else:
            _english(reader, piece)
    reader.rest()
    kept = [one for one in reader.things if one.thing not in refused]
    return Plan(
        _at_most(kept),
        next((one for one in reader.grounds if one not in refused), None),
        next((one for one in reader.skies if one not in refused), None),
        tuple(one for one in reader.tints if one not in refused),
        tuple(reader.unknown[:_UNKNOWN_MAX]),
    )


def with_refused(prompt: str, negative: str) -> str:
    """The prompt with a negative prompt's words as its own `--no`."""
    return f"{prompt} --no {negative}" if negative.strip() else prompt


def meaning_of(word: str) -> tuple[Meaning | None, bool]:
    """What an English word means, and whether it was the plural of it."""
    found = MEANINGS.get(word)
    if found is not None:
        return found, word == "people"
    for ending, instead in (("ies", "y"), ("ves", "f"), ("es", ""), ("s", "")):
        if word.endswith(ending):
            found = MEANINGS.get(word.removesuffix(ending) + instead)
            if found is not None:
                return found, True
    return None, False


def _english(reader: _Reader, word: str) -> None:
    found, plural = meaning_of(word)
    if found is not None:
        reader.take(found, plural)
    elif not word.startswith("http"):
        reader.unknown.append(word)


def _chinese(reader: _Reader, run: str) -> None:
    """The longest known word at each place; single unknown characters gather to one word."""
    at, unknown = 0, ""
    while at < len(run):
        length = next(
            (n for n in range(CHINESE_LENGTH_MAX, 0, -1) if run[at : at + n] in MEANINGS), 0
        )
        if length:
            reader.unknown += [unknown] if unknown else []
            unknown = ""
            reader.take(MEANINGS[run[at : at + length]], plural=False)
        else:
            unknown += run[at]
        at += length or 1
    reader.unknown += [unknown] if unknown else []


def _refused(text: str) -> frozenset[str]:
    """What `--no` names, as names of the vocabulary."""
    named = [value for name, value in _PARAMETER.findall(text) if name == "no"]
    found = [meaning_of(word)[0] for word in _PIECE.findall(" ".join(named))]
    return frozenset(one.value for one in found if one is not None)


def _at_most(things: list[Wanted]) -> tuple[Wanted, ...]:
    """The first ones, as many as fit a picture."""
    kept: list[Wanted] = []
    left = THINGS_MAX
    for one in things:
        count = min(one.times, left)
        if count and not any(other[:2] == one[:2] for other in kept):
            kept.append(one._replace(times=count))
            left -= count
    return tuple(kept)


def colours_of(plan: Plan) -> list[str]:
    """The colours that the prompt names, in its order, things' first."""
    named = [one.colour for one in plan.things if one.colour] + list(plan.tints)
    return [one for one in dict.fromkeys(named) if one in COLOURS]
