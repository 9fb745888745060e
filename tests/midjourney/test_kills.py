"""The whole product, whose processes are killed while tasks are submitted, drawn and told."""

import asyncio
import collections
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.midjourney.conftest import channel
from tests.midjourney.proxy import FakeProxy
from tests.support.gateway import KEY, document
from tests.support.postgres import postgres_dsn, postgres_server
from tests.support.serve import Serve, serving
from tests.support.soak import chance as chance_of
from tests.support.soak import kill_at_random, seeds
from tests.tasks.receiver import receiving
from waystation.control.apply import first_start
from waystation.ledger.messages import AccountState, AskAccount
from waystation.settings import Settings

__all__ = ["postgres_dsn", "postgres_server"]

FINAL = ("SUCCESS", "FAILURE", "CANCEL")
NANOS = 100_000_000
TASKS = 60
KILLS = 9
ACCOUNT = 2
"""The first start made one; the document's is the second."""

pytestmark = pytest.mark.soak


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def options(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    if request.param == "sqlite":
        return {"template": request.getfixturevalue("data_template")}
    template = tmp_path / "template"
    dsn = request.getfixturevalue("postgres_dsn")
    asyncio.run(_set_up(Settings(data=template, database=dsn)))
    return {"template": template, "database": dsn}


async def _set_up(settings: Settings) -> None:
    await first_start(settings)


async def test_killed_everywhere(options: dict[str, Any], tmp_path: Path) -> None:
    async with FakeProxy() as proxy, receiving() as receiver:
        what = document([channel("mj", proxy.url)], credit="1000")
        options |= {"egress_allow": "127.0.0.0/8", "task_lease_seconds": 3}
        begun = serving(folder=tmp_path, document=what, workers=2, **options)
        serve = await asyncio.to_thread(begun.__enter__)
        drawing = asyncio.create_task(draw(proxy))
        try:
            ids = await submit_while_killing(serve, receiver.url)
            shown = await all_final(serve, ids)
            await judge(serve, proxy, shown)
            async with asyncio.timeout(60):
                while told_final(receiver) < set(ids):
                    await asyncio.sleep(0.1)
        finally:
            drawing.cancel()
            await asyncio.gather(drawing, return_exceptions=True)
            await asyncio.to_thread(begun.__exit__, None, None, None)


def told_final(receiver: Any) -> set[str]:
    return {one.json["id"] for one in receiver.messages if one.json["status"] in FINAL}


async def draw(proxy: FakeProxy) -> None:
    """Each job goes its way, one in five fails."""
    chance = chance_of(seeds(1)[0])
    while True:
        for job in list(proxy.jobs):
            status = job.fields["status"]
            if status == "SUBMITTED" and chance.random() < 0.3:
                job.move("IN_PROGRESS", "30%")
            elif status == "IN_PROGRESS" and chance.random() < 0.3:
                if chance.random() < 0.2:
                    job.move("FAILURE", failReason="no")
                else:
                    job.finish()
        await asyncio.sleep(0.2)


async def submit_while_killing(serve: Serve, hook: str) -> list[str]:
    """The ids of those that were accepted, as far as their submitter knows."""
    killing = asyncio.create_task(kill_at_random(serve, KILLS))
    ids: list[str] = []
    try:
        async with aiohttp.ClientSession() as session:
            async with asyncio.timeout(100):
                while len(ids) < TASKS or not killing.done():
                    told = await submit(session, serve, f"cat {len(ids)}", hook)
                    if told is not None and told.get("code") == 1:
                        ids.append(told["result"])
                    await asyncio.sleep(0.1)
            await killing
    finally:
        killing.cancel()
        await asyncio.gather(killing, return_exceptions=True)
    return ids


async def submit(
    session: aiohttp.ClientSession, serve: Serve, prompt: str, hook: str
) -> dict[str, Any] | None:
    url = f"http://127.0.0.1:{serve.port}/mj/submit/imagine"
    body = {"prompt": prompt, "notifyHook": hook}
    try:
        async with session.post(
            url, json=body, headers={"authorization": f"Bearer {KEY}"},
            timeout=aiohttp.ClientTimeout(20),
        ) as reply:  # fmt: skip
            told: dict[str, Any] = await reply.json(content_type=None)
            return told
    except (aiohttp.ClientError, TimeoutError):
        return None


async def all_final(serve: Serve, ids: list[str]) -> dict[str, dict[str, Any]]:
    url = f"http://127.0.0.1:{serve.port}/mj/task/list-by-condition"
    headers = {"authorization": f"Bearer {KEY}"}
    shown: dict[str, dict[str, Any]] = {}
    async with aiohttp.ClientSession() as session, asyncio.timeout(120):
        while True:
            async with session.post(url, json={"ids": ids}, headers=headers) as reply:
                if reply.status == 200:
                    shown = {task["id"]: task for task in await reply.json()}
                    if all(task["status"] in FINAL for task in shown.values()):
                        break
            await asyncio.sleep(0.3)
    assert set(shown) == set(ids), "an accepted task is gone"
    return shown


async def judge(serve: Serve, proxy: FakeProxy, shown: dict[str, dict[str, Any]]) -> None:
    sent = collections.Counter(seen.body["state"] for seen in proxy.submits())
    assert set(sent.values()) <= {1}, "a task was sent twice"
    good = sum(task["status"] == "SUCCESS" for task in shown.values())
    assert good
    # Whoever got no answer may have a task all the same: it is paid when it succeeded.
    url = f"http://127.0.0.1:{serve.port}/mj/task/list"
    async with aiohttp.ClientSession() as session, asyncio.timeout(120):
        while True:
            async with session.get(url, headers={"authorization": f"Bearer {KEY}"}) as reply:
                every = await reply.json()
            if all(task["status"] in FINAL for task in every):
                break
            await asyncio.sleep(0.3)
    paid = sum(task["status"] == "SUCCESS" for task in every)
    async with serve.ledger() as ledger, asyncio.timeout(120):
        while True:
            state = await ledger.ask(AskAccount("a", ACCOUNT))
            assert isinstance(state, AccountState)
            report = await serve.audit()
            if not state.held and not report["open_holds"] and state.spent == paid * NANOS:
                break
            await asyncio.sleep(0.5)
