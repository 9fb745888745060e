"""A prompt made shorter without a model: words weighed by what they say, the light ones dropped.

A word of the drawing vocabulary or a long rare word weighs much, a filler nothing; what stands
early or comes twice weighs a little more. Parameters (`--ar 3:2`) and picture links are kept as
they are and weigh nothing.
"""

import re

import msgspec

from waystation.imaging.scene.prompt import meaning_of
from waystation.imaging.scene.words import FILLERS

_PARAMETER = re.compile(r"\s(?:--|—)[A-Za-z]")
_TOKEN = re.compile(r"https?://\S+|[\w'’-]+|[^\w\s]", re.UNICODE)
_CJK = re.compile(r"[\u3400-\u9fff]")
_EMPTY_WORDS = """
a an and or but so very really quite rather some any such just also too most more much many
beautiful amazing stunning incredible awesome highly extremely super ultra detailed detail quality
high best masterpiece hd 4k 8k uhd hdr resolution trending artstation professional realistic
photorealistic hyperrealistic intricate epic perfect nice good great please create make generate
draw image picture photo of the in on at by with for from to into over under is are was be it its
this that these those there which who has have being as like
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())
_BAR_CELLS = 10
_IMPORTANT = 0.4
_KEYCAP = "\ufe0f\u20e3"


class Token(msgspec.Struct, frozen=True):
    """weight: 0 to 1."""

    text: str
    weight: float


class Shortened(msgspec.Struct, frozen=True):
    """tokens: the prompt's words in order. prompts: five, each shorter than or like the one
    before."""

    tokens: tuple[Token, ...]
    prompts: tuple[str, str, str, str, str]

    def markdown(self) -> str:
        """As a Midjourney client shows it: what is important in bold, what can go struck out."""
        return (
            "## Important tokens\n"
            + _spaced([_marked(one) for one in self.tokens])
            + "\n## Shortened prompts\n"
            + numbered(self.prompts)
        )

    def details(self) -> str:
        """The same with each word's weight, as a number and as a bar."""
        by_weight = sorted(dict.fromkeys(self.tokens), key=lambda one: -one.weight)
        shown = [one for one in by_weight if one.weight > 0]
        lines = [f"{_bar(one.weight)} {one.text}" for one in shown]
        named = ", ".join(f"{one.text} ({one.weight:.2f})" for one in shown)
        return f"{self.markdown()}\n## Weights\n{named}\n" + "\n".join(lines)


def shorten(prompt: str) -> Shortened:
    """Always the same for the same prompt. A prompt of fillers alone keeps its words."""
    text, parameters = _parted(prompt)
    words = _words(text)
    tokens = tuple(Token(word, _weight(word, place, words)) for place, word in enumerate(words))
    ranks = sorted(range(len(tokens)), key=lambda at: (-tokens[at].weight, at))
    heavy = [at for at in ranks if tokens[at].weight > 0] or ranks
    one, two, three, four, five = (
        _kept(tokens, heavy, share) + parameters for share in (1.0, 0.75, 0.5, 0.35, 0.2)
    )
    return Shortened(tokens, (one, two, three, four, five))


def numbered(prompts: tuple[str, ...]) -> str:
    """1️⃣ …, a blank line, 2️⃣ …: the form of described and shortened prompts."""
    return "\n\n".join(f"{place}{_KEYCAP} {one}" for place, one in enumerate(prompts, 1))


def _parted(prompt: str) -> tuple[str, str]:
    """The words, and the parameters with their leading blank."""
    found = _PARAMETER.search(prompt)
    if found is None:
        return prompt.strip(), ""
    return prompt[: found.start()].strip(), " " + prompt[found.start() :].strip()


def _words(text: str) -> list[str]:
    """Words and marks; a run of Chinese is cut where the vocabulary or a filler ends."""
    words: list[str] = []
    for piece in _TOKEN.findall(text):
        words += _cut_chinese(piece) if _CJK.search(piece) else [piece]
    return words


def _cut_chinese(run: str) -> list[str]:
    words, at, held = [], 0, ""
    while at < len(run):
        length = next((n for n in (4, 3, 2, 1) if _is_known(run[at : at + n], n)), 0)
        if length:
            words += [held] if held else []
            words.append(run[at : at + length])
            held = ""
        else:
            held += run[at]
        at += length or 1
    return [*words, held] if held else words


def _is_known(text: str, length: int) -> bool:
    return len(text) == length and (meaning_of(text)[0] is not None or text in FILLERS)


def _weight(word: str, place: int, words: list[str]) -> float:
    low = word.lower()
    if not any(letter.isalnum() for letter in word) or low.startswith("http"):
        return 0.0
    if low in _EMPTY or low in FILLERS:
        return 0.0
    meaning = meaning_of(low)[0]
    if meaning is not None and meaning.kind == "filler":
        return 0.0
    kinds = {"thing": 0.72, "ground": 0.56, "sky": 0.52, "colour": 0.42, "count": 0.12}
    base = kinds.get(meaning.kind, 0.1) if meaning else min(0.2 + 0.03 * len(low), 0.5)
    early = 0.2 * (1 - place / max(len(words), 1))
    again = 0.05 * (sum(other.lower() == low for other in words) - 1)
    return round(min(base + early + again, 1.0), 2)


def _kept(tokens: tuple[Token, ...], heavy: list[int], share: float) -> str:
    """The heaviest words in the prompt's own order, each once."""
    most = max(1, round(len(heavy) * share))
    places = sorted(heavy[:most])
    return _spaced(list(dict.fromkeys(tokens[at].text for at in places)))


def _spaced(words: list[str]) -> str:
    """Blanks between words, none before marks or between Chinese."""
    out = ""
    for word in words:
        mark = len(word) == 1 and not word.isalnum()
        joined = bool(out) and bool(_CJK.search(out[-1])) and bool(_CJK.search(word[:1]))
        out += word if not out or mark or joined else f" {word}"
    return out


def _marked(token: Token) -> str:
    if not any(letter.isalnum() for letter in token.text):
        return token.text
    if token.weight >= _IMPORTANT:
        return f"**{token.text}**"
    return f"~~{token.text}~~" if token.weight == 0 else token.text


def _bar(weight: float) -> str:
    full = round(weight * _BAR_CELLS)
    return "█" * full + "░" * (_BAR_CELLS - full)
