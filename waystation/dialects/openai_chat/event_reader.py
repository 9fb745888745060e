"""Chat's chunks as the IR's events. Usage and text go to the tally on the way."""

from collections.abc import Sequence
from secrets import token_hex
from typing import Any

import msgspec

from waystation.dialects.faults import read_error, read_error_event
from waystation.dialects.ir import (
    Event,
    Failed,
    Finished,
    Part,
    PartDelta,
    PartEnded,
    PartStarted,
    Reasoning,
    Started,
    Text,
    ToolCall,
)
from waystation.dialects.openai_chat.chunk import (
    Choice,
    Chunk,
    Delta,
    FunctionDelta,
    ToolDelta,
    decode_chunk,
)
from waystation.dialects.openai_chat.content_parts import split_content
from waystation.dialects.openai_chat.reasons import read_reason
from waystation.dialects.openai_chat.reply_reader import arguments_text
from waystation.dialects.openai_chat.think import ThinkMover
from waystation.dialects.openai_chat.whole_reply import frames_of_reply
from waystation.dialects.operation import Target
from waystation.errors import Fault
from waystation.kernel.sse import Frame, SseParser
from waystation.meter.tally import Tally

EVENT_BYTES_MAX = 8 * 1024 * 1024
CALLS_MOST = 256
_PLAIN_BYTES_MAX = 8 * 1024 * 1024
_NULLS = (b"", b"null", b"{}", b'""', b"[]")
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class _Call:
    """A call under way: its part's index, and its arguments so far."""

    __slots__ = ("arguments", "index")

    def __init__(self, index: int) -> None:
        self.index = index
        self.arguments: list[str] = []

    @property
    def is_whole(self) -> bool:
        try:
            _decode("".join(self.arguments))
        except (msgspec.DecodeError, RecursionError):
            return False
        return True


class ChatEvents:
    """Implements `EventReader`."""

    __slots__ = (
        "_begun",
        "_calls",
        "_has_calls",
        "_is_over",
        "_kind",
        "_mover",
        "_next",
        "_open",
        "_parser",
        "_plain",
        "_reason",
        "_secrets",
        "_tally",
        "upstream_id",
    )

    def __init__(self, target: Target, tally: Tally) -> None:
        self._secrets = target.secrets
        self._tally = tally
        self._parser = SseParser(EVENT_BYTES_MAX)
        self._plain: bytearray | None = None
        self._mover = ThinkMover() if target.think_tags else None
        self._begun = False
        self._kind = ""  # of the open part of text
        self._open = -1  # its index
        self._next = 0
        self._calls: dict[Any, _Call] = {}
        self._has_calls = False
        self._reason: str | None = None
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
        return self._read(lambda: self._parser.feed(data))

    def close(self) -> Sequence[Event]:
        if self._is_over:
            return ()
        plain = self._plain
        if plain is not None:
            secrets = self._secrets
            events = self._read(lambda: self._parser.feed(frames_of_reply(bytes(plain), secrets)))
        else:
            events = self._read(self._parser.close)
        if self._is_over:
            return events
        if self._reason is None:
            return (*events, *self._failed("the stream ended before its end"))
        ended: list[Event] = [*events]
        self._finish(ended)
        return ended

    # ---- frames ----------------------------------------------------------------------------

    def _is_plain(self, data: bytes) -> bool:
        """JSON or HTML where a stream was asked for."""
        is_first = not self._begun and self._parser.is_empty
        return is_first and data.lstrip()[:1] in (b"{", b"<", b"[")

    def _read(self, frames: Any) -> Sequence[Event]:
        events: list[Event] = []
        try:
            for frame in frames():
                self._take(frame, events)
                if self._is_over:
                    break
        except Fault as fault:
            self._is_over = True
            events.append(Failed(fault))
        return events

    def _take(self, frame: Frame, events: list[Event]) -> None:
        """Raises Fault."""
        payload = frame.data
        try:
            if not payload.isascii():
                payload.decode()
            chunk = decode_chunk(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            stripped = payload.strip()
            if stripped == b"[DONE]":
                self._done(events)
            elif stripped:
                raise _nonsense("a frame that is no valid chunk") from None
            return
        if chunk.choices is None or chunk.error or frame.event == b"error":
            self._raise_error(chunk, frame)
        choices = chunk.choices or ()
        self._tell_usage(chunk, choices)
        if not choices:
            return
        if not self._begun:
            self._begun = True
            self.upstream_id = str(chunk.id or "")
            events.append(Started(self.upstream_id, chunk.model or ""))
        for choice in choices:
            if not choice.index:  # there is one answer; a second one would be nobody's
                self._choice(choice, events)

    def _raise_error(self, chunk: Chunk, frame: Frame) -> None:
        if chunk.error and bytes(chunk.error) not in _NULLS:
            raise read_error_event(chunk.error, self._secrets)
        is_bare = chunk.choices is None and chunk.message is not None and chunk.code is not None
        if frame.event == b"error" or chunk.type == "error" or is_bare:
            raise read_error(200, frame.data, self._secrets)

    def _tell_usage(self, chunk: Chunk, choices: Sequence[Choice]) -> None:
        if chunk.service_tier is not None:
            self._tally.serve(chunk.service_tier)
        usages = [chunk.usage, *(choice.usage for choice in choices)]
        if chunk.x_groq is not None:
            usages.append(chunk.x_groq.usage)
        for usage in usages:
            if usage and bytes(usage) != b"null":
                self._tally.tell(usage)
                return

    # ---- parts -----------------------------------------------------------------------------

    def _choice(self, choice: Choice, events: list[Event]) -> None:
        delta = choice.delta
        if delta is not None:
            self._delta(delta, events)
        if choice.finish_reason and self._reason is None:
            self._reason = choice.finish_reason

    def _delta(self, delta: Delta, events: list[Event]) -> None:
        thoughts, text = split_content(delta.content)
        for given in (delta.reasoning_content, delta.reasoning):
            if given and not thoughts:
                thoughts = given if isinstance(given, str) else "".join(split_content(given))
        if self._mover is not None and text:
            moved, text = self._mover.feed(text)
            thoughts += moved
        if thoughts:
            self._say("reasoning", thoughts, events)
        if text:
            self._say("text", text, events)
        if delta.refusal:
            self._say("refusal", delta.refusal, events)
        for call in delta.tool_calls or ():
            self._call(call, events)
        if delta.function_call is not None:
            self._call(ToolDelta(index=0, function=delta.function_call), events)
        for raw in (delta.audio, delta.images):
            if raw and bytes(raw) not in _NULLS:
                self._tally.has_output = True

    def _say(self, kind: str, text: str, events: list[Event]) -> None:
        if kind != self._kind:
            self._end_text(events)
            self._kind = kind
            self._open = self._start(_PARTS[kind], events)
        self._tally.text.add(text)
        self._tally.has_output = True
        events.append(PartDelta(self._open, text))

    def _start(self, part: Part, events: list[Event]) -> int:
        index = self._next
        self._next += 1
        events.append(PartStarted(index, part))
        return index

    def _end_text(self, events: list[Event]) -> None:
        if self._kind:
            events.append(PartEnded(self._open))
            self._kind = ""

    def _call(self, told: ToolDelta, events: list[Event]) -> None:
        function = told.function or FunctionDelta()
        key = self._key(told)
        call = self._calls.get(key)
        if call is None:
            if len(self._calls) >= CALLS_MOST:
                raise _nonsense("too many tool calls")
            self._end_text(events)
            self._end_calls(events, only_whole=True)
            name = function.name or ""
            part = ToolCall(told.id or "call_" + token_hex(12), name)
            call = self._calls[key] = _Call(self._start(part, events))
            self._has_calls = self._tally.has_output = True
            self._tally.text.add(name)
        arguments = arguments_text(function)
        if arguments and call.index >= 0:
            call.arguments.append(arguments)
            self._tally.text.add(arguments)
            events.append(PartDelta(call.index, arguments))

    def _key(self, told: ToolDelta) -> Any:
        """By index; where there is none, a new id opens the next call and none goes on."""
        if told.index is not None:
            return told.index
        if told.id:
            return told.id
        return next(reversed(self._calls), 0)

    def _end_calls(self, events: list[Event], only_whole: bool) -> None:
        for call in self._calls.values():
            if call.index >= 0 and (not only_whole or call.is_whole):
                events.append(PartEnded(call.index))
                call.index = -1
                call.arguments.clear()

    # ---- the end ---------------------------------------------------------------------------

    def _done(self, events: list[Event]) -> None:
        if not self._begun and not self._tally.usage().output_tokens:
            raise _nonsense("an empty stream")
        self._finish(events)

    def _finish(self, events: list[Event]) -> None:
        if self._mover is not None:
            thoughts, text = self._mover.close()
            if thoughts:
                self._say("reasoning", thoughts, events)
            if text:
                self._say("text", text, events)
        self._end_text(events)
        self._end_calls(events, only_whole=False)
        reason = self._reason or ""
        events.append(Finished(read_reason(reason, self._has_calls), reason))
        self._is_over = True

    def _failed(self, reason: str) -> Sequence[Event]:
        self._is_over = True
        return (Failed(_nonsense(reason)),)


_PARTS: dict[str, Part] = {
    "text": Text(""),
    "reasoning": Reasoning(""),
    "refusal": Text("", is_refusal=True),
}


def _nonsense(reason: str) -> Fault:
    return Fault("bad_upstream_response", reason=reason)
