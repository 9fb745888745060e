"""Responses that a later request may follow: rows of `main`, sealed where they hold words.

Written in batches beside the relay path. Nothing here waits for the disk on behalf of a caller
but `find` and `forget`.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import stored_responses as table
from waystation.storage.sealing import SealBroken, Sealing

DAY_MS = 86_400_000


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What our own keeping holds. items: the request's own; response: the whole object."""

    items: list[msgspec.Raw]
    response: msgspec.Raw


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """channel_id: of the upstream that keeps it, None: `kept` does. context_tokens: what it adds
    to the prompt of the next."""

    account_id: int
    id: str
    model: str
    channel_id: int | None = None
    key_id: int = 0
    previous: str = ""
    context_tokens: int = 0
    kept: bytes = b""


_decode = msgspec.json.Decoder(Kept).decode


def contents(stored: Stored) -> Kept:
    """Of one that we keep."""
    return _decode(stored.kept)


class StoredResponses:
    """The table. days: how long rows stay."""

    def __init__(self, database: Database, sealing: Sealing, days: int) -> None:
        self._database = database
        self._sealing = sealing
        self._days = days

    async def write(self, batch: Sequence[Stored]) -> None:
        """In one transaction; one that is there already stays. Raises StorageAway."""
        now = now_ms()
        rows = [
            {
                "account_id": one.account_id,
                "id": one.id,
                "channel_id": one.channel_id,
                "key_id": one.key_id,
                "model": one.model,
                "previous": one.previous,
                "context_tokens": one.context_tokens,
                "bytes": len(one.kept),
                "sealed": self._sealed(one.kept),
                "created_ms": now,
                "expires_ms": now + self._days * DAY_MS,
            }
            for one in batch
        ]
        dialect = postgresql if self._database.kind == "postgresql" else sqlite
        statement = dialect.insert(table).on_conflict_do_nothing()
        async with self._database.write() as connection:
            await connection.execute(statement, rows)

    def _sealed(self, kept: bytes) -> str:
        return self._sealing.seal(kept.decode(), "stored_response") if kept else ""

    async def find(self, account_id: int, identity: str) -> Stored | None:
        """Of this account alone. Raises StorageAway."""
        asked = select(table).where(
            table.c.account_id == account_id,
            table.c.id == identity,
            table.c.expires_ms > now_ms(),
        )
        async with self._database.read() as connection:
            row = (await connection.execute(asked)).one_or_none()
        if row is None:
            return None
        try:
            kept = self._sealing.open(row.sealed, "stored_response") if row.sealed else ""
        except SealBroken:
            return None  # of a master key that is no more: as good as gone
        return Stored(
            account_id=account_id,
            id=identity,
            model=row.model,
            channel_id=row.channel_id,
            key_id=row.key_id,
            previous=row.previous,
            context_tokens=row.context_tokens,
            kept=kept.encode(),
        )

    async def forget(self, account_id: int, identity: str) -> None:
        """Raises StorageAway."""
        gone = delete(table).where(table.c.account_id == account_id, table.c.id == identity)
        async with self._database.write() as connection:
            await connection.execute(gone)


async def end_expired_responses(database: Database, batch_count: int) -> int:
    """Delete one batch of what is over; how many there were. Raises StorageAway."""
    over = (
        select(table.c.account_id, table.c.id)
        .where(table.c.expires_ms <= now_ms())
        .order_by(table.c.expires_ms)
        .limit(batch_count)
    )
    async with database.write() as connection:
        rows = (await connection.execute(over)).all()
        for account_id, identity in rows:
            await connection.execute(
                delete(table).where(table.c.account_id == account_id, table.c.id == identity)
            )
    return len(rows)
