"""The writing half of a connection: what is queued, whether the client takes it.

Small whole replies wait here for the end of the loop's turn (`kernel/turn.py` says why); pieces of
streams do not: they come many at a time anyway, and were dearer for it. Nothing is closed before
what waits here has gone.
"""

import asyncio

from waystation.kernel.turn import PUT_OFF_BYTES_MAX, Turn


class Outlet:
    """Queues bytes on a transport and watches them leave."""

    __slots__ = (
        "_put_off",
        "_sent_bytes",
        "_taken_at",
        "_taken_bytes",
        "_transport",
        "_turn",
        "_waiters",
        "is_paused",
    )

    def __init__(self, transport: asyncio.Transport, bytes_high: int, turn: Turn) -> None:
        transport.set_write_buffer_limits(high=bytes_high)
        self._transport = transport
        self._turn = turn
        self._put_off = b""
        self._sent_bytes = 0
        self._taken_bytes = -1  # nobody has looked yet
        self._taken_at = 0.0
        self._waiters: list[asyncio.Future[None]] = []
        self.is_paused = False
        """More than the high-water mark is queued."""

    def send(self, data: bytes) -> None:
        """Queue bytes."""
        if self._put_off:
            self.flush()
        self._sent_bytes += len(data)
        self._transport.write(data)

    def send_late(self, data: bytes) -> None:
        """Queue bytes that may wait for the end of the loop's turn; many go at once."""
        if len(data) > PUT_OFF_BYTES_MAX:
            self.send(data)
            return
        self._sent_bytes += len(data)
        before = self._put_off
        self._put_off = before + data
        if not before:
            self._turn.later(self.flush)

    def send_both(self, first: bytes, second: bytes) -> None:
        """Queue two pieces without joining them."""
        self.flush()
        self._sent_bytes += len(first) + len(second)
        self._transport.writelines((first, second))

    def flush(self) -> None:
        """Put nothing off any longer. What a lost client was to get is dropped."""
        data, self._put_off = self._put_off, b""
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def finish(self) -> bool:
        """The end, behind all that is queued. False where it cannot be told alone (TLS): that
        closes the connection."""
        self.flush()
        if not self._transport.can_write_eof():
            self._transport.close()
            return False
        self._transport.write_eof()
        return True

    def close(self) -> None:
        """Close the connection, behind all that is queued."""
        self.flush()
        self._transport.close()

    @property
    def is_empty(self) -> bool:
        """Nothing is queued here (the kernel may still hold some)."""
        return not self._put_off and self._transport.get_write_buffer_size() == 0

    def pause(self) -> None:
        """The transport says that too much is queued."""
        self.is_paused = True

    def resume(self) -> None:
        """The transport says that enough was taken, or the connection has ended."""
        self.is_paused = False
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def drain(self) -> None:
        """Return when `resume` is called."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    def is_stalled(self, now: float, seconds_max: float) -> bool:
        """Whether nothing was taken for so long; to be asked now and then, in loop time."""
        queued = self._transport.get_write_buffer_size()
        taken = self._sent_bytes - len(self._put_off) - queued
        if not queued or taken != self._taken_bytes:
            self._taken_bytes = taken
            self._taken_at = now
        return now - self._taken_at >= seconds_max
