"""A ledger among several: its lease, its place among the living, its numbers for new rows."""

import asyncio
import time
import zlib

import asyncpg

from waystation.ledger.books import BooksLocked
from waystation.ledger.postgres_loader import NOW_MS
from waystation.ledger.slots import Slots

LOCK_CLASS = 0x6C656467
LOCK_SECONDS_MAX = 3.0
BLOCK = 8192

_LOCK = "SELECT pg_try_advisory_lock($1, $2)"
_ENTER = (
    "INSERT INTO nodes (node, boot, batch, lease_until_ms) "  # noqa: S608
    f"VALUES ($1, $2, 0, {NOW_MS} + $3) ON CONFLICT (node) DO UPDATE "
    "SET boot = excluded.boot, lease_until_ms = excluded.lease_until_ms RETURNING batch"
)
_RENEW = (
    f"UPDATE nodes SET lease_until_ms = {NOW_MS} + $3 "  # noqa: S608
    "WHERE node = $1 AND boot = $2 RETURNING batch"
)
_STAMP = (
    f"UPDATE nodes SET batch = $4, lease_until_ms = {NOW_MS} + $3 "  # noqa: S608
    f"WHERE node = $1 AND boot = $2 AND lease_until_ms > {NOW_MS} RETURNING batch"
)
_LEAVE = "UPDATE nodes SET lease_until_ms = 0 WHERE node = $1 AND boot = $2"
_LIVING = f"SELECT node FROM nodes WHERE lease_until_ms > {NOW_MS} ORDER BY node"  # noqa: S608
_CLAIM = (
    "INSERT INTO counters (name, n) VALUES ('rows', $1) ON CONFLICT (name) "
    "DO UPDATE SET n = counters.n + excluded.n RETURNING n"
)


class LeaseLapsedError(Exception):
    """This ledger was away for too long: others may have swept its holds."""


class Node:
    """boot: of this ledger process. number: the last number given to a row."""

    __slots__ = ("_end", "batch", "boot", "lease_ms", "name", "number")

    def __init__(self, name: str, boot: str, lease_ms: int) -> None:
        self.name = name
        self.boot = boot
        self.lease_ms = lease_ms
        self.batch = 0
        self.number = 0
        self._end = 0

    async def lock(self, connection: asyncpg.Connection) -> None:
        """The session of a predecessor that died may take a moment to end. Raises BooksLocked."""
        deadline = time.monotonic() + LOCK_SECONDS_MAX
        place = zlib.crc32(self.name.encode()) - 2**31
        while not await connection.fetchval(_LOCK, LOCK_CLASS, place):
            if time.monotonic() > deadline:
                raise BooksLocked(f"another ledger runs as node {self.name!r}")
            await asyncio.sleep(0.05)

    async def enter(self, connection: asyncpg.Connection, slots: Slots) -> None:
        self.batch = await connection.fetchval(_ENTER, self.name, self.boot, self.lease_ms)
        await self._find_place(connection, slots)

    async def renew(self, connection: asyncpg.Connection, slots: Slots) -> None:
        await connection.fetchval(_RENEW, self.name, self.boot, self.lease_ms)
        await self._find_place(connection, slots)

    async def leave(self, connection: asyncpg.Connection) -> None:
        await connection.execute(_LEAVE, self.name, self.boot)

    async def stamp(self, connection: asyncpg.Connection) -> None:
        """Inside the batch's transaction: check and renew the lease, number the batch."""
        wanted = self.batch + 1
        found = await connection.fetchval(_STAMP, self.name, self.boot, self.lease_ms, wanted)
        if found is None:
            raise LeaseLapsedError
        self.batch = wanted

    async def read_batch(self, connection: asyncpg.Connection) -> int:
        return int(await connection.fetchval("SELECT batch FROM nodes WHERE node = $1", self.name))

    async def claim_numbers(self, connection: asyncpg.Connection, many: int) -> None:
        """Outside of any transaction, so that no node waits for another's batch."""
        if not self.numbers_suffice(many):
            block = max(BLOCK, 2 * many)
            self._end = int(await connection.fetchval(_CLAIM, block))
            self.number = self._end - block

    def numbers_suffice(self, many: int) -> bool:
        return self._end - self.number >= many

    async def _find_place(self, connection: asyncpg.Connection, slots: Slots) -> None:
        living = [row[0] for row in await connection.fetch(_LIVING)]
        slots.nodes = max(1, len(living))
        slots.place = living.index(self.name) if self.name in living else 0
