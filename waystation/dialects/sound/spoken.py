"""Speech as it comes from an upstream and goes to a caller, each as bare sound or as events.

Bare sound has no end of its own and no words for a failure: an answer that breaks off is cut, so
that nobody takes it for whole.
"""

from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from math import ceil
from typing import Any

import msgspec

from waystation.dialects.error_shapes import error_object, message_of, shown_status
from waystation.dialects.faults import read_error
from waystation.dialects.operation import Receipt, Target
from waystation.dialects.sound.basis import Basis
from waystation.dialects.sound.speech import SpeechOperation
from waystation.errors import Fault, Language
from waystation.kernel.sse import Frame, SseParser
from waystation.meter.sounds import (
    SPOKEN_TOKENS_PER_SECOND,
    believed,
    read_sound_usage,
    whole_seconds,
)
from waystation.meter.usage import Usage
from waystation.sound.progress import SoundClock

EVENT_BYTES_MAX = 8 * 1024 * 1024
"""Of one event: some send a whole speech in one."""
_KEEP_ALIVE = b": keep-alive\n\n"
_ABSENT = msgspec.Raw()

_encode = msgspec.json.Encoder().encode


class _Event(msgspec.Struct):
    type: Any = None
    audio: str | None = None
    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT


_decode = msgspec.json.Decoder(_Event).decode


class SpeechStream:
    """Implements `StreamReader`. events: the upstream sends events, not the bare sound."""

    __slots__ = (
        "_basis",
        "_clock",
        "_done",
        "_fault",
        "_is_whole",
        "_operation",
        "_parser",
        "_receipt",
        "_secrets",
        "_sound_bytes",
        "_told",
        "_usage",
    )

    upstream_id = ""
    output_seen = 0

    def __init__(
        self,
        operation: SpeechOperation,
        target: Target,
        receipt: Receipt,
        basis: Basis,
        events: bool,
    ) -> None:
        self._operation = operation
        self._secrets = target.secrets
        self._receipt = receipt
        self._basis = basis
        self._parser = SseParser(EVENT_BYTES_MAX) if events else None
        self._clock = SoundClock(operation.form)
        self._sound_bytes = 0
        self._told: Usage | None = None
        self._usage: Usage | None = None
        self._fault: Fault | None = None
        self._done = False
        self._is_whole = False

    # ---- the upstream's side ---------------------------------------------------------------

    def feed(self, data: bytes) -> bytes:
        if self._fault is not None or self._done:
            return b""
        if self._parser is None:
            return self._sound(data)
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
                out += self._frame(frame.data)
        except Fault as fault:
            self._fault = fault
        return bytes(out)

    def _frame(self, data: bytes) -> bytes:
        """One event."""
        if self._done or self._fault is not None or data.startswith(b"[DONE]"):
            return b""
        try:
            event = _decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Fault("bad_upstream_response", reason="an event that is no JSON") from None
        if event.error or event.type == "error":
            raise read_error(200, data, self._secrets)
        out = b""
        if event.audio:
            try:
                out = self._sound(a2b_base64(event.audio, strict_mode=True))
            except (Base64Error, ValueError):
                raise Fault("bad_upstream_response", reason="sound that is no base64") from None
        if event.type == "speech.audio.done":
            if event.usage:
                self._told = read_sound_usage(event.usage, spoken=True).tokens
            self._done = self._is_whole = True
            out += self._end()
        return out

    def _sound(self, data: bytes) -> bytes:
        if not self._sound_bytes and (fault := self._disguised(data)) is not None:
            self._fault = fault
            return b""
        self._sound_bytes += len(data)
        self._clock.feed(data)
        self._usage = None
        if self._operation.delivery != "sse":
            return data
        audio = b64encode(data).decode("ascii")
        return b"data: %b\n\n" % _encode({"type": "speech.audio.delta", "audio": audio})

    def _disguised(self, data: bytes) -> Fault | None:
        """An error or a page that calls itself sound."""
        head = data[:64].lstrip().lower()
        if head.startswith((b'{"error"', b"<!doctype", b"<html")) or (
            self._operation.form != "pcm" and head.startswith(b"{")
        ):
            return read_error(200, data, self._secrets)
        return None

    def close(self) -> bytes:
        if self._done or self._fault is not None:
            return b""
        if self._parser is not None:
            out = self._pass_on(self._parser.close())
            if not self._done and self._fault is None:
                reason = "the stream ended before its end"
                self._fault = Fault("bad_upstream_response", reason=reason)
            return out
        if not self._sound_bytes:
            self._fault = Fault("bad_upstream_response", reason="an answer without sound")
            return b""
        self._done = self._is_whole = True
        return self._end()

    # ---- the caller's side -----------------------------------------------------------------

    def _end(self) -> bytes:
        if self._operation.delivery != "sse":
            return b""
        usage = self.usage()
        counted = usage.output_tokens or ceil(self._clock.seconds * SPOKEN_TOKENS_PER_SECOND)
        given = usage.input_tokens or self._operation.prompt_guess()
        shown: dict[str, Any] = {
            "input_tokens": given,
            "output_tokens": counted,
            "total_tokens": given + counted,
        }
        cost = self._receipt.cost_of(usage)
        if cost is not None:
            shown["cost"] = msgspec.Raw(cost.encode())
        done = _encode({"type": "speech.audio.done", "usage": shown})
        return b"data: %b\n\ndata: [DONE]\n\n" % done

    def fail(self, fault: Fault, language: Language, request_id: str = "") -> bytes:
        """b"" where the caller gets bare sound: the connection is cut then."""
        if self._operation.delivery != "sse":
            return b""
        text = message_of(fault, request_id, language)
        error = error_object(fault, shown_status(fault), text)
        return b"data: %b\n\n" % _encode({"type": "error", "error": error})

    def keep_alive(self) -> bytes:
        return _KEEP_ALIVE if self._operation.delivery == "sse" else b""

    # ---- what is known ---------------------------------------------------------------------

    def usage(self) -> Usage:
        """Of all of it when it came whole, else of as much as came."""
        if self._usage is None:
            self._usage = self._counted()
        return self._usage

    def _counted(self) -> Usage:
        operation, seconds = self._operation, self._clock.seconds
        if not self._sound_bytes:
            return operation.prompt_usage()
        characters = operation.characters
        if not self._is_whole:
            share = min(1.0, seconds / max(operation.seconds_likely, 0.1))
            characters = max(1, ceil(characters * share))
        units = {"characters": characters, "seconds": whole_seconds(seconds)}
        tokens, flags = believed(self._told, operation.most())
        if tokens is not None:
            return msgspec.structs.replace(tokens, units=units)
        if self._basis == "tokens":
            return Usage(
                input_fresh=operation.prompt_guess(),
                audio_out=ceil(seconds * SPOKEN_TOKENS_PER_SECOND),
                units=units,
                flags=flags,
            )
        exact = self._is_whole and self._basis != "seconds" and not flags
        return Usage(units=units, exact=exact, flags=flags)

    @property
    def sound_bytes(self) -> int:
        return self._sound_bytes

    @property
    def seconds(self) -> float:
        return self._clock.seconds

    @property
    def started(self) -> bool:
        return self._sound_bytes > 0

    @property
    def finished(self) -> bool:
        """Bare sound ends with its connection and in no other way."""
        return self._done and self._parser is not None

    @property
    def complete(self) -> bool:
        return self._done and self._parser is not None

    @property
    def fault(self) -> Fault | None:
        return self._fault

    @property
    def has_output(self) -> bool:
        return self._sound_bytes > 0
