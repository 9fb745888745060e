"""A whole JSON answer where a stream was asked for, cut into frames."""

from collections.abc import Sequence

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.json_answer import not_json
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, read_object, rebuild

_NULL = b"null"


def frames_of_reply(body: bytes, secrets: Sequence[str]) -> bytes:
    """The answer as an event stream. Raises Fault: the error that stands in it, or
    bad_upstream_response for HTML and other nonsense."""
    try:
        fields = read_object(body)
    except Fault:
        raise not_json(body) from None
    choices = fields.get("choices")
    if choices is None or not bytes(choices).startswith(b"["):
        raise read_error(200, body, secrets)
    try:
        found = msgspec.json.decode(choices, type=list[dict[str, msgspec.Raw]])
    except msgspec.ValidationError:
        raise Fault("bad_upstream_response", reason="choices of an unknown shape") from None
    for position, choice in enumerate(found):
        _as_delta(choice, position)
    if "message" in fields or bytes(fields.get("object", b"")) == b'"chat.completion"':
        fields["object"] = msgspec.Raw(b'"chat.completion.chunk"')
    fields["choices"] = raw_of(found)
    return b"data: " + rebuild(fields).replace(b"\n", b" ") + b"\n\ndata: [DONE]\n\n"


def _as_delta(choice: dict[str, msgspec.Raw], position: int) -> None:
    choice.setdefault("index", raw_of(position))
    message = choice.pop("message", None)
    if message is None or bytes(message) == _NULL:
        return
    delta = msgspec.json.decode(message, type=dict[str, msgspec.Raw])
    calls = delta.get("tool_calls")
    if calls is not None and bytes(calls).startswith(b"["):
        listed = msgspec.json.decode(calls, type=list[dict[str, msgspec.Raw]])
        numbered = [{"index": raw_of(at), **call} for at, call in enumerate(listed)]
        delta["tool_calls"] = raw_of(numbered)
    choice["delta"] = raw_of(delta)
