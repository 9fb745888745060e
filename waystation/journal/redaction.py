"""Secrets are scrubbed where text leaves the process: the last step before any log sink.

Two nets. Shapes: what looks like a credential (vendor key prefixes, `Bearer …`, `?key=…`, URL
userinfo). Exact values: secrets the process knows, for keys that have no recognisable shape.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

MASK = "***"
_EXACT_CHARACTERS_MIN = 8
"""Shorter known values would blank ordinary words."""
_SEEN_MAX = 4096
_SEEN_CHARACTERS_MAX = 256
_TOGETHER_CHARACTERS_MAX = 512

# A value ends where JSON, a header or a query would end it; a backslash ends it too, so that an
# escaped quote after it stays whole.
_VALUE = r"[^\s\"'\\,;&#<>]+"

# (any of these literals must occur, pattern, replacement)
_SHAPES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("earer", "EARER"), rf"(?i)\bbearer[ \t]+{_VALUE}", f"Bearer {MASK}"),
    (
        ("api-key", "api-secret", "uthorization", "API-KEY", "Api-Key", "AUTHORIZATION"),
        r"(?i)\b(x-api-key|x-goog-api-key|api-key|mj-api-secret|authorization)"
        rf"(\\*[\"']?\s*[:=]\s*\\*[\"']?)(?!bearer\b){_VALUE}",
        rf"\1\2{MASK}",
    ),
    (("sk-",), r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_\-]{8,}", f"sk-{MASK}"),
    (
        ("key=", "token=", "secret=", "password=", "signature="),
        rf"(?i)((?:key|token|secret|password|signature)=){_VALUE}",
        rf"\1{MASK}",
    ),
    (("://",), r"(://)[^/@\s\"'\\]+@", rf"\1{MASK}@"),
    (("ws",), r"(?<![A-Za-z0-9])ws[A-Za-z0-9]{46}(?![A-Za-z0-9])", f"ws{MASK}"),
    (("AIza",), r"AIza[A-Za-z0-9_\-]{20,}", f"AIza{MASK}"),
    (("gsk_", "xai-", "ghp_", "wsn_"), r"\b(gsk_|xai-|ghp_|wsn_)[A-Za-z0-9_\-]{16,}", rf"\1{MASK}"),
    (("AKIA",), r"\bAKIA[A-Z0-9]{16}\b", f"AKIA{MASK}"),
    (("eyJ",), r"\beyJ[\w\-]{8,}\.[\w\-]{8,}(?:\.[\w\-]*)?", f"eyJ{MASK}"),
)


class _Shape(NamedTuple):
    markers: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str


_COMPILED = tuple(_Shape(m, re.compile(p), r) for m, p, r in _SHAPES)


class Redactor:
    """Scrubs by shape always, by exact value for what was given to `protect`."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: tuple[str, ...] = ()
        self._seen: dict[str, str] = {}
        self._together: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.protect(secrets)

    def protect(self, secrets: Iterable[str]) -> None:
        """Replace the known values (the configuration changed); too short ones are left out."""
        kept = {s for s in secrets if len(s) >= _EXACT_CHARACTERS_MIN}
        self._secrets = tuple(sorted(kept, key=len, reverse=True))
        self._seen.clear()
        self._together.clear()

    def text(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, MASK)
        for shape in _COMPILED:
            for marker in shape.markers:
                if marker in text:
                    text = shape.pattern.sub(shape.replacement, text)
                    break
        return text

    def name(self, text: str) -> str:
        """The same for texts that come again and again (models, agents, groups): remembered."""
        known = self._seen.get(text)
        if known is not None:
            return known
        clean = self.text(text)
        if len(text) <= _SEEN_CHARACTERS_MAX:
            if len(self._seen) >= _SEEN_MAX:
                self._seen.clear()
            self._seen[text] = clean
        return clean

    def names(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """`name` of each. Requests of one caller have the same ones together, so that the request
        path mostly pays for a single look-up."""
        known = self._together.get(texts)
        if known is not None:
            return known
        clean = tuple(map(self.name, texts))
        if sum(map(len, texts)) <= _TOGETHER_CHARACTERS_MAX:
            if len(self._together) >= _SEEN_MAX:
                self._together.clear()
            self._together[texts] = clean
        return clean


redactor = Redactor()
"""The process's own; the feed tells it the channels' keys."""
