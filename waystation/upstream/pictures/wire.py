"""How a vendor's module speaks with its upstream: the channel's address and key, one deadline.

Everything goes through the channel's transport and so through the egress guard, be it the
channel's own address or one that the vendor named on the way (`elsewhere`).
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from waystation.dialects.faults import read_error
from waystation.errors import Fault
from waystation.ledger.port import LedgerAway
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.upstream.attempt import AttemptFailed, Wire, read_refusal
from waystation.upstream.outgoing import Headers, Way, key_header
from waystation.upstream.source import transport_fault
from waystation.upstream.transport import (
    Body,
    Deadlines,
    Incoming,
    Outgoing,
    TransportFault,
)
from waystation.upstream.url import parse_url

Judge = Callable[[int, bytes], Fault | None]
"""(status, body) of an error answer → the vendor's own reading, None for the usual one."""


class Reply(NamedTuple):
    """A whole reply of a good status (or one that was let through)."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key == name), None)


class PictureWire:
    """One attempt's line to its upstream. operation: which of the channel's paths serves it
    ("image", "image_edit", …). ends_at: the loop's time when all must be done."""

    __slots__ = ("_way", "_wire", "ends_at", "key", "operation")

    def __init__(
        self, wire: Wire, way: Way, key: ChannelKey, operation: str, ends_at: float
    ) -> None:
        self._wire = wire
        self._way = way
        self.key = key
        self.operation = operation
        self.ends_at = ends_at

    @property
    def channel(self) -> Channel:
        return self._way.channel

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no text for a caller may repeat."""
        return self._wire.secrets

    @property
    def reply_bytes_max(self) -> int:
        return self._wire.reply_bytes_max

    @property
    def seconds_left(self) -> float:
        return self.ends_at - asyncio.get_running_loop().time()

    def path(self, operation: str | None = None) -> str:
        """The channel's path of an operation, this attempt's own by default. KeyError for one that
        the channel has not."""
        return self.channel.paths[operation or self.operation]

    # ---- requests --------------------------------------------------------------------------

    def request(
        self,
        path: str,
        body: bytes | Body = b"",
        *,
        method: str = "POST",
        content_type: str = "application/json",
        accept: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Outgoing:
        """A request below the channel's base address, with its key. path: may carry a query."""
        given: dict[bytes, bytes] = {}
        if body or method == "POST":
            given[b"content-type"] = content_type.encode("latin-1")
        given[b"accept"] = accept.encode("latin-1")
        for name, text in (headers or {}).items():
            given[name.lower().encode("ascii")] = text.encode("latin-1")
        return Outgoing(
            self._way.origin, method, self._way.target(path), self._with_key(given), body
        )

    def elsewhere(
        self, address: str, *, method: str = "GET", with_key: bool = False, accept: str = "*/*"
    ) -> Outgoing:
        """A request to an address that the vendor named. The caller of this sees to it that the
        key goes to the vendor's hosts only. Raises AttemptFailed for an address that is none."""
        channel = self.channel
        try:
            origin, target = parse_url(
                address, allow_private=channel.allow_private, proxy=channel.proxy
            )
        except ValueError as error:
            raise AttemptFailed(
                Fault("bad_upstream_response", reason="it names an address that is none"),
                status=200,
                detail=str(error),
            ) from None
        given = {b"accept": accept.encode("latin-1")}
        headers = self._with_key(given) if with_key else self._plain(given)
        return Outgoing(origin, method, target, headers)

    def _with_key(self, given: dict[bytes, bytes]) -> Headers:
        channel = self.channel
        if self.key.secret:
            name, value = key_header(channel.auth, self.key.secret)
            given[name] = value
        for over, text in channel.header_overrides.items():
            given[over.lower().encode("ascii")] = text.encode("latin-1")
        return self._plain(given)

    @staticmethod
    def _plain(given: Mapping[bytes, bytes]) -> Headers:
        return tuple({b"user-agent": b"waystation", **given}.items())

    # ---- conversations ---------------------------------------------------------------------

    async def send(self, request: Outgoing, judge: Judge | None = None) -> Incoming:
        """A reply's head, its status good; to be closed. Raises AttemptFailed."""
        incoming = await self._open(request)
        if 200 <= incoming.status < 300:
            return incoming
        raise await self._refusal(incoming, judge)

    async def exchange(
        self,
        request: Outgoing,
        *,
        judge: Judge | None = None,
        bytes_max: int | None = None,
        let_through: Iterable[int] = (),
    ) -> Reply:
        """A whole reply. let_through: statuses that are answers here too (404 of a job). Raises
        AttemptFailed."""
        incoming = await self._open(request)
        if not 200 <= incoming.status < 300 and incoming.status not in let_through:
            raise await self._refusal(incoming, judge)
        try:
            body = await incoming.read_all(bytes_max or self._wire.reply_bytes_max)
        except TransportFault as error:
            raise self.failed(error) from None
        finally:
            incoming.close()
        return Reply(incoming.status, incoming.headers, body)

    async def pause(self, seconds: float) -> None:
        """Wait between two looks at a job. Raises AttemptFailed (504) when the deadline comes
        first."""
        left = self.seconds_left
        if seconds >= left:
            await asyncio.sleep(max(0.0, left))
            raise overdue()
        await asyncio.sleep(seconds)

    @staticmethod
    def failed(error: TransportFault) -> AttemptFailed:
        """What a reply that broke off means."""
        return AttemptFailed(transport_fault(error), kind=error.kind, detail=error.detail)

    async def _open(self, request: Outgoing) -> Incoming:
        wire = self._wire
        try:
            return await wire.transport.send(request, self._deadlines(), wire.mark)
        except TransportFault as error:
            raise self.failed(error) from None
        except LedgerAway:
            fault = Fault("temporarily_unavailable", retry_after=2)
            raise AttemptFailed(fault, status=503) from None

    def _deadlines(self) -> Deadlines:
        """The channel's own where it has some; a picture may take all the time that is left before
        its first byte."""
        left = self.seconds_left
        if left <= 0:
            raise overdue()
        whole, own = self._way.deadlines, self.channel.deadlines
        return Deadlines(
            connect_seconds=min(whole.connect_seconds, left),
            first_byte_seconds=min(own.first_byte or left, left),
            idle_seconds=min(own.idle or left, left),
            total_seconds=min(whole.total_seconds, left),
        )

    async def _refusal(self, incoming: Incoming, judge: Judge | None) -> AttemptFailed:
        body, retry_after = await read_refusal(incoming)
        fault = judge(incoming.status, body) if judge is not None else None
        if fault is None:
            fault = read_error(incoming.status, body, self.secrets, retry_after)
            return AttemptFailed(fault, status=incoming.status)
        # Some say with 403 what is the prompt's fault: routing must not take it for the key's.
        status = fault.status if fault.code == "content_policy_violation" else incoming.status
        fault.retry_after = retry_after or fault.retry_after
        return AttemptFailed(fault, status=status)


def overdue() -> AttemptFailed:
    """The picture did not come in time: told as 504, and nobody else has time left either."""
    return AttemptFailed(Fault("upstream_timeout"), kind="total_timeout")
