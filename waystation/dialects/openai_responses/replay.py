"""Items of an earlier response as a later request says them again."""

import msgspec

from waystation.dialects.seals import MARK
from waystation.kernel.strictjson import raw_of

_MARK = MARK.encode()


class _Response(msgspec.Struct):
    output: list[dict[str, msgspec.Raw]] = []


_decode = msgspec.json.Decoder(_Response).decode
_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_item = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def replayed(response: msgspec.Raw) -> list[msgspec.Raw]:
    """What it put out: without the ids, which say nothing to an upstream that never gave them,
    and without thoughts that nothing proves."""
    items = []
    for item in _decode(response).output:
        is_thought = bytes(item.get("type", b"")) == b'"reasoning"'
        if is_thought and "encrypted_content" not in item:
            continue
        kept = {name: value for name, value in item.items() if name not in ("id", "status")}
        items.append(raw_of(kept))
    return items


def without_foreign(given: msgspec.Raw) -> msgspec.Raw:
    """`input` without the thoughts that other vendors have sealed: OpenAI refuses them."""
    if _MARK not in bytes(given):
        return given
    kept = [item for item in _decode_items(given) if not _is_foreign(item)]
    return raw_of(kept)


def _is_foreign(item: msgspec.Raw) -> bool:
    if _MARK not in bytes(item):
        return False
    fields = _decode_item(item)
    sealed = bytes(fields.get("encrypted_content", b""))
    return bytes(fields.get("type", b"")) == b'"reasoning"' and sealed[1:].startswith(_MARK)
