"""What a token says of its own tasks: where they are told of, remix, what a queued one answers."""

import asyncio
from typing import Any

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio, until
from tests.midjourney.test_hooks import LOOPBACK, notifying
from tests.support.gateway import KEY, document, token
from tests.tasks.receiver import Receiver, receiving

OTHER = "sk-other-0123456789abcdef"
VARY = "MJ::JOB::variation::1::h"


async def told(receiver: Receiver, task_id: str) -> None:
    async with asyncio.timeout(15):
        while not any(one.json["id"] == task_id for one in receiver.messages):
            await asyncio.sleep(0.02)


async def test_a_tokens_own_address(begin: Begin, proxy: FakeProxy) -> None:
    """The request's comes before it, and the deployment's after it."""
    async with receiving() as of_token, receiving() as of_request, receiving() as of_house:
        tokens = [token(hook_url=of_token.url), token("other", OTHER)]
        studio = await begin(
            [channel("mj", proxy.url)],
            wanted={"tokens": tokens},
            egress_allow=(LOOPBACK,),
            hook_url=of_house.url,
        )
        async with notifying(studio):
            mine = await studio.made()
            named = await studio.made(notifyHook=of_request.url)
            reply = await studio.post("/mj/submit/imagine", {"prompt": "dog"}, OTHER)
            others = reply.json()["result"]
            await told(of_token, mine)
            await told(of_request, named)
            await told(of_house, others)
        for receiver, task_id in ((of_token, mine), (of_request, named), (of_house, others)):
            assert {one.json["id"] for one in receiver.messages} == {task_id}


async def drawn(studio: Studio, proxy: FakeProxy) -> str:
    task_id = await studio.made()
    await studio.task(task_id, "SUBMITTED")
    proxy.jobs[-1].finish()
    await studio.task(task_id, "SUCCESS")
    return task_id


@pytest.mark.parametrize("whose", ["token", "channel"])
async def test_remix_mode(begin: Begin, proxy: FakeProxy, whose: str) -> None:
    """A window for what can be remixed; the request has the last word, the oldest page none."""
    one: dict[str, Any] = {"midjourney": {"remix": True}} if whose == "token" else {}
    tokens = [token(**one), token("other", OTHER)]
    mode = {"remix": True} if whose == "channel" else {}
    studio = await begin([channel("mj", proxy.url, **mode)], wanted={"tokens": tokens})
    parent = await drawn(studio, proxy)
    asked = await studio.action(parent, VARY)
    assert (asked["code"], asked["properties"]) == (21, {"finalPrompt": "cat", "remix": True})
    assert (await studio.action(parent, "MJ::JOB::upsample::1::h"))["code"] == 1
    assert (await studio.action(parent, VARY, enableRemix=False))["code"] == 1
    changed = await studio.submit("simple-change", content=f"{parent} V2")
    assert changed["code"] == 1
    reply = await studio.post("/mj/submit/action", {"taskId": parent, "customId": VARY}, OTHER)
    assert reply.json()["code"] == (1 if whose == "token" else 21)
    await until(lambda: len(proxy.jobs) == (5 if whose == "token" else 4))
    # The new prompt reaches the upstream's own window.
    proxy.on_submit(proxy.window("cat"))
    confirmed = await studio.submit("modal", taskId=asked["result"], prompt="a red cat")
    assert confirmed["code"] == 1
    await studio.task(asked["result"], "SUBMITTED")
    modals = [seen for seen in proxy.submits() if seen.path.endswith("/modal")]
    assert [seen.body["prompt"] for seen in modals] == ["a red cat"]


async def test_22_as_the_token_says(begin: Begin) -> None:
    nowhere = channel("mj", "http://127.0.0.1:9", limits={"concurrency": 1})
    tokens = [token(midjourney={"queue_code_22": True}), token("other", OTHER)]
    studio = await begin([nowhere], wanted={"tokens": tokens}, runs=False)
    await studio.made()
    assert (await studio.imagine("dog"))["code"] == 22
    body = {"prompt": "hen"}
    assert (await studio.post("/mj/submit/imagine", body, OTHER)).json()["code"] == 1
    wanted = document([nowhere], tokens=[token(midjourney={"queue_code_22": False}), tokens[1]])
    await studio.apply({**wanted, "midjourney": {"queue_code_22": True}})
    async with asyncio.timeout(10):
        while (await studio.post("/mj/submit/imagine", body, OTHER)).json()["code"] != 22:
            await asyncio.sleep(0.05)
    assert (await studio.post("/mj/submit/imagine", body, KEY)).json()["code"] == 1
