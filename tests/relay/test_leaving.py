"""Clients that leave: each is settled once for what was generated, and the upstream hears it."""

import asyncio
import threading

import pytest

from tests.relay.conftest import Begin
from tests.support.gateway import (
    CHAT,
    INPUT_NANOS,
    KEY,
    OUTPUT_NANOS,
    Station,
    body,
    channel,
    document,
    until,
)
from tests.support.rogue import Rogue
from tests.support.script import STALL, USAGE, Gate, chat, chat_frames, stream
from tests.support.wire import Wire

WORDS = [f" and then comes word number {number}" for number in range(8)]
FRAMES = chat_frames(WORDS)
EXACT = USAGE["prompt_tokens"] * INPUT_NANOS + USAGE["completion_tokens"] * OUTPUT_NANOS


async def test_closing_after_frame_k_costs_more_the_later(station: Station) -> None:
    costs = []
    for k in range(len(WORDS) + 1):
        station.rogue.answer(stream(FRAMES[: k + 1], done=False, end=(STALL,)))
        costs.append(await _close_after(station, k))
    assert costs == sorted(set(costs)), "cost grows with each frame"
    assert costs[0] > 0, "a prompt that was sent is not free"
    report = await station.check()
    assert report["posted"] == len(costs)
    assert report["inexact"] == len(costs)


async def _close_after(station: Station, k: int) -> int:
    """Close when frame k has come (0: when the upstream has the request). Returns the nanos."""
    rogue, calls = station.rogue, len(station.rogue.seen)
    wire = await Wire.open(station.port)
    await wire.send("POST", CHAT, body(stream=True), KEY)
    await rogue.until(lambda: len(rogue.seen) > calls)
    link = rogue.links[rogue.seen[-1].link]
    if k:
        await wire.read_head()
        for _ in range(k + 1):
            assert await wire.event() is not None
        row_id = wire.headers["x-request-id"]
    await wire.close()
    await rogue.until(lambda: link.closed_at is not None, 1.0)
    assert link.closed_by == "peer"
    await station.settled()
    if not k:
        return 10_000_000_000 - (await station.account()).balance
    row = await station.row(row_id)
    assert (row.end, row.exact, row.status) == ("client_gone", False, 200)
    assert row.disconnect_rule == "abort"
    return row.nanos


async def test_twenty_that_close_after_the_first_token_pay_each(station: Station) -> None:
    await _none_is_free(station, 20)


@pytest.mark.soak
async def test_five_hundred_that_close_after_the_first_token_pay_each(station: Station) -> None:
    await _none_is_free(station, 500)


async def _none_is_free(station: Station, count: int) -> None:
    station.rogue.answer(stream(FRAMES[:2], done=False, end=(STALL,)))
    ids = []

    async def one() -> None:
        wire = await station.open_stream()
        ids.append(wire.headers["x-request-id"])
        await wire.event()
        await wire.close(reset=len(ids) % 2 == 0)

    for start in range(0, count, 50):
        await asyncio.gather(*(one() for _ in range(min(50, count - start))))
    for request_id in ids:
        assert (await station.row(request_id)).nanos > 0
    await station.rogue.until(lambda: station.rogue.open_links == 0)
    assert (await station.check())["posted"] == count


async def test_a_channel_that_drains_is_read_to_its_end(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url, on_disconnect="drain")]))
    gate = threading.Event()
    first, rest = stream(FRAMES[:2], done=False, end=()), stream(FRAMES[2:])[1:]
    rogue.answer((*first, Gate(gate), *rest))
    wire = await station.open_stream()
    await wire.event()
    await wire.close()
    stream_ = next(iter(station.gateway.site.pulse.streams.values()))
    await until(lambda: stream_._left)
    gate.set()
    row = await station.row(wire.headers["x-request-id"])
    assert (row.end, row.exact, row.nanos) == ("client_gone", True, EXACT)
    assert row.disconnect_rule == "drain"


async def test_draining_has_a_cap(begin: Begin, rogue: Rogue) -> None:
    told = document([channel("up", rogue.url, on_disconnect="drain")])
    station = await begin(told, drain_upstream_seconds_max=0.2)
    rogue.answer(stream(FRAMES[:3], done=False, end=(STALL,)))
    wire = await station.open_stream()
    await wire.event()
    await wire.close()
    await rogue.until(lambda: rogue.links[-1].closed_at is not None, 4.0)
    row = await station.row(wire.headers["x-request-id"])
    assert (row.end, row.exact) == ("client_gone", False)
    assert row.nanos > 0


async def test_leaving_a_whole_answer_ends_the_upstream_and_posts_the_prompt(
    station: Station,
) -> None:
    station.rogue.answer((STALL,))
    wire = await Wire.open(station.port)
    await wire.send("POST", CHAT, body(), KEY)
    await station.rogue.until(lambda: station.rogue.seen)
    await wire.close()
    await station.rogue.until(lambda: station.rogue.links[0].closed_at, 1.0)
    report = await station.check()
    assert (report["posted"], report["inexact"]) == (1, 1)
    assert (await station.account()).spent > 0


async def test_a_whole_answer_is_waited_for_where_the_channel_drains(
    begin: Begin, rogue: Rogue
) -> None:
    station = await begin(document([channel("up", rogue.url, on_disconnect="drain")]))
    gate = threading.Event()
    rogue.answer((Gate(gate), *chat()))
    wire = await Wire.open(station.port)
    await wire.send("POST", CHAT, body(), KEY)
    await rogue.until(lambda: rogue.seen)
    await wire.close(reset=True)
    gate.set()
    await station.settled()
    assert (await station.account()).spent == EXACT


async def test_leaving_in_the_middle_of_the_body_holds_nothing(station: Station) -> None:
    wire = await Wire.open(station.port)
    await wire.send("POST", CHAT, b'{"model":', KEY, {"content-length": "1000"})
    await wire.close()
    assert (await station.chat()).status == 200
    report = await station.check()
    assert (report["posted"], report["voided"]) == (1, 0)
