"""kill -9 with two hundred billed streams in flight, of each process in turn: whatever reached the
upstream is resolved once, and what is billed is near the upstream's own count and flagged."""

import asyncio
import random
import signal

import pytest

from tests.support.gateway import CHAT, INPUT_NANOS, KEY, OUTPUT_NANOS, body
from tests.support.rogue import Rogue
from tests.support.script import STALL, chat_frames, stream
from tests.support.serve import Serve
from tests.support.soak import seeds
from tests.support.wire import Wire, request
from waystation.ledger.questions import AskRow, RowState

STREAMS = 200
GAP_SECONDS = 0.1
PROMPT_TOKENS_MAX = 120
LAG_SECONDS_MAX = 2.0
"""Checkpoints come each second; the machine may be busy."""


class Load:
    """Streams in flight. Each names itself to the upstream."""

    def __init__(self, serve: Serve, upstream: Rogue, frames: int) -> None:
        self.serve = serve
        self.upstream = upstream
        self.frames = chat_frames([f" w{number}" for number in range(frames)])
        self.first = len(upstream.seen)
        self.wires: list[Wire] = []
        self.ids: list[str] = []

    async def begin(self, count: int, *, endless: bool) -> None:
        """Until each has its first content."""
        if endless:
            script = stream(self.frames[:-2], GAP_SECONDS, done=False, end=(STALL,))
        else:
            script = stream(self.frames, GAP_SECONDS)
        self.upstream.answer(script)
        self.wires = await asyncio.gather(*(self._one(number) for number in range(count)))
        self.ids = [wire.headers["x-request-id"] for wire in self.wires]

    async def _one(self, number: int) -> Wire:
        wire = await Wire.open(self.serve.port)
        await wire.send("POST", CHAT, body(stream=True, user=f"u{number}"), KEY)
        assert await wire.read_head() == 200
        await wire.event()
        return wire

    def frames_sent(self, number: int) -> int:
        """How many frames the upstream has sent to this request."""
        user = f"u{number}"
        mine = [one for one in self.upstream.seen[self.first :] if one.json()["user"] == user]
        assert len(mine) == 1, "each request reached the upstream once"
        left = self.upstream.links[mine[0].link].sent_bytes
        script = stream(self.frames, done=False, end=())
        sizes = [len(step) for step in script if isinstance(step, bytes)]
        count = -2  # the head and the role
        while left > 0:
            left -= sizes[count + 2]
            count += 1
        return count

    async def finish(self) -> None:
        for events in await asyncio.gather(*(wire.rest() for wire in self.wires)):
            assert events[-1] == b"[DONE]"
        await self.close()

    async def close(self) -> None:
        await asyncio.gather(*(wire.close() for wire in self.wires))


async def wait_resolved(serve: Serve) -> None:
    async with asyncio.timeout(40):
        while (await serve.audit())["open_holds"]:
            await asyncio.sleep(0.1)


async def kill_a_gateway(serve: Serve, upstream: Rogue, seed: int) -> None:
    before = await serve.audit()
    load = Load(serve, upstream, frames=600)
    await load.begin(STREAMS, endless=True)
    await asyncio.sleep(3.0 + random.Random(seed).random())
    pid = serve.kill("gateway-1")
    await upstream.until(lambda: upstream.open_links == 0)
    await load.close()
    await asyncio.to_thread(serve.wait_replaced, "gateway-1", pid)
    await wait_resolved(serve)
    report = await serve.audit()
    assert report["posted"] - before["posted"] == STREAMS
    assert report["inexact"] - before["inexact"] == STREAMS, "each is flagged"
    assert report["loss_nanos"] == before["loss_nanos"]
    await check_bills(serve, load)
    await asyncio.to_thread(serve.wait, serve._is_ready)
    upstream.answer(Rogue.chat())
    assert (await request(serve.port, "POST", CHAT, body(), KEY)).status == 200


async def check_bills(serve: Serve, load: Load) -> None:
    """Near the upstream's count: not above it but for the estimate, and not behind it by more than
    what can come between two checkpoints."""
    lag = LAG_SECONDS_MAX / GAP_SECONDS
    most_a_frame = 4 * OUTPUT_NANOS
    async with serve.ledger() as ledger:
        for number, request_id in enumerate(load.ids):
            state = await ledger.ask(AskRow(request_id, 0, request_id))
            assert isinstance(state, RowState)
            assert state.row is not None
            assert (state.row.end, state.row.exact) == ("gateway_lost", False)
            assert [kind for kind, _, _ in state.transfers] == ["pending", "post"]
            sent = load.frames_sent(number)
            most = PROMPT_TOKENS_MAX * INPUT_NANOS + sent * most_a_frame
            least = max(0, sent - lag) * OUTPUT_NANOS // 2
            assert least < state.row.nanos <= most, (number, sent, state.row.nanos)


async def test_of_a_gateway(serve: Serve, upstream: Rogue) -> None:
    await kill_a_gateway(serve, upstream, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(1200)
async def test_of_a_gateway_at_twenty_moments(serve: Serve, upstream: Rogue) -> None:
    for seed in seeds(20):
        print(f"seed {seed}")
        await kill_a_gateway(serve, upstream, seed)


async def test_of_the_ledger(serve: Serve, upstream: Rogue) -> None:
    """Streams do not notice; callers get 503 until it is back."""
    before = await serve.audit()
    load = Load(serve, upstream, frames=25)
    await load.begin(STREAMS, endless=False)
    pid = serve.kill("ledger")
    got = await request(serve.port, "POST", CHAT, body(), KEY)
    assert got.status in (200, 503), "back already, or not yet"
    if got.status == 503:
        assert "retry-after" in got.headers
    await load.finish()
    await asyncio.to_thread(serve.wait_replaced, "ledger", pid)
    await wait_resolved(serve)
    report = await serve.audit()
    assert report["posted"] - before["posted"] == STREAMS + (got.status == 200)
    assert report["inexact"] == before["inexact"], "each is exact: the streams went on"


async def test_of_the_control_process(serve: Serve, upstream: Rogue) -> None:
    before = await serve.audit()
    load = Load(serve, upstream, frames=15)
    await load.begin(50, endless=False)
    pid = serve.kill("control")
    await load.finish()
    got = await request(serve.port, "POST", CHAT, body(stream=True, user="z"), KEY)
    assert got.events[-1] == b"[DONE]"
    await asyncio.to_thread(serve.wait_replaced, "control", pid)
    await wait_resolved(serve)
    report = await serve.audit()
    assert report["posted"] - before["posted"] == 51
    assert report["inexact"] == before["inexact"]


async def test_of_a_ledger_that_hangs(serve: Serve, upstream: Rogue) -> None:
    """Stopped, not dead: callers get 503 in time, nothing goes upstream, and it recovers."""
    upstream.answer(Rogue.chat())
    calls = len(upstream.seen)
    before = await serve.audit()
    serve.kill("ledger", signal.SIGSTOP)
    try:
        asked = [request(serve.port, "POST", CHAT, body(), KEY) for _ in range(20)]
        for got in await asyncio.gather(*asked):
            assert (got.status, got.error["code"]) == (503, "temporarily_unavailable")
            assert "retry-after" in got.headers
        assert len(upstream.seen) == calls
    finally:
        serve.kill("ledger", signal.SIGCONT)
    async with asyncio.timeout(20):
        while (await request(serve.port, "POST", CHAT, body(), KEY)).status != 200:
            await asyncio.sleep(0.1)
    await wait_resolved(serve)
    report = await serve.audit()
    assert report["posted"] - before["posted"] == 1, "what nobody was told of is void"


async def test_of_everything(serve: Serve, upstream: Rogue) -> None:
    """The supervisor dies and takes all with it; the next start sweeps what was open."""
    before = await serve.audit()
    load = Load(serve, upstream, frames=600)
    await load.begin(50, endless=True)
    pids = [serve.pid(name) for name in serve.names]
    assert serve.process is not None
    serve.process.kill()
    serve.process.wait()
    await upstream.until(lambda: upstream.open_links == 0)
    await load.close()
    assert all(pids)
    serve.start()
    await wait_resolved(serve)
    report = await serve.audit()
    assert report["posted"] - before["posted"] == 50
    assert report["inexact"] - before["inexact"] == 50
