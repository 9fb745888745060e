"""Signatures of other vendors, taken out of what goes to Anthropic itself: it refuses them."""

from typing import Any

import msgspec

from waystation.dialects.anthropic.seals import PREFIX
from waystation.kernel.strictjson import raw_of

_MARK = b'"' + PREFIX.encode()
_decode_turns = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_turn = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_blocks = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode = msgspec.json.Decoder().decode


def has_foreign(messages: msgspec.Raw) -> bool:
    """Whether a string in them begins as such a signature does."""
    return _MARK in bytes(messages)


def without_foreign(messages: msgspec.Raw) -> msgspec.Raw:
    """The turns without thoughts that others have signed, nor turns that were nothing else; every
    other block is the caller's bytes."""
    turns = _decode_turns(messages)
    kept = [_cleaned(turn) if _MARK in bytes(turn) else turn for turn in turns]
    return raw_of([turn for turn in kept if turn is not None])


def _cleaned(turn: msgspec.Raw) -> msgspec.Raw | None:
    fields = _decode_turn(turn)
    content = fields.get("content", msgspec.Raw(b"null"))
    if not bytes(content).lstrip().startswith(b"["):
        return turn
    blocks = _decode_blocks(content)
    kept = [block for block in blocks if _MARK not in bytes(block) or not _is_foreign(block)]
    if len(kept) == len(blocks):
        return turn
    return raw_of({**fields, "content": kept}) if kept else None


def _is_foreign(block: msgspec.Raw) -> bool:
    found: Any = _decode(block)
    if not isinstance(found, dict) or found.get("type") not in ("thinking", "redacted_thinking"):
        return False
    seal = found.get("signature") or found.get("data")
    return isinstance(seal, str) and seal.startswith(PREFIX)
