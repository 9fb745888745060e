"""Password hashes, made before the transaction: each takes a good part of a second."""

import asyncio
from collections.abc import Mapping

from sqlalchemy import select

from waystation.control.apply.document import Document
from waystation.control.apply.run import Hashed, chunks
from waystation.identity.passwords import hash_password, verify_password
from waystation.storage.database import Database
from waystation.storage.main import accounts

PARALLEL = 4


async def prepare_hashes(
    database: Database, document: Document, *, for_show: bool
) -> Mapping[str, Hashed]:
    """By e-mail: what is stored where the password is right already, else a new hash. for_show:
    nothing will be written, so no new ones are made."""
    wanted = {each.email: each.password for each in document.accounts if each.password is not None}
    stored: dict[str, str] = {}
    async with database.read() as connection:
        for part in chunks(wanted, 500):
            rows = await connection.execute(
                select(accounts.c.email, accounts.c.password_hash).where(accounts.c.email.in_(part))
            )
            stored |= {row.email: row.password_hash for row in rows if row.password_hash}
    slots = asyncio.Semaphore(PARALLEL)

    async def one(email: str, password: str) -> tuple[str, Hashed]:
        seen = stored.get(email)
        async with slots:
            return email, Hashed(seen, await asyncio.to_thread(_hash, seen, password, for_show))

    return dict(await asyncio.gather(*(one(*each) for each in wanted.items())))


def _hash(stored: str | None, password: str, for_show: bool) -> str:
    if stored is not None and verify_password(stored, password):
        return stored
    return "a new one" if for_show else hash_password(password)
