"""One attempt: the request goes out, and either something usable begins to come back or a fault.

Nothing here retries; `AttemptFailed` tells routing what it needs to judge (the upstream's status or
the kind of transport failure) and the caller's fault should it be the last one.
"""

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.operation import ReplyReader, StreamReader
from waystation.errors import Fault
from waystation.upstream.source import StreamSource, transport_fault
from waystation.upstream.transport import (
    Deadlines,
    Incoming,
    MaybeSent,
    Outgoing,
    Transport,
    TransportFault,
)

_ERROR_BYTES_MAX = 256 * 1024


class AttemptFailed(Exception):
    """fault: for the caller, scrubbed. status: the upstream's, 0 when none came. kind: the
    transport's, "" when a status came. retry_after: seconds, as the upstream said. sent: it may
    have been seen upstream. detail: for our own log."""

    def __init__(
        self,
        fault: Fault,
        *,
        status: int = 0,
        kind: str = "",
        retry_after: float | None = None,
        sent: bool = True,
        detail: str = "",
    ) -> None:
        super().__init__(fault.code)
        self.fault = fault
        self.status = status
        self.kind = kind
        self.retry_after = retry_after
        self.sent = sent
        self.detail = detail


class Caps(msgspec.Struct, frozen=True):
    """reply_bytes: of a whole JSON answer."""

    reply_bytes: int


def _failed(error: TransportFault) -> AttemptFailed:
    return AttemptFailed(
        transport_fault(error),
        kind=error.kind,
        sent=isinstance(error, MaybeSent),
        detail=error.detail,
    )


async def _send(
    transport: Transport, request: Outgoing, deadlines: Deadlines, mark: object, secrets: tuple[str, ...]
) -> Incoming:
    """The reply's head, its status good. mark: called right before the first byte."""
    try:
        incoming = await transport.send(request, deadlines, mark)  # type: ignore[arg-type]
    except TransportFault as error:
        raise _failed(error) from None
    if incoming.status < 400:
        return incoming
    try:
        body = await incoming.read_all(_ERROR_BYTES_MAX)
    except MaybeSent:
        body = b""  # the status says enough
    finally:
        incoming.close()
    raise AttemptFailed(
        read_error(incoming.status, body, secrets),
        status=incoming.status,
        retry_after=_retry_after(incoming),
    )


def _retry_after(incoming: Incoming) -> float | None:
    """Seconds; dates are rare there and ignored."""
    value = incoming.header(b"retry-after")
    try:
        return None if value is None else max(0.0, float(value))
    except ValueError:
        return None


async def fetch(
    transport: Transport,
    request: Outgoing,
    deadlines: Deadlines,
    reader: ReplyReader,
    reply_bytes_max: int,
    mark: object,
    secrets: tuple[str, ...],
) -> bytes:
    """A whole answer: the caller's body. Raises AttemptFailed."""
    incoming = await _send(transport, request, deadlines, mark, secrets)
    try:
        body = await incoming.read_all(reply_bytes_max)
    except MaybeSent as error:
        raise _failed(error) from None
    finally:
        incoming.close()
    content_type = incoming.header(b"content-type") or b""
    try:
        return reader.read(incoming.status, content_type.decode("latin-1"), body)
    except Fault as fault:
        raise AttemptFailed(fault, status=incoming.status) from None


async def begin(
    transport: Transport,
    request: Outgoing,
    deadlines: Deadlines,
    reader: StreamReader,
    mark: object,
    secrets: tuple[str, ...],
) -> StreamSource:
    """A streamed answer whose head is good; its content is yet to come. Raises AttemptFailed."""
    incoming = await _send(transport, request, deadlines, mark, secrets)
    return StreamSource(incoming, reader)
