"""A channel's row as a file's table would say it: what a change is laid over, and what is shown."""

import json
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.apply.document import ChannelWanted
from waystation.errors import Fault
from waystation.storage.main import channel_keys, channels
from waystation.storage.sealing import Sealing
from waystation.upstream.vendors import VENDORS

_LISTS = ("groups", "operations", "models", "tags", "strip")
_MAPS = ("model_map", "cost", "limits", "deadlines", "body_overrides")
_PLAIN = (
    "name",
    "vendor",
    "base_url",
    "allow_private",
    "priority",
    "weight",
    "on_disconnect",
    "enabled",
)


async def find_channel(connection: AsyncConnection, channel_id: int) -> Any:
    """Raises Fault (not_found)."""
    query = select(channels).where(channels.c.id == channel_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise Fault("not_found", kind="channel")
    return row


async def keys_of(connection: AsyncConnection, channel_id: int) -> list[Any]:
    query = select(channel_keys).where(channel_keys.c.channel_id == channel_id)
    return list((await connection.execute(query.order_by(channel_keys.c.position))).all())


def open_fields(row: Any) -> dict[str, Any]:
    """All but the secrets."""
    table: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    table |= {name: json.loads(getattr(row, name)) for name in (*_LISTS, *_MAPS)}
    return table


def whole_table(row: Any, key_rows: list[Any], sealing: Sealing) -> dict[str, Any]:
    """As the readers take it, secrets opened. Raises SealBroken."""
    table = open_fields(row)
    if not table["base_url"]:
        del table["base_url"]
    table["keys"] = [sealing.open(each.sealed, "channel_key") for each in key_rows]
    if row.header_overrides:
        opened = sealing.open(row.header_overrides, "header_overrides")
        table["header_overrides"] = json.loads(opened)
    if row.proxy:
        table["proxy"] = sealing.open(row.proxy, "proxy")
    return table


def unsaved_row(wanted: ChannelWanted, sealing: Sealing) -> tuple[Any, list[Any]]:
    """(row, key rows) of a channel that is not stored."""
    sealed = {
        "header_overrides": sealing.seal(wanted.headers, "header_overrides")
        if wanted.headers
        else "",
        "proxy": sealing.seal(wanted.proxy, "proxy") if wanted.proxy else "",
    }
    row = SimpleNamespace(id=0, name=wanted.name, **(dict(wanted.columns) | sealed))
    keys = [SimpleNamespace(id=0, sealed=sealing.seal(k, "channel_key")) for k in wanted.keys]
    return row, keys


def mask_key(secret: str) -> str:
    """Enough to recognise it."""
    return f"{secret[:4]}…{secret[-4:]}" if len(secret) >= 16 else "…"


def shown_address(row: Any) -> str:
    vendor = VENDORS.get(row.vendor)
    return row.base_url or ("" if vendor is None else vendor.base_url)
