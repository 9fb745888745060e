"""Sign-ins of people: an opaque random token, stored only as its digest.

Each sign-in makes a new token, so there is none to fixate; the account is looked up with each use,
so a disabled one is out at once.
"""

import hashlib
import secrets

import msgspec
from sqlalchemy import delete, insert, select

from waystation.identity.caller import Role
from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import accounts, sessions

PREFIX = "wsn_"
LIFE_SECONDS = 12 * 3600
_TOKEN_BYTES = 32
_TOKEN_CHARACTERS_MAX = 128


class Person(msgspec.Struct, frozen=True):
    """An account that signed in. expires_ms: of the session, unix milliseconds."""

    account_id: int
    email: str
    role: Role
    expires_ms: int


class Sessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, account_id: int, peer: str) -> tuple[str, int]:
        """A new session's token and its end in unix milliseconds. Raises StorageAway."""
        token = PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
        now = now_ms()
        expires_ms = now + LIFE_SECONDS * 1000
        async with self._database.write() as connection:
            await connection.execute(delete(sessions).where(sessions.c.expires_ms <= now))
            await connection.execute(
                insert(sessions).values(
                    digest=_digest(token),
                    account_id=account_id,
                    created_ms=now,
                    expires_ms=expires_ms,
                    peer=peer[:64],
                )
            )
        return token, expires_ms

    async def find(self, token: str) -> Person | None:
        """Who holds it; None: nobody, ended, or the account is disabled. Raises StorageAway."""
        if not token.startswith(PREFIX) or len(token) > _TOKEN_CHARACTERS_MAX:
            return None
        query = (
            select(accounts.c.id, accounts.c.email, accounts.c.role, sessions.c.expires_ms)
            .join_from(sessions, accounts)
            .where(sessions.c.digest == _digest(token), sessions.c.expires_ms > now_ms())
            .where(accounts.c.enabled)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else Person(*row)

    async def end(self, token: str) -> None:
        """Forget it, whether it was there or not. Raises StorageAway."""
        async with self._database.write() as connection:
            await connection.execute(delete(sessions).where(sessions.c.digest == _digest(token)))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
