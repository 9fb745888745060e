"""Two hosts are restarted one after the other under long streams, all their processes: nothing is
refused and no stream is cut; those that outlive the drain end with an error of their dialect. (The
same in one process, quick: test_rolling.py.)"""

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.nodes.hosts import Hosts, two_hosts
from tests.nodes.under_way import asking, begin, whole
from tests.support.gateway import channel, document
from tests.support.rogue import Rogue
from tests.support.script import STALL, chat, chat_frames, stream

STREAMS = 60
ROUNDS = 3
FRAMES = 90
GAP_SECONDS = 0.1

pytestmark = [pytest.mark.soak, pytest.mark.postgres, pytest.mark.timeout(900)]


async def _roll(hosts: Hosts) -> Counter[int]:
    async with asking(hosts.port) as statuses:
        for node in hosts.nodes:
            wires = await asyncio.gather(*(begin(hosts.port) for _ in range(STREAMS)))
            ends = asyncio.gather(*(whole(wire, FRAMES) for wire in wires))
            assert await asyncio.to_thread(node.stop) == 0, node.said()
            await asyncio.to_thread(node.start)
            await ends
    return statuses


async def test_nothing_is_refused_and_no_stream_is_cut(
    postgres_dsn: str, tmp_path: Path, rogue: Rogue
) -> None:
    frames = chat_frames([f" {number}" for number in range(FRAMES)])
    rogue.answer(lambda seen: stream(frames, GAP_SECONDS) if seen.json().get("stream") else chat())
    what = document([channel("up", rogue.url)], credit="1000")
    async with two_hosts(tmp_path, postgres_dsn, what, drain_seconds_max=35) as hosts:
        asked = 0
        for _ in range(ROUNDS):
            statuses = await _roll(hosts)
            print(dict(statuses))
            assert set(statuses) == {200}
            asked += statuses.total() + STREAMS * len(hosts.nodes)
        report = await hosts.resolved()
        assert (report["posted"], report["inexact"]) == (asked, 0)


async def test_what_outlives_the_drain_ends_in_its_dialect(
    postgres_dsn: str, tmp_path: Path, rogue: Rogue
) -> None:
    frames = chat_frames([" a", " b", " c"])
    rogue.answer(stream(frames[:3], done=False, end=(STALL,)))
    what = document([channel("up", rogue.url)], credit="1000")
    async with two_hosts(tmp_path, postgres_dsn, what, drain_seconds_max=2) as hosts:
        wires = await asyncio.gather(*(begin(hosts.port) for _ in range(STREAMS)))
        for node in hosts.nodes:
            assert await asyncio.to_thread(node.stop) == 0, node.said()
            await asyncio.to_thread(node.start)
        for wire in wires:
            assert json.loads((await wire.rest())[-1])["error"]["code"] == "draining"
            await wire.close()
        report = await hosts.resolved()
        assert (report["posted"], report["inexact"]) == (STREAMS, STREAMS)
