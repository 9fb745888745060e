"""/api/v1/groups: which channels serve at which rate, and who may see and choose them."""

import json
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.apply.read_groups import read_group, read_rate
from waystation.control.apply.run import Run
from waystation.control.apply.write_groups import remove_group, remove_rate
from waystation.control.desk.action import Action, Call
from waystation.control.desk.edits import Subject, document, given, make_edit, read_as
from waystation.control.desk.pages import Page, PageQuery, at, page_by_id
from waystation.errors import Fault
from waystation.storage.main import (
    accounts,
    channels,
    group_members,
    group_rates,
    groups,
    tokens,
)

Words = list[str]
_PLAIN = ("rate", "label", "description", "pros", "cons", "visible", "selectable")
_JSON = ("tags", "allowed_account_groups", "limits")


class MemberView(msgspec.Struct, frozen=True):
    """priority, weight: null: the channel's own."""

    name: str
    priority: int | None = None
    weight: int | None = None


class GroupView(msgspec.Struct, frozen=True):
    """channels: its own list in order; null: the channels say themselves where they belong."""

    id: int
    name: str
    rate: str
    label: str
    description: str
    pros: str
    cons: str
    tags: Words
    visible: bool
    selectable: bool
    allowed_account_groups: Words
    limits: dict[str, int]
    channels: list[MemberView] | None
    managed: bool
    created_at: datetime


class GroupBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not said stays as it is. A name cannot be changed: tokens and logs go by it."""

    name: str | UnsetType = UNSET
    rate: str | UnsetType = UNSET
    label: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    pros: str | UnsetType = UNSET
    cons: str | UnsetType = UNSET
    tags: Words | UnsetType = UNSET
    visible: bool | UnsetType = UNSET
    selectable: bool | UnsetType = UNSET
    allowed_account_groups: Words | UnsetType = UNSET
    limits: dict[str, int] | UnsetType = UNSET
    channels: list[MemberView] | UnsetType | None = UNSET


class GroupQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    search: Annotated[str, Meta(max_length=64)] = ""


class RateView(msgspec.Struct, frozen=True):
    """The rate of `group` for accounts of `account_group`, in place of the group's own."""

    account_group: str
    group: str
    rate: str
    managed: bool


class RateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rate: str


async def list_all(call: Call) -> Page[GroupView]:
    asked = call.query(GroupQuery)
    query = select(groups)
    if asked.search:
        query = query.where(groups.c.name.icontains(asked.search, autoescape=True))
    async with call.services.database.read() as connection:
        page = await page_by_id(connection, query, groups.c.id, asked, lambda row: row)
        shown = [_shown(row, await _members(connection, row)) for row in page.data]
    return Page(shown, page.next_cursor)


async def show(call: Call) -> GroupView:
    async with call.services.database.read() as connection:
        row = await _find(connection, call.word("group"))
        return _shown(row, await _members(connection, row))


async def _find(connection: AsyncConnection, name: str) -> Any:
    row = (await connection.execute(select(groups).where(groups.c.name == name))).one_or_none()
    if row is None:
        raise Fault("not_found", kind="group")
    return row


async def _members(connection: AsyncConnection, row: Any) -> list[MemberView] | None:
    if not row.own_members:
        return None
    query = (
        select(channels.c.name, group_members.c.priority, group_members.c.weight)
        .join_from(group_members, channels)
        .where(group_members.c.group_id == row.id)
        .order_by(func.coalesce(group_members.c.priority, channels.c.priority), channels.c.id)
    )
    return [MemberView(*each) for each in (await connection.execute(query)).all()]


def _table(row: Any, members: list[MemberView] | None) -> dict[str, Any]:
    """As a file would say it."""
    table = {name: getattr(row, name) for name in _PLAIN}
    table |= {name: json.loads(getattr(row, name)) for name in _JSON}
    table["name"] = row.name
    if members is not None:
        table["channels"] = [_member_table(each) for each in members]
    return table


def _member_table(member: Any) -> dict[str, Any]:
    told = msgspec.to_builtins(member)
    return {name: value for name, value in told.items() if value is not None}


def _shown(row: Any, members: list[MemberView] | None) -> GroupView:
    table = _table(row, None)
    return GroupView(
        id=row.id, channels=members, managed=row.managed, created_at=at(row.created_ms), **table
    )


def _said(body: GroupBody) -> dict[str, Any]:
    said = given(body)
    if said.get("channels") is not None:
        said["channels"] = [_member_table(each) for each in said["channels"]]
    return said


async def create(call: Call) -> GroupView:
    table = _without_none(_said(call.body(GroupBody)))
    wanted = read_as(read_group, table, "the group")

    async def fresh(run: Run) -> None:
        there = select(groups.c.id).where(groups.c.name == wanted.name)
        if (await run.connection.execute(there)).first() is not None:
            raise Fault("already_exists", name=f"the group {wanted.name}")

    subject = Subject("group", wanted.name, None, table)
    await make_edit(call, document(groups=(wanted,)), subject, before=fresh)
    return await _show_named(call, wanted.name)


async def change(call: Call) -> GroupView:
    async with call.services.database.read() as connection:
        row = await _find(connection, call.word("group"))
        before = _table(row, await _members(connection, row))
    said = _said(call.body(GroupBody))
    if said.get("name", row.name) != row.name:
        raise Fault("invalid_value", param="name", reason="a group's name cannot be changed")
    table = _without_none({**before, **said})
    wanted = read_as(read_group, table, "the group")
    subject = Subject("group", row.name, before, table)
    await make_edit(call, document(groups=(wanted,)), subject)
    return await _show_named(call, row.name)


def _without_none(table: dict[str, Any]) -> dict[str, Any]:
    """channels: null is what leaving them out is in a file."""
    return {name: value for name, value in table.items() if value is not None}


async def _show_named(call: Call, name: str) -> GroupView:
    async with call.services.database.read() as connection:
        row = await _find(connection, name)
        return _shown(row, await _members(connection, row))


async def remove(call: Call) -> None:
    """Refused while somebody or something is in it."""
    async with call.services.database.read() as connection:
        row = await _find(connection, call.word("group"))
        before = _table(row, await _members(connection, row))

    async def gone(run: Run) -> None:
        await _refuse_used(run.connection, row.name)
        await remove_group(run, row)

    await make_edit(call, document(), Subject("group", row.name, before, None), before=gone)


async def _refuse_used(connection: AsyncConnection, name: str) -> None:
    """Raises Fault (conflict)."""
    named = msgspec.json.encode(name).decode()
    for what, query in (
        ("channels", select(channels.c.id).where(channels.c.groups.contains(named))),
        ("accounts", select(accounts.c.id).where(accounts.c.account_group == name)),
        (
            "tokens",
            select(tokens.c.id).where(tokens.c.groups.contains(named), ~tokens.c.deleted),
        ),
        ("rates", select(group_rates.c.rate).where(group_rates.c.group_name == name)),
    ):
        if (await connection.execute(query.limit(1))).first() is not None:
            raise Fault("conflict", reason=f"there are {what} of the group {name}")


async def list_rates(call: Call) -> Page[RateView]:
    query = select(group_rates).order_by(group_rates.c.account_group, group_rates.c.group_name)
    async with call.services.database.read() as connection:
        rows = (await connection.execute(query)).all()
    return Page([RateView(r.account_group, r.group_name, r.rate, r.managed) for r in rows])


async def put_rate(call: Call) -> RateView:
    account_group, group = call.word("account_group"), call.word("group")
    table = {"account_group": account_group, "group": group, "rate": call.body(RateBody).rate}
    wanted = read_as(read_rate, table, "the rate")
    row = await _find_rate(call, account_group, group)
    before = {} if row is None else {"rate": row.rate}
    subject = Subject("group rate", f"{account_group} in {group}", before, table)
    await make_edit(call, document(rates=(wanted,)), subject)
    return RateView(account_group, group, wanted.rate, False)


async def drop_rate(call: Call) -> None:
    account_group, group = call.word("account_group"), call.word("group")
    row = await _find_rate(call, account_group, group)
    if row is None:
        raise Fault("not_found", kind="group rate")

    async def gone(run: Run) -> None:
        await remove_rate(run, row)

    subject = Subject("group rate", f"{account_group} in {group}", {"rate": row.rate}, None)
    await make_edit(call, document(), subject, before=gone)


async def _find_rate(call: Call, account_group: str, group: str) -> Any:
    query = select(group_rates).where(
        group_rates.c.account_group == account_group, group_rates.c.group_name == group
    )
    async with call.services.database.read() as connection:
        return (await connection.execute(query)).one_or_none()


_WRITES = ("managed_by_file", "already_exists", "conflict")

ACTIONS = (
    Action(
        id="listGroups",
        method="GET",
        path="/api/v1/groups",
        role="operator",
        answer=list_all,
        tag="Groups",
        summary="Groups",
        summary_zh="分组列表",
        query=GroupQuery,
        reply=Page[GroupView],
    ),
    Action(
        id="createGroup",
        method="POST",
        path="/api/v1/groups",
        role="operator",
        answer=create,
        tag="Groups",
        summary="Add a group",
        summary_zh="新建分组",
        body=GroupBody,
        reply=GroupView,
        status=201,
        codes=_WRITES,
    ),
    Action(
        id="getGroup",
        method="GET",
        path="/api/v1/groups/{group}",
        role="operator",
        answer=show,
        tag="Groups",
        summary="One group",
        summary_zh="分组详情",
        reply=GroupView,
    ),
    Action(
        id="updateGroup",
        method="PATCH",
        path="/api/v1/groups/{group}",
        role="operator",
        answer=change,
        tag="Groups",
        summary="Change a group",
        summary_zh="修改分组",
        body=GroupBody,
        reply=GroupView,
        codes=_WRITES,
    ),
    Action(
        id="deleteGroup",
        method="DELETE",
        path="/api/v1/groups/{group}",
        role="operator",
        answer=remove,
        tag="Groups",
        summary="Delete a group that nothing uses",
        summary_zh="删除未被使用的分组",
        codes=("managed_by_file", "conflict"),
    ),
    Action(
        id="listGroupRates",
        method="GET",
        path="/api/v1/group-rates",
        role="operator",
        answer=list_rates,
        tag="Groups",
        summary="Special rates of account groups",
        summary_zh="账户分组的专属倍率",
        reply=Page[RateView],
    ),
    Action(
        id="putGroupRate",
        method="PUT",
        path="/api/v1/group-rates/{account_group}/{group}",
        role="operator",
        answer=put_rate,
        tag="Groups",
        summary="Set a special rate",
        summary_zh="设置专属倍率",
        body=RateBody,
        reply=RateView,
        codes=_WRITES,
    ),
    Action(
        id="deleteGroupRate",
        method="DELETE",
        path="/api/v1/group-rates/{account_group}/{group}",
        role="operator",
        answer=drop_rate,
        tag="Groups",
        summary="No special rate any more",
        summary_zh="删除专属倍率",
        codes=("managed_by_file",),
    ),
)
