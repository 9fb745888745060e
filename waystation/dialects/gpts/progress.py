"""Lines that only tell how far a picture has come, told apart from the answer at any split.

They are quotations ("> 生成中… 40%") at the beginning of a line. rule: "keep" leaves them, "drop"
takes them out, "reasoning" gives them as thoughts.
"""

import re
from typing import Literal

Rule = Literal["keep", "drop", "reasoning"]
RULE = "progress:"
"""A channel's tag that begins so names the rule for streams."""

_LINE_CHARACTERS_MAX = 400
_PROGRESS = re.compile(
    r">[^\n]*(?:\d+(?:\.\d+)?\s?%|进度|排队|生成中|绘制中|正在|queue|progress|generating|drawing|creating)",
    re.IGNORECASE,
)


class ProgressLines:
    """feed(text) → (thoughts, answer)."""

    __slots__ = ("_at_start", "_held", "_rule")

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._held = ""
        self._at_start = True

    def is_clear(self, text: str) -> bool:
        """This text is answer, whatever comes next."""
        return self._rule == "keep" or not (self._held or self._at_start or "\n" in text)

    def feed(self, text: str) -> tuple[str, str]:
        if self._rule == "keep":
            return "", text
        text, self._held = self._held + text, ""
        thoughts: list[str] = []
        answer: list[str] = []
        for line in text.splitlines(keepends=True):
            if self._at_start and line.startswith(">"):
                if not line.endswith("\n") and len(line) < _LINE_CHARACTERS_MAX:
                    self._held = line
                    break
                (thoughts if _PROGRESS.match(line) else answer).append(line)
            else:
                answer.append(line)
            self._at_start = line.endswith("\n")
        return self._told(thoughts), "".join(answer)

    def close(self) -> tuple[str, str]:
        held, self._held = self._held, ""
        if held and _PROGRESS.match(held):
            return self._told([held]), ""
        return "", held

    def _told(self, lines: list[str]) -> str:
        return "".join(lines) if self._rule == "reasoning" else ""


def rule_of(tags: tuple[str, ...], stream: bool) -> Rule:
    """A channel's own, else: kept in a stream, dropped from a whole answer."""
    for tag in tags:
        named = tag.removeprefix(RULE) if tag.startswith(RULE) else ""
        if named in ("keep", "drop", "reasoning"):
            return named  # type: ignore[return-value]  # judged in this very line
    return "keep" if stream else "drop"
