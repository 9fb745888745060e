"""Letters wait in `main` until a server took them, so a reply never waits for one, and takes as
long whether there is somebody to write to or not."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.mail.address import NO_ADDRESS
from waystation.control.mail.letters import Letter
from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import letters
from waystation.storage.sealing import SealBroken, Sealing

ATTEMPTS_MAX = 6
FIRST_WAIT_MS = 30_000
TAKEN_MS = 120_000
"""Whoever takes a letter to send it has so long before another does."""


class Waiting(msgspec.Struct, frozen=True):
    id: int
    recipient: str
    subject: str
    text: str
    attempts: int


async def put(connection: AsyncConnection, sealing: Sealing, recipient: str, made: Letter) -> None:
    """In the transaction of what it tells about. Nobody is at an address that cannot exist, which
    accounts have that were brought over without one."""
    if recipient.endswith(f"@{NO_ADDRESS}"):
        return
    now = now_ms()
    await connection.execute(
        insert(letters).values(
            recipient=recipient,
            subject=made.subject,
            sealed=sealing.seal(made.text, "letter"),
            created_ms=now,
            due_ms=now,
        )
    )


async def take(database: Database, sealing: Sealing, count: int) -> list[Waiting]:
    """Those that are due; nobody else gets them for TAKEN_MS. Raises StorageAway."""
    now = now_ms()
    async with database.write() as connection:
        query = select(letters).where(letters.c.due_ms <= now).order_by(letters.c.due_ms)
        rows: Sequence[Any] = (
            await connection.execute(query.limit(count).with_for_update(skip_locked=True))
        ).all()
        ids = [row.id for row in rows]
        if ids:
            later = {"due_ms": now + TAKEN_MS, "attempts": letters.c.attempts + 1}
            await connection.execute(update(letters).where(letters.c.id.in_(ids)).values(later))
    return [each for row in rows if (each := _opened(sealing, row)) is not None]


async def sent(database: Database, letter_id: int) -> None:
    async with database.write() as connection:
        await connection.execute(delete(letters).where(letters.c.id == letter_id))


async def failed(database: Database, waiting: Waiting, problem: str, *, for_good: bool) -> None:
    """Tried again, each time later; given up after ATTEMPTS_MAX, or where it never can."""
    mine = letters.c.id == waiting.id
    async with database.write() as connection:
        if for_good or waiting.attempts + 1 >= ATTEMPTS_MAX:
            await connection.execute(delete(letters).where(mine))
            return
        due_ms = now_ms() + FIRST_WAIT_MS * 4**waiting.attempts
        values = {"due_ms": due_ms, "problem": problem[:500].replace("\x00", "")}
        await connection.execute(update(letters).where(mine).values(values))


def _opened(sealing: Sealing, row: Any) -> Waiting | None:
    try:
        text = sealing.open(row.sealed, "letter")
    except SealBroken:
        return None  # of another master key; it is given up when its tries are over
    return Waiting(row.id, row.recipient, row.subject, text, row.attempts)
