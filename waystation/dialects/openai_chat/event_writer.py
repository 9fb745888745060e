"""A translated stream in chat's chunks."""

from collections.abc import Sequence
from secrets import token_hex
from time import time
from typing import Any

import msgspec

from waystation.dialects.error_shapes import error_object, message_of, shown_status
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
    Started,
    Text,
    ToolCall,
)
from waystation.dialects.lanes import Bill
from waystation.dialects.openai_chat.chunk_writer import StreamPart
from waystation.dialects.openai_chat.reasoning_details import written_detail
from waystation.dialects.openai_chat.reasons import written_reason
from waystation.dialects.openai_chat.reply_writer import image_object, sealed_call
from waystation.dialects.openai_chat.usage_object import shown_usage
from waystation.errors import Fault

_DONE = b"data: [DONE]\n\n"
_encode = msgspec.json.Encoder().encode


class ChatWriter:
    """Implements `EventWriter`. as_function_call: the caller speaks the form of 2023."""

    __slots__ = (
        "_as_function_call",
        "_begun",
        "_bill",
        "_calls",
        "_details",
        "_empty_calls",
        "_head",
        "_include_usage",
        "_open",
        "_part",
        "_tail",
        "_thoughts",
    )

    def __init__(
        self,
        model: str,
        bill: Bill,
        *,
        include_usage: bool,
        as_function_call: bool = False,
        part: StreamPart | None = None,
    ) -> None:
        self._bill = bill
        self._part = part
        self._include_usage = include_usage and part is None
        self._as_function_call = as_function_call
        identity = "chatcmpl-" + token_hex(12) if part is None else part.id
        named = {
            "id": identity,
            "object": "chat.completion.chunk",
            "created": int(time()) if part is None else part.created,
            "model": model,
        }
        self._head = b"data: " + _encode(named)[:-1]
        index = 0 if part is None else part.index
        self._open = self._head + b',"choices":[{"index":%d,"delta":' % index
        self._tail = b',"logprobs":null,"finish_reason":null}]}\n\n'
        self._begun = False
        self._calls: dict[int, int] = {}  # part → number of the call
        self._empty_calls: set[int] = set()
        self._thoughts: dict[int, tuple[Reasoning, list[str]]] = {}
        self._details = 0

    def write(self, events: Sequence[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            if type(event) is PartDelta:
                self._delta(event.index, event.text, out)
            elif type(event) is PartStarted:
                self._start(event.index, event.part, out)
            elif type(event) is PartEnded:
                self._end(event.index, event.seal, out)
            elif type(event) is Finished:
                self._finish(event, out)
            elif type(event) is Started:
                self._begin(out)
        return out[0] if len(out) == 1 else b"".join(out)

    def fail(self, fault: Fault, language: Any, request_id: str = "") -> bytes:
        text = message_of(fault, request_id, language)
        error = error_object(fault, shown_status(fault), text)
        return b"data: " + _encode({"error": error}) + b"\n\n"

    def keep_alive(self) -> bytes:
        return self._chunk(b"{}")

    # ---- parts -----------------------------------------------------------------------------

    def _chunk(self, delta: bytes) -> bytes:
        return self._open + delta + self._tail

    def _begin(self, out: list[bytes]) -> None:
        if not self._begun:
            self._begun = True
            out.append(self._chunk(b'{"role":"assistant","content":""}'))

    def _start(self, index: int, part: Part, out: list[bytes]) -> None:
        self._begin(out)
        if isinstance(part, Text):
            self._names(index, "refusal" if part.is_refusal else "content")
            if part.text:
                self._delta(index, part.text, out)
        elif isinstance(part, Reasoning):
            self._thoughts[index] = (part, [])
            if part.text:
                self._delta(index, part.text, out)
        elif isinstance(part, ToolCall):
            self._start_call(index, part, out)
        elif isinstance(part, Media) and part.kind == "image":
            out.append(self._chunk(_encode({"images": [image_object(part)]})))

    def _names(self, index: int, field: str) -> None:
        """Remember that this part's text is a refusal; content needs no memory."""
        if field == "refusal":
            self._calls[index] = -1

    def _start_call(self, index: int, part: ToolCall, out: list[bytes]) -> None:
        number = sum(1 for each in self._calls.values() if each >= 0)
        self._calls[index] = number
        function = {"name": part.name, "arguments": part.arguments}
        if not part.arguments:
            self._empty_calls.add(index)
        if self._as_function_call:
            delta: dict[str, Any] = {"function_call": function}
        else:
            call: dict[str, Any] = {"index": number, "id": part.id, "type": "function"}
            call["function"] = function
            delta = {"tool_calls": [sealed_call(call, part.seal)]}
        out.append(self._chunk(_encode(delta)))

    def _delta(self, index: int, text: str, out: list[bytes]) -> None:
        number = self._calls.get(index)
        if number is None:
            thoughts = self._thoughts.get(index)
            if thoughts is None:
                out.append(self._chunk(b'{"content":%b}' % _encode(text)))
            else:
                thoughts[1].append(text)
                out.append(self._chunk(b'{"reasoning_content":%b}' % _encode(text)))
        elif number < 0:
            out.append(self._chunk(b'{"refusal":%b}' % _encode(text)))
        else:
            self._empty_calls.discard(index)
            self._call_delta(number, text, out)

    def _call_delta(self, number: int, text: str, out: list[bytes]) -> None:
        function = b'{"arguments":%b}' % _encode(text)
        if self._as_function_call:
            out.append(self._chunk(b'{"function_call":%b}' % function))
        else:
            form = b'{"tool_calls":[{"index":%d,"function":%b}]}'
            out.append(self._chunk(form % (number, function)))

    def _end(self, index: int, seal: Opaque | None, out: list[bytes]) -> None:
        if index in self._empty_calls:
            self._empty_calls.discard(index)
            self._call_delta(self._calls[index], "{}", out)
        thoughts = self._thoughts.pop(index, None)
        if thoughts is None:
            return
        part, texts = thoughts
        sealed = msgspec.structs.replace(part, text="".join(texts), seal=seal or part.seal)
        detail = written_detail(sealed, self._details)
        if detail is not None:
            self._details += 1
            out.append(self._chunk(_encode({"reasoning_details": [detail]})))

    # ---- the end ---------------------------------------------------------------------------

    def _finish(self, end: Finished, out: list[bytes]) -> None:
        self._begin(out)
        reason = written_reason(end.reason, self._as_function_call)
        tail = b'{},"logprobs":null,"finish_reason":"%b"}]}\n\n' % reason.encode()
        out.append(self._open + tail)
        if self._part is not None:
            return
        if self._include_usage:
            shown = shown_usage(self._bill.usage(), None, self._bill.cost())
            out.append(self._head + b',"choices":[],"usage":' + bytes(shown) + b"}\n\n")
        out.append(_DONE)
