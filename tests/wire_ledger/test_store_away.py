"""The store is away: who asks is refused in time, what has happened is kept and told later."""

import asyncio

import pytest

from tests.wire_ledger.conftest import Bench, a_hold, a_post, a_row, until
from waystation.ledger import writer
from waystation.ledger.books import Lose
from waystation.ledger.messages import (
    Admitted,
    Extend,
    TakeSlot,
)
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AskAccount


async def test_without_a_store_nothing_is_admitted_and_nothing_is_forgotten(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    bench.books.away = True
    refused = a_hold()
    for question in (
        client.admit(refused),
        client.extend(Extend(hold.id, 1, 5)),
        client.take_slot(TakeSlot("a", 1, 1, 1, 1, 0, 0)),
        client.ask(AskAccount("q", 1)),
    ):
        with pytest.raises(LedgerAway):
            await asyncio.wait_for(question, 2)
    client.resolve(a_post(hold.id, 250))
    with pytest.raises(LedgerAway):
        await client.admit(a_hold())
    assert client.unacknowledged == 1
    bench.books.away = False
    await client.settled(5)
    assert bench.books.holds[hold.id].resolved.nanos == 250
    assert refused.id not in bench.books.holds
    assert isinstance(await client.admit(a_hold()), Admitted)
    assert bench.books.slots == {}


async def test_a_resolution_outlives_every_try_that_failed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "RETRY_SECONDS", 0.01)
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    bench.books.away = True
    client.resolve(a_post(hold.id, 250))
    await until(lambda: bench.books.failures >= 3)
    bench.books.away = False
    await client.settled(5)
    assert bench.books.holds[hold.id].resolved.nanos == 250
    assert bench.books.holds[hold.id].resolutions == 1


async def test_while_the_store_is_away_callers_do_not_wait_for_it(bench: Bench) -> None:
    client = await bench.client()
    bench.books.away = True
    with pytest.raises(LedgerAway):
        await client.admit(a_hold())
    bench.books.gate = asyncio.Event()
    await until(lambda: bench.books.settling == 1)  # trying again, which takes long
    with pytest.raises(LedgerAway):
        await asyncio.wait_for(client.admit(a_hold()), 1)
    bench.books.away = False
    bench.books.gate.set()
    await until(lambda: not bench.server.writer._is_away)
    assert isinstance(await client.admit(a_hold()), Admitted)


async def test_a_store_that_is_away_keeps_a_bounded_number_of_rows(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "NOTES_KEPT_MAX", 10)
    client = await bench.client()
    bench.books.away = True
    for _ in range(25):
        client.note(a_row())
    await until(lambda: bench.server.writer.counters.log_dropped == 15)
    bench.books.away = False
    await until(lambda: len(bench.books.notes) == 10)


async def test_a_gateway_that_is_back_before_the_store_is_not_lost(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    bench.books.away = True
    bench.server._lose_after_seconds = 0.0
    client.link.close()
    await until(lambda: not bench.server.gateways and not bench.server._losses)
    assert bench.server.writer.inbox_count >= 1
    client.link.start()
    await until(lambda: bench.server.gateways == ("gw-1",))
    bench.books.away = False
    client.resolve(a_post(hold.id))
    await client.settled(5)
    commands = [posted.command for batch in bench.books.batches for posted in batch]
    assert Lose("gw-1") not in commands
    assert bench.books.holds[hold.id].resolved.kind == "post"
