"""A task's life in a runner: begun once, polled, settled; what happens when things go wrong."""

import asyncio
from typing import Any

import msgspec
import pytest

from tests.tasks.plant import CREDIT_NANOS, Plant, channel, order
from tests.tasks.slow import NANOS, Slow
from waystation.kernel.clock import now_ms
from waystation.storage.database import StorageAway
from waystation.tasks.kind import PollFailed
from waystation.tasks.settle import resolution
from waystation.tasks.store import TaskStore
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work

CHANNELS = (channel(),)
DONE = Change(state="SUCCESS", result={"url": "x"})


async def test_submitted_once_polled_posted_once(plant: Plant) -> None:
    slow = Slow()
    made = [(await plant.beginnings.begin(order())).task for _ in range(20)]
    async with plant.running(slow, channels=CHANNELS):
        for task in made:
            await plant.until(task.id, "SUBMITTED")
        for number, task in enumerate(made):
            slow.answers[task.id] = Change(state="IN_PROGRESS", progress=10 + number)
        await plant.until(made[0].id, "IN_PROGRESS")
        slow.answers = {task.id: DONE for task in made}
        ended = [await plant.until_settled(task.id) for task in made]
    assert slow.submits == {task.id: 1 for task in made}
    assert {task.settle for task in ended} == {"posted"}
    assert await plant.account() == (CREDIT_NANOS - 20 * NANOS, 0)
    row = (await plant.row_of(made[3])).row
    assert row is not None
    assert (row.status, row.end, row.nanos, row.channel_id) == (200, "complete", NANOS, 1)
    done = ended[0]
    assert done.created_ms <= done.submitted_ms <= done.started_ms <= done.finished_ms
    assert (done.progress, done.lease_owner, done.due_at_ms) == (100, "", None)
    await plant.check()


async def test_failure_frees_the_hold_and_says_why(plant: Plant) -> None:
    task = (await plant.beginnings.begin(order())).task
    slow = Slow(answers={})
    async with plant.running(slow, channels=CHANNELS):
        slow.answers[task.id] = Change(state="FAILURE", fail_code="upstream", fail_reason="no")
        await plant.until_settled(task.id)
    assert await plant.account() == (CREDIT_NANOS, 0)
    row = (await plant.row_of(task)).row
    assert row is not None
    assert (row.status, row.code, row.reason, row.nanos) == (502, "upstream", "no", 0)
    await plant.check()


async def test_a_late_success_is_kept_and_not_charged(plant: Plant) -> None:
    task = (await plant.beginnings.begin(order())).task
    slow = Slow(sent=Change(state="SUBMITTED", upstream_id="u", deadline_seconds=0.1))
    async with plant.running(slow, channels=CHANNELS):
        failed = await plant.until(task.id, "FAILURE")
        assert (failed.fail_code, failed.progress) == ("timeout", 100)
        await plant.until_settled(task.id)
        slow.answers[task.id] = DONE
        late = await plant.until(task.id, "SUCCESS")
    assert (late.settle, late.nanos, late.fail_reason) == ("voided", 0, "")
    assert await plant.account() == (CREDIT_NANOS, 0)
    await plant.check()


async def test_progress_never_falls_and_nothing_is_written_when_nothing_changed(
    plant: Plant,
) -> None:
    task = (await plant.beginnings.begin(order())).task
    slow = Slow(pace_seconds=0.01)
    slow.answers[task.id] = Change(state="IN_PROGRESS", progress=60)
    async with plant.running(slow, channels=CHANNELS):
        before = await plant.until(task.id, "IN_PROGRESS")
        slow.answers[task.id] = Change(progress=40)
        many = len(slow.polls)
        while len(slow.polls) < many + 5:
            await asyncio.sleep(0.01)
        assert await plant.read(task.id) == before


async def test_an_owners_fetch_brings_the_poll_forward(plant: Plant) -> None:
    task = (await plant.beginnings.begin(order())).task
    slow = Slow(pace_seconds=600.0)
    async with plant.running(slow, channels=CHANNELS) as runner:
        await plant.until(task.id, "SUBMITTED")
        while not len(runner._desk):
            await asyncio.sleep(0.01)
        slow.answers[task.id] = DONE
        plant.store.want(await plant.read(task.id))
        await plant.until(task.id, "SUCCESS")


async def test_one_channels_trouble_is_its_own(plant: Plant) -> None:
    class TwoSided(Slow):
        async def poll(self, channel: Any, tasks: Any) -> Any:
            if channel.id == 2:
                raise PollFailed("down")
            return await super().poll(channel, tasks)

        async def step(self, work: Work) -> Change:
            change = await super().step(work)
            return Change(state=change.state, upstream_id="u", channel_id=int(work.task.action))

    slow = TwoSided()
    good = (await plant.beginnings.begin(order(action="1"))).task
    bad = (await plant.beginnings.begin(order(action="2"))).task
    slow.answers = {good.id: DONE, bad.id: DONE}
    async with plant.running(slow, channels=(channel(1), channel(2, "c2"))):
        await plant.until(good.id, "SUCCESS")
        assert (await plant.read(bad.id)).state == "SUBMITTED"


async def test_a_channel_that_is_gone_fails_its_tasks(plant: Plant) -> None:
    task = (await plant.beginnings.begin(order())).task
    async with plant.running(Slow(), channels=()):
        failed = await plant.until(task.id, "FAILURE")
        assert failed.fail_code == "channel_removed"
        await plant.until_settled(task.id)
    await plant.check()


async def test_a_task_whose_hold_was_given_up_is_never_sent(plant: Plant) -> None:
    task = (await plant.beginnings.begin(order())).task

    await plant.ledger.settle(resolution(msgspec.structs.replace(task, settle="void")))
    slow = Slow()
    async with plant.running(slow, channels=CHANNELS):
        failed = await plant.until(task.id, "FAILURE")
        await plant.until_settled(task.id)
    assert failed.fail_code == "hold_lost"
    assert slow.submits == {}
    await plant.check()


async def test_a_mistake_in_a_step_ends_that_task_alone(plant: Plant) -> None:
    async def act(work: Work) -> Change:
        if work.task.action == "bad":
            raise ZeroDivisionError
        if work.task.action == "way":
            return Change(state="MODAL")
        return Change(state="SUCCESS")

    bad = (await plant.beginnings.begin(order(action="bad"))).task
    way = (await plant.beginnings.begin(order(action="way"))).task
    good = (await plant.beginnings.begin(order(action="good"))).task
    async with plant.running(Slow(act=act)):
        assert (await plant.until(bad.id, "FAILURE")).fail_code == "internal"
        assert (await plant.until(way.id, "FAILURE")).fail_code == "internal"
        await plant.until(good.id, "SUCCESS")
        for task in (bad, way, good):
            await plant.until_settled(task.id)
    await plant.check()


async def test_a_step_ends_at_its_deadline(plant: Plant) -> None:
    async def act(work: Work) -> Change:
        await work.change(Change(state="SUBMITTING", deadline_seconds=0.1))
        await asyncio.sleep(600)
        return DONE

    task = (await plant.beginnings.begin(order())).task
    async with plant.running(Slow(act=act)):
        failed = await plant.until(task.id, "FAILURE")
        await plant.until_settled(task.id)
    assert failed.fail_code == "timeout"
    await plant.check()


async def test_a_cancelled_task_is_not_begun(plant: Plant) -> None:
    """Between the claim and the first byte: the compare and set decides."""
    reached, go = asyncio.Event(), asyncio.Event()
    sent = []

    async def act(work: Work) -> Change:
        reached.set()
        await go.wait()
        await work.change(Change(state="SUBMITTING"))
        sent.append(work.task.id)
        return DONE

    task = (await plant.beginnings.begin(order())).task
    async with plant.running(Slow(act=act)):
        await reached.wait()
        cancelled = await plant.beginnings.cancel(await plant.read(task.id))
        go.set()
        await asyncio.sleep(0.1)
    assert (cancelled.state, sent) == ("CANCEL", [])
    await plant.check()


async def test_a_task_without_a_place_waits_and_comes_again(plant: Plant) -> None:
    tries = []

    async def act(work: Work) -> Change:
        tries.append(now_ms())
        return Change(due_seconds=0.05) if len(tries) < 3 else DONE

    task = (await plant.beginnings.begin(order())).task
    async with plant.running(Slow(act=act)):
        await plant.until_settled(task.id)
    assert len(tries) == 3


async def test_a_modal_that_nobody_answers_ends(plant: Plant) -> None:
    task = await plant.beginnings.begin_modal(order(seconds_max=0.2))
    async with plant.running(Slow()):
        ended = await plant.until(task.id, "CANCEL")
    assert ended.fail_reason == "no word came"
    await plant.check()


async def test_results_wait_for_a_store_that_is_away(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = (await plant.beginnings.begin(order())).task
    slow = Slow(answers={task.id: DONE})
    put, broken = TaskStore.put, 3

    async def fragile(self: TaskStore, before: Task, after: Task, url: str = "") -> Task:
        nonlocal broken
        if after.state == "SUCCESS" and broken:
            broken -= 1
            raise StorageAway("no room")
        return await put(self, before, after, url)

    monkeypatch.setattr(TaskStore, "put", fragile)
    async with plant.running(slow, channels=CHANNELS):
        await plant.until_settled(task.id)
    assert broken == 0
    assert slow.submits[task.id] == 1
    await plant.check()


async def test_a_ledger_that_is_away_delays_and_loses_nothing(plant: Plant) -> None:
    waiting = (await plant.beginnings.begin(order())).task
    running = (await plant.beginnings.begin(order())).task
    slow = Slow()
    async with plant.running(slow, channels=CHANNELS):
        await plant.until(waiting.id, "SUBMITTED")
        await plant.until(running.id, "SUBMITTED")
        await plant.server.stop()
        slow.answers = {running.id: DONE, waiting.id: Change(state="FAILURE", fail_reason="x")}
        await plant.until(running.id, "SUCCESS")
        await plant.until(waiting.id, "FAILURE")
        await plant.start_ledger()
        await plant.ledger.wait_present(10)
        assert (await plant.until_settled(running.id)).settle == "posted"
        assert (await plant.until_settled(waiting.id)).settle == "voided"
    await plant.check()


async def test_two_runners_share_and_a_dead_ones_tasks_are_taken_over(plant: Plant) -> None:
    slow, other = Slow(), Slow()
    made = [(await plant.beginnings.begin(order())).task for _ in range(10)]
    async with plant.running(slow, channels=CHANNELS, alive_seconds=0.5) as runner:
        for task in made:
            await plant.until(task.id, "SUBMITTED")
        # It stays silent from here on, as a stopped process does.
        runner._leases.renew = _never  # type: ignore[method-assign]
        async with plant.running(other, channels=CHANNELS, alive_seconds=0.5):
            other.answers = {task.id: DONE for task in made}
            for task in made:
                assert (await plant.until_settled(task.id)).settle == "posted"
            assert slow.submits == {task.id: 1 for task in made}
            assert other.submits == {}
    await plant.check()


async def _never() -> bool:
    await asyncio.sleep(3600)
    return True
