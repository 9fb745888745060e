"""A translated stream in Anthropic's events.

message_start · for each block content_block_start, content_block_delta …, content_block_stop ·
message_delta with stop reason and usage · message_stop. Blocks never overlap here: of parts that
do, the later one waits in memory until the earlier one has ended.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.dialects.anthropic.blocks import sealed_block
from waystation.dialects.anthropic.reply_writer import message_id
from waystation.dialects.anthropic.seals import DIALECT, written_seal
from waystation.dialects.anthropic.stop_reasons import written_reason
from waystation.dialects.anthropic.usage_object import usage_fields
from waystation.dialects.error_shapes import write_error
from waystation.dialects.ir import (
    Event,
    Finished,
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
from waystation.errors import Fault

PING = b'event: ping\ndata: {"type": "ping"}\n\n'
_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_encode = msgspec.json.Encoder().encode

_DELTA = (
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":%b}\n\n'
)
_TEXT = b'{"type":"text_delta","text":%b}'
_THINKING = b'{"type":"thinking_delta","thinking":%b}'
_ARGUMENTS = b'{"type":"input_json_delta","partial_json":%b}'


def frame(kind: str, payload: bytes) -> bytes:
    """One event of the stream; payload: one line of JSON."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), payload)


def error_frame(fault: Fault, language: Any, request_id: str) -> bytes:
    _, _, body = write_error(fault, DIALECT, request_id, language)
    return frame("error", body)


class MessagesWriter:
    """Implements `EventWriter`."""

    __slots__ = ("_begun", "_bill", "_delta", "_held", "_model", "_next", "_open", "_redacted")

    def __init__(self, model: str, bill: Bill) -> None:
        self._model = model
        self._bill = bill
        self._begun = False
        self._open: int | None = None  # index of the part whose block is open
        self._next = 0  # index of the next block
        self._delta = b""  # the open block's, b"" when it is written whole
        self._redacted = False
        self._held: dict[int, list[Event]] = {}

    def write(self, events: Sequence[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            if type(event) is PartDelta:
                if event.index == self._open:
                    self._text(event.text, out)
                elif event.index in self._held:
                    self._held[event.index].append(event)
            elif type(event) is PartStarted:
                self._part_started(event, out)
            elif type(event) is PartEnded:
                self._part_ended(event, out)
            elif type(event) is Started:
                self._begin(event.id, out)
            elif type(event) is Finished:
                self._finish(event, out)
        return out[0] if len(out) == 1 else b"".join(out)

    def fail(self, fault: Fault, language: Any, request_id: str = "") -> bytes:
        return error_frame(fault, language, request_id)

    def keep_alive(self) -> bytes:
        return PING

    # ---- blocks ----------------------------------------------------------------------------

    def _part_started(self, event: PartStarted, out: list[bytes]) -> None:
        if self._open is not None:
            self._held[event.index] = [event]
            return
        self._begin("", out)
        self._start(event.part, event.index, out)

    def _start(self, part: Part, index: int, out: list[bytes]) -> None:
        self._redacted = False
        if isinstance(part, Text):
            self._open_block({"type": "text", "text": ""}, index, _TEXT, out)
            self._text(part.text, out)
        elif isinstance(part, Reasoning):
            self._open = index
            self._delta = _THINKING
            self._redacted = True  # until text comes there may be none
            self._text(part.text, out)
        elif isinstance(part, ToolCall):
            if part.seal is not None:
                self._whole_block(sealed_block(part.seal), out)
            block = {"type": "tool_use", "id": part.id, "name": part.name, "input": {}}
            self._open_block(block, index, _ARGUMENTS, out)
            self._text(part.arguments, out)
        else:
            self._open = index
            if isinstance(part, Opaque) and part.dialect == DIALECT:
                self._whole_block(part.value, out)

    def _open_block(self, block: Any, index: int, delta: bytes, out: list[bytes]) -> None:
        self._open = index
        self._delta = delta
        self._start_frame(block, out)

    def _start_frame(self, block: Any, out: list[bytes]) -> None:
        start = {"type": "content_block_start", "index": self._next, "content_block": block}
        out.append(frame("content_block_start", _encode(start)))

    def _stop_frame(self, out: list[bytes]) -> None:
        payload = b'{"type":"content_block_stop","index":%d}' % self._next
        out.append(frame("content_block_stop", payload))
        self._next += 1

    def _whole_block(self, block: Any, out: list[bytes]) -> None:
        self._start_frame(block, out)
        self._stop_frame(out)

    def _text(self, text: str, out: list[bytes]) -> None:
        if not text:
            return
        if self._redacted:
            self._redacted = False
            self._start_frame({"type": "thinking", "thinking": "", "signature": ""}, out)
        out.append(_DELTA % (self._next, self._delta % _encode(text)))

    def _part_ended(self, event: PartEnded, out: list[bytes]) -> None:
        if event.index != self._open:
            if event.index in self._held:
                self._held[event.index].append(event)
            return
        self._end(event.seal, out)
        self._let_go(out)

    def _end(self, seal: Opaque | None, out: list[bytes]) -> None:
        self._open = None
        if self._delta is _THINKING:
            self._end_thinking(seal, out)
        elif self._delta:
            self._stop_frame(out)
            if seal is not None:
                self._whole_block(sealed_block(seal), out)
        self._delta = b""

    def _end_thinking(self, seal: Opaque | None, out: list[bytes]) -> None:
        if self._redacted:  # no text came
            if seal is not None:
                self._whole_block(sealed_block(seal), out)
            return
        if seal is not None:
            delta = {"type": "signature_delta", "signature": written_seal(seal)}
            out.append(_DELTA % (self._next, _encode(delta)))
        self._stop_frame(out)

    def _let_go(self, out: list[bytes]) -> None:
        """What waited for the block that has just ended, in order of index."""
        while self._held and self._open is None:
            index = min(self._held)
            for event in self._held.pop(index):
                if type(event) is PartStarted:
                    self._start(event.part, index, out)
                elif type(event) is PartDelta:
                    self._text(event.text, out)
                elif type(event) is PartEnded:
                    self._end(event.seal, out)

    # ---- begin and end ---------------------------------------------------------------------

    def _begin(self, upstream_id: str, out: list[bytes]) -> None:
        if self._begun:
            return
        self._begun = True
        usage = usage_fields(self._bill.usage())
        message: dict[str, Any] = {
            "id": message_id(upstream_id),
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage,
        }
        payload = {"type": "message_start", "message": message}
        out.append(frame("message_start", _encode(payload)))

    def _finish(self, end: Finished, out: list[bytes]) -> None:
        self._begin("", out)
        while self._open is not None or self._held:
            self._end(None, out)
            self._let_go(out)
        payload = {
            "type": "message_delta",
            "delta": {
                "stop_reason": written_reason(end),
                "stop_sequence": end.stop_sequence or None,
            },
            "usage": usage_fields(self._bill.usage(), self._bill.cost()),
        }
        out.append(frame("message_delta", _encode(payload)))
        out.append(_STOP)
