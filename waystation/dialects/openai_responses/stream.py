"""A streamed response, read and passed on.

An event passes byte for byte unless something in it must change: the model's name and the usage
inside `response`, a sequence number that would not rise. Every event is told with its `event:`
line. The last one is response.completed or response.incomplete; a failure is an `error` event and
response.failed. There is no `[DONE]`. Memory does not grow with length.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.dialects.error_shapes import message_of
from waystation.dialects.faults import read_error
from waystation.dialects.framed import FramedStream, fault_of_plain
from waystation.dialects.openai_responses.reply import Item, count_item
from waystation.dialects.openai_responses.usage_object import (
    count_call,
    shown_usage,
    usage_fields,
)
from waystation.dialects.operation import Receipt, Target
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id as new_id
from waystation.kernel.sse import Frame, SseParser
from waystation.kernel.strictjson import raw_of, rebuild
from waystation.meter.tally import Tally

EVENT_BYTES_MAX = 32 * 1024 * 1024
"""The last event repeats the whole response, pictures and all."""
_PLAIN_BYTES_MAX = 8 * 1024 * 1024
_NULL = b"null"
_ABSENT = msgspec.Raw()
_PREAMBLE = frozenset(
    (
        "response.created",
        "response.queued",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.reasoning_summary_part.added",
        "keepalive",
    )
)
"""What is told before any content: until then another upstream may still be tried."""
_ENDS = frozenset(("response.completed", "response.incomplete"))
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class _Event(msgspec.Struct):
    type: str = ""
    sequence_number: Any = None
    delta: Any = None
    response: msgspec.Raw = _ABSENT
    item: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT


class _Response(msgspec.Struct):
    id: Any = None
    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT
    service_tier: Any = None


_decode_event = msgspec.json.Decoder(_Event).decode
_decode_response = msgspec.json.Decoder(_Response).decode
_decode_item = msgspec.json.Decoder(Item).decode


class ResponsesStream(FramedStream):
    """Implements `StreamReader`."""

    __slots__ = (
        "_cost_of",
        "_head",
        "_last",
        "_model",
        "_target",
        "started",
    )

    _plain_bytes_max = _PLAIN_BYTES_MAX

    def __init__(self, model: str, target: Target, receipt: Receipt, tally: Tally) -> None:
        self._model = model
        self._target = target
        self._cost_of = receipt.cost_of
        self._tally = tally
        self._parser = SseParser(EVENT_BYTES_MAX)
        self._plain = None
        self._head: bytes = b""  # the response object as it was first told
        self._last = -1  # the last sequence number the caller has seen
        self._upstream_id = ""
        self.fault: Fault | None = None
        self.complete = False
        self.started = False

    # ---- StreamReader ----------------------------------------------------------------------

    def close(self) -> bytes:
        if self.complete or self.fault is not None:
            return b""
        if self._plain is not None:
            self.fault = fault_of_plain(bytes(self._plain), self._target.secrets)
            return b""
        out = self._pass_on(self._parser.close())
        if not self.complete and self.fault is None:
            self.fault = Fault("bad_upstream_response", reason="the stream ended before its end")
        return out

    def fail(self, fault: Fault, language: Any, request_id: str = "") -> bytes:
        self.complete = True
        text = message_of(fault, request_id, language)
        code = str(fault.extra.get("code") or fault.code)
        response = _decode_fields(self._head) if self._head else _bare_response()
        told = {
            "status": "failed",
            "error": {"code": code, "message": text},
            "model": self._model,
            "usage": usage_fields(self.usage()),
        }
        response |= {name: raw_of(value) for name, value in told.items()}
        return self._event("error", code=code, message=text, param=fault.param) + self._event(
            "response.failed", response=response
        )

    def keep_alive(self) -> bytes:
        if not self._head:
            return b": waiting\n\n"  # the first event must be response.created
        return self._event("response.in_progress", response=msgspec.Raw(self._head))

    @property
    def finished(self) -> bool:
        return self.complete and self.fault is None

    # ---- events ----------------------------------------------------------------------------

    def _pass_on(self, frames: Sequence[Frame]) -> bytes:
        out: list[bytes] = []
        for frame in frames:
            try:
                self._take(frame, out)
            except Fault as fault:
                self.fault = fault
            except RecursionError:
                self.fault = Fault("bad_upstream_response", reason="a frame nested too deeply")
            if self.complete or self.fault is not None:
                break
        return out[0] if len(out) == 1 else b"".join(out)

    def _take(self, frame: Frame, out: list[bytes]) -> None:
        payload = frame.data
        try:
            if not payload.isascii():
                payload.decode()
            event = _decode_event(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            if payload.strip() not in (b"", b"[DONE]"):
                reason = "a frame that is no valid event"
                self.fault = Fault("bad_upstream_response", reason=reason)
            return
        kind = event.type
        if kind in ("error", "response.failed") or not kind:
            self._fail_with(event, payload)
            return
        if event.response:
            out.append(self._with_response(event, payload))
            return
        self._count(event)
        number = event.sequence_number
        if type(number) is not int or number <= self._last:
            number = self._last + 1
            fields = _decode_fields(payload)
            payload = rebuild(fields, {"sequence_number": raw_of(number)})
            out.append(_framed(kind, payload))
        elif frame.event is None:
            out.append(_framed(kind, payload))
        else:
            out.append(frame.raw)
        self._last = number

    def _count(self, event: _Event) -> None:
        """Feeds the meter with what passes."""
        tally, kind = self._tally, event.type
        if kind not in _PREAMBLE:
            self.started = tally.has_output = True
        delta = event.delta
        if delta.__class__ is str:
            tally.text.add(delta)
        elif kind == "response.output_item.done" and event.item:
            item = _item_of(event.item)
            count_call(item.type, tally)
            if tally.text.pieces == 0:
                count_item(item, tally)
        elif kind == "response.output_item.added" and _is_at_work(event.item):
            self.started = tally.has_output = True

    def _fail_with(self, event: _Event, payload: bytes) -> None:
        """An error told inside the stream."""
        secrets = self._target.secrets
        if not event.response:
            self.fault = read_error(200, payload, secrets)
            return
        response = _decode_response(event.response)
        self._tell(response)
        self.fault = read_error(200, bytes(event.response), secrets)

    def _tell(self, response: _Response) -> None:
        self._tally.serve(response.service_tier)
        if response.usage and bytes(response.usage) != _NULL:
            self._tally.tell(msgspec.Raw(bytes(response.usage)))

    def _with_response(self, event: _Event, payload: bytes) -> bytes:
        """An event that carries the response object: created, in progress, the end."""
        try:
            response = _decode_response(event.response)
        except msgspec.ValidationError:
            reason = "an event of an unknown shape"
            self.fault = Fault("bad_upstream_response", reason=reason)
            return b""
        self._tell(response)
        if not self._upstream_id and isinstance(response.id, str):
            self._upstream_id = response.id
        is_end = event.type in _ENDS
        edits: dict[str, msgspec.Raw | None] = {}
        if self._target.upstream_model != self._model:
            edits["model"] = raw_of(self._model)
        if is_end:
            edits |= self._end(response)
        shown = event.response
        if edits:
            shown = msgspec.Raw(rebuild(_decode_fields(event.response), edits))
        if not self._head:
            self._head = bytes(shown)
        number = event.sequence_number
        rises = type(number) is int and number > self._last
        self._last = number if rises else self._last + 1
        if edits or not rises:
            fields = _decode_fields(payload)
            payload = rebuild(fields, {"response": shown, "sequence_number": raw_of(self._last)})
        return _framed(event.type, payload)

    def _end(self, response: _Response) -> dict[str, msgspec.Raw | None]:
        """The proper end: the usage as the caller is to see it."""
        self.complete = True
        usage = self.usage()
        if self._tally.has_output or usage.output_tokens:
            self.started = True
        told = response.usage if response.usage and bytes(response.usage) != _NULL else None
        cost = self._cost_of(usage) if self._cost_of is not None else None
        if cost is None and not usage.flags and told is not None:
            return {}
        return {"usage": shown_usage(usage, told, cost)}

    def _event(self, kind: str, **fields: Any) -> bytes:
        """One of our own making."""
        self._last += 1
        written = {"type": kind, "sequence_number": self._last, **fields}
        return _framed(kind, msgspec.json.encode(written))

    # ---- an answer that is no stream -------------------------------------------------------

    def _is_plain(self, data: bytes) -> bool:
        return self._last < 0 and self._parser.is_empty and data.lstrip()[:1] in (b"{", b"<", b"[")


def _is_at_work(item: msgspec.Raw) -> bool:
    """A hosted tool at work is something that was done, and will be charged."""
    kinds = ("message", "reasoning", "function_call", "custom_tool_call")
    return bool(item) and _item_of(item).type not in kinds


def _item_of(written: msgspec.Raw) -> Item:
    """Raises Fault for what is none."""
    try:
        return _decode_item(written)
    except msgspec.ValidationError:
        raise Fault("bad_upstream_response", reason="an item of an unknown shape") from None


def _framed(kind: str, payload: bytes) -> bytes:
    if b"\n" in payload:
        payload = msgspec.json.encode(_decode_fields(payload))
    return b"event: " + kind.encode() + b"\ndata: " + payload + b"\n\n"


def _bare_response() -> dict[str, msgspec.Raw]:
    """Of an upstream that never told its own."""
    told = {
        "id": f"resp_{new_id()}",
        "object": "response",
        "created_at": now_ms() // 1000,
        "output": [],
    }
    return {name: raw_of(value) for name, value in told.items()}
