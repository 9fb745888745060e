"""PostgreSQL dies under load and comes back: 503 in the caller's dialect meanwhile, never 401, no
call without a durable hold, and the service is back without a restart."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.support.gateway import CHAT, KEY, body, channel, document
from tests.support.postgres import PostgresServer
from tests.support.rogue import Rogue
from tests.support.script import chat, chat_frames, stream
from tests.support.serve import Serve, serving
from tests.support.wire import request
from waystation.control.apply import first_start
from waystation.settings import Settings


async def _set_up(settings: Settings) -> None:
    await first_start(settings)


@pytest.mark.soak
@pytest.mark.postgres
async def test_postgresql_is_killed_and_restarted_under_load(
    postgres_server: PostgresServer, postgres_dsn: str, tmp_path: Path, rogue: Rogue
) -> None:
    template = tmp_path / "template"
    settings = Settings(data=template, database=postgres_dsn)
    await asyncio.to_thread(asyncio.run, _set_up(settings))
    what = document([channel("up", rogue.url)])
    with serving(template, tmp_path, what, database=postgres_dsn) as serve:
        await _kill_under_load(serve, postgres_server, rogue)


async def _kill_under_load(serve: Serve, server: PostgresServer, rogue: Rogue) -> None:
    rogue.answer(lambda seen: stream(frames, 0.02) if seen.json().get("stream") else chat())
    frames = chat_frames([f" {number}" for number in range(30)])
    statuses: Counter[int] = Counter()
    served = asyncio.Event()
    going = True

    async def client(streamed: bool) -> None:
        while going:
            got = await request(serve.port, "POST", CHAT, body(stream=streamed), KEY)
            statuses[got.status] += 1
            if got.status == 200:
                served.set()
            else:
                assert (got.status, got.error["code"]) == (503, "temporarily_unavailable")
                assert "retry-after" in got.headers
                await asyncio.sleep(0.05)

    clients = [asyncio.create_task(client(number % 2 == 0)) for number in range(10)]
    await served.wait()
    await asyncio.to_thread(server.kill)
    before = statuses[503]
    async with asyncio.timeout(30):
        while statuses[503] < before + 5:
            await asyncio.sleep(0.05)
    calls = len(rogue.seen)
    await asyncio.sleep(0.5)
    assert len(rogue.seen) == calls, "nothing goes upstream without a durable hold"
    server.start()  # in this thread: the server goes with the one that began it
    served.clear()
    async with asyncio.timeout(30):
        await served.wait()
    going = False
    await asyncio.gather(*clients)
    async with asyncio.timeout(30):
        while (report := await serve.audit())["open_holds"]:
            await asyncio.sleep(0.1)
    assert report["posted"] >= statuses[200]
