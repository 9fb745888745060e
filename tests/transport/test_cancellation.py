"""A cancelled call gives everything back, at whatever moment it is cancelled."""

import asyncio
from time import monotonic

import pytest

from tests.support.rogue import Rogue
from tests.support.script import LAST_CHUNK, STALL, Pause, Script, chunk, head
from tests.support.soak import chance as chance_of
from tests.support.soak import seeds
from tests.transport.conftest import Line, OpenHttp1
from waystation.upstream.http1 import Http1Transport
from waystation.upstream.transport import Deadlines, Origin, Outgoing, TransportFault

CAP = 1 << 20
SLOW: Script = (
    Pause(0.001),
    head(200, {"transfer-encoding": "chunked"}),
    Pause(0.001),
    chunk(b"half"),
    Pause(0.001),
    chunk(b"half"),
    LAST_CHUNK,
)


async def storm(line: Line, rogue: Rogue, count: int, lanes: int = 10, seed: int = 32) -> int:
    """So many calls, ten at a time, each cancelled at a random moment; how many came through."""
    chance = chance_of(seed)
    whole = 0

    async def call() -> None:
        nonlocal whole
        answer = await line.call(rogue)
        try:
            await answer.read_all(CAP)
            whole += 1
        finally:
            answer.close()

    began = monotonic()
    await call()  # how long one takes here and now: some are to come through, on any machine
    patience_seconds = max(0.008 if line.is_direct else 0.04, 2 * (monotonic() - began))
    whole = 0

    async def lane() -> None:
        for _ in range(count // lanes):
            task = asyncio.create_task(call())
            if chance.random() < 0.5:
                for _ in range(chance.randrange(8)):
                    await asyncio.sleep(0)
            else:
                await asyncio.sleep(chance.random() * patience_seconds)
            task.cancel()
            try:
                await task
            except (asyncio.CancelledError, TransportFault):
                pass

    await asyncio.gather(*(lane() for _ in range(lanes)))
    return whole


async def next_calls_succeed(line: Line, rogue: Rogue) -> None:
    rogue.answer(rogue.chat())
    for _ in range(30):
        answer = await line.call(rogue)
        assert answer.status == 200
        assert await answer.read_all(CAP)


async def test_a_storm_of_cancellations(line: Line, rogue: Rogue) -> None:
    rogue.answer(SLOW)
    whole = await storm(line, rogue, 1000)
    assert 0 < whole < 1000
    await next_calls_succeed(line, rogue)
    await rogue.until(lambda: rogue.open_links <= 10)
    if isinstance(line.transport, Http1Transport):
        assert line.transport.open_count == line.transport.idle_count <= 10
    assert len(asyncio.all_tasks()) < 30


@pytest.mark.soak
@pytest.mark.parametrize("seed", seeds(1))
async def test_ten_thousand_cancellations(line: Line, rogue: Rogue, seed: int) -> None:
    rogue.answer(SLOW)
    await storm(line, rogue, 10_000, seed=seed)
    await next_calls_succeed(line, rogue)
    await rogue.until(lambda: rogue.open_links <= 10)


async def test_cancelled_while_waiting_for_the_head(line: Line, rogue: Rogue) -> None:
    rogue.answer((STALL,))
    task = asyncio.create_task(line.call(rogue))
    await rogue.until(lambda: rogue.seen)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await rogue.until(lambda: rogue.links[0].closed_by == "peer")


async def test_cancelled_while_reading(line: Line, rogue: Rogue) -> None:
    rogue.answer((head(200, {"transfer-encoding": "chunked"}), chunk(b"x"), STALL))
    answer = await line.call(rogue)
    assert await answer.read() == b"x"
    task = asyncio.create_task(answer.read())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    answer.close()
    await rogue.until(lambda: rogue.links[0].closed_by == "peer")


async def test_a_cancelled_call_never_harms_the_next_owner_of_its_connection(
    rogue: Rogue, open_http1: OpenHttp1
) -> None:
    """The reply is whole and its connection already serves another call when the first is
    cancelled, before it ever ran again."""
    line = Line(open_http1())
    await (await line.call(rogue)).read_all(CAP)
    for _ in range(50):
        first = asyncio.create_task(line.call(rogue))
        await asyncio.sleep(0)
        while not line.transport.ready(line.origin(rogue)):
            await asyncio.sleep(0)
        second = asyncio.create_task(line.call(rogue))
        first.cancel()
        await asyncio.wait([first])
        assert await (await second).read_all(CAP)


async def test_cancelled_inside_the_handshake(open_http1: OpenHttp1) -> None:
    """A server that never shakes hands; the socket is closed with the call."""
    gone = asyncio.Event()

    reached = asyncio.Event()

    class Mute(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            reached.set()

        def connection_lost(self, exc: Exception | None) -> None:
            gone.set()

    server = await asyncio.get_running_loop().create_server(Mute, "127.0.0.1", 0)
    transport = open_http1()
    port = server.sockets[0].getsockname()[1]
    request = Outgoing(Origin("https", "127.0.0.1", port, True), "GET", "/", ())
    task = asyncio.create_task(transport.send(request, Deadlines()))
    await asyncio.wait_for(reached.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(gone.wait(), 2)
    assert transport.open_count == 0
    server.close()
    await server.wait_closed()
