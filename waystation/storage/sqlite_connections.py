"""Connections to a SQLite file, each with the thread that aiosqlite gives it, seen to their end.

A connect that is cancelled half-way would leave a thread that reports to a loop which may be gone
by then. So a connect is always finished, and closed again when nobody waits for it any more; and
`ended` waits for the threads of all that was closed, and closes what nobody gave back.
"""

import asyncio
from pathlib import Path

import aiosqlite

_LOOK_SECONDS = 0.005
_GRACE_SECONDS = 0.5


class SqliteConnections:
    """lock_seconds: how long a statement waits for another process's lock."""

    def __init__(self, path: Path, lock_seconds: float) -> None:
        self._path = path
        self._lock_seconds = lock_seconds
        self._made: set[aiosqlite.Connection] = set()

    async def connect(self) -> aiosqlite.Connection:
        making = asyncio.ensure_future(self._make())
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            await _undo(making)
            raise

    async def _make(self) -> aiosqlite.Connection:
        connection = aiosqlite.connect(self._path, timeout=self._lock_seconds)
        connection._thread.daemon = True  # a process may end without waiting for it
        self._made = {known for known in self._made if known._thread.is_alive()} | {connection}
        return await connection

    async def ended(self, seconds_max: float) -> None:
        """Return when no thread is left, or after so long."""
        await self._wait(min(_GRACE_SECONDS, seconds_max))
        for connection in self._made:
            if connection._thread.is_alive():  # given back to nobody, by who was cut off
                connection.stop()
        await self._wait(seconds_max)

    async def _wait(self, seconds_max: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds_max
        while any(each._thread.is_alive() for each in self._made) and loop.time() < due:
            await asyncio.sleep(_LOOK_SECONDS)


async def _undo(making: asyncio.Task[aiosqlite.Connection]) -> None:
    """Close what was made after all; a second cancellation does not stop this."""
    while not making.done():
        try:
            await asyncio.wait([making])
        except asyncio.CancelledError:
            continue
    if making.exception() is None:
        await making.result().close()
