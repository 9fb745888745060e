"""/api/v1/accounts: everybody's accounts, for operators."""

import asyncio
import json
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control import mail_tokens
from waystation.control.apply.read_accounts import read_account
from waystation.control.apply.run import Run
from waystation.control.desk.action import Action, Call
from waystation.control.desk.edits import Subject, document, given, make_edit, read_as
from waystation.control.desk.me import account_state
from waystation.control.desk.pages import Page, PageQuery, at, page_by_id
from waystation.control.profiles import profile_of
from waystation.control.usable_groups import DEFAULT, refuse_unknown_account_group
from waystation.errors import Fault
from waystation.identity.caller import Role
from waystation.kernel.money import format_usd
from waystation.ledger.questions import AccountState
from waystation.storage.main import account_grants, accounts, sessions

Budget = dict[Literal["total", "day", "week", "month"], str]


class AccountDetailView(msgspec.Struct, frozen=True):
    """Amounts: USD. grants: groups beyond its own and the selectable ones."""

    id: int
    email: str
    role: Role
    group: str
    enabled: bool
    limits: dict[str, int]
    budget: Budget
    balance: str
    held: str
    spent: str
    managed: bool
    created_at: datetime
    confirmed: bool
    second_factor: bool
    grants: list[str]


class AccountBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not said stays as it is. group: of the account. Another address, password or role
    asks for a fresh proof; the last two end the account's sign-ins."""

    email: str | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    group: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    password: str | UnsetType = UNSET
    limits: dict[str, int] | UnsetType = UNSET
    budget: Budget | UnsetType = UNSET


class AccountQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """search: in the address."""

    search: Annotated[str, Meta(max_length=254)] = ""
    role: Literal["", "user", "operator"] = ""
    group: str = ""
    enabled: bool | None = None


async def list_all(call: Call) -> Page[AccountDetailView]:
    asked = call.query(AccountQuery)
    query = select(accounts)
    if asked.search:
        query = query.where(accounts.c.email.contains(asked.search.lower(), autoescape=True))
    if asked.role:
        query = query.where(accounts.c.role == asked.role)
    if asked.group:
        query = query.where(accounts.c.account_group == asked.group)
    if asked.enabled is not None:
        query = query.where(accounts.c.enabled == asked.enabled)
    async with call.services.database.read() as connection:
        page = await page_by_id(connection, query, accounts.c.id, asked, lambda row: row)
        details = [await details_of(connection, row) for row in page.data]
    states = await asyncio.gather(*(account_state(call, row.id) for row in page.data))
    return Page(
        [_shown(*each) for each in zip(page.data, details, states, strict=True)], page.next_cursor
    )


async def find_account(connection: AsyncConnection, account_id: int) -> Any:
    """Raises Fault (not_found)."""
    query = select(accounts).where(accounts.c.id == account_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise Fault("not_found", kind="account")
    return row


async def details_of(connection: AsyncConnection, row: Any) -> tuple[bool, bool, list[str]]:
    profile = await profile_of(connection, row.id)
    query = select(account_grants.c.group_name).where(account_grants.c.account_id == row.id)
    granted = (await connection.execute(query)).scalars()
    return profile.confirmed, bool(profile.totp), sorted(granted)


def _shown(
    row: Any, details: tuple[bool, bool, list[str]], state: AccountState
) -> AccountDetailView:
    return AccountDetailView(
        row.id,
        row.email,
        row.role,
        row.account_group,
        row.enabled,
        json.loads(row.limits),
        _budget(row),
        format_usd(state.balance),
        format_usd(state.held),
        format_usd(state.spent),
        row.managed,
        at(row.created_ms),
        *details,
    )


def _budget(row: Any) -> Budget:
    return {period: format_usd(nanos) for period, nanos in json.loads(row.budget).items()}


async def show(call: Call) -> AccountDetailView:
    return await show_account(call, call.id("account", "account"))


async def show_account(call: Call, account_id: int) -> AccountDetailView:
    async with call.services.database.read() as connection:
        row = await find_account(connection, account_id)
        details = await details_of(connection, row)
    return _shown(row, details, await account_state(call, account_id))


async def create(call: Call) -> AccountDetailView:
    said = given(call.body(AccountBody))
    if said.get("role") == "operator":
        call.prove()
    wanted = read_as(read_account, said, "the account")

    async def fresh(run: Run) -> None:
        there = select(accounts.c.id).where(accounts.c.email == wanted.email)
        if (await run.connection.execute(there)).first() is not None:
            raise Fault("already_exists", name=f"the account {wanted.email}")
        await refuse_unknown_account_group(run.connection, said.get("group", DEFAULT))

    subject = Subject("account", wanted.email, None, said)
    await make_edit(call, document(accounts=(wanted,)), subject, before=fresh)
    async with call.services.database.read() as connection:
        query = select(accounts.c.id).where(accounts.c.email == wanted.email)
        account_id = int((await connection.execute(query)).scalar_one())
    return await show_account(call, account_id)


def _table(row: Any) -> dict[str, Any]:
    return {
        "email": row.email,
        "role": row.role,
        "group": row.account_group,
        "enabled": row.enabled,
        "limits": json.loads(row.limits),
        "budget": _budget(row),
    }


async def change(call: Call) -> AccountDetailView:
    account_id, said = call.id("account", "account"), given(call.body(AccountBody))
    async with call.services.database.read() as connection:
        row = await find_account(connection, account_id)
    changes_role = said.get("role", row.role) != row.role
    renames = said.get("email", row.email) != row.email
    if changes_role or renames or "password" in said:
        call.prove()
    before = _table(row)
    wanted = read_as(read_account, {**before, **said}, "the account")

    async def judge(run: Run) -> None:
        run.may_change("account", row.email, row)
        if said.get("group", row.account_group) != row.account_group:
            await refuse_unknown_account_group(run.connection, said["group"])
        stays = wanted.role == "operator" and wanted.columns["enabled"]
        if row.role == "operator" and row.enabled and not stays:
            await _refuse_last_operator(run.connection, account_id)
        if wanted.email != row.email:
            await _rename(run, account_id, wanted.email)
        if renames or "password" in said:
            await mail_tokens.forget(run.connection, account_id)
        shuts_out = changes_role or "password" in said or not wanted.columns["enabled"]
        if shuts_out and account_id != call.person.account_id:
            mine = sessions.c.account_id == account_id
            await run.connection.execute(delete(sessions).where(mine))

    subject = Subject("account", row.email, before, {**before, **said})
    await make_edit(call, document(accounts=(wanted,)), subject, before=judge)
    return await show_account(call, account_id)


async def _refuse_last_operator(connection: AsyncConnection, account_id: int) -> None:
    """Raises Fault (conflict)."""
    query = select(func.count()).where(
        accounts.c.role == "operator", accounts.c.enabled, accounts.c.id != account_id
    )
    if not (await connection.execute(query)).scalar_one():
        raise Fault("conflict", reason="this is the last operator")


async def _rename(run: Run, account_id: int, email: str) -> None:
    values = {
        "email": email,
        "changed_epoch": run.epoch,
        "version": accounts.c.version + 1,
    }
    await run.connection.execute(update(accounts).where(accounts.c.id == account_id).values(values))
    run.note("updated", "account", email, ("email",))


_WRITES = ("managed_by_file", "already_exists", "conflict", "step_up_required", "overloaded")

ACTIONS = (
    Action(
        id="listAccounts",
        method="GET",
        path="/api/v1/accounts",
        role="operator",
        answer=list_all,
        tag="Accounts",
        summary="Accounts with their money",
        summary_zh="账户列表与余额",
        query=AccountQuery,
        reply=Page[AccountDetailView],
    ),
    Action(
        id="createAccount",
        method="POST",
        path="/api/v1/accounts",
        role="operator",
        answer=create,
        tag="Accounts",
        summary="Make an account",
        summary_zh="新建账户",
        body=AccountBody,
        reply=AccountDetailView,
        status=201,
        codes=_WRITES,
    ),
    Action(
        id="getAccount",
        method="GET",
        path="/api/v1/accounts/{account}",
        role="operator",
        answer=show,
        tag="Accounts",
        summary="One account",
        summary_zh="账户详情",
        reply=AccountDetailView,
    ),
    Action(
        id="updateAccount",
        method="PATCH",
        path="/api/v1/accounts/{account}",
        role="operator",
        answer=change,
        tag="Accounts",
        summary="Change or lock an account",
        summary_zh="修改或锁定账户",
        body=AccountBody,
        reply=AccountDetailView,
        codes=_WRITES,
    ),
)
