"""The processes stop and start again while tasks are in each status: nothing is lost or doubled."""

import asyncio
from collections import Counter

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.proxy import FakeProxy, Job
from tests.midjourney.studio import Studio, until
from waystation.tasks.midjourney.places import read_memo
from waystation.tasks.task import Change

NANOS = 100_000_000
OVER = {"SUCCESS": "posted", "FAILURE": "voided", "CANCEL": "voided"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waystation.tasks.midjourney.kind.Midjourney.pace", lambda *_: 0.1)
    monkeypatch.setattr("waystation.tasks.midjourney.handing.LOOK_SECONDS", (0.1, 0.1, 0.1))


def job_of(proxy: FakeProxy, prompt: str) -> Job:
    return next(job for job in proxy.jobs if job.fields["prompt"] == prompt)


async def test_a_restart_in_each_status(begin: Begin, proxy: FakeProxy) -> None:
    studio = await begin([channel("mj", proxy.url)])
    ids = {"submitted": await studio.made("submitted"), "going": await studio.made("going")}
    parent = await studio.made("parent")
    await until(lambda: len(proxy.jobs) == 3)
    job_of(proxy, "going").move("IN_PROGRESS", "30%")
    job_of(proxy, "parent").finish()
    await studio.task(ids["going"], "IN_PROGRESS")
    await studio.task(ids["submitted"], "SUBMITTED")
    await studio.task(parent, "SUCCESS")
    await studio.settled(parent)
    ids["window"] = (await studio.action(parent, "MJ::CustomZoom::h"))["result"]
    ids["lost"] = await cut_off_in_a_submit(studio, proxy)
    ids["waiting"] = await studio.made("waiting")
    over = {state: await studio.made(state) for state in OVER}
    for state, task_id in over.items():  # ended, and the ledger was not told yet
        await end_unsettled(studio, task_id, state)
    await studio.start_runner()
    await until(lambda: len(proxy.jobs) == 5)
    assert (await studio.fetch(ids["window"]))["status"] == "MODAL"
    assert (await studio.task(ids["going"], "IN_PROGRESS"))["progress"] == "30%"
    assert (await studio.submit("modal", taskId=ids["window"], prompt="zoomed"))["code"] == 1
    await until(lambda: len(proxy.jobs) == 6)
    for job in proxy.jobs:
        job.finish()
    for task_id in ids.values():
        await studio.task(task_id, "SUCCESS")
        assert (await studio.settled(task_id)).settle == "posted"
    for state, task_id in over.items():
        row = await studio.settled(task_id)
        assert (row.state, row.settle) == (state, OVER[state])
    sent = Counter(seen.body.get("prompt", "") for seen in proxy.submits())
    once = ("submitted", "going", "waiting", "lost", "parent")
    assert all(sent[prompt] == 1 for prompt in once), sent
    paid = len(ids) + 2  # the parent, and the one that had succeeded
    account = await studio.station.account()
    assert (account.spent, account.held) == (paid * NANOS, 0)


async def cut_off_in_a_submit(studio: Studio, proxy: FakeProxy) -> str:
    """The runner dies while the upstream has the submit and has not answered it."""
    reached, never = asyncio.Event(), asyncio.Event()

    async def slow(fake: FakeProxy, body: dict[str, object]) -> object:
        fake.add("imagine", body)
        reached.set()
        await never.wait()
        return fake.raw(500, b"")

    proxy.on_submit(slow)
    task_id = await studio.made("lost")
    await asyncio.wait_for(reached.wait(), 10)
    await studio.stop_runner()
    never.set()
    assert (await studio.row(task_id)).state == "SUBMITTING"
    return task_id


async def end_unsettled(studio: Studio, task_id: str, state: str) -> None:
    task = await studio.row(task_id)
    if state == "SUCCESS":
        bill = read_memo(task).places[0].bill()
        await studio.workshop.store.change(task, Change(state="SUCCESS", bill=bill))
    else:
        await studio.workshop.store.change(task, Change(state=state, fail_reason="no"))  # type: ignore[arg-type]
    assert (await studio.row(task_id)).settle == ("post" if state == "SUCCESS" else "void")
