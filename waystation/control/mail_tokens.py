"""What the link in a letter carries: opens one thing, once, for a while."""

import hashlib
import secrets
from typing import Literal, NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.storage.main import mail_tokens, oauth_flows

Purpose = Literal["confirm", "reset", "change"]

LIFE_SECONDS: dict[Purpose, int] = {"confirm": 86_400, "reset": 3_600, "change": 86_400}
_BYTES = 24
_CHARACTERS_MAX = 128


class Opened(NamedTuple):
    account_id: int
    email: str


async def make(connection: AsyncConnection, account_id: int, purpose: Purpose, email: str) -> str:
    """Those of the same purpose are worthless from now on."""
    now = now_ms()
    older = (mail_tokens.c.account_id == account_id, mail_tokens.c.purpose == purpose)
    await connection.execute(delete(mail_tokens).where(*older))
    await connection.execute(delete(mail_tokens).where(mail_tokens.c.expires_ms <= now))
    token = secrets.token_urlsafe(_BYTES)
    await connection.execute(
        insert(mail_tokens).values(
            digest=_digest(token),
            account_id=account_id,
            purpose=purpose,
            email=email,
            created_ms=now,
            expires_ms=now + LIFE_SECONDS[purpose] * 1000,
        )
    )
    return token


async def use(connection: AsyncConnection, token: str, purpose: Purpose) -> Opened:
    """Raises Fault (link_invalid)."""
    if not token or len(token) > _CHARACTERS_MAX:
        raise Fault("link_invalid")
    mine = (mail_tokens.c.digest == _digest(token), mail_tokens.c.purpose == purpose)
    row = (await connection.execute(select(mail_tokens).where(*mine))).one_or_none()
    done = await connection.execute(delete(mail_tokens).where(*mine))
    if row is None or not done.rowcount or row.expires_ms <= now_ms():
        raise Fault("link_invalid")
    return Opened(row.account_id, row.email)


async def forget(connection: AsyncConnection, account_id: int) -> None:
    """Whatever was begun for the account and waits for a link or a provider leads nowhere: its
    password or address is another now."""
    await connection.execute(delete(mail_tokens).where(mail_tokens.c.account_id == account_id))
    await connection.execute(delete(oauth_flows).where(oauth_flows.c.account_id == account_id))


def _digest(token: str) -> bytes:
    return hashlib.sha256(b"waystation mail " + token.encode("utf-8", "surrogateescape")).digest()
