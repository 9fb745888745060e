"""Snapshots for the tests of routing and admission, in few words."""

from collections.abc import Mapping, Sequence
from typing import Any

from waystation.ledger.prices import PriceBook, PriceRow
from waystation.routing.candidates import Directory
from waystation.routing.choices import Choices
from waystation.routing.query import Query
from waystation.routing.snapshot import Channel, ChannelKey, Group, Member, Snapshot

PRICES = (PriceRow(model="*", input="1", output="2", version="p1"),)


def channel(id: int, *, keys: int = 1, models: Sequence[str] = ("m",), **fields: Any) -> Channel:
    values: dict[str, Any] = {
        "name": f"channel-{id}",
        "vendor": "openai",
        "base_url": "http://127.0.0.1:1",
        "allow_private": True,
        "model_map": {},
        "paths": {"chat": "/v1/chat/completions"},
        **fields,
    }
    made = tuple(ChannelKey(id=id * 100 + n, secret=f"secret-{id}-{n}") for n in range(keys))
    return Channel(id=id, keys=made, models=tuple(models), **values)


def group(
    name: str, *members: int | tuple[int, int] | tuple[int, int, int], **fields: Any
) -> Group:
    """members: channel id, (id, priority) or (id, priority, weight)."""
    full = [(m,) if isinstance(m, int) else m for m in members]
    made = tuple(Member(*(*m, *(0, 1)[len(m) - 1 :])) for m in full)
    return Group(name=name, members=made, **{"rate": "1", **fields})


def snapshot(
    channels: Sequence[Channel],
    groups: Sequence[Group],
    *,
    prices: Sequence[PriceRow] = PRICES,
    rates: Mapping[tuple[str, str], str] | None = None,
    auto_groups: Sequence[str] = (),
) -> Snapshot:
    return Snapshot(
        epoch=1,
        groups={g.name: g for g in groups},
        channels={c.id: c for c in channels},
        rates=rates or {},
        auto_groups=tuple(auto_groups),
        prices=PriceBook.build(prices),
    )


def query(**fields: Any) -> Query:
    return Query(**{"model": "m", "operation": "chat", "account_group": "default", **fields})


def choices(channels: Sequence[Channel], *groups: Group) -> Choices:
    """What a token with these groups, in order, may choose from for the model "m"."""
    names = tuple(g.name for g in groups)
    directory = Directory(snapshot(channels, groups))
    return directory.candidates(query(groups=names, granted=True), now_ms=0)
