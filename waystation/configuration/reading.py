"""Rows of `main` made into what routing decides on.

A row that cannot be used is left out, with its name and the reason in the log; it never takes the
others with it.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Select, Table, select

from waystation.kernel.money import parse_decimal
from waystation.ledger.price import RATE_PLACES, Price
from waystation.ledger.price_row import PriceRow
from waystation.ledger.prices import PriceBook
from waystation.routing.snapshot import (
    Channel,
    ChannelDeadlines,
    ChannelKey,
    ChannelLimits,
    Group,
    Member,
    Snapshot,
)
from waystation.storage import main
from waystation.storage.database import Database, read_epochs
from waystation.storage.sealing import SealBroken, Sealing
from waystation.upstream.clouds import key_parts
from waystation.upstream.vendors import VENDORS, Vendor

_log = logging.getLogger(__name__)
_BREATH = 50  # prices built before others get their turn

Shape = TypeVar("Shape")
_Rows = Sequence[Any]
_Words = tuple[str, ...]
_Unusable = (ValueError, KeyError, SealBroken)  # msgspec's errors are ValueErrors


class Configuration:
    """Reads snapshots; remembers prices that did not change, for building them is the dear part."""

    def __init__(self, database: Database, sealing: Sealing) -> None:
        self._database = database
        self._sealing = sealing
        self._prices: dict[tuple[Any, ...], Price | None] = {}

    async def read(self) -> Snapshot:
        """All of it as it is now, one consistent view. Raises StorageAway."""
        async with self._database.read() as connection:
            epochs = await read_epochs(connection)
            rows = {
                table.name: (await connection.execute(statement)).all()
                for table, statement in _STATEMENTS
            }
        channels = self._channels(rows)
        return Snapshot(
            epoch=epochs.routing,
            groups=_groups(rows, channels),
            channels={each.id: each for each in channels.values()},
            rates=_rates(rows["group_rates"]),
            auto_groups=_auto_groups(rows["settings"]),
            prices=PriceBook(await self._build_prices(rows["prices"])),
            settings={row.name: row.value for row in rows["settings"]},
        )

    def _channels(self, rows: Mapping[str, _Rows]) -> dict[int, Channel]:
        keys: dict[int, list[Any]] = {}
        for row in rows["channel_keys"]:
            keys.setdefault(row.channel_id, []).append(row)
        channels: dict[int, Channel] = {}
        for row in rows["channels"]:
            try:
                channels[row.id] = self.channel(row, keys.get(row.id, ()))
            except _Unusable as fault:
                _log.error("channel %s is left out: %s", row.name, _reason(fault))
        return channels

    def channel(self, row: Any, key_rows: Iterable[Any]) -> Channel:
        """One row opened. Raises ValueError, KeyError, SealBroken when it cannot be used."""
        vendor = VENDORS.get(row.vendor)
        if vendor is None:
            raise ValueError(f"the vendor {row.vendor!r} is not known")
        _decode(row.groups, _Words)  # used by _members, refused here
        keys: tuple[ChannelKey, ...] = (ChannelKey(0, ""),)
        if vendor.needs_key:
            keys = self._keys(row.name, vendor.cloud, key_rows)
        if not keys:
            raise ValueError("it has no usable key")
        return Channel(
            id=row.id,
            name=row.name,
            vendor=row.vendor,
            base_url=base_url(row.base_url, vendor),
            allow_private=row.allow_private,
            keys=keys,
            models=_decode(row.models, _Words),
            model_map=_decode(row.model_map, dict[str, str]),
            paths=vendor.paths_for(_decode(row.operations, _Words)),
            dialect=vendor.dialect,
            tags=_decode(row.tags, _Words),
            limits=_decode(row.limits, ChannelLimits),
            deadlines=_decode(row.deadlines, ChannelDeadlines),
            header_overrides=self._headers(row.header_overrides),
            body_overrides=_decode(row.body_overrides, dict[str, msgspec.Raw]),
            proxy=self._sealing.open(row.proxy, "proxy") if row.proxy else None,
            on_disconnect=row.on_disconnect,
            cost=_decode(row.cost, dict[str, str]),
            free_by_default=vendor.free_by_default,
            native_n=vendor.native_n,
            tools=vendor.tools,
            auth=vendor.auth,
            cloud=vendor.cloud,
            refuses=vendor.quirks.refuses,
            reports_usage=vendor.quirks.reports_usage,
            reasoning_field=vendor.quirks.reasoning_field,
            thinking_switch=vendor.quirks.thinking_switch,
            streams_pictures=vendor.quirks.streams_pictures,
            strip=_decode(row.strip, _Words),
            remix=bool(row.remix),
        )

    def _keys(self, channel: str, cloud: str, rows: Iterable[Any]) -> tuple[ChannelKey, ...]:
        keys: list[ChannelKey] = []
        for row in rows:
            try:
                secret = self._sealing.open(row.sealed, "channel_key")
                parts = key_parts(cloud, secret) if cloud else ()
                keys.append(ChannelKey(row.id, secret, parts))
            except (SealBroken, ValueError) as fault:
                _log.error("key %d of channel %s is left out: %s", row.id, channel, fault)
        return tuple(keys)

    def _headers(self, envelope: str) -> dict[str, str]:
        if not envelope:
            return {}
        return _decode(self._sealing.open(envelope, "header_overrides"), dict[str, str])

    async def _build_prices(self, rows: _Rows) -> list[Price]:
        built: dict[tuple[Any, ...], Price | None] = {}
        for count, row in enumerate(rows):
            facts = tuple(row)
            built[facts] = self._prices[facts] if facts in self._prices else _price(row)
            if count % _BREATH == 0:
                await asyncio.sleep(0)
        self._prices = built
        return [price for price in built.values() if price is not None]


def base_url(own: str, vendor: Vendor) -> str:
    """The channel's, else the vendor's, without what the vendor's paths begin with: people paste
    addresses with and without /v1."""
    url = (own or vendor.base_url).rstrip("/")
    if not url:
        raise ValueError(f"the vendor {vendor.name!r} has no address of its own: name a base_url")
    for path in vendor.paths.values():
        for cut in range(path.count("/"), 0, -1):
            start = "/".join(path.split("/")[: cut + 1])
            if url.endswith(start):
                return url[: -len(start)]
    return url


def _groups(rows: Mapping[str, _Rows], channels: Mapping[int, Channel]) -> dict[str, Group]:
    figures = {row.id: row for row in rows["channels"] if row.id in channels}
    listed: dict[int, list[Any]] = {}
    for row in rows["group_members"]:
        listed.setdefault(row.group_id, []).append(row)
    groups: dict[str, Group] = {}
    for row in rows["groups"]:
        try:
            members = _members(row, listed.get(row.id, ()), figures)
            groups[row.name] = _group(row, members)
        except _Unusable as fault:
            _log.error("group %s is left out: %s", row.name, _reason(fault))
    return groups


def _members(group: Any, listed: Iterable[Any], figures: Mapping[int, Any]) -> tuple[Member, ...]:
    """The group's own list, a missing figure being the channel's; else who names the group."""
    if not group.own_members:
        return tuple(
            Member(row.id, row.priority, row.weight)
            for row in figures.values()
            if group.name in _decode(row.groups, _Words)
        )
    return tuple(
        Member(
            each.channel_id,
            figures[each.channel_id].priority if each.priority is None else each.priority,
            figures[each.channel_id].weight if each.weight is None else each.weight,
        )
        for each in listed
        if each.channel_id in figures
    )


def _group(row: Any, members: tuple[Member, ...]) -> Group:
    parse_decimal(row.rate, RATE_PLACES)
    return Group(
        name=row.name,
        rate=row.rate,
        members=members,
        visible=row.visible,
        selectable=row.selectable,
        allowed_account_groups=_decode(row.allowed_account_groups, _Words),
        label=row.label,
        description=row.description,
    )


def _rates(rows: _Rows) -> dict[tuple[str, str], str]:
    rates: dict[tuple[str, str], str] = {}
    for row in rows:
        try:
            parse_decimal(row.rate, RATE_PLACES)
        except ValueError as fault:
            _log.error("rate of %s in %s is left out: %s", row.account_group, row.group_name, fault)
        else:
            rates[row.account_group, row.group_name] = row.rate
    return rates


def _auto_groups(rows: _Rows) -> tuple[str, ...]:
    for row in rows:
        if row.name == "auto_groups":
            try:
                return _decode(row.value, _Words)
            except ValueError as fault:
                _log.error("auto_groups is left out: %s", fault)
    return ()


def _price(row: Any) -> Price | None:
    fields = {kind: getattr(row, kind) for kind in main.PRICE_KINDS}
    fields |= {"tiers": _maybe(row.tiers, ()), "tools": _maybe(row.tools, {})}
    fields["images"] = _maybe(row.images, ())
    fields["service_tiers"] = _maybe(row.service_tiers, {})
    fields |= {name: getattr(row, name) for name in ("model", "effective_ms", "version", "source")}
    try:
        return Price.build(msgspec.convert(fields, PriceRow))
    except ValueError as fault:
        _log.error("price of %s is left out: %s", row.model, fault)
        return None


def _maybe(text: str | None, empty: object) -> object:
    return msgspec.json.decode(text) if text else empty


def _decode(text: str, kind: type[Shape]) -> Shape:
    return msgspec.json.decode(text, type=kind)


def _reason(fault: Exception) -> str:
    return f"{fault.args[0]!r} is unknown" if isinstance(fault, KeyError) else str(fault)


def _all(table: Table) -> Select[Any]:
    return select(table)


_STATEMENTS: tuple[tuple[Table, Select[Any]], ...] = (
    (main.groups, _all(main.groups).order_by(main.groups.c.id)),
    (
        main.channels,
        _all(main.channels).where(main.channels.c.enabled).order_by(main.channels.c.id),
    ),
    (
        main.channel_keys,
        _all(main.channel_keys)
        .where(main.channel_keys.c.enabled)
        .order_by(main.channel_keys.c.channel_id, main.channel_keys.c.position),
    ),
    (main.group_members, _all(main.group_members)),
    (main.group_rates, _all(main.group_rates)),
    (main.prices, _all(main.prices)),
    (main.settings, _all(main.settings)),
)
