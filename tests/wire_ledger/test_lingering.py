"""Reports that nobody waits for share the commit of what somebody does wait for."""

import pytest

from tests.wire_ledger.conftest import Bench, a_hold, a_post, until
from waystation.ledger import writer
from waystation.ledger.books import KeepLease
from waystation.ledger.messages import Hold, Resolve


async def test_reports_alone_are_settled_after_a_moment(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    client.resolve(a_post(hold.id))
    await client.settled(5)
    assert bench.books.holds[hold.id].resolved is not None


async def test_reports_ride_with_the_next_hold(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LINGER_SECONDS", 60.0)
    client = await bench.client()
    first, second = a_hold(), a_hold()
    await client.admit(first)
    batches = len(bench.books.batches)
    client.resolve(a_post(first.id))
    await until(lambda: bench.server.writer.inbox_count == 1)
    assert bench.books.holds[first.id].resolved is None
    await client.admit(second)
    later = [posted.command for batch in bench.books.batches[batches:] for posted in batch]
    assert [type(one) for one in later if not isinstance(one, KeepLease)] == [Resolve, Hold]
    await client.settled(5)


async def test_a_ledger_that_stops_settles_what_lingers(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LINGER_SECONDS", 60.0)
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    client.resolve(a_post(hold.id))
    await until(lambda: bench.server.writer.inbox_count == 1)
    await bench.stop()
    assert bench.books.holds[hold.id].resolved is not None


async def test_a_gateway_that_goes_does_not_leave_its_reports_lingering(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LINGER_SECONDS", 60.0)
    client = await bench.client()
    hold, open_one = a_hold(), a_hold()
    await client.admit(hold)
    await client.admit(open_one)
    client.resolve(a_post(hold.id, 700))
    client.close()
    await until(lambda: bench.books.holds[open_one.id].resolved is not None)
    resolved = bench.books.holds[hold.id].resolved
    assert resolved is not None
    assert (resolved.kind, resolved.nanos) == ("post", 700)
