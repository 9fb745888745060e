"""Idempotency-Key: on every page that makes something, a repeat is the same thing."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.pictures import bare
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio

pytestmark = pytest.mark.untraced

DESCRIBED = "1️⃣ a fox\n\n2️⃣ a hen\n\n3️⃣ a cow\n\n4️⃣ a pig"


async def drawn(studio: Studio, proxy: FakeProxy) -> str:
    task_id = await studio.made()
    await studio.task(task_id, "SUBMITTED")
    proxy.jobs[-1].finish()
    await studio.task(task_id, "SUCCESS")
    return task_id


async def twice(studio: Studio, path: str, body: dict[str, Any], key: str = "k-1") -> list[Any]:
    """Results of the same call, one after the other and then two at once."""
    one = await studio.post(path, body, idempotency_key=key)
    others = await asyncio.gather(*(studio.post(path, body, idempotency_key=key) for _ in range(2)))
    told = [reply.json() for reply in (one, *others)]
    assert {each["code"] for each in told} <= {1, 21}, told
    return [each["result"] for each in told]


PAGES: dict[str, Callable[[str], dict[str, Any]]] = {
    "submit/imagine": lambda _: {"prompt": "cat"},
    "submit/blend": lambda _: {"base64Array": [bare(), bare("red")]},
    "submit/describe": lambda _: {"base64": bare()},
    "submit/shorten": lambda _: {"prompt": "a long prompt"},
    "submit/action": lambda parent: {"taskId": parent, "customId": "MJ::JOB::upsample::1::h"},
    "submit/change": lambda parent: {"taskId": parent, "action": "VARIATION", "index": 2},
    "submit/simple-change": lambda parent: {"content": f"{parent} U3"},
    "insight-face/swap": lambda _: {"sourceBase64": bare(), "targetBase64": bare("red")},
}


@pytest.mark.parametrize("page", PAGES)
async def test_a_repeat_is_the_same_task(begin: Begin, proxy: FakeProxy, page: str) -> None:
    studio = await begin([channel("mj", proxy.url)], midjourney={"swap_face": True})
    follows = "a-parent" in str(PAGES[page]("a-parent"))
    parent = await drawn(studio, proxy) if follows else ""
    before = len((await studio.get("/mj/task/list")).json())
    results = await twice(studio, f"/mj/{page}", PAGES[page](parent))
    assert len(set(results)) == 1
    assert len((await studio.get("/mj/task/list")).json()) == before + 1
    other = {**PAGES[page](parent), "state": "another body"}
    reply = await studio.post(f"/mj/{page}", other, idempotency_key="k-1")
    assert reply.status == 422


async def test_a_window_opens_once(studio: Studio, proxy: FakeProxy) -> None:
    parent = await drawn(studio, proxy)
    body = {"taskId": parent, "customId": "MJ::CustomZoom::h"}
    results = await twice(studio, "/mj/submit/action", body)
    assert len(set(results)) == 1
    reused = await studio.post("/mj/submit/action", {**body, "state": "x"}, idempotency_key="k-1")
    assert reused.status == 422
    # Its confirmation is a call of its own.
    confirmed = await twice(studio, "/mj/submit/modal", {"taskId": results[0]}, "k-2")
    assert confirmed == [results[0]] * 3
    await studio.task(results[0], "SUBMITTED")
    assert (await twice(studio, "/mj/submit/action", body))[0] == results[0]
    assert (await studio.station.account()).held == 100_000_000


async def test_submits_at_one_moment_are_one(studio: Studio) -> None:
    """Nobody was first, so nobody is told to wait."""
    for path, body in (("imagine", {"prompt": "cat"}), ("shorten", {"prompt": "a long prompt"})):
        replies = await asyncio.gather(
            *(studio.post(f"/mj/submit/{path}", body, idempotency_key=path) for _ in range(8))
        )
        assert [reply.status for reply in replies] == [200] * 8
        assert len({reply.json()["result"] for reply in replies}) == 1
    assert (await studio.station.account()).held == 200_000_000


async def test_windows_at_one_moment_are_one(studio: Studio, proxy: FakeProxy) -> None:
    parent = await drawn(studio, proxy)
    body = {"taskId": parent, "customId": "MJ::CustomZoom::h"}
    replies = await asyncio.gather(
        *(studio.post("/mj/submit/action", body, idempotency_key="k") for _ in range(8))
    )
    assert len({reply.json()["result"] for reply in replies}) == 1


async def test_a_window_that_was_given_up_may_open_again(studio: Studio, proxy: FakeProxy) -> None:
    parent = await drawn(studio, proxy)
    body = {"taskId": parent, "customId": "MJ::CustomZoom::h"}
    seen: set[str] = set()
    for _ in range(3):
        (first, *others) = await twice(studio, "/mj/submit/action", body)
        assert set(others) == {first}
        assert first not in seen
        seen.add(first)
        told = (await studio.post(f"/mj/task/{first}/cancel")).json()
        assert told["code"] == 1
        refused = await studio.submit("modal", taskId=first)
        assert (refused["code"], refused["description"]) == (4, "关联任务状态错误")


async def test_four_at_once_are_the_same_four(studio: Studio, proxy: FakeProxy) -> None:
    described = (await studio.submit("describe", base64=bare()))["result"]
    await studio.task(described, "SUBMITTED")
    proxy.jobs[-1].finish(properties={"finalPrompt": DESCRIBED}, prompt=DESCRIBED)
    await studio.task(described, "SUCCESS")
    body = {"taskId": described, "customId": "MJ::Job::PicReader::all", "state": "s"}
    results = await twice(studio, "/mj/submit/action", body)
    assert len(set(results)) == 1
    ids = results[0].split(",")
    assert len(set(ids)) == 4
    assert (await studio.station.account()).held == 400_000_000
    states = [(await studio.fetch(one))["state"] for one in ids]
    assert states == [f"s::{n}" for n in range(1, 5)]


async def test_an_upload_is_charged_once(studio: Studio) -> None:
    body = {"base64Array": [bare(colour) for colour in ("red", "navy", "lime")]}
    path = "/mj/submit/upload-discord-images"
    first = (await studio.post(path, body, idempotency_key="k")).json()["result"]
    again = (await studio.post(path, body, idempotency_key="k")).json()["result"]
    plain = [link.partition("?")[0] for link in first]
    assert [link.partition("?")[0] for link in again] == plain
    assert len(set(plain)) == 3
    for link in again:
        assert (await studio.picture(link)).status == 200
    async with asyncio.timeout(10):
        while (account := await studio.station.account()).held:
            await asyncio.sleep(0.02)
    assert account.spent == 50_000_000
    other = await studio.post(path, {"base64Array": [bare()]}, idempotency_key="k")
    assert other.status == 422


async def test_a_bookmark_is_always_the_same(studio: Studio, proxy: FakeProxy) -> None:
    parent = await drawn(studio, proxy)
    body = {"taskId": parent, "customId": "MJ::BOOKMARK::h"}
    assert set(await twice(studio, "/mj/submit/action", body)) == {parent}
