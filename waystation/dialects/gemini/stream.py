"""A streamed answer, read and passed on, as events or as one JSON array piece by piece.

A chunk passes byte for byte unless the model's name in it must change. The dialect has no end
mark: a stream is whole when its connection ends after each candidate told why it finished, or
after the prompt was blocked. Memory does not grow with length.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.dialects.error_shapes import write_error
from waystation.dialects.faults import read_error_event
from waystation.dialects.framed import FramedStream, fault_of_plain
from waystation.dialects.gemini.chunk import NULL, Chunk, count_candidate, decode_chunk, is_blocked
from waystation.dialects.operation import Target
from waystation.errors import Fault
from waystation.kernel.sse import Frame, SseParser
from waystation.kernel.strictjson import raw_of, rebuild
from waystation.meter.tally import Tally

EVENT_BYTES_MAX = 32 * 1024 * 1024
"""A chunk may carry a picture."""
CANDIDATES_MOST = 128
_PLAIN_BYTES_MAX = 32 * 1024 * 1024
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


class GeminiStream(FramedStream):
    """Implements `StreamReader`."""

    __slots__ = (
        "_as_array",
        "_blocked",
        "_finished",
        "_has_begun",
        "_model",
        "_target",
        "started",
    )

    _plain_bytes_max = _PLAIN_BYTES_MAX

    def __init__(self, model: str, target: Target, tally: Tally, as_array: bool) -> None:
        self._model = model
        self._target = target
        self._tally = tally
        self._as_array = as_array
        self._parser = SseParser(EVENT_BYTES_MAX)
        self._plain = None
        self._finished: dict[int, bool] = {}
        self._blocked = False
        self._has_begun = False
        self._upstream_id = ""
        self.fault: Fault | None = None
        self.complete = False
        self.started = False

    # ---- StreamReader ----------------------------------------------------------------------

    def close(self) -> bytes:
        if self.complete or self.fault is not None:
            return b""
        out = self._close_plain() if self._plain is not None else self._last_frame()
        if self.fault is not None:
            return out
        if not self._is_whole:
            self.fault = Fault("bad_upstream_response", reason="the stream ended before its end")
            return out
        self.complete = True
        return out + b"]" if self._as_array else out

    def fail(self, fault: Fault, language: Any, request_id: str = "") -> bytes:
        self.complete = True
        error = write_error(fault, "gemini", request_id, language)[2]
        out = self._framed(error)
        return out + b"]" if self._as_array else out

    def keep_alive(self) -> bytes:
        if self._as_array:
            return b"\n"
        empty = {"content": {"role": "model", "parts": [{"text": ""}]}, "index": 0}
        told = {"candidates": [empty], "modelVersion": self._model}
        return b"data: " + msgspec.json.encode(told) + b"\n\n"

    @property
    def _is_whole(self) -> bool:
        return self._blocked or (bool(self._finished) and all(self._finished.values()))

    @property
    def finished(self) -> bool:
        return self.fault is None and (self.complete or self._is_whole)

    # ---- chunks ----------------------------------------------------------------------------

    def _last_frame(self) -> bytes:
        try:
            return self._pass_on(self._parser.close())
        except Fault as fault:
            self.fault = fault
            return b""

    def _pass_on(self, frames: Sequence[Frame]) -> bytes:
        out: list[bytes] = []
        for frame in frames:
            try:
                self._take(frame.data, frame.raw, out)
            except RecursionError:
                self.fault = Fault("bad_upstream_response", reason="a frame nested too deeply")
            if self.fault is not None:
                break
        return out[0] if len(out) == 1 else b"".join(out)

    def _take(self, payload: bytes, raw: bytes, out: list[bytes]) -> None:
        try:
            if not payload.isascii():
                payload.decode()
            chunk = decode_chunk(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            if payload.strip() not in (b"", b"[DONE]"):
                reason = "a frame that is no valid chunk"
                self.fault = Fault("bad_upstream_response", reason=reason)
            return
        if chunk.error and bytes(chunk.error) != NULL:
            self.fault = read_error_event(chunk.error, self._target.secrets)
            return
        self._count(chunk)
        if self.fault is not None:
            return
        is_mapped = self._target.upstream_model != self._model
        if is_mapped and chunk.model is not None:
            edits: dict[str, msgspec.Raw | None] = {"modelVersion": raw_of(self._model)}
            out.append(self._framed(rebuild(_decode_fields(payload), edits)))
        elif self._as_array or not raw.startswith(b"data: "):
            out.append(self._framed(payload))
        else:
            self._has_begun = True
            out.append(raw)

    def _count(self, chunk: Chunk) -> None:
        tally = self._tally
        if not self._upstream_id and isinstance(chunk.id, str):
            self._upstream_id = chunk.id
        if chunk.usage and bytes(chunk.usage) != NULL:
            tally.tell(chunk.usage)
        for candidate in chunk.candidates or ():
            index = candidate.index if type(candidate.index) is int else 0
            if index not in self._finished and len(self._finished) >= CANDIDATES_MOST:
                self.fault = Fault("bad_upstream_response", reason="too many candidates")
                return
            self._finished[index] = bool(candidate.finish) or self._finished.get(index, False)
            count_candidate(candidate, self._target.upstream_model, tally)
        if is_blocked(chunk):
            self._blocked = True
            tally.has_output = tally.is_told  # what was counted is billed like an answer
        if tally.has_output:
            self.started = True

    def _framed(self, payload: bytes) -> bytes:
        """One more element, in the form that was asked for."""
        begins, self._has_begun = not self._has_begun, True
        if self._as_array:
            return (b"[" if begins else b"\r\n,") + payload
        if b"\n" in payload:
            payload = msgspec.json.encode(_decode_fields(payload))
        return b"data: " + payload + b"\n\n"

    # ---- an answer that is no event stream -------------------------------------------------

    def _is_plain(self, data: bytes) -> bool:
        return (
            not self._has_begun
            and not self._finished
            and self._parser.is_empty
            and data.lstrip()[:1] in (b"{", b"<", b"[")
        )

    def _close_plain(self) -> bytes:
        """The array that upstreams give who do not know `alt=sse`, or an error."""
        body, self._plain = bytes(self._plain or b""), None
        out: list[bytes] = []
        try:
            elements = _decode_array(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.fault = fault_of_plain(body, self._target.secrets)
            return b""
        for element in elements:
            self._take(bytes(element), b"", out)
            if self.fault is not None:
                break
        return b"".join(out)
