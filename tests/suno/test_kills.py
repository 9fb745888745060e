"""The whole product, whose processes are killed while songs are submitted, made and fetched."""

import asyncio
import collections
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.midjourney.test_kills import ACCOUNT, options
from tests.suno.conftest import channel
from tests.suno.studio import PRICES
from tests.suno.upstream import FakeSuno
from tests.support.gateway import KEY, document
from tests.support.postgres import postgres_dsn, postgres_server
from tests.support.serve import Serve, serving
from tests.support.soak import chance as chance_of
from tests.support.soak import kill_at_random, seeds
from waystation.ledger.messages import AccountState, AskAccount

__all__ = ["options", "postgres_dsn", "postgres_server"]

FINAL = ("SUCCESS", "FAILURE")
NANOS = 100_000_000
TASKS = 30
KILLS = 6
HEADERS = {"authorization": f"Bearer {KEY}"}

pytestmark = pytest.mark.soak


async def test_killed_everywhere(options: dict[str, Any], tmp_path: Path) -> None:
    async with FakeSuno() as suno:
        what = document([channel("suno", suno.url)], credit="1000", prices=PRICES)
        options |= {"egress_allow": "127.0.0.0/8", "task_lease_seconds": 3}
        begun = serving(folder=tmp_path, document=what, workers=2, **options)
        serve = await asyncio.to_thread(begun.__enter__)
        making = asyncio.create_task(make(suno))
        try:
            ids = await submit_while_killing(serve)
            await judge(serve, suno, await all_final(serve, ids))
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)
            await asyncio.to_thread(begun.__exit__, None, None, None)


async def make(suno: FakeSuno) -> None:
    """Each job goes its way, one in five fails."""
    chance = chance_of(seeds(1)[0])
    while True:
        for job in list(suno.jobs):
            if job.status == "SUBMITTED" and chance.random() < 0.3:
                job.hear()
            elif job.status == "IN_PROGRESS" and chance.random() < 0.3:
                job.fail() if chance.random() < 0.2 else job.finish()
        await asyncio.sleep(0.2)


async def submit_while_killing(serve: Serve) -> list[str]:
    """The ids of those that were accepted, as far as their submitter knows."""
    killing = asyncio.create_task(kill_at_random(serve, KILLS))
    ids: list[str] = []
    url = f"http://127.0.0.1:{serve.port}/suno/submit/music"
    try:
        async with aiohttp.ClientSession(headers=HEADERS) as session:
            async with asyncio.timeout(100):
                while len(ids) < TASKS or not killing.done():
                    ids += await submit(session, url, f"song {len(ids)}")
                    await asyncio.sleep(0.1)
            await killing
    finally:
        killing.cancel()
        await asyncio.gather(killing, return_exceptions=True)
    return ids


async def submit(session: aiohttp.ClientSession, url: str, prompt: str) -> list[str]:
    limit = aiohttp.ClientTimeout(20)
    try:
        async with session.post(url, json={"prompt": prompt}, timeout=limit) as reply:
            told = await reply.json(content_type=None)
            return [told["data"]] if reply.status == 200 else []
    except (aiohttp.ClientError, TimeoutError):
        return []


async def all_final(serve: Serve, ids: list[str]) -> dict[str, dict[str, Any]]:
    url = f"http://127.0.0.1:{serve.port}/suno/fetch"
    shown: dict[str, dict[str, Any]] = {}
    async with aiohttp.ClientSession(headers=HEADERS) as session, asyncio.timeout(120):
        while True:
            async with session.post(url, json={"ids": ids}) as reply:
                if reply.status == 200:
                    shown = {task["task_id"]: task for task in (await reply.json())["data"]}
                    if all(task["status"] in FINAL for task in shown.values()):
                        break
            await asyncio.sleep(0.3)
    assert set(shown) == set(ids), "an accepted task is gone"
    return shown


async def judge(serve: Serve, suno: FakeSuno, shown: dict[str, dict[str, Any]]) -> None:
    sent = collections.Counter(seen.body["prompt"] for seen in suno.submits())
    accepted = len(shown)
    assert sum(sent.values()) <= accepted + KILLS, "a task was sent twice"
    url = f"http://127.0.0.1:{serve.port}/v1/tasks?limit=100"
    async with aiohttp.ClientSession(headers=HEADERS) as session, asyncio.timeout(120):
        while True:
            async with session.get(url) as reply:
                every = (await reply.json())["data"]
            if all(task["status"] in FINAL for task in every):
                break
            await asyncio.sleep(0.3)
    paid = sum(task["status"] == "SUCCESS" for task in every)
    assert paid
    for task in shown.values():
        if task["status"] == "SUCCESS":
            assert all(clip["audio_url"] for clip in task["data"])
    async with serve.ledger() as ledger, asyncio.timeout(120):
        while True:
            state = await ledger.ask(AskAccount("a", ACCOUNT))
            assert isinstance(state, AccountState)
            report = await serve.audit()
            if not state.held and not report["open_holds"] and state.spent == paid * NANOS:
                break
            await asyncio.sleep(0.5)
    assert report["clean"], report
