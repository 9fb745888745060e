"""All of it at once: clients that stay, leave and fail, upstreams that answer, break and stall, the
ledger away in between. Whatever happens, each hold is resolved once and the sums agree."""

import asyncio
import random

import pytest

from tests.relay.conftest import Begin
from tests.support.gateway import CHAT, KEY, body, channel, document
from tests.support.rogue import Rogue
from tests.support.script import (
    RESET,
    STALL,
    Answer,
    Script,
    Seen,
    chat,
    chat_frames,
    error,
    reply,
    stream,
)
from tests.support.soak import seeds
from tests.support.wire import Wire
from waystation.routing.health import Health

WORDS = [f" and then {number}" for number in range(12)]
FRAMES = chat_frames(WORDS)


def scripts(random_: random.Random) -> Answer:
    def answer(seen: Seen) -> Script:
        streamed = bool(seen.json().get("stream"))
        kind = random_.random()
        if kind < 0.08:
            return error(random_.choice([400, 500, 503]))
        if kind < 0.12:
            return (RESET,)
        if kind < 0.15:
            return reply(200, b"<html>")
        if not streamed:
            return chat() if kind < 0.9 else (STALL,)
        if kind < 0.6:
            return stream(FRAMES, gap_seconds=0.002)
        cut = random_.randrange(1, len(FRAMES))
        end = random_.choice([(STALL,), (RESET,), ()])
        return stream(FRAMES[:cut], 0.002, done=False, end=end)

    return answer


async def client(port: int, random_: random.Random) -> None:
    streamed, patience = random_.random() < 0.7, random_.choice([0.0, 0.005, 0.02, 0.1, 0.5])
    wire = await Wire.open(port)
    try:
        async with asyncio.timeout(patience):
            await wire.send("POST", CHAT, body(stream=streamed, n=random_.choice([1, 1, 2])), KEY)
            await wire.read_head()
            await wire.read_body()
    except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        await wire.close(reset=random_.random() < 0.5)


async def storm(begin: Begin, rogue: Rogue, seed: int, requests: int) -> None:
    random_ = random.Random(seed)
    limits = {"concurrency": 30, "key_concurrency": 20}
    deadlines = {"idle": 0.4, "first_byte": 0.4}
    keys = ["sk-upstream-one-0123456789", "sk-upstream-two-0123456789"]
    more = {"deadlines": deadlines, "keys": keys, "limits": limits}
    channels = [
        channel("a", rogue.url, **more),
        channel("b", rogue.url, on_disconnect="drain", **more),
        channel("c", rogue.url, vendor="deepseek", priority=1, **more),
    ]
    station = await begin(
        document(channels, credit="0.50"), stream_hold_tokens=16, drain_upstream_seconds_max=0.3
    )
    rogue.answer(scripts(random_))
    left = requests
    while left:
        batch = min(left, 60)
        left -= batch
        await station.present()  # else this batch, and the next, are refused in a moment
        station.gateway.site.router.health = Health()  # and so they are where nobody is well
        running = [asyncio.create_task(client(station.port, random_)) for _ in range(batch)]
        if random_.random() < 0.4:
            await asyncio.sleep(random_.random() * 0.1)
            await station.stop_ledger()
            await asyncio.sleep(random_.random() * 0.1)
            await station.start_ledger()
        await asyncio.gather(*running)
    await station.settled(20)
    report = await station.check()
    state = await station.account()
    assert (state.held, state.balance + state.spent) == (0, 500_000_000)
    assert state.balance >= 0
    assert report["posted"] + report["voided"] > 0
    assert not station.gateway.site.pulse.streams
    assert (await station.request("GET", "/readyz", key=None)).status == 200


async def test_a_storm(begin: Begin, rogue: Rogue) -> None:
    await storm(begin, rogue, seed=7, requests=240)


@pytest.mark.soak
@pytest.mark.parametrize("seed", seeds(20))
async def test_storms(begin: Begin, rogue: Rogue, seed: int) -> None:
    await storm(begin, rogue, seed, requests=600)
