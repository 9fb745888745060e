"""`Transport` on our own HTTP/1.1: what the relay calls upstream with."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from waystation.upstream.egress import EgressGuard
from waystation.upstream.http1.connection import Connection
from waystation.upstream.http1.dial import Dialer
from waystation.upstream.http1.head import write_head
from waystation.upstream.http1.pool import Place, Pool
from waystation.upstream.http1.reply import Reply
from waystation.upstream.transport import (
    Deadlines,
    Destination,
    MaybeSent,
    NotSent,
    Outgoing,
)


class Http1Transport:
    """idle_seconds, idle_max: how long and how many connections are kept without a request.
    ca_file: authorities to trust besides the system's. retry_stale: send once more, on a fresh
    connection, when a used one closes at once and without a byte of reply."""

    def __init__(
        self,
        guard: EgressGuard,
        *,
        idle_seconds: float = 30.0,
        idle_max: int = 512,
        ca_file: Path | None = None,
        retry_stale: bool = True,
    ) -> None:
        self._pool = Pool(idle_seconds, idle_max)
        self._dialer = Dialer(guard, ca_file)
        self._retry_stale = retry_stale
        self._closed = False

    def ready(self, origin: Destination) -> bool:
        place = self._pool.find(origin)
        return place is not None and bool(place.idle)

    @property
    def open_count(self) -> int:
        """Connections, idle and busy."""
        return self._pool.open_count

    @property
    def idle_count(self) -> int:
        return self._pool.idle_count

    async def send(
        self,
        request: Outgoing,
        deadlines: Deadlines,
        on_sending: Callable[[], None] | None = None,
    ) -> Reply:
        loop = asyncio.get_running_loop()
        total_at = loop.time() + deadlines.total_seconds
        place = self._pool.place(request.origin)
        head = write_head(request, place.host)
        connection = self._pool.take(place)
        if connection is None:
            seconds = min(deadlines.connect_seconds, deadlines.total_seconds)
            connection = await self._open(place, seconds)
        if on_sending is not None:
            try:
                on_sending()
            except BaseException:
                connection.abort()
                raise
        without_body = request.method == "HEAD"
        reply = Reply(loop, connection, deadlines, total_at, without_body, request.keep_encoding)
        connection.begin(reply, head, request.body)
        try:
            await reply.head()
        except MaybeSent:
            if not (reply.stale and self._retry_stale):
                raise
        except BaseException:
            reply.close()
            raise
        else:
            return reply
        return await self._send_again(place, request, head, deadlines, total_at)

    async def _send_again(
        self,
        place: Place,
        request: Outgoing,
        head: bytes,
        deadlines: Deadlines,
        total_at: float,
    ) -> Reply:
        loop = asyncio.get_running_loop()
        left = total_at - loop.time()
        try:
            connection = await self._open(place, min(deadlines.connect_seconds, left))
        except NotSent as fault:
            # The first connection took the request: whether it was read nobody knows.
            raise MaybeSent(fault.kind, fault.detail) from None
        without_body = request.method == "HEAD"
        reply = Reply(loop, connection, deadlines, total_at, without_body, request.keep_encoding)
        connection.begin(reply, head, request.body)
        try:
            await reply.head()
        except MaybeSent:
            raise
        except BaseException:
            reply.close()
            raise
        return reply

    async def _open(self, place: Place, seconds: float) -> Connection:
        if self._closed:
            raise NotSent("connect", "the transport is closed")
        loop = asyncio.get_running_loop()
        connection = await self._dialer.dial(
            place.origin, lambda: Connection(self._pool, place, loop), seconds
        )
        if not connection.is_usable:
            raise NotSent("connect", "the server closed the connection at once")
        if self._closed:
            connection.abort()
            raise NotSent("connect", "the transport is closed")
        self._pool.opened(connection)
        return connection

    async def close(self) -> None:
        self._closed = True
        await self._pool.close()
