"""A streamed answer in OpenAI's form, read and passed on.

A frame passes byte for byte unless something in it must change. Held to: one id and one created
for the whole stream, a role in each choice's first delta, one finish reason a choice, usage in a
chunk of its own and only when asked for, `[DONE]` exactly once. Memory does not grow with length.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.dialects.error_shapes import error_object, message_of, shown_status
from waystation.dialects.faults import read_error, read_error_event
from waystation.dialects.framed import MouldedStream
from waystation.dialects.openai_chat.choice_state import ChoiceState
from waystation.dialects.openai_chat.chunk import (
    Choice,
    ChoiceEdit,
    Chunk,
    decode_chunk,
    only_text,
)
from waystation.dialects.openai_chat.chunk_writer import ChunkWriter, StreamPart, StreamShape
from waystation.dialects.openai_chat.usage_object import shown_usage
from waystation.dialects.openai_chat.whole_reply import frames_of_reply
from waystation.dialects.operation import Receipt, Target
from waystation.errors import Fault
from waystation.kernel.mould import Mould
from waystation.kernel.sse import Frame, SseParser
from waystation.meter.tally import Tally

EVENT_BYTES_MAX = 8 * 1024 * 1024
CHOICES_MOST = 128
_PLAIN_BYTES_MAX = 8 * 1024 * 1024
_NULL = b"null"
_DONE = b"data: [DONE]\n\n"


class ChatStream(MouldedStream):
    """Implements `StreamReader`."""

    __slots__ = (
        "_as_function_call",
        "_choices",
        "_cost_of",
        "_include_usage",
        "_part",
        "_secrets",
        "_states",
        "_think_tags",
        "_usage_frame",
        "_usage_told",
        "_writer",
        "started",
    )

    _plain_bytes_max = _PLAIN_BYTES_MAX

    def __init__(
        self,
        shape: StreamShape,
        *,
        model: str,
        target: Target,
        receipt: Receipt,
        tally: Tally,
        include_usage: bool,
        choices: int = 1,
        as_function_call: bool = False,
        part: StreamPart | None = None,
    ) -> None:
        self._writer = ChunkWriter(shape, model, target.upstream_model != model, part)
        self._part = part
        self._secrets = target.secrets
        self._think_tags = target.think_tags
        self._as_function_call = as_function_call
        self._cost_of = receipt.cost_of
        self._tally = tally
        self._include_usage = include_usage
        self._choices = choices
        self._parser = SseParser(EVENT_BYTES_MAX)
        self._mould = Mould() if part is None else Mould(vain_max=0)
        self._plain = None
        self._states: dict[int, ChoiceState] = {}
        self._upstream_id = ""
        self._usage_frame: bytes | None = None
        self._usage_told: msgspec.Raw | None = None
        self.fault: Fault | None = None
        self.complete = False
        self.started = False

    # ---- StreamReader ----------------------------------------------------------------------

    def close(self) -> bytes:
        if self.complete or self.fault is not None:
            return b""
        if self._plain is not None:
            out = self._close_plain()
        else:
            out = self._pass_on(self._parser.close())
        if self.complete or self.fault is not None:
            return out
        if not self.finished:
            self.fault = Fault("bad_upstream_response", reason="the stream ended before its end")
            return out
        last: list[bytes] = [out]
        self._finish(last)
        return b"".join(last)

    def fail(self, fault: Fault, language: Any, request_id: str = "") -> bytes:
        self.complete = True
        text = message_of(fault, request_id, language)
        error = error_object(fault, shown_status(fault), text)
        return b"data: " + msgspec.json.encode({"error": error}) + b"\n\n"

    def keep_alive(self) -> bytes:
        return self._writer.keep_alive()

    @property
    def finished(self) -> bool:
        if self.complete:
            return self.fault is None
        if len(self._states) < self._choices:
            return False
        return all(state.finished for state in self._states.values())

    # ---- frames ----------------------------------------------------------------------------

    def _pass_on(self, frames: Sequence[Frame]) -> bytes:
        out: list[bytes] = []
        for frame in frames:
            try:
                self._take(frame, out)
            except RecursionError:
                self.fault = Fault("bad_upstream_response", reason="a frame nested too deeply")
            if self.complete or self.fault is not None:
                break
        return out[0] if len(out) == 1 else b"".join(out)

    def _take(self, frame: Frame, out: list[bytes]) -> None:
        payload = frame.data
        self._mould.drop()
        try:
            if not payload.isascii():
                payload.decode()
            chunk = decode_chunk(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._take_other(payload, out)
            return
        is_odd = chunk.choices is None or chunk.error or frame.event == b"error"
        if is_odd and self._is_fault(chunk, frame):
            return
        if chunk.service_tier is not None:
            self._tally.serve(chunk.service_tier)
        choices = chunk.choices or []
        told = self._tell_usage(chunk, choices)
        if not choices:
            if told:
                self._usage_frame = payload
            return
        if not self._states:
            self._upstream_id = str(chunk.id or "")
            self._writer.adopt(chunk)
        passes = (
            not told
            and self._writer.is_named_right(chunk)
            and frame.event is None
            and len(frame.raw) == len(payload) + 8
        )
        edits = self._choice_edits(choices)
        if self.fault is not None:
            return
        if self._tally.has_output:
            self.started = True
        if edits is None and passes:
            out.append(frame.raw)
            self._mould.make(frame.raw, frame.raw, *only_text(choices))
            return
        edited = self._writer.edited(payload, edits, without_usage=told)
        if edited is not None:
            out.append(edited)
            if edits is None and not told and frame.event is None:
                self._mould.make(frame.raw, edited, *only_text(choices))

    def _take_other(self, payload: bytes, out: list[bytes]) -> None:
        """The end mark, an empty event, or nonsense."""
        stripped = payload.strip()
        if stripped == b"[DONE]":
            self._finish(out)
        elif stripped:
            reason = "a frame that is no valid chunk"
            self.fault = Fault("bad_upstream_response", reason=reason)

    def _is_fault(self, chunk: Chunk, frame: Frame) -> bool:
        """An error told inside the stream; sets the fault."""
        if chunk.error and bytes(chunk.error) not in (_NULL, b"{}", b'""'):
            self.fault = read_error_event(chunk.error, self._secrets)
        elif (
            frame.event == b"error"
            or chunk.type == "error"
            or (chunk.choices is None and chunk.message is not None and chunk.code is not None)
        ):
            self.fault = read_error(200, frame.data, self._secrets)
        return self.fault is not None

    def _tell_usage(self, chunk: Chunk, choices: list[Choice]) -> bool:
        """Feeds the meter; whether the chunk has a usage that must leave it."""
        if chunk.usage and bytes(chunk.usage) != _NULL:
            self._usage_told = msgspec.Raw(bytes(chunk.usage))
            self._tally.tell(self._usage_told)
            return True
        if chunk.x_groq is not None and chunk.x_groq.usage:
            self._tell_aside(chunk.x_groq.usage)
        for choice in choices:
            if choice.usage:
                self._tell_aside(choice.usage)
        return False

    def _tell_aside(self, usage: msgspec.Raw) -> None:
        if bytes(usage) != _NULL:
            self._usage_told = msgspec.Raw(bytes(usage))
            self._tally.tell(self._usage_told)

    def _choice_edits(self, choices: list[Choice]) -> list[ChoiceEdit] | None:
        """One edit a choice, or None when all pass as they are."""
        edits: list[ChoiceEdit] | None = None
        for position, choice in enumerate(choices):
            index = choice.index or 0
            state = self._states.get(index)
            if state is None:
                if len(self._states) >= max(CHOICES_MOST, self._choices) or index < 0:
                    self.fault = Fault("bad_upstream_response", reason="too many choices")
                    return None
                state = self._new_state()
                self._states[index] = state
            edit = state.take(choice, self._tally)
            if choice.index is None:
                edit = edit or ChoiceEdit()
                edit.index = 0
            if self._part is not None:
                edit = edit or ChoiceEdit()
                edit.index = self._part.index
                edit.drop = edit.drop or index != 0
            if edit is not None:
                if edits is None:
                    edits = [ChoiceEdit() for _ in choices]
                edits[position] = edit
        return edits

    def _new_state(self) -> ChoiceState:
        has_deltas = self._writer.shape.has_deltas
        return ChoiceState(has_deltas, self._think_tags, self._as_function_call)

    # ---- the end ---------------------------------------------------------------------------

    def _finish(self, out: list[bytes]) -> None:
        """The proper end: what the upstream left out is made up for."""
        if not self._states and not self._tally.usage().output_tokens:
            self.fault = Fault("bad_upstream_response", reason="an empty stream")
            return
        for index in sorted(self._states) or [0]:
            state = self._states.get(index)
            if state is None or not state.finished:
                out.append(self._writer.finish(index, state, self._made_reason(state)))
        self.complete = True
        if self._part is not None:
            return
        if self._include_usage:
            out.append(self._usage_chunk())
        out.append(_DONE)

    def _made_reason(self, state: ChoiceState | None) -> str:
        if state is None or not state.has_tools:
            return "stop"
        return "function_call" if self._as_function_call else "tool_calls"

    def _usage_chunk(self) -> bytes:
        usage = self._tally.usage()
        cost = self._cost_of(usage) if self._cost_of is not None else None
        shown = shown_usage(usage, self._usage_told, cost)
        return self._writer.usage_chunk(shown, self._usage_frame)

    # ---- an answer that is no stream -------------------------------------------------------

    def _is_plain(self, data: bytes) -> bool:
        is_first = not self._states and self._parser.is_empty
        return is_first and data.lstrip()[:1] in (b"{", b"<", b"[")

    def _close_plain(self) -> bytes:
        """JSON or HTML where a stream was asked for: an error, or a whole answer to be cut up."""
        body, self._plain = bytes(self._plain or b""), None
        try:
            frames = frames_of_reply(body, self._secrets)
        except Fault as fault:
            self.fault = fault
            return b""
        return self._pass_on(self._parser.feed(frames))
