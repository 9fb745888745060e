"""What keeps a conversation on its channel, so that the upstream's prompt cache stays warm."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import msgspec

from waystation.kernel.strictjson import Fields

_SESSION_HEADERS = ("x-claude-code-session-id", "session-id", "session_id")
_TURNS_LOOKED_AT = 64


class _Turn(msgspec.Struct):
    role: Any = None
    content: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder().decode
_decode_turns = msgspec.json.Decoder(list[_Turn]).decode


def affinity_of(fields: Fields, header: Callable[[str], str | None]) -> str | None:
    """A short key: the caller's own where it names one, else a hash of what every turn of a
    conversation begins with (model, system turns, first user turn)."""
    try:
        named = _named(fields)
    except RecursionError:
        named = None
    if named is not None:
        return named
    for name in _SESSION_HEADERS:
        value = header(name)
        if value:
            return f"s:{value[:200]}"
    return _prefix(fields)


def _named(fields: Fields) -> str | None:
    key = fields.get("prompt_cache_key")
    if key is not None:
        value = _decode(key)
        if isinstance(value, str) and value:
            return f"k:{value[:200]}"
    metadata = fields.get("metadata")
    if metadata is not None:
        value = _decode(metadata)
        user = value.get("user_id") if isinstance(value, dict) else None
        if isinstance(user, str) and user:
            return f"u:{user[:200]}"
    return None


def _prefix(fields: Fields) -> str | None:
    try:
        turns = _decode_turns(fields["messages"])
    except (KeyError, msgspec.DecodeError, RecursionError):
        return None
    digest = blake2b(bytes(fields["model"]), digest_size=12)
    for turn in turns[:_TURNS_LOOKED_AT]:
        if turn.role in ("system", "developer"):
            digest.update(b"\x00")
            digest.update(turn.content)
        elif turn.role == "user":
            digest.update(b"\x01")
            digest.update(turn.content)
            return f"p:{digest.hexdigest()}"
    return None
