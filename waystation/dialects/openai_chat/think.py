"""`<think>…</think>` at the head of an answer, told apart from it at any split."""

_OPEN = "<think>"
_CLOSE = "</think>"


class ThinkMover:
    """feed(text) → (reasoning, content). Only at the head: a tag later on is part of the answer.
    What might be the begin of a tag is held back until it is decided; `close` gives it up."""

    __slots__ = ("_held", "_state")

    def __init__(self) -> None:
        self._state = "head"
        self._held = ""

    def feed(self, text: str) -> tuple[str, str]:
        """The next piece, parted."""
        if self._state == "answer":
            return "", text
        text = self._held + text
        self._held = ""
        if self._state == "head":
            return self._head(text)
        if self._state == "inside":
            return self._inside(text)
        return self._gap(text)

    def close(self) -> tuple[str, str]:
        """The answer ended: what was held back."""
        held, self._held = self._held, ""
        return (held, "") if self._state == "inside" else ("", held)

    def _head(self, text: str) -> tuple[str, str]:
        stripped = text.lstrip()
        if stripped.startswith(_OPEN):
            self._state = "inside"
            return self._inside(stripped[len(_OPEN) :])
        if _OPEN.startswith(stripped):
            self._held = text
            return "", ""
        self._state = "answer"
        return "", text

    def _inside(self, text: str) -> tuple[str, str]:
        end = text.find(_CLOSE)
        if end >= 0:
            self._state = "gap"
            _, content = self._gap(text[end + len(_CLOSE) :])
            return text[:end], content
        for size in range(min(len(_CLOSE) - 1, len(text)), 0, -1):
            if _CLOSE.startswith(text[-size:]):
                self._held = text[-size:]
                return text[:-size], ""
        return text, ""

    def _gap(self, text: str) -> tuple[str, str]:
        """The blank lines between thoughts and answer belong to neither."""
        content = text.lstrip("\r\n")
        if content:
            self._state = "answer"
        return "", content
