"""From rows to snapshots: what is merged, what is left out, what stays when the store is away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from waystation.configuration.feed import Feed
from waystation.configuration.reading import Configuration
from waystation.routing.snapshot import Member, Snapshot
from waystation.storage import main
from waystation.storage.database import Database, StorageAway, next_epoch
from waystation.storage.master_key import MasterKey
from waystation.storage.migrate import migrate
from waystation.storage.sealing import Sealing


@pytest.fixture
def sealing() -> Sealing:
    return Sealing(MasterKey.new())


async def put(store: Database, *rows: tuple[Any, dict[str, Any]], routing: bool = True) -> None:
    async with store.write() as connection:
        await next_epoch(connection, routing=routing)
        for table, values in rows:
            await connection.execute(insert(table).values(values))


def key(sealing: Sealing, channel_id: int, secret: str, **more: Any) -> tuple[Any, dict[str, Any]]:
    return main.channel_keys, {
        "channel_id": channel_id,
        "sealed": sealing.seal(secret, "channel_key"),
        "sealed_by": sealing.key_id,
        "fingerprint": sealing.fingerprint(secret),
        **more,
    }


def channel(channel_id: int, **more: Any) -> tuple[Any, dict[str, Any]]:
    return main.channels, {"id": channel_id, "name": f"c{channel_id}", "vendor": "openai", **more}


async def test_a_channel_with_everything(store: Database, sealing: Sealing) -> None:
    await put(
        store,
        channel(
            1,
            vendor="azure-openai",
            base_url="https://x.openai.azure.com/",
            allow_private=True,
            models='["gpt-4o","gpt-4-gizmo-*"]',
            model_map='{"fast":"gpt-4o-mini"}',
            tags='["AZ"]',
            cost='{"*":"0.8"}',
            limits='{"concurrency":3,"rpm":60,"key_rpm":7}',
            deadlines='{"connect":1.5,"total":60}',
            header_overrides=sealing.seal('{"x-org":"o"}', "header_overrides"),
            body_overrides='{"store":false,"nested":{"a":[1]}}',
            proxy=sealing.seal("socks5://u:p@127.0.0.1:1080", "proxy"),
            on_disconnect="drain",
        ),
        key(sealing, 1, "sk-b", id=8, position=1),
        key(sealing, 1, "sk-a", id=9, position=0),
        key(sealing, 1, "sk-off", id=10, position=2, enabled=False),
    )
    snapshot = await Configuration(store, sealing).read()
    made = snapshot.channels[1]
    assert [(each.id, each.secret) for each in made.keys] == [(9, "sk-a"), (8, "sk-b")]
    assert made.base_url == "https://x.openai.azure.com"
    assert made.paths["chat"] == "/openai/v1/chat/completions"
    assert made.auth == "header:api-key"
    assert made.allow_private is True
    assert made.models == ("gpt-4o", "gpt-4-gizmo-*")
    assert made.model_map == {"fast": "gpt-4o-mini"}
    assert (made.limits.concurrency, made.limits.rpm, made.limits.key_rpm) == (3, 60, 7)
    assert (made.deadlines.connect, made.deadlines.total) == (1.5, 60)
    assert made.header_overrides == {"x-org": "o"}
    assert bytes(made.body_overrides["nested"]) == b'{"a":[1]}'
    assert made.proxy == "socks5://u:p@127.0.0.1:1080"
    assert (made.on_disconnect, made.cost, made.tags) == ("drain", {"*": "0.8"}, ("AZ",))
    assert "sk-a" not in repr(snapshot)


async def test_the_demo_needs_no_key_and_costs_nothing(store: Database, sealing: Sealing) -> None:
    await put(store, channel(1, vendor="demo", models='["*"]'))
    made = (await Configuration(store, sealing).read()).channels[1]
    assert (made.free_by_default, made.auth, len(made.keys)) == (True, "none", 1)


async def test_members_by_the_group_or_by_the_channels(store: Database, sealing: Sealing) -> None:
    await put(
        store,
        channel(1, vendor="demo", groups='["a","b"]', priority=4, weight=5),
        channel(2, vendor="demo", groups='["a"]'),
        channel(3, vendor="demo", groups='["a"]', enabled=False),
        (main.groups, {"id": 1, "name": "a", "rate": "1.65", "selectable": True,
                       "allowed_account_groups": '["vip"]', "label": "A"}),
        (main.groups, {"id": 2, "name": "b", "own_members": True}),
        (main.group_members, {"group_id": 2, "channel_id": 2, "priority": 7, "weight": 9}),
        (main.group_members, {"group_id": 2, "channel_id": 1}),
        (main.group_members, {"group_id": 2, "channel_id": 3}),
        (main.group_rates, {"account_group": "vip", "group_name": "a", "rate": "0.5"}),
        (main.settings, {"name": "auto_groups", "value": '["a","b"]'}),
    )  # fmt: skip
    snapshot = await Configuration(store, sealing).read()
    assert snapshot.groups["a"].members == (Member(1, 4, 5), Member(2, 0, 1))
    assert set(snapshot.groups["b"].members) == {Member(2, 7, 9), Member(1, 4, 5)}
    assert (snapshot.groups["a"].rate, snapshot.groups["a"].label) == ("1.65", "A")
    assert snapshot.groups["a"].allowed_account_groups == ("vip",)
    assert snapshot.rates == {("vip", "a"): "0.5"}
    assert snapshot.auto_groups == ("a", "b")
    assert set(snapshot.channels) == {1, 2}


async def test_prices_of_both_sources(store: Database, sealing: Sealing) -> None:
    row = {"source": "override", "version": ""}
    await put(
        store,
        (main.prices, {**row, "model": "m", "input": "1", "output": "2",
                       "tiers": '[{"above_tokens":1000,"input":"2"}]',
                       "tools": '{"web_search":"0.01"}'}),
        (main.prices, {"model": "m", "source": "catalogue", "version": "c", "input": "9"}),
        (main.prices, {"model": "n*", "source": "catalogue", "version": "c", "input": "9"}),
    )  # fmt: skip
    prices = (await Configuration(store, sealing).read()).prices
    found = prices.find("m", 0)
    assert found is not None
    assert found.source == "override"
    assert len(found.tiers) == 2
    assert "web_search" in found.tools
    assert prices.find("nine", 0) is not None
    assert prices.find("x", 0) is None


async def test_broken_rows_are_left_out_with_a_reason(
    store: Database, sealing: Sealing, caplog: pytest.LogCaptureFixture
) -> None:
    other = Sealing(MasterKey.new())
    await put(
        store,
        channel(1, vendor="demo", groups='["g"]'),
        channel(2, vendor="nobody"),
        channel(3, vendor="openai"),
        channel(4, vendor="demo", models="[1]"),
        channel(5, vendor="demo", groups="{"),
        channel(6, vendor="openai"),
        key(other, 6, "sk-1"),
        key(sealing, 6, "sk-2"),
        channel(7, vendor="openai-compatible"),
        key(sealing, 7, "sk-3"),
        (main.groups, {"id": 1, "name": "g"}),
        (main.groups, {"id": 2, "name": "bad", "rate": "much"}),
        (main.group_rates, {"account_group": "x", "group_name": "g", "rate": "-"}),
        (main.prices, {"model": "m", "source": "override", "version": "", "input": "cheap"}),
        (main.settings, {"name": "auto_groups", "value": "g"}),
    )
    snapshot = await Configuration(store, sealing).read()
    assert set(snapshot.channels) == {1, 6}
    assert [each.secret for each in snapshot.channels[6].keys] == ["sk-2"]
    assert set(snapshot.groups) == {"g"}
    assert snapshot.groups["g"].members == (Member(1, 0, 1),)
    assert snapshot.rates == {}
    assert snapshot.prices.find("m", 0) is None
    for words in ("c2 is left out: the vendor 'nobody'", "c3 is left out: it has no usable key",
                  "c4 is left out", "c5 is left out", "key 1 of channel c6", "name a base_url",
                  "group bad", "rate of x in g", "price of m", "auto_groups"):  # fmt: skip
        assert words in caplog.text
    assert "sk-" not in caplog.text


class Listener:
    """What a feed hands over."""

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []
        self.epochs: list[int] = []
        self.arrived = asyncio.Event()

    def take(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)
        self.arrived.set()

    async def forget(self, epoch: int) -> None:
        self.epochs.append(epoch)


@pytest.fixture
async def listener() -> Listener:
    return Listener()


@pytest.fixture
async def feed(store: Database, sealing: Sealing, listener: Listener) -> AsyncIterator[Feed]:
    made = Feed(store, sealing, listener.take, listener.forget, interval_seconds=0.02)
    yield made
    await made.close()


async def test_changes_arrive_and_rest_makes_nothing(
    store: Database, feed: Feed, listener: Listener
) -> None:
    await feed.look()
    await feed.look()
    assert (len(listener.snapshots), listener.epochs, feed.epoch) == (1, [], 0)
    await put(store, (main.groups, {"name": "g"}))
    await feed.look()
    assert set(listener.snapshots[-1].groups) == {"g"}
    assert (listener.epochs, feed.epoch) == ([0], 1)
    await put(store, routing=False)
    await feed.look()
    assert (len(listener.snapshots), listener.epochs, feed.epoch) == (2, [0, 1], 2)


async def test_the_poll_brings_a_change_within_a_quarter_second(
    store: Database, feed: Feed, listener: Listener
) -> None:
    feed.start()
    await feed.ready()
    listener.arrived.clear()
    await put(store, (main.groups, {"name": "g"}))
    async with asyncio.timeout(20):
        await listener.arrived.wait()
    assert set(listener.snapshots[-1].groups) == {"g"}


async def test_several_may_look_at_once(store: Database, feed: Feed, listener: Listener) -> None:
    """A poll and whoever cannot wait for it: one connection, and each change is told once."""
    feed.start()
    await feed.ready()
    for number in range(5):
        await put(store, (main.groups, {"name": f"g{number}"}))
        await asyncio.gather(*(feed.look() for _ in range(8)))
        assert feed.epoch == number + 1
    assert [len(snapshot.groups) for snapshot in listener.snapshots] == [0, 1, 2, 3, 4, 5]
    assert not feed.is_away


async def test_unchanged_prices_are_not_built_again(
    store: Database, sealing: Sealing, monkeypatch: pytest.MonkeyPatch
) -> None:
    from waystation.configuration import reading as module

    built: list[str] = []
    build = module._price
    monkeypatch.setattr(module, "_price", lambda row: built.append(row.model) or build(row))
    configuration = Configuration(store, sealing)
    row = {"source": "override", "version": "", "input": "1"}
    await put(store, *[(main.prices, {**row, "model": f"m{n}"}) for n in range(120)])
    await configuration.read()
    assert len(built) == 120
    async with store.write() as connection:
        await connection.execute(
            update(main.prices).where(main.prices.c.model == "m7").values(input="2")
        )
        await connection.execute(delete(main.prices).where(main.prices.c.model == "m8"))
    prices = (await configuration.read()).prices
    assert built[120:] == ["m7"]
    assert prices.find("m8", 0) is None
    assert len(prices.models) == 119


async def test_while_the_store_is_away_the_last_snapshot_stays(
    tmp_path: Path, sealing: Sealing, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    store = Database.sqlite(tmp_path / "main.db")
    feed = Feed(store, sealing, listener.take, listener.forget, interval_seconds=0.01)
    with pytest.raises(StorageAway):
        await feed.look()
    feed.start()
    while not feed.is_away:
        await asyncio.sleep(0.005)
    assert listener.snapshots == []
    await migrate(store)
    await feed.ready()
    assert len(listener.snapshots) == 1
    await store.close()
    (tmp_path / "main.db").rename(tmp_path / "hidden")
    (tmp_path / "main.db").mkdir()
    while not feed.is_away:
        await asyncio.sleep(0.005)
    assert len(listener.snapshots) == 1
    (tmp_path / "main.db").rmdir()
    (tmp_path / "hidden").rename(tmp_path / "main.db")
    while feed.is_away:
        await asyncio.sleep(0.005)
    await put(store, (main.groups, {"name": "g"}))
    while len(listener.snapshots) < 2:
        await asyncio.sleep(0.005)
    assert caplog.text.count("is away") == 2
    await feed.close()
    await store.close()
