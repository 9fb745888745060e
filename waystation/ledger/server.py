"""The ledger's server: who is connected, who has gone, and what time does to them."""

import asyncio
import socket
from pathlib import Path

from waystation.ledger.books import Books, KeepLease, Lose, SweepAbsent, SweepBoot
from waystation.ledger.connection import Connection
from waystation.ledger.messages import Command
from waystation.ledger.socket_address import listen
from waystation.ledger.writer import Writer

BACKLOG_BYTES_MAX = 16 * 1024 * 1024
CONNECTIONS_MAX = 256
LOSE_AFTER_SECONDS = 0.25
RETURN_SECONDS_MAX = 15.0
LEASE_SECONDS = 2.0


class LedgerServer:
    """books: opened by `start`, closed by `stop`. boot: of the whole serve; "" when the processes
    are run apart: then nothing is swept at start but what does not return in time.

    A gateway whose connection closed is lost after lose_after_seconds, unless it is back: the
    delay only serves a gateway that we dropped ourselves. Figures are in `writer.counters`;
    dropped counts connections that were refused because there are too many."""

    def __init__(
        self,
        books: Books,
        socket_path: Path,
        boot: str,
        *,
        return_seconds_max: float = RETURN_SECONDS_MAX,
        lose_after_seconds: float = LOSE_AFTER_SECONDS,
        backlog_bytes_max: int = BACKLOG_BYTES_MAX,
    ) -> None:
        self.dropped = 0
        self.writer = Writer(books, self._on_full)
        self._books = books
        self._path = socket_path
        self._boot = boot
        self._return_seconds_max = return_seconds_max
        self._lose_after_seconds = lose_after_seconds
        self._backlog_bytes_max = backlog_bytes_max
        self._loop = asyncio.get_running_loop()
        self._listening: socket.socket | None = None
        self._connections: set[Connection] = set()
        self._gateways: dict[str, Connection] = {}
        self._losses: dict[str, asyncio.TimerHandle] = {}
        self._timers: list[asyncio.TimerHandle] = []
        self._writing: asyncio.Task[None] | None = None
        self._paused = False

    @property
    def gateways(self) -> tuple[str, ...]:
        """Those connected now."""
        return tuple(self._gateways)

    async def start(self) -> None:
        """Open the books, then listen: who connects is decided from what is durable.

        Raises BooksAway, AddressTaken, OSError."""
        await self._books.open()
        try:
            self._listening = listen(self._path)
        except OSError:
            await self._books.close()
            raise
        if self._boot:
            self.writer.put_internal(self._boot, SweepBoot(self._boot))
        self._writing = asyncio.create_task(self.writer.run(), name="ledger-writer")
        self._loop.add_reader(self._listening.fileno(), self._accept)
        self._timers = [self._loop.call_later(self._return_seconds_max, self._sweep_absent)]
        self._keep_lease()

    async def run(self) -> None:
        """Until `stop` was called; raises what the writer died of."""
        assert self._writing is not None
        await asyncio.shield(self._writing)

    async def stop(self) -> None:
        """Accept no more, settle what came, close."""
        assert self._writing is not None
        self._accept()
        self._close_listening()
        for connection in list(self._connections):
            connection.read_rest()
        for timer in (*self._timers, *self._losses.values()):
            timer.cancel()
        self.writer.stop()
        try:
            await self._writing
        finally:
            for connection in list(self._connections):
                connection.close()
            self._connections.clear()
            await self._books.close()

    # ---- connections -----------------------------------------------------------------------

    def _accept(self) -> None:
        assert self._listening is not None
        while True:
            try:
                connected, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            if len(self._connections) >= CONNECTIONS_MAX:
                self.dropped += 1
                connected.close()
                continue
            connection = Connection(self._loop, connected, self, self._backlog_bytes_max)
            self._connections.add(connection)
            self.writer.connections = len(self._connections)
            if self._paused:
                connection.pause()

    def on_hello(self, connection: Connection) -> None:
        """A gateway that is back, or new, takes the place of its older connection."""
        gateway = connection.gateway
        if not gateway:
            return
        loss = self._losses.pop(gateway, None)
        if loss is not None:
            loss.cancel()
        self.writer.withdraw_loss(gateway)
        older = self._gateways.get(gateway)
        self._gateways[gateway] = connection
        if older is not None:
            older.read_rest()
            older.close()
            self._connections.discard(older)

    def on_commands(self, connection: Connection, commands: list[Command]) -> None:
        self.writer.put(connection, commands)

    def on_gone(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self.writer.connections = len(self._connections)
        gateway = connection.gateway
        if gateway and self._gateways.get(gateway) is connection:
            del self._gateways[gateway]
            self._losses[gateway] = self._loop.call_later(
                self._lose_after_seconds, self._lose, gateway
            )

    # ---- time ------------------------------------------------------------------------------

    def _lose(self, gateway: str) -> None:
        del self._losses[gateway]
        self.writer.put_internal(self._boot, Lose(gateway))

    def _sweep_absent(self) -> None:
        self.writer.put_internal(self._boot, SweepAbsent(self.gateways))

    def _keep_lease(self) -> None:
        self.writer.put_internal(self._boot, KeepLease())
        self._timers[1:] = [self._loop.call_later(LEASE_SECONDS, self._keep_lease)]

    def _on_full(self, full: bool) -> None:
        self._paused = full
        for connection in self._connections:
            connection.pause() if full else connection.resume()

    def _close_listening(self) -> None:
        if self._listening is not None:
            self._loop.remove_reader(self._listening.fileno())
            self._listening.close()
            self._listening = None
            self._path.unlink(missing_ok=True)
