"""A whole response, read and passed on with its declared edits."""

from typing import Any

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.json_answer import read_answer
from waystation.dialects.metered import Metered
from waystation.dialects.openai_responses.usage_object import count_call, shown_usage
from waystation.dialects.operation import Receipt, Target
from waystation.errors import Fault
from waystation.kernel.sse import SseParser
from waystation.kernel.strictjson import raw_of, rebuild
from waystation.meter.tally import Tally

EVENT_BYTES_MAX = 32 * 1024 * 1024
_ABSENT = msgspec.Raw()
_NULL = b"null"
_EMPTY = (b"", _NULL, b'""', b"[]", b"{}")
_ENDS = ("response.completed", "response.incomplete", "response.failed")
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode = msgspec.json.Decoder().decode


class Item(msgspec.Struct):
    type: Any = None
    content: msgspec.Raw = _ABSENT
    arguments: msgspec.Raw = _ABSENT
    summary: msgspec.Raw = _ABSENT


class Response(msgspec.Struct):
    """The parts of a response object that are read."""

    id: Any = None
    status: Any = None
    output: list[Item] | None = None
    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT
    service_tier: Any = None


class _Event(msgspec.Struct):
    type: Any = None
    response: msgspec.Raw = _ABSENT


decode_response = msgspec.json.Decoder(Response).decode
_decode_event = msgspec.json.Decoder(_Event).decode


class ResponsesReply(Metered):
    """Implements `ReplyReader`."""

    __slots__ = ("_cost_of", "_model", "_target", "_told")

    def __init__(self, model: str, target: Target, receipt: Receipt, tally: Tally) -> None:
        self._model = model
        self._target = target
        self._cost_of = receipt.cost_of
        self._tally = tally
        self._told: msgspec.Raw | None = None
        self._upstream_id = ""

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        if status >= 400:
            raise read_error(status, body, self._target.secrets)
        if "event-stream" in content_type or body.lstrip()[:6] in (b"event:", b"data: "):
            body = _assembled(body)
        try:
            response = self._decoded(body)
            self._count(response)
            return self._written(body)
        except RecursionError:
            reason = "an answer nested too deeply"
            raise Fault("bad_upstream_response", reason=reason) from None

    def _decoded(self, body: bytes) -> Response:
        """Raises Fault for an error in a 200, HTML, nonsense."""
        response = read_answer(decode_response, body)
        has_error = bool(response.error) and bytes(response.error) not in _EMPTY
        if has_error or response.status == "failed" or response.output is None:
            raise read_error(200, body, self._target.secrets)
        return response

    def _count(self, response: Response) -> None:
        assert response.output is not None
        tally = self._tally
        self._upstream_id = response.id if isinstance(response.id, str) else ""
        tally.has_output = bool(response.output)
        for item in response.output:
            count_call(item.type, tally)
        tally.serve(response.service_tier)
        if response.usage and bytes(response.usage) != _NULL:
            self._told = msgspec.Raw(bytes(response.usage))
            tally.tell(self._told)
        if tally.has_output and tally.needs_text:
            for item in response.output:
                count_item(item, tally)
        if not response.output and not tally.usage().output_tokens:
            raise Fault("bad_upstream_response", reason="a response without output")

    def _written(self, body: bytes) -> bytes:
        usage = self.usage()
        cost = self._cost_of(usage) if self._cost_of is not None else None
        edits: dict[str, msgspec.Raw | None] = {}
        if self._target.upstream_model != self._model:
            edits["model"] = raw_of(self._model)
        if cost is not None or usage.flags or self._told is None:
            edits["usage"] = shown_usage(usage, self._told, cost)
        return rebuild(_decode_fields(body), edits) if edits else body


def count_item(item: Item, tally: Tally) -> None:
    """Text as it was seen, for when the upstream's count cannot be believed."""
    for written in (item.content, item.arguments, item.summary):
        if written and bytes(written) not in _EMPTY:
            tally.text.add("".join(_texts(_decode(written))))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    if isinstance(value, dict):
        found = value.get("text") or value.get("refusal")
        return [found] if isinstance(found, str) else []
    return []


def _assembled(body: bytes) -> bytes:
    """The response that a stream ends with, where one object was asked for."""
    parser = SseParser(EVENT_BYTES_MAX)
    for frame in [*parser.feed(body), *parser.close()]:
        try:
            event = _decode_event(frame.data)
        except msgspec.DecodeError:
            continue
        if event.type in _ENDS and event.response:
            return bytes(event.response)
        if event.type == "error":
            raise read_error(200, frame.data)
    raise Fault("bad_upstream_response", reason="the stream ended before its end")
