"""What the relay need not know of an account: its name, its language, its second factor."""

from typing import Any

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.kernel.clock import now_ms
from waystation.storage.main import profiles


class Profile(msgspec.Struct, frozen=True):
    """confirmed: the mail address was. Accounts that a file or an operator made have no row and
    are."""

    id: int
    name: str = ""
    language: str = ""
    confirmed_ms: int | None = 0
    totp: str = ""
    totp_new: str = ""
    totp_step: int = 0
    note: str = ""
    low_balance_nanos: int | None = None

    @property
    def confirmed(self) -> bool:
        return self.confirmed_ms is not None


async def profile_of(connection: AsyncConnection, account_id: int) -> Profile:
    row = (
        await connection.execute(select(profiles).where(profiles.c.id == account_id))
    ).one_or_none()
    return Profile(account_id) if row is None else Profile(**row._mapping)


async def edit_profile(connection: AsyncConnection, account_id: int, **values: Any) -> None:
    """In a transaction that writes."""
    mine = profiles.c.id == account_id
    done = await connection.execute(update(profiles).where(mine).values(values))
    if not done.rowcount:
        whole = {"id": account_id, "confirmed_ms": now_ms(), **values}
        await connection.execute(insert(profiles).values(whole))
