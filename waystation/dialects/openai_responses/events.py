"""Responses in no dialect: a whole one as a `Reply`, its events as ours."""

from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.framed import FramedEvents, fault_of_plain
from waystation.dialects.ir import (
    Event,
    Finished,
    Media,
    Opaque,
    Part,
    PartDelta,
    PartEnded,
    PartStarted,
    Reason,
    Reasoning,
    Reply,
    Started,
    Text,
    ToolCall,
)
from waystation.dialects.json_answer import read_answer
from waystation.dialects.openai_responses.items import item_text
from waystation.dialects.openai_responses.usage_object import count_call
from waystation.dialects.operation import Target
from waystation.errors import Fault
from waystation.kernel.sse import SseParser
from waystation.kernel.strictjson import raw_of
from waystation.meter.tally import Tally

DIALECT = "openai_responses"
EVENT_BYTES_MAX = 32 * 1024 * 1024
_ABSENT = msgspec.Raw()
_decode = msgspec.json.Decoder().decode


class _Details(msgspec.Struct):
    reason: str | None = None


class _Response(msgspec.Struct):
    id: str | None = None
    model: str | None = None
    status: str | None = None
    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT
    incomplete_details: _Details | None = None
    output: list[dict[str, Any]] | None = None
    service_tier: Any = None


class _Event(msgspec.Struct):
    type: str = ""
    delta: Any = None
    output_index: int = 0
    content_index: int = 0
    summary_index: int = 0
    item: dict[str, Any] | None = None
    part: dict[str, Any] | None = None
    text: Any = None
    arguments: Any = None
    response: msgspec.Raw = _ABSENT


_decode_event = msgspec.json.Decoder(_Event).decode
_decode_response = msgspec.json.Decoder(_Response).decode

_Key = tuple[int, int]
"""(output index, content index); content index -1: the item itself."""

_TEXTS = frozenset(("response.output_text.delta", "response.refusal.delta"))
_THOUGHTS = frozenset(("response.reasoning_summary_text.delta", "response.reasoning_text.delta"))
_ARGUMENTS = frozenset(
    ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta")
)


class ResponsesEvents(FramedEvents):
    """Implements `EventReader`."""

    __slots__ = (
        "_calls",
        "_indexes",
        "_next",
        "_said",
        "_summary",
        "_tally",
        "_target",
        "upstream_id",
    )

    _plain_bytes_max = EVENT_BYTES_MAX

    def __init__(self, target: Target, tally: Tally) -> None:
        self._target = target
        self._tally = tally
        self._parser = SseParser(EVENT_BYTES_MAX)
        self._plain = None
        self._indexes: dict[_Key, int] = {}  # of the parts that are open
        self._next = 0
        self._said: set[int] = set()  # parts that had deltas
        self._summary: dict[int, int] = {}  # the summary part that is being told
        self._calls = 0
        self._is_over = False
        self.upstream_id = ""

    def close(self) -> Sequence[Event]:
        if self._is_over:
            return ()
        if self._plain is not None:
            return self._failed(fault_of_plain(bytes(self._plain), self._target.secrets))
        events = self._read([frame.data for frame in self._parser.close()])
        if not self._is_over:
            events += self._failed(_bad("the stream ended before its end"))
        return events

    def _is_plain(self, data: bytes) -> bool:
        is_first = not self.upstream_id and not self._next and self._parser.is_empty
        return is_first and data.lstrip()[:1] in (b"{", b"<", b"[")

    def _read(self, payloads: Sequence[bytes]) -> list[Event]:
        events: list[Event] = []
        for payload in payloads:
            try:
                if not payload.isascii():
                    payload.decode()
                event = _decode_event(payload)
                self._take(event, payload, events)
            except (msgspec.DecodeError, UnicodeDecodeError):
                if payload.strip() not in (b"", b"[DONE]"):
                    events += self._failed(_bad("a frame that is no valid event"))
            if self._is_over:
                break
        return events

    def _take(self, event: _Event, payload: bytes, events: list[Event]) -> None:
        kind = event.type
        if kind in _TEXTS:
            key = (event.output_index, event.content_index)
            self._open(key, Text("", is_refusal="refusal" in kind), events)
            self._delta(key, event.delta, events)
        elif kind in _THOUGHTS:
            self._thought(event, events)
        elif kind in _ARGUMENTS:
            self._delta((event.output_index, -1), event.delta, events)
        elif kind == "response.output_item.added":
            self._begin(event.output_index, event.item or {}, events)
        elif kind == "response.content_part.done":
            self._end_text(event, events)
        elif kind == "response.output_item.done":
            self._end(event.output_index, event.item or {}, events)
        elif kind in ("error", "response.failed") or not kind:
            self._fail(event, payload, events)
        elif event.response:
            self._told(kind, _decode_response(event.response), events)

    def _told(self, kind: str, response: _Response, events: list[Event]) -> None:
        """An event that carries the response object."""
        self._tally.serve(response.service_tier)
        if response.usage and bytes(response.usage) != b"null":
            self._tally.tell(msgspec.Raw(bytes(response.usage)))
        if kind == "response.created":
            self.upstream_id = response.id or ""
            events.append(Started(self.upstream_id, response.model or ""))
        elif kind in ("response.completed", "response.incomplete"):
            for key in list(self._indexes):
                self._close(key, events)
            reason, raw = reason_of(response, self._calls)
            self._is_over = True
            events.append(Finished(reason, raw))

    def _fail(self, event: _Event, payload: bytes, events: list[Event]) -> None:
        if event.response:
            response = _decode_response(event.response)
            self._told("", response, events)
            payload = bytes(event.response)
        events += self._failed(read_error(200, payload, self._target.secrets))

    # ---- parts -----------------------------------------------------------------------------

    def _begin(self, place: int, item: dict[str, Any], events: list[Event]) -> None:
        kind = item.get("type")
        if kind == "reasoning":
            self._open((place, -1), Reasoning("", is_summary=True), events)
        elif kind in ("function_call", "custom_tool_call"):
            self._calls += 1
            self._tally.has_output = True
            call = ToolCall(str(item.get("call_id") or item.get("id") or ""), str(item.get("name")))
            self._open((place, -1), call, events)

    def _thought(self, event: _Event, events: list[Event]) -> None:
        key = (event.output_index, -1)
        self._open(key, Reasoning("", is_summary=True), events)
        part = max(event.summary_index, event.content_index)
        if part > self._summary.get(event.output_index, 0):
            self._delta(key, "\n\n", events)
        self._summary[event.output_index] = part
        self._delta(key, event.delta, events)

    def _end_text(self, event: _Event, events: list[Event]) -> None:
        key = (event.output_index, event.content_index)
        part = event.part or {}
        text = part.get("text") or part.get("refusal")
        if key not in self._indexes and isinstance(text, str) and text:
            self._open(key, Text("", is_refusal="refusal" in part), events)
        if key in self._indexes and self._indexes[key] not in self._said and text:
            self._delta(key, text, events)
        self._close(key, events)

    def _end(self, place: int, item: dict[str, Any], events: list[Event]) -> None:
        kind = item.get("type")
        key = (place, -1)
        if kind == "message":
            for open_key in [each for each in self._indexes if each[0] == place]:
                self._close(open_key, events)
        elif kind == "reasoning":
            self._open(key, Reasoning("", is_summary=True), events)
            self._unsaid(key, item_text(item), events)
            self._close(key, events, seal_of(item))
        elif kind in ("function_call", "custom_tool_call"):
            if key not in self._indexes:
                self._begin(place, item, events)
            self._unsaid(key, str(item.get("arguments") or item.get("input") or ""), events)
            self._close(key, events)
        elif kind:
            self._tally.has_output = True
            count_call(kind, self._tally)
            self._open(key, whole_part(item), events)
            self._close(key, events)

    def _unsaid(self, key: _Key, text: str, events: list[Event]) -> None:
        """What the item says at its end, where no delta told it."""
        if text and self._indexes[key] not in self._said:
            self._delta(key, text, events)

    def _open(self, key: _Key, part: Part, events: list[Event]) -> None:
        if key not in self._indexes:
            self._indexes[key] = self._next
            events.append(PartStarted(self._next, part))
            self._next += 1

    def _delta(self, key: _Key, text: Any, events: list[Event]) -> None:
        index = self._indexes.get(key)
        if index is None or not isinstance(text, str) or not text:
            return
        self._said.add(index)
        self._tally.has_output = True
        self._tally.text.add(text)
        events.append(PartDelta(index, text))

    def _close(self, key: _Key, events: list[Event], seal: Opaque | None = None) -> None:
        index = self._indexes.pop(key, None)
        if index is not None:
            events.append(PartEnded(index, seal))


def read_reply(body: bytes, target: Target, tally: Tally) -> Reply:
    """A whole response; feeds the tally. Raises Fault for an error in it, or nonsense."""
    response = read_answer(_decode_response, body)
    has_error = bool(response.error) and bytes(response.error) not in (b"null", b"{}")
    if has_error or response.status == "failed" or response.output is None:
        raise read_error(200, body, target.secrets)
    if response.usage and bytes(response.usage) != b"null":
        tally.tell(response.usage)
    tally.serve(response.service_tier)
    for item in response.output:
        count_call(item.get("type"), tally)
    parts = [part for item in response.output for part in _parts(item)]
    for part in parts:
        tally.has_output = True
        if isinstance(part, Text | Reasoning):
            tally.text.add(part.text)
        elif isinstance(part, ToolCall):
            tally.text.add(part.arguments)
    calls = sum(isinstance(part, ToolCall) for part in parts)
    reason, raw = reason_of(response, calls)
    return Reply(
        id=response.id or "",
        model=response.model or "",
        parts=tuple(parts),
        reason=reason,
        raw_reason=raw,
    )


def _parts(item: dict[str, Any]) -> list[Part]:
    kind = item.get("type")
    if kind == "message":
        content = item.get("content")
        return [
            Text(str(part.get("text") or part.get("refusal") or ""), is_refusal="refusal" in part)
            for part in (content if isinstance(content, list) else ())
            if isinstance(part, dict)
        ]
    if kind == "reasoning":
        return [Reasoning(item_text(item), seal_of(item), is_summary=True)]
    if kind in ("function_call", "custom_tool_call"):
        identity = str(item.get("call_id") or item.get("id") or "")
        arguments = str(item.get("arguments") or item.get("input") or "{}")
        return [ToolCall(identity, str(item.get("name")), arguments)]
    return [whole_part(item)]


def whole_part(item: dict[str, Any]) -> Part:
    """An item of the vendor's own tools; a picture is one that everybody understands."""
    if item.get("type") == "image_generation_call" and isinstance(item.get("result"), str):
        mime = f"image/{item.get('output_format') or 'png'}"
        return Media("image", mime, data=item["result"])
    return Opaque(DIALECT, raw_of(item))


def seal_of(item: dict[str, Any]) -> Opaque | None:
    """A reasoning item that can be brought back: the whole of it."""
    return Opaque(DIALECT, raw_of(item)) if item.get("encrypted_content") else None


def reason_of(response: _Response, calls: int) -> tuple[Reason, str]:
    details = response.incomplete_details
    if response.status == "incomplete" and details is not None:
        raw = details.reason or ""
        return ("content_filter" if raw == "content_filter" else "length"), raw
    return ("tool_calls" if calls else "stop"), response.status or ""


def _bad(reason: str) -> Fault:
    return Fault("bad_upstream_response", reason=reason)
