"""kill -9 on one of two hosts with two hundred billed streams in flight over both: of its gateway,
its ledger, its control process, at moments by chance. Whatever reached the upstream is resolved
once; the other host does not feel it. (A whole host: test_node_gone.py.)"""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.nodes.hosts import Hosts, two_hosts
from tests.support.gateway import CHAT, INPUT_NANOS, KEY, OUTPUT_NANOS, body, channel, document
from tests.support.rogue import Rogue
from tests.support.script import chat, chat_frames, stream
from tests.support.soak import chance, seeds
from tests.support.wire import Wire, request
from waystation.ledger.questions import AskRow, RowState

STREAMS = 200
FRAMES = 60
GAP_SECONDS = 0.1
PROMPT_TOKENS_MAX = 120
PROCESSES = ("gateway-1", "ledger", "control")


class Load:
    """Streams through nginx. Once they are over: `whole` and `cut` have their request ids."""

    def __init__(self, hosts: Hosts, upstream: Rogue) -> None:
        self.hosts = hosts
        self.whole: list[str] = []
        self.cut: list[str] = []
        frames = chat_frames([f" w{number}" for number in range(FRAMES)])
        answer = stream(frames, GAP_SECONDS)
        upstream.answer(lambda seen: answer if seen.json().get("stream") else chat())

    async def begin(self) -> None:
        """Until each has its first content."""
        self.wires = await asyncio.gather(*(self._one() for _ in range(STREAMS)))

    async def _one(self) -> Wire:
        wire = await Wire.open(self.hosts.port)
        await wire.send("POST", CHAT, body(stream=True), KEY)
        assert await wire.read_head() == 200
        await wire.event()
        return wire

    async def finish(self) -> None:
        await asyncio.gather(*(self._end(wire) for wire in self.wires))

    async def _end(self, wire: Wire) -> None:
        request_id = wire.headers["x-request-id"]
        try:
            events = await wire.rest()
            assert events[-1] == b"[DONE]"
            self.whole.append(request_id)
        except (asyncio.IncompleteReadError, OSError):
            self.cut.append(request_id)
        await wire.close()


async def _kill(hosts: Hosts, upstream: Rogue, name: str, pauses: random.Random) -> None:
    before = await hosts.resolved()
    load, node = Load(hosts, upstream), pauses.choice(hosts.nodes)
    await load.begin()
    await asyncio.sleep(1.0 + pauses.random())
    pid = node.kill(name)
    got = await asyncio.gather(*(request(hosts.port, "POST", CHAT, body(), KEY) for _ in range(20)))
    await load.finish()
    await asyncio.to_thread(node.wait_replaced, name, pid)
    statuses = Counter(one.status for one in got)
    # nginx says 502 of what the killed gateway had taken, and does not send it twice.
    assert set(statuses) <= ({200, 502} if name == "gateway-1" else {200, 503})
    served = statuses[200]
    assert served, "the other host goes on"
    report = await hosts.resolved()
    told = {name: report[name] - before[name] for name in ("posted", "inexact", "loss_nanos")}
    print(f"{name}: {len(load.cut)} of {STREAMS} cut, {served} of 20 served, {told}")
    if name == "gateway-1":
        assert 0 < len(load.cut) < STREAMS, "nginx had shared them out"
    else:
        assert not load.cut, "no stream noticed"
    # A request that nobody was told of is void, or was posted and counts.
    assert STREAMS + served <= told["posted"] <= STREAMS + len(got)
    lost = told["inexact"] - len(load.cut)
    assert 0 <= lost <= statuses[502], "each that was cut is flagged, and no other"
    assert told["loss_nanos"] == 0
    await _check_bills(hosts, load)
    await asyncio.to_thread(node.wait, node._is_ready)


async def _check_bills(hosts: Hosts, load: Load) -> None:
    """Each was resolved once; who was cut paid for no more than was sent."""
    most = PROMPT_TOKENS_MAX * INPUT_NANOS + FRAMES * 4 * OUTPUT_NANOS
    async with hosts.nodes[0].ledger() as ledger:
        for request_id in (*load.cut, *load.whole):
            state = await ledger.ask(AskRow(request_id, 0, request_id))
            assert isinstance(state, RowState)
            assert state.row is not None
            assert [kind for kind, _, _ in state.transfers] == ["pending", "post"]
            assert 0 < state.row.nanos <= most
            assert state.row.exact == (request_id not in load.cut)
            assert (state.row.end == "gateway_lost") == (request_id in load.cut)


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("first", seeds(1))
async def test_of_each_process_of_a_host(
    first: int, postgres_dsn: str, tmp_path: Path, rogue: Rogue
) -> None:
    pauses = chance(first)
    what = document([channel("up", rogue.url)], credit="1000")
    async with two_hosts(tmp_path, postgres_dsn, what) as hosts:
        for _ in range(4):
            for name in pauses.sample(PROCESSES, len(PROCESSES)):
                await _kill(hosts, rogue, name, pauses)
