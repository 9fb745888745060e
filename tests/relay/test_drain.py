"""A gateway that leaves: it says so, takes what still comes, lets streams finish within a bound,
and ends the others in their dialect. Everything is settled."""

import asyncio
import json

from tests.relay.conftest import Begin
from tests.support.gateway import CHAT, KEY, body, until
from tests.support.script import STALL, chat, chat_frames, stream
from tests.support.wire import Wire


async def test_the_notice_is_given_while_requests_are_still_taken(begin: Begin) -> None:
    station = await begin(drain_notice_seconds=0.5, drain_seconds_max=5.0)
    kept = await Wire.open(station.port)
    await kept.send("GET", "/readyz")
    assert await kept.read_head() == 200
    await kept.read_body()
    leaving = asyncio.create_task(station.gateway.drain())
    await until(lambda: station.gateway.site.draining)
    got = await station.request("GET", "/readyz", key=None)
    assert (got.status, got.json()["draining"]) == (503, True)
    assert (await station.chat()).status == 200
    await kept.send("POST", CHAT, body(), KEY)
    assert await kept.read_head() == 200
    assert kept.headers["connection"] == "close", "clients are told to go elsewhere"
    await kept.read_body()
    await kept.close()
    await leaving


async def test_streams_finish_or_end_in_their_dialect(begin: Begin) -> None:
    station = await begin(drain_notice_seconds=0.0, drain_seconds_max=0.6)
    short = chat_frames([f" {number}" for number in range(10)])
    station.rogue.queue(
        stream(short, gap_seconds=0.02),
        stream(short[:4], done=False, end=(STALL,)),
        stream(short[:1], done=False, end=(STALL,)),
    )
    finishing = await station.open_stream()
    endless = await station.open_stream()
    silent = asyncio.create_task(station.chat(stream=True))
    await station.rogue.until(lambda: len(station.rogue.seen) == 3)
    leaving = asyncio.create_task(station.gateway.drain())
    assert (await finishing.rest())[-1] == b"[DONE]"
    events = await endless.rest()
    assert json.loads(events[-1])["error"]["code"] == "draining"
    cut = await silent
    assert (cut.status, cut.error["code"]) == (503, "draining"), "it had not begun"
    assert "retry-after" in cut.headers
    await leaving
    row = await station.row(endless.headers["x-request-id"])
    assert (row.end, row.exact) == ("drained", False)
    assert row.nanos > 0
    for wire in (finishing, endless):
        await wire.close()
    cut_links = [station.rogue.links[seen.link] for seen in station.rogue.seen[1:]]
    await station.rogue.until(lambda: all(link.closed_by == "peer" for link in cut_links))


async def test_whole_answers_under_way_are_waited_for(begin: Begin) -> None:
    station = await begin(drain_seconds_max=5.0)
    station.rogue.answer((*stream(chat_frames(), gap_seconds=0.05),))
    running = asyncio.create_task(station.chat())
    await station.rogue.until(lambda: station.rogue.seen)
    await station.gateway.drain()
    got = await running
    assert got.status == 200
    assert got.json()["choices"][0]["message"]["content"] == "hello there"


async def test_whole_answers_that_take_too_long_are_cut_and_settled(begin: Begin) -> None:
    station = await begin(drain_seconds_max=0.1)
    station.rogue.answer((STALL,))
    wire = await Wire.open(station.port)
    await wire.send("POST", CHAT, body(), KEY)
    await station.rogue.until(lambda: station.rogue.seen)
    await station.gateway.drain()
    report = await station.check()
    assert (report["posted"], report["inexact"]) == (1, 1)
    await wire.close()
    station.rogue.answer(chat())
