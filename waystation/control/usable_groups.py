"""Which groups an account may choose for its tokens: the rule that routing applies, on rows."""

import json
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.errors import Fault
from waystation.storage.main import account_grants, accounts, group_rates, groups

AUTO = "auto"
DEFAULT = "default"


class Usable(msgspec.Struct, frozen=True):
    """rate: this account's. row: of the table of groups."""

    name: str
    rate: str
    row: Any


async def usable_groups(connection: AsyncConnection, account_id: int) -> list[Usable]:
    """Its own, those it was granted, and those that are selectable for it; in the order of
    making."""
    account = (await connection.execute(select(accounts).where(accounts.c.id == account_id))).one()
    granted = set(
        (
            await connection.execute(
                select(account_grants.c.group_name).where(account_grants.c.account_id == account_id)
            )
        ).scalars()
    )
    special = {
        row.group_name: row.rate
        for row in await connection.execute(
            select(group_rates).where(group_rates.c.account_group == account.account_group)
        )
    }
    rows = (await connection.execute(select(groups).order_by(groups.c.id))).all()
    return [
        Usable(row.name, special.get(row.name, row.rate), row)
        for row in rows
        if _may_choose(row, account.account_group, granted)
    ]


def _may_choose(row: Any, account_group: str, granted: set[str]) -> bool:
    if row.name == account_group or row.name in granted:
        return True
    allowed = json.loads(row.allowed_account_groups)
    return bool(row.selectable) and (not allowed or account_group in allowed)


async def refuse_unknown_account_group(
    connection: AsyncConnection, name: str, param: str = "group"
) -> None:
    """An account's group is one of the groups, or one that rates are set for. Raises Fault
    (invalid_value)."""
    if name == DEFAULT:
        return
    for query in (
        select(groups.c.id).where(groups.c.name == name),
        select(group_rates.c.rate).where(group_rates.c.account_group == name),
    ):
        if (await connection.execute(query.limit(1))).first() is not None:
            return
    reason = f"there is no group {name!r}"
    raise Fault("invalid_value", param=param, reason=reason, extra={"fields": {param: reason}})


async def refuse_foreign_groups(
    connection: AsyncConnection, account_id: int, names: list[str]
) -> None:
    """Raises Fault (group_not_allowed)."""
    usable = {each.name for each in await usable_groups(connection, account_id)} | {AUTO}
    for name in names:
        if name not in usable:
            raise Fault("group_not_allowed", group=name)
