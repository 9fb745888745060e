"""The family's pages and tasks where `main` is PostgreSQL."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio
from tests.midjourney.test_hooks import LOOPBACK, notifying
from tests.support.postgres import postgres_dsn, postgres_server
from tests.tasks.receiver import receiving
from waystation.control.apply import first_start
from waystation.settings import Settings

__all__ = ["postgres_dsn", "postgres_server"]

pytestmark = pytest.mark.postgres


@pytest.fixture
async def elsewhere(postgres_dsn: str, data_template: Path) -> dict[str, Any]:
    """Options of a studio whose `main` is an empty PostgreSQL that was set up."""
    await first_start(Settings(data=data_template, database=postgres_dsn))
    return {"database": postgres_dsn}


async def finished(studio: Studio, proxy: FakeProxy, task_id: str, at: int) -> dict[str, Any]:
    await studio.task(task_id, "SUBMITTED")
    proxy.jobs[at].finish()
    return await studio.task(task_id, "SUCCESS")


async def test_imagine_action_window_hook(
    begin: Begin, proxy: FakeProxy, elsewhere: dict[str, Any]
) -> None:
    studio = await begin([channel("mj", proxy.url)], egress_allow=(LOOPBACK,), **elsewhere)
    async with receiving() as receiver, notifying(studio):
        task_id = await studio.made(notifyHook=receiver.url, state="s-1")
        shown = await finished(studio, proxy, task_id, 0)
        assert (await studio.picture(shown["imageUrl"])).status == 200
        up = next(b["customId"] for b in shown["buttons"] if "upsample::1" in b["customId"])
        told = await studio.action(task_id, up)
        await finished(studio, proxy, told["result"], 1)
        zoom = next(b["customId"] for b in shown["buttons"] if "CustomZoom" in b["customId"])
        window = await studio.action(task_id, zoom)
        assert window["code"] == 21
        proxy.on_submit(proxy.window())
        told = await studio.submit("modal", taskId=window["result"], prompt="cat --zoom 2")
        assert told["code"] == 1
        await finished(studio, proxy, window["result"], 2)
        async with asyncio.timeout(15):
            while not receiver.messages or receiver.messages[-1].told[0] != "SUCCESS":
                await asyncio.sleep(0.02)
        assert receiver.messages[-1].json == await studio.fetch(task_id)
        assert (await studio.settled(window["result"])).settle == "posted"


async def test_texts_that_postgresql_does_not_know(
    begin: Begin, proxy: FakeProxy, elsewhere: dict[str, Any]
) -> None:
    """NUL in whatever a caller or an upstream may say: nobody else's tasks suffer."""
    studio = await begin([channel("mj", proxy.url)], **elsewhere)
    odd = "a\x00b \\u0000 \U0001f408"
    ids = []
    for prompt in (odd, "dog"):  # one after the other, so that the first job is the first task's
        ids.append(await studio.made(prompt, state=odd))
        await studio.task(ids[-1], "SUBMITTED")
    proxy.jobs[0].move("FAILURE", failReason=odd, description=odd)
    proxy.jobs[1].finish(promptEn=odd, properties={"finalPrompt": odd, "messageId": "\x00"})
    shown = await studio.task(ids[0], "FAILURE")
    assert "\x00" not in shown["failReason"]
    assert (await studio.task(ids[1], "SUCCESS"))["progress"] == "100%"
    assert (await studio.settled(ids[0])).settle == "voided"
    reply = await studio.post("/mj/task/list-by-condition", {"ids": [odd, ids[1]]})
    assert [each["id"] for each in reply.json()] == [ids[1]]


async def test_parallel_submits_on_a_small_balance(
    begin: Begin, proxy: FakeProxy, elsewhere: dict[str, Any]
) -> None:
    studio = await begin([channel("mj", proxy.url)], wanted={"credit": "0.21"}, **elsewhere)
    replies = await asyncio.gather(
        *(studio.post("/mj/submit/imagine", {"prompt": f"cat {n}"}) for n in range(40))
    )
    taken = [reply.json()["result"] for reply in replies if reply.status == 200]
    assert 0 < len(taken) < 40
    for task_id in taken:
        await studio.task(task_id, "SUBMITTED")
    for job in proxy.jobs:
        job.move("FAILURE", failReason="no")
    for task_id in taken:
        assert (await studio.settled(task_id)).settle == "voided"
    account = await studio.station.account()
    assert account.held == 0
