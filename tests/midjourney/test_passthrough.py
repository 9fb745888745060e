"""Tasks on a proxy: its codes, its habits, what is lost and what is never sent twice."""

import asyncio
from time import monotonic
from typing import Any

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio
from tests.support.gateway import document, token
from waystation.routing.health import Health, State
from waystation.tasks.midjourney import beginning, handing
from waystation.tasks.task import Change

NANOS = 100_000_000


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same order of things, in less time."""
    monkeypatch.setattr(handing, "LOOK_SECONDS", (0.1, 0.1, 0.1))
    monkeypatch.setattr(beginning, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr("waystation.tasks.midjourney.kind.Midjourney.pace", lambda *_: 0.1)


async def finished(studio: Studio, task_id: str, reason: str) -> dict[str, Any]:
    """Failed with this reason, released once."""
    shown = await studio.task(task_id, "FAILURE")
    assert reason in shown["failReason"], shown
    assert shown["progress"] == "100%"
    assert (await studio.settled(task_id)).settle == "voided"
    assert (await studio.station.account()).spent == 0
    return shown


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
            await finished(studio, await studio.made(), reason)
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
        await finished(studio, await studio.made(), "任务中断")
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
    await finished(studio, task_id, "上游未给出原因")


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
        await finished(studio, task_id, "上游任务丢失")


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
    await finished(studio, task_id, "该任务所属渠道已被禁用")


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
    await finished(studio, task_id, "任务超时")
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
