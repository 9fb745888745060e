"""Accounts and tokens put straight into the store."""

from typing import Any

from sqlalchemy import insert, update

from waystation.identity.keys import digest, mask
from waystation.storage.database import Database, next_epoch
from waystation.storage.main import account_grants, accounts, tokens


async def add_account(
    store: Database, email: str, grants: tuple[str, ...] = (), **more: Any
) -> int:
    async with store.write() as connection:
        epoch = await next_epoch(connection)
        row = insert(accounts).values(email=email, changed_epoch=epoch, **more)
        account_id = int((await connection.execute(row.returning(accounts.c.id))).scalar_one())
        for name in grants:
            await connection.execute(
                insert(account_grants).values(account_id=account_id, group_name=name)
            )
    return account_id


async def add_token(store: Database, account_id: int, name: str, key: str, **more: Any) -> int:
    async with store.write() as connection:
        epoch = await next_epoch(connection)
        row = insert(tokens).values(
            account_id=account_id,
            name=name,
            digest=digest(key),
            mask=mask(key),
            changed_epoch=epoch,
            **more,
        )
        return int((await connection.execute(row.returning(tokens.c.id))).scalar_one())


async def change(store: Database, table: Any, row_id: int, **values: Any) -> None:
    """A change as the product makes it: the epoch and the version grow."""
    async with store.write() as connection:
        epoch = await next_epoch(connection)
        await connection.execute(
            update(table)
            .where(table.c.id == row_id)
            .values(changed_epoch=epoch, version=table.c.version + 1, **values)
        )
