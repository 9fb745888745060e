"""Two nodes on one PostgreSQL behind nginx, restarted one after the other under long streams:
nothing is refused, every stream goes to its end, and the books are clean."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.nodes.fleet import Node, audit, nginx, prepare
from tests.nodes.under_way import asking, begin, whole
from tests.support.gateway import channel, document
from tests.support.rogue import Rogue
from tests.support.script import chat, chat_frames, stream

FRAMES = 24
GAP_SECONDS = 0.06


async def _roll(port: int, nodes: list[Node], streams: int) -> Counter[int]:
    """Each node goes and comes back with streams under way; the statuses of what was asked
    meanwhile."""
    async with asking(port) as statuses:
        for node in nodes:
            wires = await asyncio.gather(*(begin(port) for _ in range(streams)))
            ends = asyncio.gather(*(whole(wire, FRAMES) for wire in wires))
            seen = statuses.total()
            await node.stop()
            while statuses.total() < seen + 5:  # the other one goes on
                await asyncio.sleep(0.01)
            await node.start()
            await ends
    return statuses


async def _run(dsn: str, folder: Path, rogue: Rogue, rounds: int, streams: int) -> None:
    frames = chat_frames([f" {number}" for number in range(FRAMES)])
    rogue.answer(lambda seen: stream(frames, GAP_SECONDS) if seen.json().get("stream") else chat())
    what = document([channel("up", rogue.url)], credit="100")
    template = await prepare(folder, dsn, what)
    nodes = [Node(template, folder, name, dsn) for name in ("n1", "n2")]
    for node in nodes:
        await node.start()
    with nginx(folder / "nginx", [node.port for node in nodes]) as port:
        asked = 0
        for _ in range(rounds):
            statuses = await _roll(port, nodes, streams)
            assert set(statuses) == {200}, statuses
            asked += statuses.total() + streams * len(nodes)
        for node in nodes:
            await node.stop()
    report = await audit(template, dsn)
    assert report["clean"], report["failures"]
    assert (report["open_holds"], report["inexact"]) == (0, 0)
    assert report["posted"] == asked


@pytest.mark.postgres
async def test_nodes_are_restarted_one_after_the_other(
    postgres_dsn: str, tmp_path: Path, rogue: Rogue
) -> None:
    await _run(postgres_dsn, tmp_path, rogue, rounds=1, streams=4)


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.timeout(900)
async def test_nodes_are_restarted_again_and_again(
    postgres_dsn: str, tmp_path: Path, rogue: Rogue
) -> None:
    await _run(postgres_dsn, tmp_path, rogue, rounds=20, streams=40)
