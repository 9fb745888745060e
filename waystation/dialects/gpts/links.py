"""Links in an answer's text, told apart from it at any split.

finder = Links()
finder.feed("see ![a](https://x/a.p")   → ["see "]
finder.feed("ng) ok")                   → [Link("![a](", "https://x/a.png", ")", True), " ok"]

What may still become a link is held back, never more than a link can be long. Which parts are links
depends on the whole text alone.
"""

import re
from typing import NamedTuple

LABEL_CHARACTERS_MAX = 300
URL_CHARACTERS_MAX = 2000
_END = r"\s<>\"'`()\[\]{}|\\^，。；！？、（）【】「」『』《》“”‘’"
_URL = rf"https?://[^{_END}]{{1,{URL_CHARACTERS_MAX}}}"
_TARGET = rf"[^\s()<>]{{1,{URL_CHARACTERS_MAX}}}(?:\([^\s()<>]{{0,200}}\)[^\s()<>]{{0,200}})?"
_TITLE = r"(?:[ \t]+\"[^\"\n]{0,200}\")?"
_LABEL = rf"!?\[[^\[\]\n]{{0,{LABEL_CHARACTERS_MAX}}}\]\([ \t]{{0,3}}"
_MARKDOWN = re.compile(rf"({_LABEL})(https?://{_TARGET})({_TITLE}[ \t]{{0,3}}\))")
_BARE = re.compile(_URL)
_CANDIDATE = re.compile(r"!?\[|https?://|!$|h(?:t(?:t(?:ps?(?::/?)?)?)?)?$")
_OPEN = re.compile(
    rf"""
      !?\[[^\[\]\n]{{0,{LABEL_CHARACTERS_MAX}}}
        (?:\](?:\([ \t]{{0,3}}
          (?:h(?:t(?:t(?:ps?(?::(?:/(?:/
            (?:[^\s()<>]{{0,{URL_CHARACTERS_MAX}}}
               (?:\([^\s()<>]{{0,200}}(?:\)[^\s()<>]{{0,200}})?)?
               (?:[ \t]+(?:\"[^\"\n]{{0,200}}\"?)?)?[ \t]{{0,3}})?
          )?)?)?)?)?)?)?
        )?)?
      $
    """,
    re.VERBOSE,
)
_LOOSE = ".,;:!?*_~"


class Link(NamedTuple):
    """before, after: the text around the address, part of the link. label: of Markdown's."""

    before: str
    url: str
    after: str
    is_picture: bool
    label: str = ""

    @property
    def text(self) -> str:
        return f"{self.before}{self.url}{self.after}"


Piece = str | Link


class Links:
    """One a choice."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = ""

    def is_clear(self, text: str) -> bool:
        """Nothing is held back, and nothing of a link is in this text."""
        return not self._held and _CANDIDATE.search(text) is None

    def feed(self, text: str) -> list[Piece]:
        return self._cut(self._held + text, is_end=False)

    def close(self) -> list[Piece]:
        """The text ended."""
        return self._cut(self._held, is_end=True)

    def _cut(self, text: str, *, is_end: bool) -> list[Piece]:
        pieces: list[Piece] = []
        told = at = 0
        while (found := _CANDIDATE.search(text, at)) is not None:
            start = found.start()
            link = _link_at(text, start, is_end=is_end)
            if link is None and not is_end and _may_become(text, start):
                pieces.append(text[told:start])
                self._held = text[start:]
                return [piece for piece in pieces if piece]
            if link is None:
                at = start + 1
                continue
            pieces += (text[told:start], link)
            told = at = start + len(link.text)
        pieces.append(text[told:])
        self._held = ""
        return [piece for piece in pieces if piece]


def _link_at(text: str, start: int, *, is_end: bool) -> Link | None:
    """The link that is certainly there."""
    if text[start] in "![":
        found = _MARKDOWN.match(text, start)
        if found is None:
            return None
        before, url, after = found.groups()
        label = before[before.index("[") + 1 : before.rindex("]")]
        return Link(before, url, after, before.startswith("!"), label)
    found = _BARE.match(text, start)
    if found is None or (found.end() == len(text) and not is_end):
        return None
    return Link("", found[0].rstrip(_LOOSE), "", is_picture=False)


def _may_become(text: str, start: int) -> bool:
    """More text could make a link of what begins there."""
    if text[start] == "!" and start == len(text) - 1:
        return True
    if text[start] in "![":
        return _OPEN.match(text, start) is not None
    rest = text[start:]
    if "https://".startswith(rest) or "http://".startswith(rest):
        return True
    found = _BARE.match(text, start)
    if found is None:
        return rest in ("http://", "https://")
    return found.end() == len(text) and len(found[0]) < URL_CHARACTERS_MAX
