"""Texts for a schema: formats, patterns, lengths, and the prompt's own words."""

from typing import Any

from waystation.demo.numbers import count_of
from waystation.demo.pattern import matching

_LENGTH_MAX = 4000
_FORMATS = {
    "date": "2026-01-15",
    "time": "09:30:00Z",
    "date-time": "2026-01-15T09:30:00Z",
    "email": "demo@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "example.com",
    "duration": "PT1H",
}


def text(schema: dict[str, Any], prompt: str, said: list[str], name: str, salt: int) -> str:
    """said: the prompt's words. name: of the field. salt: not 0 for another text than before."""
    least = min(count_of(schema, "minLength", 0), _LENGTH_MAX)
    most = max(count_of(schema, "maxLength", _LENGTH_MAX), least)
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        found = matching(pattern, least, most, (prompt, name, salt))
        if found is not None:
            return found
    wanted = schema.get("format")
    if isinstance(wanted, str) and wanted in _FORMATS and not salt:
        return _FORMATS[wanted]
    own = _named(prompt, name) or " ".join(said[:4])
    if salt:
        own = f"{salt} {own}"
    return own.ljust(least, "x")[:most]


def _named(prompt: str, name: str) -> str:
    """Something of the prompt that looks like what the field asks for: an id, a capital."""
    original = prompt[:10_000].split()
    marked = [word.strip(".,;:!?\"'") for word in original if any(c.isdigit() for c in word)]
    if marked and any(part in name.lower() for part in ("id", "number", "code")):
        return marked[0]
    capital = [word.strip(".,;:!?\"'") for word in original[1:] if word[:1].isupper()]
    return capital[0] if capital else ""
