"""/api/v1/channels: upstream accounts, for operators."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select, update

from waystation.control.apply.read_channels import read_channel
from waystation.control.apply.run import Run
from waystation.control.apply.write_channels import remove_channel
from waystation.control.desk.action import Action, Call
from waystation.control.desk.channel_table import (
    find_channel,
    keys_of,
    mask_key,
    open_fields,
    shown_address,
    whole_table,
)
from waystation.control.desk.edits import Subject, as_in_a_file, document, given, make_edit, read_as
from waystation.control.desk.pages import Page, PageQuery, at, page_by_id
from waystation.errors import Fault
from waystation.storage.main import channels
from waystation.storage.sealing import SealBroken, Sealing

Words = list[str]
_LEADS_ELSEWHERE = ("base_url", "vendor", "proxy")
"""With these a channel's keys are sent to another server: a stolen sign-in must not do that."""
State = Literal["live", "probing", "parked", "off", "unknown"]


class ChannelKeyView(msgspec.Struct, frozen=True):
    """enabled: whether it is used."""

    id: int
    mask: str
    enabled: bool


class ChannelView(msgspec.Struct, frozen=True):
    """address: base_url, or the vendor's. strip: what is taken out of requests. cost: factors of
    the official price by model pattern. header_names: of the overrides, whose values are secrets.
    state: what the gateways find."""

    id: int
    name: str
    vendor: str
    base_url: str
    address: str
    allow_private: bool
    groups: Words
    operations: Words
    models: Words
    model_map: dict[str, str]
    priority: int
    weight: int
    tags: Words
    strip: Words
    cost: dict[str, str]
    limits: dict[str, int]
    deadlines: dict[str, float]
    header_names: Words
    body_overrides: dict[str, Any]
    proxy_host: str
    on_disconnect: Literal["abort", "drain"]
    enabled: bool
    managed: bool
    state: State
    keys: list[ChannelKeyView]
    created_at: datetime


class ChannelBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not said stays as it is. keys: all of them. add_keys, remove_keys (ids): some."""

    name: str | UnsetType = UNSET
    vendor: str | UnsetType = UNSET
    base_url: str | UnsetType = UNSET
    allow_private: bool | UnsetType = UNSET
    groups: Words | UnsetType = UNSET
    operations: Words | UnsetType = UNSET
    models: Words | UnsetType = UNSET
    model_map: dict[str, str] | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    weight: int | UnsetType = UNSET
    tags: Words | UnsetType = UNSET
    strip: Words | UnsetType = UNSET
    cost: dict[str, str] | UnsetType = UNSET
    limits: dict[str, int] | UnsetType = UNSET
    deadlines: dict[str, float] | UnsetType = UNSET
    header_overrides: dict[str, str] | UnsetType = UNSET
    body_overrides: dict[str, Any] | UnsetType = UNSET
    proxy: str | UnsetType = UNSET
    on_disconnect: Literal["abort", "drain"] | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    keys: Words | UnsetType = UNSET
    add_keys: Words | UnsetType = UNSET
    remove_keys: list[int] | UnsetType = UNSET


class ChannelQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """search: in the name. group: its name."""

    search: Annotated[str, Meta(max_length=64)] = ""
    vendor: str = ""
    group: str = ""
    enabled: bool | None = None


async def list_all(call: Call) -> Page[ChannelView]:
    asked = call.query(ChannelQuery)
    query = select(channels)
    if asked.search:
        query = query.where(channels.c.name.icontains(asked.search, autoescape=True))
    if asked.vendor:
        query = query.where(channels.c.vendor == asked.vendor)
    if asked.enabled is not None:
        query = query.where(channels.c.enabled == asked.enabled)
    if asked.group:
        named = msgspec.json.encode(asked.group).decode()
        query = query.where(channels.c.groups.contains(named, autoescape=True))
    async with call.services.database.read() as connection:
        page = await page_by_id(connection, query, channels.c.id, asked, lambda row: row)
        keys = {row.id: await keys_of(connection, row.id) for row in page.data}
    sealing, states = call.services.sealing(), call.services.aggregate.channel_states()
    return Page([_shown(row, keys[row.id], sealing, states) for row in page.data], page.next_cursor)


async def show(call: Call) -> ChannelView:
    return await _show(call, call.id("channel", "channel"))


async def _show(call: Call, channel_id: int) -> ChannelView:
    async with call.services.database.read() as connection:
        row = await find_channel(connection, channel_id)
        key_rows = await keys_of(connection, channel_id)
    states = call.services.aggregate.channel_states()
    return _shown(row, key_rows, call.services.sealing(), states)


def _shown(
    row: Any, key_rows: list[Any], sealing: Sealing, states: Mapping[str, float]
) -> ChannelView:
    table = open_fields(row)
    return ChannelView(
        id=row.id,
        address=shown_address(row),
        header_names=_header_names(row, sealing),
        proxy_host=_proxy_host(row, sealing),
        managed=row.managed,
        state=_state(row, states),
        keys=[ChannelKeyView(each.id, _mask(each, sealing), each.enabled) for each in key_rows],
        created_at=at(row.created_ms),
        **table,
    )


def _mask(key_row: Any, sealing: Sealing) -> str:
    try:
        return mask_key(sealing.open(key_row.sealed, "channel_key"))
    except SealBroken:
        return "(sealed by another master key)"


def _header_names(row: Any, sealing: Sealing) -> list[str]:
    if not row.header_overrides:
        return []
    return sorted(msgspec.json.decode(sealing.open(row.header_overrides, "header_overrides")))


def _proxy_host(row: Any, sealing: Sealing) -> str:
    return urlsplit(sealing.open(row.proxy, "proxy")).hostname or "" if row.proxy else ""


def _state(row: Any, states: Mapping[str, float]) -> State:
    if not row.enabled:
        return "off"
    found = states.get(row.name)
    if found is None:
        return "unknown"
    return "live" if found == 0 else "probing" if found == 1 else "parked"


async def create(call: Call) -> ChannelView:
    table = given(call.body(ChannelBody))
    table["keys"] = [*table.get("keys", []), *table.pop("add_keys", [])]
    table.pop("remove_keys", None)
    wanted = read_as(read_channel, _tidy(table), "the channel")
    subject = Subject("channel", wanted.name, None, _told(table))

    async def fresh(run: Run) -> None:
        query = select(channels.c.id).where(channels.c.name == wanted.name)
        if (await run.connection.execute(query)).first() is not None:
            raise Fault("already_exists", name=f"the channel {wanted.name}")

    await make_edit(call, document(channels=(wanted,)), subject, before=fresh)
    return await _show(call, await _id_of(call, wanted.name))


async def change(call: Call) -> ChannelView:
    channel_id, services = call.id("channel", "channel"), call.services
    said = given(call.body(ChannelBody))
    async with services.database.read() as connection:
        row = await find_channel(connection, channel_id)
        key_rows = await keys_of(connection, channel_id)
    before = as_in_a_file(whole_table(row, key_rows, services.sealing()))
    table = _laid_over(before, said, key_rows)
    if any((table.get(n) or "") != (before.get(n) or "") for n in _LEADS_ELSEWHERE):
        call.prove()
    wanted = read_as(read_channel, _tidy(table), "the channel")
    subject = Subject("channel", wanted.name, _told(before), _told(table))

    async def rename(run: Run) -> None:
        run.may_change("channel", row.name, row)
        if wanted.name != row.name:
            mine = channels.c.id == channel_id
            await run.connection.execute(update(channels).where(mine).values(name=wanted.name))
            run.note("updated", "channel", wanted.name, ("name",))
            run.routing = True

    await make_edit(call, document(channels=(wanted,)), subject, before=rename)
    return await _show(call, channel_id)


def _laid_over(before: dict[str, Any], said: dict[str, Any], key_rows: list[Any]) -> dict[str, Any]:
    """The row's table with what the body says. Raises Fault for a key that is not the channel's."""
    removed = set(said.pop("remove_keys", ()))
    unknown = removed - {each.id for each in key_rows}
    if unknown:
        raise Fault("not_found", kind="key")
    kept = [
        secret
        for secret, each in zip(before["keys"], key_rows, strict=True)
        if each.id not in removed
    ]
    keys = [*said.pop("keys", kept), *said.pop("add_keys", ())]
    return {**before, **said, "keys": list(dict.fromkeys(keys))}


def _tidy(table: dict[str, Any]) -> dict[str, Any]:
    """ "" as an address or a proxy means none, as leaving it out does in a file."""
    empty = ("base_url", "proxy")
    return {name: value for name, value in table.items() if name not in empty or value != ""}


def _told(table: dict[str, Any]) -> dict[str, Any]:
    """For the audit log, which names secrets but does not tell them; numbers as text."""
    told: dict[str, Any] = msgspec.to_builtins(table, enc_hook=str)
    return told


async def _id_of(call: Call, name: str) -> int:
    async with call.services.database.read() as connection:
        query = select(channels.c.id).where(channels.c.name == name)
        return int((await connection.execute(query)).scalar_one())


async def remove(call: Call) -> None:
    channel_id = call.id("channel", "channel")
    async with call.services.database.read() as connection:
        row = await find_channel(connection, channel_id)
    subject = Subject("channel", row.name, open_fields(row), None)

    async def gone(run: Run) -> None:
        await remove_channel(run, row)

    await make_edit(call, document(), subject, before=gone)


_WRITES = ("managed_by_file", "already_exists", "conflict")

ACTIONS = (
    Action(
        id="listChannels",
        method="GET",
        path="/api/v1/channels",
        role="operator",
        answer=list_all,
        tag="Channels",
        summary="Channels with their live state",
        summary_zh="渠道列表与实时状态",
        query=ChannelQuery,
        reply=Page[ChannelView],
    ),
    Action(
        id="createChannel",
        method="POST",
        path="/api/v1/channels",
        role="operator",
        answer=create,
        tag="Channels",
        summary="Add a channel",
        summary_zh="新建渠道",
        body=ChannelBody,
        reply=ChannelView,
        status=201,
        codes=_WRITES,
    ),
    Action(
        id="getChannel",
        method="GET",
        path="/api/v1/channels/{channel}",
        role="operator",
        answer=show,
        tag="Channels",
        summary="One channel",
        summary_zh="渠道详情",
        reply=ChannelView,
    ),
    Action(
        id="updateChannel",
        method="PATCH",
        path="/api/v1/channels/{channel}",
        role="operator",
        answer=change,
        tag="Channels",
        summary="Change a channel; its address, vendor and proxy ask for a fresh proof",
        summary_zh="修改渠道（修改地址、类型或代理需再次验证身份）",
        body=ChannelBody,
        reply=ChannelView,
        codes=(*_WRITES, "step_up_required"),
    ),
    Action(
        id="deleteChannel",
        method="DELETE",
        path="/api/v1/channels/{channel}",
        role="operator",
        answer=remove,
        tag="Channels",
        summary="Delete a channel with its keys",
        summary_zh="删除渠道及其密钥",
        codes=("managed_by_file",),
    ),
)
