"""The writing half of a connection: what is queued, whether the client takes it."""

import asyncio


class Outlet:
    """Queues bytes on a transport and watches them leave."""

    __slots__ = ("_sent_bytes", "_taken_at", "_taken_bytes", "_transport", "_waiters", "is_paused")

    def __init__(self, transport: asyncio.Transport, bytes_high: int) -> None:
        transport.set_write_buffer_limits(high=bytes_high)
        self._transport = transport
        self._sent_bytes = 0
        self._taken_bytes = 0
        self._taken_at = 0.0
        self._waiters: list[asyncio.Future[None]] = []
        self.is_paused = False
        """More than the high-water mark is queued."""

    def send(self, data: bytes) -> None:
        """Queue bytes."""
        self._sent_bytes += len(data)
        self._transport.write(data)

    def send_both(self, first: bytes, second: bytes) -> None:
        """Queue two pieces without joining them."""
        self._sent_bytes += len(first) + len(second)
        self._transport.writelines((first, second))

    @property
    def is_empty(self) -> bool:
        """Nothing is queued here (the kernel may still hold some)."""
        return self._transport.get_write_buffer_size() == 0

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
        taken = self._sent_bytes - queued
        if not queued or taken != self._taken_bytes:
            self._taken_bytes = taken
            self._taken_at = now
        return now - self._taken_at >= seconds_max
