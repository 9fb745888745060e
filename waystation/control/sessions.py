"""Sign-ins of people: an opaque random token, stored only as its digest.

Each sign-in makes a new token, so there is none to fixate; the account is looked up with each use,
so a disabled one is out at once. A token in a cookie opens only what also says the session's
forgery word, which is derived from it and cannot be read by another site's page.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import delete, insert, select, update

from waystation.identity.caller import Role
from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import accounts, sessions

PREFIX = "wsn_"
LIFE_SECONDS = 12 * 3600
LONG_LIFE_SECONDS = 30 * 24 * 3600
"""Of one that stays in a browser."""
PROOF_SECONDS = 600
"""How long a proof opens secrets."""
_TOKEN_BYTES = 32
_TOKEN_CHARACTERS_MAX = 128
_AGENT_CHARACTERS_MAX = 200


class Person(msgspec.Struct, frozen=True):
    """An account that signed in. expires_ms: of the session, unix milliseconds. session: its id.
    proven_ms: when it last proved who it is; 0 for an access token, which cannot. read_only: may
    change nothing."""

    account_id: int
    email: str
    role: Role
    expires_ms: int
    session: str = ""
    proven_ms: int = 0
    by: Literal["session", "token"] = "session"
    read_only: bool = False


class Sessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(
        self,
        account_id: int,
        peer: str,
        *,
        agent: str = "",
        method: str = "password",
        life_seconds: int = LIFE_SECONDS,
    ) -> tuple[str, int]:
        """A new session's token and its end in unix milliseconds. Raises StorageAway."""
        token = PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
        now = now_ms()
        expires_ms = now + life_seconds * 1000
        async with self._database.write() as connection:
            await connection.execute(delete(sessions).where(sessions.c.expires_ms <= now))
            await connection.execute(
                insert(sessions).values(
                    digest=digest_of(token),
                    account_id=account_id,
                    created_ms=now,
                    expires_ms=expires_ms,
                    peer=peer[:64],
                    agent=agent[:_AGENT_CHARACTERS_MAX].replace("\x00", ""),
                    method=method,
                    proven_ms=now,
                )
            )
        return token, expires_ms

    async def find(self, token: str) -> Person | None:
        """Who holds it; None: nobody, ended, or the account is disabled. Raises StorageAway."""
        if not token.startswith(PREFIX) or len(token) > _TOKEN_CHARACTERS_MAX:
            return None
        digest = digest_of(token)
        query = (
            select(
                accounts.c.id,
                accounts.c.email,
                accounts.c.role,
                sessions.c.expires_ms,
                sessions.c.proven_ms,
            )
            .join_from(sessions, accounts)
            .where(sessions.c.digest == digest, sessions.c.expires_ms > now_ms())
            .where(accounts.c.enabled)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        return Person(row.id, row.email, row.role, row.expires_ms, public_id(digest), row.proven_ms)

    async def prove(self, token: str) -> None:
        """The person proved who it is, just now. Raises StorageAway."""
        async with self._database.write() as connection:
            mine = sessions.c.digest == digest_of(token)
            await connection.execute(update(sessions).where(mine).values(proven_ms=now_ms()))

    async def of_account(self, account_id: int) -> Sequence[Any]:
        """Its rows, newest first. Raises StorageAway."""
        query = select(sessions).where(
            sessions.c.account_id == account_id, sessions.c.expires_ms > now_ms()
        )
        async with self._database.read() as connection:
            return (await connection.execute(query.order_by(sessions.c.created_ms.desc()))).all()

    async def end(self, token: str) -> None:
        """Forget it, whether it was there or not. Raises StorageAway."""
        async with self._database.write() as connection:
            await connection.execute(delete(sessions).where(sessions.c.digest == digest_of(token)))

    async def end_of_account(
        self, account_id: int, *, named: str | None = None, but: str = ""
    ) -> int:
        """End one by its id, or all but one; how many that were. Raises StorageAway."""
        rows = await self.of_account(account_id)
        ids = {public_id(bytes(row.digest)): bytes(row.digest) for row in rows}
        gone = [digest for name, digest in ids.items() if name != but and named in (None, name)]
        if gone:
            async with self._database.write() as connection:
                await connection.execute(delete(sessions).where(sessions.c.digest.in_(gone)))
        return len(gone)


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def public_id(digest: bytes) -> str:
    """A session's name in lists: says nothing that opens it."""
    return digest[:9].hex()


def forgery_word(token: str) -> str:
    """What a page of ours says besides the cookie."""
    return hmac.new(token.encode("utf-8", "surrogateescape"), b"csrf", "sha256").hexdigest()[:32]
