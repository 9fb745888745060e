"""/api/v1/accounts/…: money to and from an account, its groups, its sign-ins, for operators."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import delete, insert, select, update

from waystation.control.audit import record
from waystation.control.catalogue import read_catalogue
from waystation.control.desk.accounts import (
    AccountDetailView,
    details_of,
    find_account,
    show_account,
)
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of, tell_ledger
from waystation.control.desk.pages import Page
from waystation.control.outbox import promise, tell
from waystation.control.usable_groups import usable_groups
from waystation.errors import Fault
from waystation.kernel.ids import request_id
from waystation.kernel.money import format_usd, parse_usd
from waystation.ledger.decide.amounts import NANOS_MAX
from waystation.ledger.messages import Transfer
from waystation.storage.database import next_epoch
from waystation.storage.main import account_grants, accounts, groups, sessions


class AccessView(msgspec.Struct, frozen=True):
    """models: names and patterns."""

    group: str
    usable: bool
    rate: str
    models: list[str]


class TransferBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """amount: USD; below 0 takes, as far as there is something. id: of your choice: the same one
    moves money once."""

    amount: Annotated[str, Meta(max_length=32)]
    kind: Literal["grant", "adjust", "topup"] = "grant"
    id: Annotated[str, Meta(pattern="^[A-Za-z0-9._:-]{0,64}$")] = ""
    note: Annotated[str, Meta(max_length=200)] = ""


class GrantsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    groups: list[str]


async def transfer(call: Call) -> AccountDetailView:
    account_id, body = call.id("account", "account"), call.body(TransferBody)
    try:
        nanos = parse_usd(body.amount)
    except ValueError as wrong:
        raise Fault("invalid_value", param="amount", reason=str(wrong)) from None
    if not nanos or abs(nanos) > NANOS_MAX:
        reason = f"not 0, and at most {format_usd(NANOS_MAX)}"
        raise Fault("invalid_value", param="amount", reason=reason)
    name = f"desk:{body.id or request_id()}"
    async with call.services.database.write() as connection:
        row = await find_account(connection, account_id)
        made = Transfer(account_id, name, body.kind, nanos, body.note or f"by {call.person.email}")
        if await promise(connection, made):
            after = {"kind": body.kind, "amount": format_usd(nanos), "id": name, "note": body.note}
            actor = actor_of(call)
            await record(connection, actor, "transfer", "account", row.email, None, after)
    await tell_ledger(call)
    return await show_account(call, account_id)


async def put_grants(call: Call) -> AccountDetailView:
    account_id, wanted = call.id("account", "account"), set(call.body(GrantsBody).groups)
    async with call.services.database.write() as connection:
        epoch = await next_epoch(connection, routing=False)
        row = await find_account(connection, account_id)
        known = set((await connection.execute(select(groups.c.name))).scalars())
        if wanted - known:
            raise Fault("invalid_value", param="groups", reason=f"no group {min(wanted - known)!r}")
        _, _, before = await details_of(connection, row)
        mine = account_grants.c.account_id == account_id
        for name in set(before) - wanted:
            which = (mine, account_grants.c.group_name == name)
            await connection.execute(delete(account_grants).where(*which))
        for name in wanted - set(before):
            values = {"account_id": account_id, "group_name": name}
            await connection.execute(insert(account_grants).values(values))
        touched = {"changed_epoch": epoch, "version": row.version + 1}
        await connection.execute(
            update(accounts).where(accounts.c.id == account_id).values(touched)
        )
        await tell(connection, "account", str(account_id), row.version + 1)
        old, new = {"grants": before}, {"grants": sorted(wanted)}
        await record(connection, actor_of(call), "update", "account", row.email, old, new)
    await tell_ledger(call)
    return await show_account(call, account_id)


async def access(call: Call) -> Page[AccessView]:
    """What the account may use: each group, whether it may choose it, at which rate, and the
    models that it would find there."""
    account_id = call.id("account", "account")
    async with call.services.database.read() as connection:
        await find_account(connection, account_id)
        usable = {each.name: each.rate for each in await usable_groups(connection, account_id)}
        query = select(groups.c.name, groups.c.rate).order_by(groups.c.id)
        rows = (await connection.execute(query)).all()
    every = frozenset(row.name for row in rows)
    catalogue = await read_catalogue(call.services.database, every)
    models: dict[str, list[str]] = {name: [] for name in every}
    for offer in catalogue.offers:
        for name in offer.groups:
            models[name].append(offer.model)
    shown = [
        AccessView(row.name, row.name in usable, usable.get(row.name, row.rate), models[row.name])
        for row in rows
    ]
    return Page(shown)


async def end_sessions(call: Call) -> None:
    account_id = call.id("account", "account")
    async with call.services.database.write() as connection:
        row = await find_account(connection, account_id)
        await connection.execute(delete(sessions).where(sessions.c.account_id == account_id))
        await record(connection, actor_of(call), "end_sessions", "account", row.email)


async def drop_factor(call: Call) -> None:
    """For who lost the app and the recovery codes."""
    account_id = call.id("account", "account")
    async with call.services.database.write() as connection:
        row = await find_account(connection, account_id)
        await call.services.factors.drop(connection, account_id)
        await connection.execute(delete(sessions).where(sessions.c.account_id == account_id))
        await record(connection, actor_of(call), "drop_second_factor", "account", row.email)


ACTIONS = (
    Action(
        id="getAccountAccess",
        method="GET",
        path="/api/v1/accounts/{account}/access",
        role="operator",
        answer=access,
        tag="Accounts",
        summary="Which groups and models it may use, at which rate",
        summary_zh="账户 × 分组 × 模型访问矩阵",
        reply=Page[AccessView],
    ),
    Action(
        id="transferToAccount",
        method="POST",
        path="/api/v1/accounts/{account}/transfers",
        role="operator",
        answer=transfer,
        tag="Accounts",
        summary="Give or take money, once for each id",
        summary_zh="调整余额（同一 id 仅执行一次）",
        body=TransferBody,
        reply=AccountDetailView,
        status=201,
    ),
    Action(
        id="putAccountGrants",
        method="PUT",
        path="/api/v1/accounts/{account}/grants",
        role="operator",
        answer=put_grants,
        tag="Accounts",
        summary="Which groups it may use beyond the usual",
        summary_zh="设置额外可用分组",
        body=GrantsBody,
        reply=AccountDetailView,
    ),
    Action(
        id="endAccountSessions",
        method="DELETE",
        path="/api/v1/accounts/{account}/sessions",
        role="operator",
        answer=end_sessions,
        tag="Accounts",
        summary="End all its sign-ins",
        summary_zh="结束该账户的所有会话",
    ),
    Action(
        id="dropAccountSecondFactor",
        method="DELETE",
        path="/api/v1/accounts/{account}/second-factor",
        role="operator",
        answer=drop_factor,
        tag="Accounts",
        summary="Take its second factor off",
        summary_zh="关闭该账户的两步验证",
        proof=True,
    ),
)
