"""Polls of many tasks: in one call, in any order, and none of them in another's way."""

import asyncio

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio
from tests.support.gateway import document

pytestmark = pytest.mark.usefixtures("quick")


async def test_many_tasks_are_polled_in_one_call(studio: Studio, proxy: FakeProxy) -> None:
    made = [await studio.made(f"cat {n}") for n in range(8)]
    for task_id in made:
        await studio.task(task_id, "SUBMITTED")
    for job in proxy.jobs:
        job.finish()
    for task_id in made:
        await studio.task(task_id, "SUCCESS")
    assert max(len(seen.body["ids"]) for seen in proxy.polls() if "ids" in seen.body) > 1
    assert all("/fetch" not in seen.path for seen in proxy.polls())


async def test_progress_of_all_sorts_never_falls(studio: Studio, proxy: FakeProxy) -> None:
    task_id = await studio.made()
    await studio.task(task_id, "SUBMITTED")
    (job,) = proxy.jobs
    job.move("IN_PROGRESS", "Waiting to start")
    assert (await studio.task(task_id, "IN_PROGRESS"))["progress"] == "0%"
    shown = []
    for told in ("30%", "", "Paused", "12%", 55, None):
        job.move("IN_PROGRESS" if told != "12%" else "SUBMITTED", told)
        polls = len(proxy.polls())
        while len(proxy.polls()) < polls + 2:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.05)
        shown.append((await studio.fetch(task_id))["progress"])
    assert shown == ["30%", "30%", "30%", "30%", "55%", "55%"]
    job.finish(progress="")
    assert (await studio.task(task_id, "SUCCESS"))["progress"] == "100%"


async def test_a_failure_without_a_reason(studio: Studio, proxy: FakeProxy) -> None:
    task_id = await studio.made()
    await studio.task(task_id, "SUBMITTED")
    proxy.jobs[0].move("FAILURE", "100%")
    await studio.failed(task_id, "上游未给出原因")


async def test_a_lost_task(studio: Studio, proxy: FakeProxy) -> None:
    answers = [
        None,  # 200 with an empty body
        proxy.raw(204, b""),
        proxy.raw(200, b"null"),
        proxy.says(3, http=404),
        proxy.says(3),
    ]
    for answer in answers:
        task_id = await studio.made()
        await studio.task(task_id, "SUBMITTED")
        if answer is not None:
            proxy.fetches.append(answer)
        proxy.hide(proxy.jobs[-1].id)
        await studio.failed(task_id, "上游任务丢失")


async def test_left_out_once_means_nothing(studio: Studio, proxy: FakeProxy) -> None:
    task_id = await studio.made()
    await studio.task(task_id, "SUBMITTED")
    proxy.lists.append(proxy.raw(200, b"[]"))
    while proxy.lists:
        await asyncio.sleep(0.02)
    proxy.jobs[0].finish()
    await studio.task(task_id, "SUCCESS")
    assert all("/fetch" not in seen.path for seen in proxy.polls())


async def test_one_bad_channel_delays_no_other(begin: Begin) -> None:
    async with FakeProxy() as bad, FakeProxy() as good:
        first = channel("bad", bad.url, models=["mj_imagine"])
        second = channel("good", good.url, models=["mj_shorten"])
        studio = await begin([first, second])
        stuck = await studio.made()
        told = await studio.submit("shorten", prompt="a long prompt")
        await studio.task(stuck, "SUBMITTED")
        await studio.task(told["result"], "SUBMITTED")
        for body in (b"[{", b"<html>", b'"no"'):
            bad.lists.append(bad.raw(200, body))
        bad.lists.append(bad.raw(502, b""))
        good.jobs[0].finish(properties={"finalPrompt": "## Important tokens"}, imageUrl=None)
        shown = await studio.task(told["result"], "SUCCESS")
        assert shown["properties"]["finalPrompt"] == "## Important tokens"
        assert (await studio.fetch(stuck))["status"] == "SUBMITTED"
        bad.lists.clear()
        bad.jobs[0].finish()
        await studio.task(stuck, "SUCCESS")


async def test_one_bad_key_delays_no_other(begin: Begin, proxy: FakeProxy) -> None:
    """A key that the upstream refuses from now on: the tasks of the channel's other go on."""
    studio = await begin([channel("mj", proxy.url, keys=["secret-one", "secret-two"])])
    ids = [await studio.made() for _ in range(6)]
    for task_id in ids:
        await studio.task(task_id, "SUBMITTED")
    rows = [await studio.row(task_id) for task_id in ids]
    bad = rows[0].key_id
    assert {row.key_id for row in rows} > {bad}, "both keys have tasks"
    refused = _key_of(proxy, rows[0].upstream_id)
    proxy.refuse(refused)
    for job in proxy.jobs:
        job.finish()
    for row in rows:
        if row.key_id != bad:
            await studio.task(row.id, "SUCCESS")
    assert (await studio.fetch(ids[0]))["status"] == "SUBMITTED"
    proxy.refuse("")
    for task_id in ids:
        await studio.task(task_id, "SUCCESS")


def _key_of(proxy: FakeProxy, upstream_id: str) -> str:
    at = next(n for n, job in enumerate(proxy.jobs) if job.id == upstream_id)
    headers = " ".join(proxy.submits()[at].headers.values())
    return next(key for key in ("secret-one", "secret-two") if key in headers)


async def test_one_bad_task_delays_no_other(studio: Studio, proxy: FakeProxy) -> None:
    """Lists leave it out, and its own page is broken."""
    bad, good = await studio.made(), await studio.made()
    for task_id in (bad, good):
        await studio.task(task_id, "SUBMITTED")
    row = await studio.row(bad)
    proxy.fetches.extend([proxy.raw(500, b"oops")] * 200)
    proxy.hide(row.upstream_id)
    async with asyncio.timeout(15):
        while not any(seen.path.endswith("/fetch") for seen in proxy.polls()):
            await asyncio.sleep(0.02)
    for job in proxy.jobs:
        job.finish()
    await studio.task(good, "SUCCESS")
    assert (await studio.fetch(bad))["status"] == "SUBMITTED"


async def test_odd_links_of_pictures_delay_no_other(
    studio: Studio, proxy: FakeProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waystation.tasks.midjourney.storing.TRIES", 1)
    links = ["no address", "ftp://x/y.png", "http://[", "http://a b/", "file:///etc/passwd", "//x"]
    links += ["data:image/png;base64,@@", "http://\x00/", "http://" + "a" * 5000]
    ids = [await studio.made() for _ in range(len(links) + 1)]
    for task_id in ids:
        await studio.task(task_id, "SUBMITTED")
    for link, job in zip(links, proxy.jobs, strict=False):
        job.finish(imageUrl=link)
    proxy.jobs[-1].finish(imageUrls=[{"url": link} for link in links])
    for task_id in ids:
        await studio.task(task_id, "SUCCESS")


async def test_colliding_ids_of_two_channels(begin: Begin) -> None:
    async with FakeProxy() as one, FakeProxy() as two:
        channels = [
            channel("one", one.url, models=["mj_imagine"]),
            channel("two", two.url, models=["mj_shorten"]),
        ]
        studio = await begin(channels)
        first = await studio.made("cat")
        second = (await studio.submit("shorten", prompt="dog"))["result"]
        for task_id in (first, second):
            await studio.task(task_id, "SUBMITTED")
        assert one.jobs[0].id == two.jobs[0].id
        one.jobs[0].finish()
        await studio.task(first, "SUCCESS")
        assert (await studio.fetch(second))["status"] == "SUBMITTED"
        two.jobs[0].move("FAILURE", failReason="no")
        assert (await studio.task(second, "FAILURE"))["failReason"] == "no"


async def test_a_channel_that_is_taken_away(studio: Studio, proxy: FakeProxy) -> None:
    task_id = await studio.made()
    await studio.task(task_id, "SUBMITTED")
    off = channel("mj", proxy.url, enabled=False)
    await studio.station.apply(document([off]))
    await studio.failed(task_id, "该任务所属渠道已被禁用")
