"""Answers in no dialect as Gemini's: whole, or chunk by chunk, as events or as one array."""

from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.dialects.error_shapes import write_error
from waystation.dialects.gemini.usage_object import usage_fields
from waystation.dialects.ir import (
    Event,
    Finished,
    Media,
    Opaque,
    Part,
    PartDelta,
    PartEnded,
    PartStarted,
    Reasoning,
    Reply,
    Started,
    Text,
    ToolCall,
)
from waystation.dialects.lanes import Bill
from waystation.dialects.seals import own_or_packed
from waystation.errors import Fault
from waystation.kernel.ids import request_id as new_id

DIALECT = "gemini"
_REASONS = {"length": "MAX_TOKENS", "content_filter": "SAFETY"}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def write_reply(reply: Reply, model: str, bill: Bill) -> bytes:
    """A whole answer."""
    parts = [written for part in reply.parts for written in _parts(part)]
    return _encode(_answer(parts, _finish(reply.reason), model, reply.id or new_id(), bill))


def _answer(
    parts: list[dict[str, Any]], finish: str, model: str, identity: str, bill: Bill | None
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    found: dict[str, Any] = {"candidates": [candidate]}
    if bill is not None:
        found["usageMetadata"] = usage_fields(bill.usage())
    return {**found, "modelVersion": model, "responseId": identity}


def _finish(reason: str) -> str:
    return _REASONS.get(reason, "STOP")


def _parts(part: Part) -> list[dict[str, Any]]:
    """A whole part. What another dialect alone understands is not told."""
    if isinstance(part, Text):
        return [{"text": part.text} | _signature(part.seal)] if part.text or part.seal else []
    if isinstance(part, Reasoning):
        return [{"text": part.text, "thought": True} | _signature(part.seal)]
    if isinstance(part, ToolCall):
        return [_call(part, part.arguments, part.seal)]
    return _of_whole(part)


def _of_whole(part: Part) -> list[dict[str, Any]]:
    if isinstance(part, Media):
        if part.data:
            return [{"inlineData": {"mimeType": part.mime, "data": part.data}}]
        return [{"fileData": {"mimeType": part.mime, "fileUri": part.url}}] if part.url else []
    if isinstance(part, Opaque) and part.dialect == DIALECT:
        return [_decode(part.value)]
    return []


def _call(part: ToolCall, arguments: str, seal: Opaque | None) -> dict[str, Any]:
    try:
        args = _decode((arguments or "{}").encode())
    except (msgspec.DecodeError, UnicodeEncodeError):
        args = {}  # cut off at the limit: the finish reason tells it
    args = args if isinstance(args, dict) else {}
    return {"functionCall": {"id": part.id, "name": part.name, "args": args}} | _signature(seal)


def _signature(seal: Opaque | None) -> dict[str, Any]:
    text = own_or_packed(seal, DIALECT)
    return {} if text is None else {"thoughtSignature": text}


class GeminiWriter:
    """Implements `EventWriter`."""

    __slots__ = ("_arguments", "_as_array", "_bill", "_has_begun", "_id", "_model", "_open")

    def __init__(self, model: str, bill: Bill, as_array: bool) -> None:
        self._model = model
        self._bill = bill
        self._as_array = as_array
        self._has_begun = False
        self._id = new_id()
        self._open: dict[int, Part] = {}
        self._arguments: dict[int, list[str]] = {}

    def write(self, events: Sequence[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            out += [self._framed(_encode(element)) for element in self._elements(event)]
            if type(event) is Finished and self._as_array:
                out.append(b"]")
        return b"".join(out)

    def _elements(self, event: Event) -> list[dict[str, Any]]:
        if type(event) is PartDelta:
            return self._delta(event)
        if type(event) is PartStarted:
            self._open[event.index] = event.part
            first = _of_whole(event.part)
            if isinstance(event.part, Text | Reasoning) and event.part.text:
                first = [self._said(event.part, event.part.text)]
            return self._chunks(first)
        if type(event) is PartEnded:
            return self._end(event)
        if type(event) is Started:
            self._id = event.id or self._id
        elif type(event) is Finished:
            finish = _finish(event.reason)
            return [_answer([{"text": ""}], finish, self._model, self._id, self._bill)]
        return []

    def _delta(self, event: PartDelta) -> list[dict[str, Any]]:
        part = self._open[event.index]
        if isinstance(part, ToolCall):
            self._arguments.setdefault(event.index, []).append(event.text)
            return []
        return self._chunks([self._said(part, event.text)])

    def _end(self, event: PartEnded) -> list[dict[str, Any]]:
        part = self._open.pop(event.index)
        if isinstance(part, ToolCall):
            arguments = part.arguments + "".join(self._arguments.pop(event.index, ()))
            return self._chunks([_call(part, arguments, event.seal or part.seal)])
        if event.seal is not None and isinstance(part, Text | Reasoning):
            return self._chunks([self._said(part, "") | _signature(event.seal)])
        return []

    def _said(self, part: Part, text: str) -> dict[str, Any]:
        return {"text": text, "thought": True} if isinstance(part, Reasoning) else {"text": text}

    def _chunks(self, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [_answer(parts, "", self._model, self._id, None)] if parts else []

    def fail(self, fault: Fault, language: Any, request_id: str = "") -> bytes:
        out = self._framed(write_error(fault, DIALECT, request_id, language)[2])
        return out + b"]" if self._as_array else out

    def keep_alive(self) -> bytes:
        if self._as_array:
            return b"\n"
        return self._framed(_encode(_answer([{"text": ""}], "", self._model, self._id, None)))

    def _framed(self, payload: bytes) -> bytes:
        begins, self._has_begun = not self._has_begun, True
        if self._as_array:
            return (b"[" if begins else b"\r\n,") + payload
        return b"data: " + payload + b"\n\n"
