"""Anthropic's events as the IR's. Usage and text go to the tally on the way."""

from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.dialects.anthropic.events import (
    ABSENT,
    Delta,
    count_call,
    decode_event,
    read_block,
)
from waystation.dialects.anthropic.events import Event as Told
from waystation.dialects.anthropic.reply_reader import part_of, read_reply
from waystation.dialects.anthropic.seals import read_seal
from waystation.dialects.anthropic.stop_reasons import read_reason
from waystation.dialects.faults import read_error, read_error_event
from waystation.dialects.gather import events_of
from waystation.dialects.ir import (
    Event,
    Failed,
    Finished,
    Opaque,
    Part,
    PartDelta,
    PartEnded,
    PartStarted,
    Started,
    Text,
    ToolCall,
)
from waystation.dialects.lanes import Written
from waystation.dialects.operation import Target
from waystation.errors import Fault
from waystation.kernel.sse import SseParser
from waystation.meter.anthropic import merged, opening
from waystation.meter.tally import Tally

EVENT_BYTES_MAX = 8 * 1024 * 1024
_PLAIN_BYTES_MAX = 8 * 1024 * 1024


class MessagesEvents:
    """Implements `EventReader`."""

    __slots__ = (
        "_answer_index",
        "_answer_tool",
        "_end",
        "_is_over",
        "_parser",
        "_plain",
        "_seals",
        "_secrets",
        "_tally",
        "_target",
        "_usage",
        "_whole",
        "upstream_id",
    )

    def __init__(self, written: Written, target: Target, tally: Tally) -> None:
        self._answer_tool = written.answer_tool
        self._answer_index = -1
        self._target = target
        self._secrets = target.secrets
        self._tally = tally
        self._parser = SseParser(EVENT_BYTES_MAX)
        self._plain: bytearray | None = None
        self._seals: dict[int, Opaque] = {}
        self._whole: set[int] = set()  # parts that were told whole at their start
        self._usage: dict[str, Any] = {}
        self._end: Finished | None = None
        self._is_over = False
        self.upstream_id = ""

    def feed(self, data: bytes) -> Sequence[Event]:
        if self._is_over or not data:
            return ()
        if self._plain is None and self._is_plain(data):
            self._plain = bytearray()
        if self._plain is not None:
            self._plain += data
            if len(self._plain) > _PLAIN_BYTES_MAX:
                return self._failed("neither a stream nor JSON")
            return ()
        events: list[Event] = []
        try:
            for frame in self._parser.feed(data):
                self._take(frame.data, events)
                if self._is_over:
                    break
        except Fault as fault:
            events.append(self._over(Failed(fault)))
        return events

    def close(self) -> Sequence[Event]:
        if self._is_over:
            return ()
        events: list[Event] = []
        try:
            if self._plain is not None:
                return self._cut_up(bytes(self._plain))
            for frame in self._parser.close():
                self._take(frame.data, events)
        except Fault as fault:
            events.append(self._over(Failed(fault)))
        if not self._is_over:
            if self._end is None:
                return (*events, *self._failed("the stream ended before its end"))
            events.append(self._over(self._end))
        return events

    # ---- frames ----------------------------------------------------------------------------

    def _take(self, payload: bytes, events: list[Event]) -> None:
        """Raises Fault."""
        try:
            if not payload.isascii():
                payload.decode()
            told = decode_event(payload)
        except msgspec.ValidationError:
            raise read_error(200, payload, self._secrets) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            if payload.strip() in (b"", b"[DONE]"):
                return
            raise _nonsense("a frame that is no valid event") from None
        kind = told.type
        if kind == "content_block_delta":
            if told.delta is not None:
                self._delta(told.index, told.delta, events)
        elif kind == "content_block_start":
            self._start(told.index, told.content_block, events)
        elif kind == "content_block_stop":
            self._stop(told.index, events)
        elif kind == "message_delta":
            self._message_delta(told)
        elif kind == "message_start":
            self._message_start(told, events)
        elif kind == "message_stop":
            events.append(self._over(self._end or Finished("stop")))
        elif kind == "error" or told.error or not kind:
            if told.error:
                raise read_error_event(told.error, self._secrets)
            raise read_error(200, payload, self._secrets)

    def _delta(self, index: int, delta: Delta, events: list[Event]) -> None:
        text = delta.text or delta.thinking or delta.partial_json
        if text:
            tally = self._tally
            tally.text.add(text)
            tally.has_output = True
            if index not in self._whole:
                events.append(PartDelta(index, text))
        elif delta.signature:
            seal = read_seal(delta.signature)
            if seal is not None:
                self._seals[index] = seal

    def _start(self, index: int, block: msgspec.Raw, events: list[Event]) -> None:
        if block is ABSENT or not block:
            return
        told = read_block(block)
        if told.type == "server_tool_use":
            count_call(told.name, self._tally)
        part = part_of(told, block)
        if isinstance(part, ToolCall):
            # Arguments come in deltas; what stands here is an empty object.
            if part.arguments == "{}":
                part = msgspec.structs.replace(part, arguments="")
            self._tally.text.add(part.name)
            self._tally.has_output = True
            if part.name == self._answer_tool and self._answer_tool:
                self._answer_index = index
                part = _ANSWER
        elif isinstance(part, Opaque):
            self._whole.add(index)
            self._tally.has_output = True
        events.append(PartStarted(index, part))

    def _stop(self, index: int, events: list[Event]) -> None:
        events.append(PartEnded(index, self._seals.pop(index, None)))

    def _message_start(self, told: Told, events: list[Event]) -> None:
        message = told.message
        if message is None:
            return
        self.upstream_id = message.id or ""
        self._tell(opening(message.usage))
        events.append(Started(self.upstream_id, message.model or ""))

    def _message_delta(self, told: Told) -> None:
        self._tell(told.usage)
        delta = told.delta
        if delta is None or delta.stop_reason is None:
            return
        tool = self._answer_tool if self._answer_index >= 0 else ""
        reason = read_reason(delta.stop_reason, tool)
        self._end = Finished(reason, delta.stop_reason, delta.stop_sequence or "")

    def _tell(self, usage: dict[str, Any] | None) -> None:
        if usage:
            self._usage = merged(self._usage, usage)
            self._tally.tell_fields(self._usage)

    # ---- the end, and answers that are no stream -------------------------------------------

    def _is_plain(self, data: bytes) -> bool:
        return (
            not self.upstream_id
            and not self._usage
            and self._parser.is_empty
            and data.lstrip()[:1] in (b"{", b"<", b"[")
        )

    def _cut_up(self, body: bytes) -> Sequence[Event]:
        """JSON or HTML where a stream was asked for. Raises Fault."""
        written = Written(b"", (), self._answer_tool)
        reply = read_reply(body, written, self._target, self._tally)
        self.upstream_id = reply.id
        self._is_over = True
        return events_of(reply)

    def _over(self, event: Failed | Finished) -> Event:
        self._is_over = True
        return event

    def _failed(self, reason: str) -> Sequence[Event]:
        return (self._over(Failed(_nonsense(reason))),)


def _nonsense(reason: str) -> Fault:
    return Fault("bad_upstream_response", reason=reason)


_ANSWER: Part = Text("")
