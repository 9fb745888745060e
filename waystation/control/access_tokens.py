"""Access tokens of an account, for scripts: they do what the account may, but open no secrets."""

import hashlib
import secrets

from sqlalchemy import select, update

from waystation.control.sessions import Person
from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import access_tokens, accounts

PREFIX = "wsm_"
USED_STEP_MS = 60_000
"""How exactly the last use is known."""
_BYTES = 32
_CHARACTERS_MAX = 128


def mint() -> str:
    return PREFIX + secrets.token_urlsafe(_BYTES)


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def mask_of(token: str) -> str:
    return f"{token[:8]}…{token[-2:]}"


async def find_person(database: Database, token: str) -> Person | None:
    """Who holds it; None: nobody, expired, or the account is disabled. Raises StorageAway."""
    if not token.startswith(PREFIX) or len(token) > _CHARACTERS_MAX:
        return None
    now = now_ms()
    query = (
        select(access_tokens, accounts.c.email, accounts.c.role)
        .join_from(access_tokens, accounts)
        .where(access_tokens.c.digest == digest_of(token), accounts.c.enabled)
    )
    async with database.read() as connection:
        row = (await connection.execute(query)).first()
    if row is None or (row.expires_ms is not None and row.expires_ms <= now):
        return None
    if (row.used_ms or 0) < now - USED_STEP_MS:
        async with database.write() as connection:
            mine = access_tokens.c.id == row.id
            await connection.execute(update(access_tokens).where(mine).values(used_ms=now))
    return Person(
        row.account_id, row.email, row.role, row.expires_ms or 0, "", 0, "token", row.read_only
    )
