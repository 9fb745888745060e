"""/api/v1/channels/…: a channel tried out: its keys opened, a test, its models, its balance; and
what vendors there are."""

from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy import update

from waystation.configuration.reading import Configuration
from waystation.control.apply.read_channels import read_channel
from waystation.control.apply.run import Run
from waystation.control.audit import record
from waystation.control.channel_balance import Balance, read_balance
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of
from waystation.control.desk.channel_table import find_channel, keys_of, unsaved_row
from waystation.control.desk.edits import Subject, document, given, make_edit, read_as
from waystation.control.desk.pages import Page
from waystation.control.probe import Outcome, ProbeRefused, fetch_models, first_model, probe_channel
from waystation.errors import Fault
from waystation.routing.snapshot import Channel
from waystation.storage.main import channel_keys
from waystation.upstream.vendors import VENDORS

Words = list[str]


class KeysView(msgspec.Struct, frozen=True):
    """Opened."""

    keys: list[str]


class ProbeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """model: as callers name it; "": the channel's first."""

    model: Annotated[str, Meta(max_length=256)] = ""


class ModelsView(msgspec.Struct, frozen=True):
    """models: what the upstream has. missing: those of the channel that it has not."""

    models: Words
    missing: Words


class UnsavedBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A channel that is not there yet, as far as asking for its models needs it."""

    vendor: Annotated[str, Meta(min_length=1, max_length=64)]
    keys: Annotated[list[str], Meta(max_length=100)] = []
    base_url: Annotated[str, Meta(max_length=500)] = ""
    allow_private: bool = False
    proxy: Annotated[str, Meta(max_length=500)] = ""
    header_overrides: dict[str, str] = {}


class KeyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enabled: bool


class VendorView(msgspec.Struct, frozen=True):
    name: str
    title: str
    base_url: str
    needs_key: bool
    operations: Words
    optional_operations: Words
    documentation: str
    verified: bool


async def show_keys(call: Call) -> KeysView:
    """Asks for a fresh proof, and is itself in the audit log."""
    channel_id, services = call.id("channel", "channel"), call.services
    async with services.database.write() as connection:
        row = await find_channel(connection, channel_id)
        key_rows = await keys_of(connection, channel_id)
        await record(connection, actor_of(call), "show_keys", "channel", row.name)
    sealing = services.sealing()
    return KeysView([sealing.open(each.sealed, "channel_key") for each in key_rows])


async def test(call: Call) -> Outcome:
    channel = await _opened(call)
    asked = call.body(ProbeBody).model
    try:
        model = asked or first_model(channel.name, [*channel.models, *channel.model_map])
        return await probe_channel(call.services.settings, channel, model)
    except ProbeRefused as refused:
        raise Fault("conflict", reason=str(refused)) from None


async def models(call: Call) -> ModelsView:
    channel = await _opened(call)
    try:
        found = await fetch_models(call.services.settings, channel)
    except ProbeRefused as refused:
        raise Fault("upstream_error", reason=str(refused)) from None
    own = {*channel.models, *channel.model_map.values()}
    own -= set(channel.model_map)
    there = set(found)
    return ModelsView(found, sorted(n for n in own if not n.endswith("*") and n not in there))


async def unsaved_models(call: Call) -> ModelsView:
    """With keys of the body's own: nothing that is stored goes anywhere."""
    body, services = call.body(UnsavedBody), call.services
    table = {name: value for name, value in given(body).items() if value not in ("", [], {})}
    wanted = read_as(read_channel, table | {"name": "unsaved", "models": ["*"]}, "the channel")
    sealing = services.sealing()
    row = unsaved_row(wanted, sealing)
    try:
        channel = Configuration(services.database, sealing).channel(*row)
        return ModelsView(await fetch_models(services.settings, channel), [])
    except (ValueError, KeyError) as broken:
        raise Fault("conflict", reason=f"the channel cannot be used: {broken}") from None
    except ProbeRefused as refused:
        raise Fault("upstream_error", reason=str(refused)) from None


async def switch_key(call: Call) -> None:
    """One key of several: off, it is not used, and stays."""
    channel_id, key_id = call.id("channel", "channel"), call.id("key", "key")
    enabled = call.body(KeyBody).enabled
    async with call.services.database.read() as connection:
        row = await find_channel(connection, channel_id)
        key_row = next((k for k in await keys_of(connection, channel_id) if k.id == key_id), None)
    if key_row is None:
        raise Fault("not_found", kind="key")

    async def switch(run: Run) -> None:
        run.may_change("channel", row.name, row)
        mine = (channel_keys.c.id == key_id, channel_keys.c.enabled != enabled)
        done = await run.connection.execute(
            update(channel_keys).where(*mine).values(enabled=enabled)
        )
        if done.rowcount:
            run.note("updated", "channel", row.name, ("keys",))
            run.routing = True

    name = f"{row.name} key {key_id}"
    told = ({"enabled": key_row.enabled}, {"enabled": enabled})
    await make_edit(call, document(), Subject("channel", name, *told), before=switch)


async def balance(call: Call) -> Balance:
    channel = await _opened(call)
    try:
        return await read_balance(call.services.settings, channel)
    except ProbeRefused as refused:
        raise Fault("upstream_error", reason=str(refused)) from None


async def _opened(call: Call) -> Channel:
    """As routing knows it, or would if it were on."""
    channel_id, services = call.id("channel", "channel"), call.services
    async with services.database.read() as connection:
        row = await find_channel(connection, channel_id)
        key_rows = [key for key in await keys_of(connection, channel_id) if key.enabled]
    try:
        return Configuration(services.database, services.sealing()).channel(row, key_rows)
    except (ValueError, KeyError) as broken:
        raise Fault("conflict", reason=f"the channel cannot be used: {broken}") from None


async def vendors(_: Call) -> Page[VendorView]:
    return Page(
        [
            VendorView(
                each.name,
                each.title,
                each.base_url,
                each.needs_key,
                list(each.paths),
                list(each.optional_paths),
                each.documentation,
                each.recorded,
            )
            for each in VENDORS.values()
        ]
    )


ACTIONS = (
    Action(
        id="listVendors",
        method="GET",
        path="/api/v1/vendors",
        role="operator",
        answer=vendors,
        tag="Channels",
        summary="What a channel can be of",
        summary_zh="支持的上游类型",
        reply=Page[VendorView],
    ),
    Action(
        id="showChannelKeys",
        method="POST",
        path="/api/v1/channels/{channel}/keys",
        role="operator",
        answer=show_keys,
        tag="Channels",
        summary="The keys, opened",
        summary_zh="查看渠道密钥明文",
        reply=KeysView,
        proof=True,
    ),
    Action(
        id="testChannel",
        method="POST",
        path="/api/v1/channels/{channel}/test",
        role="operator",
        answer=test,
        tag="Channels",
        summary="Send one tiny real request; the upstream may charge for it",
        summary_zh="发送一次真实的测试请求（上游可能计费）",
        body=ProbeBody,
        reply=Outcome,
        codes=("conflict",),
    ),
    Action(
        id="fetchChannelModels",
        method="POST",
        path="/api/v1/channels/{channel}/models",
        role="operator",
        answer=models,
        tag="Channels",
        summary="What models the upstream has",
        summary_zh="获取上游模型列表",
        reply=ModelsView,
        codes=("conflict", "upstream_error"),
    ),
    Action(
        id="fetchUnsavedChannelModels",
        method="POST",
        path="/api/v1/channels/models",
        role="operator",
        answer=unsaved_models,
        tag="Channels",
        summary="What models an upstream has, before its channel is saved",
        summary_zh="获取上游模型列表（保存渠道之前）",
        body=UnsavedBody,
        reply=ModelsView,
        codes=("conflict", "upstream_error"),
    ),
    Action(
        id="switchChannelKey",
        method="PATCH",
        path="/api/v1/channels/{channel}/keys/{key}",
        role="operator",
        answer=switch_key,
        tag="Channels",
        summary="Switch one key on or off",
        summary_zh="启用或停用单个密钥",
        body=KeyBody,
        codes=("managed_by_file",),
    ),
    Action(
        id="readChannelBalance",
        method="POST",
        path="/api/v1/channels/{channel}/balance",
        role="operator",
        answer=balance,
        tag="Channels",
        summary="What the upstream account has left",
        summary_zh="查询上游账户余额",
        reply=Balance,
        codes=("conflict", "upstream_error"),
    ),
)
