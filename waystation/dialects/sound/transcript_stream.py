"""A transcript as it is written: OpenAI's events, from an upstream that streams or one that does
not."""

from math import ceil
from typing import Any

import msgspec

from waystation.dialects.error_shapes import error_object, message_of, shown_status
from waystation.dialects.faults import read_error
from waystation.dialects.operation import Receipt, Target
from waystation.dialects.sound.basis import Basis
from waystation.dialects.sound.hearing import HearingOperation
from waystation.dialects.sound.transcript import Counted, TranscriptReply, shown_usage
from waystation.errors import Fault, Language
from waystation.kernel.estimate import tokens_guess
from waystation.kernel.sse import Frame, SseParser
from waystation.meter.sounds import Told, read_sound_usage
from waystation.meter.usage import Usage

_DONE = b"data: [DONE]\n\n"
_ABSENT = msgspec.Raw()
BODY_BYTES_MAX = 16 * 1024 * 1024
TOKENS_PER_SECOND_LIKELY = 3.5
"""Of text, for a second of speech."""

_encode = msgspec.json.Encoder().encode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class _Event(msgspec.Struct):
    type: Any = None
    delta: str | None = None
    text: str | None = None
    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT


_decode = msgspec.json.Decoder(_Event).decode


class TranscriptStream:
    """Implements `StreamReader`. events: the upstream streams; else its whole answer is told as
    events when it is there."""

    __slots__ = (
        "_basis",
        "_body",
        "_counted",
        "_done",
        "_fault",
        "_operation",
        "_parser",
        "_receipt",
        "_seen",
        "_target",
        "_told",
    )

    upstream_id = ""
    output_seen = 0

    def __init__(
        self,
        operation: HearingOperation,
        target: Target,
        receipt: Receipt,
        basis: Basis,
        events: bool,
    ) -> None:
        self._operation = operation
        self._target = target
        self._receipt = receipt
        self._basis: Basis = basis
        self._counted = Counted(operation, basis)
        self._parser = SseParser() if events else None
        self._body = bytearray()
        self._seen: list[str] = []
        self._told = Told(None, None)
        self._fault: Fault | None = None
        self._done = False

    def feed(self, data: bytes) -> bytes:
        if self._fault is not None or self._done:
            return b""
        if self._parser is None:
            self._body += data
            if len(self._body) > BODY_BYTES_MAX:
                self._body.clear()
                reason = f"a transcript of more than {BODY_BYTES_MAX} bytes"
                self._fault = Fault("bad_upstream_response", reason=reason)
            return b""
        try:
            frames = self._parser.feed(data)
        except Fault as fault:
            self._fault = fault
            return b""
        return self._pass_on(frames)

    def _pass_on(self, frames: list[Frame]) -> bytes:
        """What came before a failure is metered, so the caller gets it."""
        out = bytearray()
        try:
            for frame in frames:
                out += self._frame(frame)
        except Fault as fault:
            self._fault = fault
        return bytes(out)

    def _frame(self, frame: Frame) -> bytes:
        if self._done or frame.data.startswith(b"[DONE]"):
            return b""
        try:
            event = _decode(frame.data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Fault("bad_upstream_response", reason="an event that is no JSON") from None
        if event.error or event.type == "error":
            raise read_error(200, frame.data, self._target.secrets)
        if event.type == "transcript.text.done":
            return self._finish(frame.data, event)
        if event.delta:
            self._seen.append(event.delta)
        elif event.type == "transcript.text.segment" and event.text:
            self._seen.append(event.text)
        return frame.raw

    def _finish(self, data: bytes, event: _Event) -> bytes:
        if event.text is not None:
            self._seen = [event.text]
        if event.usage:
            self._told = read_sound_usage(event.usage, spoken=False)
        self._done = True
        fields = _decode_fields(data)
        fields["usage"] = shown_usage(event.usage or None, self.usage(), self._receipt)
        return b"data: %b\n\n%b" % (_encode(fields), _DONE)

    def close(self) -> bytes:
        if self._done or self._fault is not None:
            return b""
        if self._parser is None:
            try:
                return self._told_whole()
            except Fault as fault:
                self._fault = fault
                return b""
        out = self._pass_on(self._parser.close())
        if not self._done and self._fault is None:
            reason = "the stream ended before its end"
            self._fault = Fault("bad_upstream_response", reason=reason)
        return out

    def _told_whole(self) -> bytes:
        """Raises Fault."""
        reply = TranscriptReply(self._operation, self._target, self._receipt, self._basis)
        reply.read(200, "application/json", bytes(self._body))
        self._seen = [reply.text]
        usage = reply.usage()
        self._told = Told(usage if usage.raw else None, float(usage.units["seconds"]))
        self._done = True
        delta = _encode({"type": "transcript.text.delta", "delta": reply.text})
        shown = shown_usage(reply.usage_told, usage, self._receipt)
        done = {"type": "transcript.text.done", "text": reply.text, "usage": shown}
        return b"data: %b\n\ndata: %b\n\n%b" % (delta, _encode(done), _DONE)

    def fail(self, fault: Fault, language: Language, request_id: str = "") -> bytes:
        text = message_of(fault, request_id, language)
        error = error_object(fault, shown_status(fault), text)
        return b"data: %b\n\n" % _encode({"type": "error", "error": error})

    def keep_alive(self) -> bytes:
        """An event that says nothing more."""
        return b'data: {"type":"transcript.text.delta","delta":""}\n\n'

    def usage(self) -> Usage:
        """Of all of it when it came whole, else of as much as came."""
        text = "".join(self._seen)
        usage = self._counted.usage(self._told, text)
        if self._done or not text:
            return usage if self._done else self._operation.prompt_usage()
        likely = self._operation.file.seconds * TOKENS_PER_SECOND_LIKELY
        share = min(1.0, tokens_guess(text.encode()) / max(likely, 1.0))
        return msgspec.structs.replace(
            usage,
            audio_in=ceil(usage.audio_in * share),
            units={"seconds": max(1, ceil(self._operation.seconds * share))},
            exact=False,
        )

    @property
    def started(self) -> bool:
        return bool(self._seen) or self._done

    @property
    def finished(self) -> bool:
        return self._done

    @property
    def complete(self) -> bool:
        return self._done

    @property
    def fault(self) -> Fault | None:
        return self._fault

    @property
    def has_output(self) -> bool:
        return any(self._seen) or self._told.tokens is not None
