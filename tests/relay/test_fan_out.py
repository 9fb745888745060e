"""Several answers of an upstream that gives one at a time."""

import asyncio
import json
from typing import Any

from tests.relay.conftest import Begin
from tests.relay.usages import EXACT
from tests.support.gateway import (
    Station,
    channel,
    document,
)
from tests.support.rogue import Rogue
from tests.support.script import chat, stream
from waystation.upstream.fan_out import FanOutSource


def answers_of(body: dict[str, Any]) -> list[str]:
    return [choice["message"]["content"] for choice in body["choices"]]


async def test_n_is_fanned_out_where_the_upstream_gives_one(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url, vendor="deepseek")]))
    rogue.queue(*(chat(text) for text in ("one", "two", "three")))
    got = await station.chat(n=3)
    said = got.json()
    assert sorted(answers_of(said)) == ["one", "three", "two"]
    assert [choice["index"] for choice in said["choices"]] == [0, 1, 2]
    assert len(rogue.seen) == 3
    assert all(one.json().get("n", 1) == 1 for one in rogue.seen)
    row = await station.row(got.request_id)
    assert (row.nanos, row.exact) == (3 * EXACT, True), "usage as really used"
    assert said["usage"]["completion_tokens"] == 9


async def test_n_is_fanned_out_in_a_stream(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url, vendor="deepseek")]))
    rogue.answer(stream(gap_seconds=0.002))
    got = await station.chat(n=3, stream=True, stream_options={"include_usage": True})
    chunks = [json.loads(event) for event in got.events[:-1]]
    assert got.events[-1] == b"[DONE]"
    assert len({one["id"] for one in chunks}) == 1
    finishes = [c["index"] for one in chunks for c in one["choices"] if c.get("finish_reason")]
    assert sorted(finishes) == [0, 1, 2]
    for index in range(3):
        texts = [
            c["delta"].get("content") or ""
            for one in chunks
            for c in one["choices"]
            if c["index"] == index
        ]
        assert "".join(texts) == "hello there"
    assert sum(1 for one in chunks if one.get("usage")) == 1
    assert (await station.row(got.request_id)).nanos == 3 * EXACT


async def test_a_part_that_fails_is_tried_again_and_then_the_whole_fails_unbilled(
    begin: Begin, rogue: Rogue
) -> None:
    station = await begin(document([channel("up", rogue.url, vendor="deepseek")]))
    rogue.queue(chat("one"), rogue.error(500), chat("three"))
    got = await station.chat(n=3)
    assert len(got.json()["choices"]) == 3
    assert len(rogue.seen) == 4
    assert (await station.row(got.request_id)).nanos == 3 * EXACT
    rogue.queue(chat("one"), rogue.error(500), rogue.error(500), rogue.error(500))
    got = await station.chat(n=2)
    assert got.status == 502
    assert (await station.row(got.request_id)).nanos == 0


async def test_fanned_out_parts_that_nobody_read_are_closed() -> None:
    class Part:
        closed = False

        def close(self) -> None:
            self.closed = True

    parts: Any = [Part(), Part()]
    nothing: Any = None
    source = FanOutSource(nothing, nothing, nothing, parts, 3)
    source.close()
    await asyncio.gather(*source._tasks, return_exceptions=True)
    assert all(part.closed for part in parts)


async def test_n_goes_through_where_the_upstream_gives_many(station: Station) -> None:
    await station.chat(n=2)
    assert station.rogue.seen[0].json()["n"] == 2
