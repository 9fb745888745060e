"""Tasks on a proxy: its codes, its habits, what is lost and what is never sent twice."""

import asyncio
from time import monotonic
from typing import Any

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio
from tests.support.gateway import token
from waystation.routing.health import Health, State
from waystation.tasks.task import Change

pytestmark = pytest.mark.usefixtures("quick")

NANOS = 100_000_000


# ---- codes of a submit -------------------------------------------------------------------------


async def test_code_22_is_accepted(studio: Studio, proxy: FakeProxy) -> None:
    job = proxy.add("imagine", {"prompt": "cat"})
    proxy.on_submit(proxy.says(22, job.id, numberOfQueues=3))
    task_id = await studio.made()
    job.finish()
    await studio.task(task_id, "SUCCESS")


async def test_refusals_of_the_request_fail_the_task(begin: Begin, proxy: FakeProxy) -> None:
    async with FakeProxy() as other:
        studio = await begin([channel("a", proxy.url), channel("b", other.url, priority=1)])
        for code, reason in ((4, "code 4"), (24, "[Banned prompt detected]")):
            proxy.on_submit(proxy.says(code))
            await studio.failed(await studio.made(), reason)
        assert len(proxy.submits()) == 2
        assert other.submits() == []


async def test_trouble_of_the_channel_is_the_next_ones_luck(begin: Begin) -> None:
    async with FakeProxy() as first, FakeProxy() as second:
        groups = [{"name": "default"}, {"name": "dear", "rate": "2", "selectable": True}]
        channels = [channel("a", first.url), channel("b", second.url, groups=["dear"])]
        both = token(groups=["default", "dear"])
        studio = await begin(channels, wanted={"groups": groups, "tokens": [both]})
        habits = [
            *(first.says(3), first.says(9), first.says(23), first.says(4, http=401)),
            *(first.says(30, http=429), first.raw(503, b"busy")),
            first.raw(400, b'{"code":4,"description":"quota_not_enough","result":null}'),
        ]
        for number, habit in enumerate(habits, start=1):
            first.on_submit(habit)
            task_id = await studio.made()
            assert (await studio.row(task_id)).hold_nanos == 2 * NANOS
            await studio.task(task_id, "SUBMITTED")
            assert (len(first.submits()), len(second.submits())) == (number, number)
            assert second.submits()[-1].headers["mj-api-secret"] == "secret-of-b"
            studio.workshop.router.health = Health()  # or the first would be left alone now
        second.jobs[-1].finish()
        await studio.task(task_id, "SUCCESS")
        row = await studio.settled(task_id)
        assert (row.nanos, row.group_name, row.rate) == (2 * NANOS, "dear", "2")


async def test_a_channel_that_is_not_there_is_asked_last_for_a_while(begin: Begin) -> None:
    async with FakeProxy() as there:
        gone = channel("a", "http://127.0.0.1:9")
        studio = await begin([gone, channel("b", there.url, priority=1)])
        for _ in range(4):
            await studio.task(await studio.made(), "SUBMITTED")
        assert len(there.submits()) == 4
        directory = studio.workshop.directory
        assert directory is not None
        named = {one.name: one for one in directory.snapshot.channels.values()}
        away, here = named["a"], named["b"]
        health, now = studio.workshop.router.health, monotonic()
        assert health.of_channel(away, now) in (State.DEAD, State.PROBE)
        assert health.of_channel(here, now) is State.READY
        studio.workshop.router.health = Health()


async def test_a_key_that_is_refused_rests_and_another_is_used(
    begin: Begin, proxy: FakeProxy
) -> None:
    """What a refusal says of a key counts for the next tasks too."""
    studio = await begin([channel("mj", proxy.url, keys=["bad-one", "good-one"])])
    proxy.refuse("bad-one")
    for _ in range(4):
        await studio.task(await studio.made(), "SUBMITTED")
    used = [seen.headers["mj-api-secret"] for seen in proxy.submits()]
    assert used == ["good-one"] * 4
    assert proxy.refused == 1


async def test_all_full_is_waited_for(studio: Studio, proxy: FakeProxy) -> None:
    proxy.on_submit(proxy.says(23), proxy.says(23))
    task_id = await studio.made()
    await studio.task(task_id, "SUBMITTED")
    assert len(proxy.submits()) == 3
    proxy.jobs[0].finish()
    await studio.task(task_id, "SUCCESS")


async def test_21_of_old_is_a_finished_task(studio: Studio, proxy: FakeProxy) -> None:
    job = proxy.add("change", {"state": ""})
    job.finish()
    proxy.on_submit(proxy.says(21, job.id, status="SUCCESS", imageUrl=job.fields["imageUrl"]))
    shown = await studio.task(await studio.made(), "SUCCESS")
    assert f"/mj/image/{shown['id']}?sig=" in shown["imageUrl"]


# ---- what may have been taken ------------------------------------------------------------------


async def test_an_unknown_outcome_is_looked_up_by_our_secret(
    studio: Studio, proxy: FakeProxy
) -> None:
    def takes(status: int, text: bytes) -> Any:
        async def answer(fake: FakeProxy, body: dict[str, Any]) -> Any:
            fake.add("imagine", body)
            return await fake.raw(status, text)(fake, body)

        return answer

    habits = [proxy.takes_and_dies(), takes(200, b"<html>"), takes(200, b"")]
    habits += [takes(status, b"oops") for status in (500, 502, 504)]
    for number, habit in enumerate(habits, start=1):
        proxy.on_submit(habit)
        task_id = await studio.made()
        await studio.task(task_id, "SUBMITTED")
        proxy.jobs[-1].finish()
        await studio.task(task_id, "SUCCESS")
        assert len(proxy.submits()) == number
        assert (await studio.settled(task_id)).nanos == NANOS


async def test_what_cannot_be_found_again_fails_and_is_not_sent_twice(
    begin: Begin, proxy: FakeProxy
) -> None:
    async with FakeProxy() as other:
        studio = await begin([channel("a", proxy.url), channel("b", other.url, priority=1)])
        proxy.on_submit(proxy.raw(500, b"oops"))
        await studio.failed(await studio.made(), "任务中断")
        assert len(proxy.submits()) == 1
        assert other.submits() == []


async def test_a_runner_that_dies_in_the_middle(begin: Begin, proxy: FakeProxy) -> None:
    studio = await begin([channel("mj", proxy.url)])
    reached, hang = asyncio.Event(), asyncio.Event()

    async def slow(fake: FakeProxy, body: dict[str, Any]) -> Any:
        fake.add("imagine", body)
        reached.set()
        await hang.wait()
        return fake.raw(500, b"")

    proxy.on_submit(slow)
    task_id = await studio.made()
    await asyncio.wait_for(reached.wait(), 10)
    assert studio.running is not None
    studio.running.cancel()
    await asyncio.gather(studio.running, return_exceptions=True)
    hang.set()
    assert (await studio.row(task_id)).state == "SUBMITTING"
    assert (await studio.fetch(task_id))["status"] == "NOT_START"
    await studio.start_runner()
    await studio.task(task_id, "SUBMITTED")
    proxy.jobs[0].finish()
    await studio.task(task_id, "SUCCESS")
    assert len(proxy.submits()) == 1


# ---- polling -----------------------------------------------------------------------------------


async def test_a_late_success_is_shown_and_not_charged(
    begin: Begin, proxy: FakeProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = await begin([channel("mj", proxy.url)])
    task_id = await studio.made()
    await studio.task(task_id, "SUBMITTED")
    await studio.stop_runner()
    store = studio.workshop.store
    await store.change(await studio.row(task_id), Change(deadline_seconds=-1))
    await studio.start_runner()
    await studio.failed(task_id, "任务超时")
    proxy.jobs[0].finish()
    async with asyncio.timeout(15):
        while (shown := await studio.fetch(task_id))["status"] != "SUCCESS":
            await asyncio.sleep(0.05)
    assert shown["failReason"] == ""
    assert (await studio.picture(shown["imageUrl"])).status == 200
    assert (await studio.station.account()).spent == 0


# ---- pictures ----------------------------------------------------------------------------------


async def test_our_link_lives_when_the_vendors_is_dead(studio: Studio, proxy: FakeProxy) -> None:
    task_id = await studio.made()
    await studio.task(task_id, "SUBMITTED")
    proxy.jobs[0].finish("gold")
    shown = await studio.task(task_id, "SUCCESS")
    stored = next(iter(proxy.pictures.values()))
    proxy.pictures.clear()
    link = shown["imageUrl"]
    assert f"/mj/image/{task_id}?sig=" in link
    whole = await studio.picture(link)
    assert (whole.status, whole.body) == (200, stored)
    assert whole.headers["content-type"] == "image/png"
    assert whole.headers["access-control-allow-origin"] == "*"
    assert whole.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "immutable" in whole.headers["cache-control"]
    part = await studio.picture(link, range="bytes=0-7")
    assert (part.status, part.body) == (206, stored[:8])
    same = await studio.picture(link, if_none_match=whole.headers["etag"])
    assert same.status == 304
    for wrong in (link.split("?")[0], link[:-2] + "xx", link.replace(task_id, "1" * 16)):
        assert (await studio.picture(wrong)).status == 404


async def test_a_picture_that_cannot_be_had_is_fetched_when_looked_at(
    studio: Studio, proxy: FakeProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio.kind._storing, "_pause_seconds", 0.01)
    task_id = await studio.made()
    await studio.task(task_id, "SUBMITTED")
    proxy.jobs[0].finish()
    path, data = proxy.pictures.popitem()
    shown = await studio.task(task_id, "SUCCESS")
    assert proxy.url not in shown["imageUrl"]
    assert (await studio.picture(shown["imageUrl"])).status == 502
    proxy.pictures[path] = data
    assert (await studio.picture(shown["imageUrl"])).body == data
    proxy.pictures.clear()
    assert (await studio.picture(shown["imageUrl"])).body == data


async def test_the_vendors_link_where_the_operator_wants_it(begin: Begin, proxy: FakeProxy) -> None:
    studio = await begin([channel("mj", proxy.url)], midjourney={"images": "origin"})
    task_id = await studio.made()
    await studio.task(task_id, "SUBMITTED")
    proxy.jobs[0].finish()
    assert (await studio.task(task_id, "SUCCESS"))["imageUrl"].startswith(proxy.url)
