"""A stream that is read frame by frame, or gathered where it is none: some upstreams answer with
plain JSON or a page instead."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.ir import Event, Failed
from waystation.dialects.json_answer import not_json
from waystation.dialects.metered import MeteredStream
from waystation.errors import Fault
from waystation.kernel.mould import Mould
from waystation.kernel.sse import Frame, SseParser

_decode = msgspec.json.Decoder().decode


class FramedStream(MeteredStream):
    """A part of `StreamReader`. The heir sets all fields, and says what is plain."""

    __slots__ = ("_parser", "_plain", "complete")

    complete: bool
    _parser: SseParser
    _plain: bytearray | None
    _plain_bytes_max: ClassVar[int]

    def feed(self, data: bytes) -> bytes:
        if self.complete or self.fault is not None or not data:
            return b""
        if self._plain is not None or self._is_plain(data):
            return self._feed_plain(data)
        try:
            return self._pass_on(self._parser.feed(data))
        except Fault as fault:
            self.fault = fault
            return b""

    def _feed_plain(self, data: bytes) -> bytes:
        plain = self._plain = self._plain or bytearray()
        plain += data
        if len(plain) > self._plain_bytes_max:
            self.fault = Fault("bad_upstream_response", reason="neither a stream nor JSON")
        return b""

    def _is_plain(self, data: bytes) -> bool:
        raise NotImplementedError

    def _pass_on(self, frames: Sequence[Frame]) -> bytes:
        raise NotImplementedError


class MouldedStream(FramedStream):
    """One whose frames are mostly alike but for their text. The heir sets the mould as well."""

    __slots__ = ("_mould",)

    _mould: Mould

    def feed(self, data: bytes) -> bytes:
        if self.complete or self.fault is not None or not data:
            return b""
        cast = self._mould.cast(data)
        if cast is not None:
            self._tally.text.add(self._mould.text)
            return cast
        if self._plain is not None or self._is_plain(data):
            return self._feed_plain(data)
        try:
            frames = self._parser.feed(data)
        except Fault as fault:
            self.fault = fault
            return b""
        out = self._pass_on(frames)
        if not self._parser.is_between:
            self._mould.drop()
        return out


class FramedEvents:
    """A part of `EventReader`. The heir sets all fields, and says what is plain."""

    __slots__ = ("_is_over", "_parser", "_plain")

    _is_over: bool
    _parser: SseParser
    _plain: bytearray | None
    _plain_bytes_max: ClassVar[int]

    def feed(self, data: bytes) -> Sequence[Event]:
        if self._is_over or not data:
            return ()
        if self._plain is not None or self._is_plain(data):
            plain = self._plain = self._plain or bytearray()
            plain += data
            if len(plain) > self._plain_bytes_max:
                reason = "neither a stream nor JSON"
                return self._failed(Fault("bad_upstream_response", reason=reason))
            return ()
        try:
            frames = self._parser.feed(data)
        except Fault as fault:
            return self._failed(fault)
        return self._read([frame.data for frame in frames])

    def _failed(self, fault: Fault) -> list[Event]:
        self._is_over = True
        return [Failed(fault)]

    def _is_plain(self, data: bytes) -> bool:
        raise NotImplementedError

    def _read(self, payloads: Sequence[bytes]) -> list[Event]:
        raise NotImplementedError


def fault_of_plain(body: bytes, secrets: Sequence[str]) -> Fault:
    """JSON or a page where a stream was asked for."""
    try:
        _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return not_json(body)
    except RecursionError:
        return Fault("bad_upstream_response", reason="an answer nested too deeply")
    return read_error(200, body, secrets)
