"""One attempt: the request goes out, and either something usable begins to come back or a fault.

Nothing here retries; `AttemptFailed` tells routing what it needs to judge (the upstream's status or
the kind of transport failure) and the caller's fault should it be the last one.
"""

from collections.abc import Callable
from typing import NamedTuple

from waystation.dialects.faults import read_error
from waystation.dialects.operation import ReplyReader, StreamReader
from waystation.errors import Fault
from waystation.ledger.port import LedgerAway
from waystation.meter.usage import Usage
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
    transport's, "" when a status came. detail: for our own log."""

    def __init__(self, fault: Fault, *, status: int = 0, kind: str = "", detail: str = "") -> None:
        super().__init__(fault.code)
        self.fault = fault
        self.status = status
        self.kind = kind
        self.detail = detail


class Wire(NamedTuple):
    """How an attempt reaches its upstream. mark: called right before the first byte, raises
    LedgerAway. secrets: what no error text may repeat."""

    transport: Transport
    deadlines: Deadlines
    mark: Callable[[], None]
    secrets: tuple[str, ...]
    reply_bytes_max: int


def unheld() -> None:
    """`Wire.mark` of calls for which nothing is held."""


class Whole(NamedTuple):
    """A whole answer: the caller's body and what it consumed."""

    body: bytes
    usage: Usage
    has_output: bool
    upstream_id: str


async def fetch(wire: Wire, request: Outgoing, reader: ReplyReader) -> Whole:
    """A whole answer. Raises AttemptFailed."""
    try:
        incoming = await wire.transport.send(request, wire.deadlines, wire.mark)
    except (TransportFault, LedgerAway) as error:
        raise _unsent(error) from None
    if not 200 <= incoming.status < 300:
        raise await _refused(wire, incoming)
    try:
        received = await incoming.read_all(wire.reply_bytes_max)
    except MaybeSent as error:
        raise _failed(error) from None
    finally:
        incoming.close()
    content_type = incoming.header(b"content-type") or b""
    try:
        body = reader.read(incoming.status, content_type.decode("latin-1"), received)
    except Fault as fault:
        raise AttemptFailed(fault, status=incoming.status) from None
    return Whole(body, reader.usage(), reader.has_output, reader.upstream_id)


async def begin(wire: Wire, request: Outgoing, reader: StreamReader) -> StreamSource:
    """A streamed answer whose head is good; its content is yet to come. Raises AttemptFailed."""
    return StreamSource(await send(wire, request), reader)


async def send(wire: Wire, request: Outgoing) -> Incoming:
    """The reply's head, its status good."""
    try:
        incoming = await wire.transport.send(request, wire.deadlines, wire.mark)
    except (TransportFault, LedgerAway) as error:
        raise _unsent(error) from None
    if 200 <= incoming.status < 300:
        return incoming
    raise await _refused(wire, incoming)


def _unsent(error: TransportFault | LedgerAway) -> AttemptFailed:
    if isinstance(error, TransportFault):
        return _failed(error)
    return AttemptFailed(Fault("temporarily_unavailable", retry_after=2), status=503)


async def _refused(wire: Wire, incoming: Incoming) -> AttemptFailed:
    body, retry_after = await read_refusal(incoming)
    fault = read_error(incoming.status, body, wire.secrets, retry_after)
    return AttemptFailed(fault, status=incoming.status)


async def read_refusal(incoming: Incoming) -> tuple[bytes, int | None]:
    """The body of an answer whose status is bad, and its retry-after in seconds; closes it."""
    try:
        body = await incoming.read_all(_ERROR_BYTES_MAX)
    except MaybeSent:
        body = b""  # the status says enough
    finally:
        incoming.close()
    return body, retry_after(incoming)


def _failed(error: TransportFault) -> AttemptFailed:
    return AttemptFailed(transport_fault(error), kind=error.kind, detail=error.detail)


def retry_after(incoming: Incoming) -> int | None:
    """Whole seconds, rounded up; dates are rare there and ignored."""
    value = incoming.header(b"retry-after")
    if value is None or not value.isdigit():
        return None
    return min(int(value), 86_400)
