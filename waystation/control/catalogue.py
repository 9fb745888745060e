"""What everybody may know about models and prices; read without opening a single secret."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import select

from waystation.kernel.clock import now_ms
from waystation.ledger.price import FREE, Price, Rate
from waystation.ledger.price_book import PriceBook
from waystation.ledger.price_row import PriceRow
from waystation.storage import main
from waystation.storage.database import Database
from waystation.upstream.vendors import VENDORS

_TABLES = (main.groups, main.channels, main.group_members, main.prices, main.settings)
_Rows = Sequence[Any]


class Offer(msgspec.Struct, frozen=True):
    """A model name or pattern, the groups that have it, its price; None: nobody set one."""

    model: str
    groups: tuple[str, ...]
    price: Price | None


class Catalogue(msgspec.Struct, frozen=True):
    """rates: by group. descriptions: of the groups that everybody may choose. groups: rows. book,
    free: for `price_under`."""

    offers: tuple[Offer, ...]
    rates: Mapping[str, Rate]
    descriptions: Mapping[str, str]
    auto_groups: tuple[str, ...]
    groups: tuple[Any, ...] = ()
    book: PriceBook = PriceBook(())
    free: frozenset[str] = frozenset()

    def price_under(self, pattern: str, name: str) -> Price | None:
        """Of a name that is offered by a pattern: its own price goes before the pattern's."""
        found = self.book.find(name, now_ms())
        return FREE if found is None and pattern in self.free else found


async def read_catalogue(database: Database, also: frozenset[str] = frozenset()) -> Catalogue:
    """Of the visible groups; also: and of these. Raises StorageAway."""
    async with database.read() as connection:
        rows = {t.name: (await connection.execute(select(t))).all() for t in _TABLES}
    visible = {row.id: row for row in rows["groups"] if row.visible or row.name in also}
    channels = {row.id: row for row in rows["channels"] if row.enabled}
    offered, free = _offered(visible, channels, rows["group_members"])
    book = price_book(rows["prices"])
    auto: list[str] = next(
        (json.loads(r.value) for r in rows["settings"] if r.name == "auto_groups"), []
    )
    return Catalogue(
        offers=tuple(
            Offer(model, tuple(groups), _price(book, model, free))
            for model, groups in sorted(offered.items())
        ),
        rates={row.name: Rate.parse(row.rate) for row in visible.values()},
        descriptions={
            row.name: row.label or row.description or row.name
            for row in visible.values()
            if row.selectable and not json.loads(row.allowed_account_groups)
        },
        auto_groups=tuple(auto),
        groups=tuple(visible.values()),
        book=book,
        free=frozenset(free),
    )


def _offered(
    groups: Mapping[int, Any], channels: Mapping[int, Any], members: _Rows
) -> tuple[dict[str, list[str]], set[str]]:
    """model → groups, and the models that a channel serves free by default."""
    offered: dict[str, list[str]] = {}
    free: set[str] = set()
    for group in groups.values():
        for channel in _members(group, channels, members):
            models = [*json.loads(channel.models), *json.loads(channel.model_map)]
            vendor = VENDORS.get(channel.vendor)
            if vendor is not None and vendor.free_by_default:
                free.update(models)
            for model in dict.fromkeys(models):
                listed = offered.setdefault(model, [])
                if group.name not in listed:
                    listed.append(group.name)
    return offered, free


def _members(group: Any, channels: Mapping[int, Any], members: _Rows) -> list[Any]:
    if not group.own_members:
        return [c for c in channels.values() if group.name in json.loads(c.groups)]
    ids = [row.channel_id for row in members if row.group_id == group.id]
    return [channels[each] for each in ids if each in channels]


def _price(book: PriceBook, model: str, free: set[str]) -> Price | None:
    found = book.find(model, now_ms())
    return FREE if found is None and model in free else found


def price_book(rows: _Rows) -> PriceBook:
    """Rows that are no prices are left out; the gateways tell about them in their log."""
    prices = []
    for row in rows:
        fields = {kind: getattr(row, kind) for kind in main.PRICE_KINDS}
        fields |= {name: getattr(row, name) for name in ("model", "effective_ms", "version")}
        fields |= {"source": row.source, "tiers": json.loads(row.tiers or "[]")}
        fields |= {"tools": json.loads(row.tools or "{}")}
        fields |= {"images": json.loads(row.images or "[]")}
        fields |= {"service_tiers": json.loads(row.service_tiers or "{}")}
        try:
            prices.append(Price.build(msgspec.convert(fields, PriceRow)))
        except ValueError:
            continue
    return PriceBook(prices)
