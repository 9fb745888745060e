"""Words that the operator does not want drawn: whole words, in any case; CJK ones anywhere.

Links and parameters of a prompt are not looked at.
"""

import re
from collections.abc import Iterable

from waystation.dialects.midjourney.prompt import is_foreign, words_of

_LINK = re.compile(r"(https?://[!-~]+)", re.IGNORECASE)
"""Wherever it stands; CJK words glued to it are the text again."""


class BannedWords:
    """Compiled once for a configuration; empty finds nothing."""

    __slots__ = ("_pattern",)

    def __init__(self, words: Iterable[str]) -> None:
        plain = sorted({word.strip() for word in words if word.strip()}, key=len, reverse=True)
        parts = [
            re.escape(word) if is_foreign(word) else rf"(?<!\w){re.escape(word)}(?!\w)"
            for word in plain
        ]
        self._pattern = re.compile("|".join(parts), re.IGNORECASE) if parts else None

    def __bool__(self) -> bool:
        return self._pattern is not None

    def find(self, prompt: str) -> str:
        """The first of them in a prompt, as it is written there; "" none."""
        if self._pattern is None:
            return ""
        return self._found(words_of(prompt))

    def take_out(self, prompt: str) -> str:
        """The prompt without them; links and parameters as they were."""
        text = words_of(prompt)
        if self._pattern is None or not self._found(text):
            return prompt
        parts = _LINK.split(text)
        parts[::2] = [self._pattern.sub(" ", words) for words in parts[::2]]
        return prompt.replace(text, " ".join("".join(parts).split()), 1)

    def _found(self, text: str) -> str:
        found = self._pattern and self._pattern.search(_LINK.sub(" ", text))
        return found[0] if found else ""
