"""A whole message where a stream was asked for, cut into frames."""

from collections.abc import Sequence

import msgspec

from waystation.dialects.anthropic.event_writer import frame
from waystation.dialects.faults import read_error
from waystation.dialects.json_answer import not_json
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, read_object, rebuild

_decode_blocks = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_DELTAS = {"text": "text_delta", "thinking": "thinking_delta"}
_NULL = msgspec.Raw(b"null")


def frames_of_reply(body: bytes, secrets: Sequence[str]) -> bytes:
    """The message as an event stream. Raises Fault: the error that stands in it, or
    bad_upstream_response for HTML and other nonsense."""
    try:
        fields = read_object(body)
    except Fault:
        raise not_json(body) from None
    content = fields.get("content")
    if content is None or not bytes(content).startswith(b"["):
        raise read_error(200, body, secrets)
    try:
        blocks = _decode_blocks(content)
    except msgspec.ValidationError:
        raise Fault("bad_upstream_response", reason="content of an unknown shape") from None
    reason = fields.get("stop_reason", msgspec.Raw(b'"end_turn"'))
    begun = rebuild(fields, {"content": msgspec.Raw(b"[]"), "stop_reason": _NULL})
    out = [_event("message_start", message=msgspec.Raw(begun))]
    for index, block in enumerate(blocks):
        out.extend(_block_frames(index, block))
    delta = {"stop_reason": reason, "stop_sequence": fields.get("stop_sequence", _NULL)}
    usage = fields.get("usage", msgspec.Raw(b"{}"))
    out.append(_event("message_delta", delta=delta, usage=usage))
    out.append(_event("message_stop"))
    return b"".join(out)


def _block_frames(index: int, block: dict[str, msgspec.Raw]) -> list[bytes]:
    """Text and thoughts as deltas, a call's input as one; other blocks whole."""
    kind = msgspec.json.decode(block["type"]) if "type" in block else ""
    deltas: list[dict[str, object]] = []
    start: dict[str, msgspec.Raw] = dict(block)
    if kind in _DELTAS and kind in block:
        deltas.append({"type": _DELTAS[kind], kind: block[kind]})
        start[kind] = msgspec.Raw(b'""')
    if kind == "thinking" and "signature" in block:
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
        start["signature"] = msgspec.Raw(b'""')
    if kind == "tool_use" and "input" in block:
        text = bytes(block["input"]).decode()
        deltas.append({"type": "input_json_delta", "partial_json": text})
        start["input"] = msgspec.Raw(b"{}")
    out = [_event("content_block_start", index=index, content_block=start)]
    out += [_event("content_block_delta", index=index, delta=delta) for delta in deltas]
    return [*out, _event("content_block_stop", index=index)]


def _event(kind: str, **fields: object) -> bytes:
    return frame(kind, bytes(raw_of({"type": kind, **fields})).replace(b"\n", b" "))
