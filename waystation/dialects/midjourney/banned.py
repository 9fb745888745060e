"""Words that the operator does not want drawn: whole words, in any case; CJK ones anywhere.

Links and parameters of a prompt are not looked at.
"""

import re
from collections.abc import Iterable

from waystation.dialects.midjourney.prompt import is_foreign, words_of


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
        found = self._pattern.search(words_of(prompt))
        return found[0] if found else ""

    def take_out(self, prompt: str) -> str:
        """The prompt without them; links and parameters as they were."""
        text = words_of(prompt)
        if self._pattern is None or not text or not self._pattern.search(text):
            return prompt
        kept = " ".join(self._pattern.sub(" ", text).split())
        return prompt.replace(text, kept, 1)
