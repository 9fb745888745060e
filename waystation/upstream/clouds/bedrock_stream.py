"""A streamed answer of Bedrock as an ordinary event stream: what is inside its binary messages is
Anthropic's own events."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from waystation.kernel.strictjson import rebuild
from waystation.upstream.clouds.event_stream import BadEventStream, EventStreamReader, Message
from waystation.upstream.transport import Incoming, MaybeSent

EVENT_STREAM = b"application/vnd.amazon.eventstream"
_SSE_TYPE = (b"content-type", b"text/event-stream")
_METRICS = "amazon-bedrock-invocationMetrics"

_ERROR_TYPES: Mapping[str, str] = {
    "throttlingException": "rate_limit_error",
    "serviceUnavailableException": "overloaded_error",
    "modelTimeoutException": "timeout_error",
    "validationException": "invalid_request_error",
    "modelStreamErrorException": "api_error",
    "internalServerException": "api_error",
}


class _Chunk(msgspec.Struct):
    data: bytes = msgspec.field(name="bytes", default=b"")


class _Reason(msgspec.Struct):
    message: str = ""


_decode_chunk = msgspec.json.Decoder(_Chunk).decode
_decode_reason = msgspec.json.Decoder(_Reason).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class EventStreamReply:
    """Implements `Incoming` over one whose body is AWS's framing."""

    __slots__ = ("_fault", "_incoming", "_reader", "headers", "status")

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._reader = EventStreamReader()
        self._fault: BadEventStream | None = None
        self.status = incoming.status
        self.headers = (*(h for h in incoming.headers if h[0] != b"content-type"), _SSE_TYPE)

    def header(self, name: bytes) -> bytes | None:
        return next((value for known, value in self.headers if known == name), None)

    async def read(self) -> bytes:
        while self._fault is None and (data := await self._incoming.read()):
            out = self._read(data)
            if out:
                return out
        if self._fault is not None:
            self.close()
            raise MaybeSent("protocol", str(self._fault))
        if not self._reader.is_between_messages:
            raise MaybeSent("reset", "the stream ended inside a message")
        return b""

    def _read(self, data: bytes) -> bytes:
        """The events that are whole; what is sound before a fault is part of the answer."""
        out: list[bytes] = []
        try:
            for message in self._reader.feed(data):
                out.append(event_of(message))  # noqa: PERF401 (one may raise; those before it stay)
        except BadEventStream as error:
            self._fault = error
        else:
            self._fault = self._reader.fault
        return b"".join(out)

    async def read_all(self, bytes_max: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        while data := await self.read():
            size += len(data)
            if size > bytes_max:
                self.close()
                raise MaybeSent("too_large")
            parts.append(data)
        return b"".join(parts)

    def pass_to(self, taker: Callable[[bytes], bool]) -> None:
        """Not used: the pieces that arrive are not those that are given."""

    def close(self) -> None:
        self._incoming.close()


def event_of(message: Message) -> bytes:
    """A server-sent event; b"" for what says nothing to anybody. Raises BadEventStream."""
    kind = message.headers.get(":message-type", "event")
    if kind != "event":
        return _error(message)
    if message.headers.get(":event-type") != "chunk":
        return b""
    try:
        payload = _decode_chunk(message.payload).data
        if _METRICS.encode() in payload:
            payload = _without_metrics(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadEventStream("a chunk that is none") from None
    if b"\n" in payload or b"\r" in payload:
        payload = payload.replace(b"\n", b" ").replace(b"\r", b" ")
    return b"data: %b\n\n" % payload


def _without_metrics(payload: bytes) -> bytes:
    """The last event carries figures of the cloud's own, which are nobody's beyond us."""
    fields = _decode_fields(payload)
    return rebuild(fields, {_METRICS: None}) if _METRICS in fields else payload


def _error(message: Message) -> bytes:
    headers = message.headers
    name = headers.get(":exception-type") or headers.get(":error-code") or ""
    try:
        reason = _decode_reason(message.payload).message
    except (msgspec.DecodeError, UnicodeDecodeError):
        reason = ""
    told: dict[str, Any] = {
        "type": _ERROR_TYPES.get(name, "api_error"),
        "message": reason or headers.get(":error-message") or name or "no reason given",
    }
    return b"event: error\ndata: %b\n\n" % msgspec.json.encode({"type": "error", "error": told})
