"""As many at once as the channel and the account may have; the rest in line, in their order."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import SECONDS_MAX, Studio, until
from tests.midjourney.test_fallback import drawn
from tests.midjourney_emulated.easel import Easel
from waystation.ledger.client import LedgerClient
from waystation.ledger.messages import Granted, TakeSlot

pytestmark = pytest.mark.untraced

TWO = {"concurrency": 2}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same order of things, in less time."""
    monkeypatch.setattr("waystation.tasks.midjourney.turns.WAIT_SECONDS", 0.1)
    monkeypatch.setattr("waystation.tasks.midjourney.turns.WAIT_SECONDS_MAX", 0.3)
    monkeypatch.setattr("waystation.tasks.midjourney.kind.Midjourney.pace", lambda *_: 0.1)


def number_of(studio: Studio) -> int:
    """Of the channel "mj"."""
    directory = studio.workshop.directory
    assert directory is not None
    return next(n for n, one in directory.snapshot.channels.items() if one.name == "mj")


async def room(studio: Studio, concurrency: int) -> bool:
    """Whether a request of the relay would have a place on the channel."""
    ledger = studio.station.gateway.site.ledger
    slot = TakeSlot("a-request/1", number_of(studio), 0, concurrency, 0, 0, 0)
    taken = isinstance(await ledger.take_slot(slot), Granted)
    ledger.give_slot(slot.slot_id)
    return taken


def prompts(proxy: FakeProxy) -> list[str]:
    return [seen.body["prompt"] for seen in proxy.submits()]


async def test_a_channel_has_its_number_of_tasks_and_the_rest_wait_in_order(
    begin: Begin, proxy: FakeProxy
) -> None:
    studio = await begin([channel("mj", proxy.url, limits=TWO)], midjourney={"queue": 4})
    told = [await studio.imagine(f"cat {n}") for n in range(6)]
    assert [one["code"] for one in told] == [1] * 6
    ahead = [one["properties"].get("numberOfQueues", 0) for one in told]
    assert ahead == [0, 0, 1, 2, 3, 4]
    full = await studio.imagine("one too many")
    assert (full["code"], full["result"]) == (23, None)
    await until(lambda: len(proxy.jobs) == 2)
    queue = (await studio.get("/mj/task/queue")).json()
    assert {task["id"] for task in queue} == {one["result"] for one in told}
    assert not await room(studio, 2)
    for number in range(6):
        await until(lambda number=number: len(proxy.jobs) == min(6, number + 2))
        await asyncio.sleep(0.3)  # nobody else begins meanwhile
        assert len(proxy.jobs) == min(6, number + 2)
        proxy.jobs[prompts(proxy).index(f"cat {number}")].finish()  # the first two race
        await studio.task(told[number]["result"], "SUCCESS")
    asked = prompts(proxy)
    assert [*sorted(asked[:2]), *asked[2:]] == [f"cat {n}" for n in range(6)]
    await until_room(studio, True, 1)  # given back a moment after the task has ended


async def test_places_are_shared_with_the_relays_requests(begin: Begin, proxy: FakeProxy) -> None:
    studio = await begin([channel("mj", proxy.url, limits=TWO)])
    ledger = studio.station.gateway.site.ledger
    slots = [TakeSlot(f"request/{n}", number_of(studio), 0, 2, 0, 0, 0) for n in range(2)]
    for slot in slots:
        assert isinstance(await ledger.take_slot(slot), Granted)
    task_id = await studio.made()
    await asyncio.sleep(0.5)
    assert proxy.jobs == []
    assert (await studio.fetch(task_id))["status"] == "NOT_START"
    ledger.give_slot(slots[0].slot_id)
    await studio.task(task_id, "SUBMITTED")
    ledger.give_slot(slots[1].slot_id)


@pytest.mark.parametrize("end", ["FAILURE", "CANCEL", "lost"])
async def test_every_end_frees_the_place(begin: Begin, proxy: FakeProxy, end: str) -> None:
    studio = await begin([channel("mj", proxy.url, limits={"concurrency": 1})])
    task_id = await studio.made("first")
    await studio.task(task_id, "SUBMITTED")
    other = await studio.made("second")
    if end == "lost":
        proxy.hide(proxy.jobs[0].id)
    else:
        proxy.jobs[0].move(end)
    await studio.task(task_id, "CANCEL" if end == "CANCEL" else "FAILURE")
    await studio.task(other, "SUBMITTED")


async def test_a_refused_submit_gives_its_place_back(begin: Begin, proxy: FakeProxy) -> None:
    studio = await begin([channel("mj", proxy.url, limits={"concurrency": 1})])
    proxy.on_submit(proxy.says(4), proxy.says(23))
    await studio.task(await studio.made("bad"), "FAILURE")
    await studio.task(await studio.made("busy, then taken"), "SUBMITTED")
    assert not await room(studio, 1)


async def test_places_outlive_a_runner(begin: Begin, proxy: FakeProxy, tmp_path: Path) -> None:
    """One that dies gives its places up; whoever has its tasks next has them again."""
    studio = await begin([channel("mj", proxy.url, limits=TWO)])
    ids = [await studio.made() for _ in range(3)]
    await until(lambda: len(proxy.jobs) == 2)
    ledger = studio.workshop.ledger
    assert isinstance(ledger, LedgerClient)
    await studio.stop_runner()
    studio.workshop.slots.close()
    await until_room(studio, True)
    await studio.start_runner()
    await until_room(studio, False)
    assert len(proxy.jobs) == 2
    for job in list(proxy.jobs):
        job.finish()
    await asyncio.gather(*(studio.task(one, "SUCCESS") for one in ids[:2]))
    await studio.task(ids[2], "SUBMITTED")


async def until_room(studio: Studio, wanted: bool, concurrency: int = 2) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while await room(studio, concurrency) is not wanted:
            await asyncio.sleep(0.02)


async def test_an_account_has_its_number_of_tasks(begin: Begin, proxy: FakeProxy) -> None:
    options = {"account_concurrency": 2, "account_queue": 2}
    studio = await begin([channel("mj", proxy.url)], midjourney=options)
    told = [await studio.imagine(f"cat {n}") for n in range(4)]
    assert [one["code"] for one in told] == [1] * 4
    assert [one["properties"].get("numberOfQueues", 0) for one in told] == [0, 0, 1, 2]
    over = await studio.imagine("one too many")
    assert (over["code"], over["description"]) == (4, "队列数已达上限")
    await until(lambda: len(proxy.jobs) == 2)
    await asyncio.sleep(0.5)
    assert sorted(prompts(proxy)) == ["cat 0", "cat 1"]
    await finish(studio, proxy, told[:2])
    await until(lambda: len(proxy.jobs) == 4)
    assert sorted(prompts(proxy)[2:]) == ["cat 2", "cat 3"]


async def finish(studio: Studio, proxy: FakeProxy, told: Sequence[dict[str, Any]]) -> None:
    for job in list(proxy.jobs):
        job.finish()
    for one in told:
        await studio.task(one["result"], "SUCCESS")


async def test_who_waits_for_his_account_keeps_nobody_elses_place(
    begin: Begin, proxy: FakeProxy
) -> None:
    """Two channels' lines: the account's waiting tasks stand in neither."""
    options = {"account_concurrency": 1, "account_queue": 5}
    studio = await begin([channel("mj", proxy.url, limits=TWO)], midjourney=options)
    ids = [await studio.made(f"cat {n}") for n in range(4)]
    await until(lambda: len(proxy.jobs) == 1)
    number = number_of(studio)
    async with asyncio.timeout(SECONDS_MAX):
        while [(await studio.row(one)).channel_id for one in ids] != [number, 0, 0, 0]:
            await asyncio.sleep(0.02)
    proxy.jobs[0].finish()
    await studio.task(ids[1], "SUBMITTED")
    assert (await studio.row(ids[1])).channel_id == number


async def test_what_is_drawn_has_a_place_for_each_call(begin: Begin) -> None:
    """One call at a time and one task after the other, where the channel has one place."""
    with Easel() as easel:
        studio = await begin([drawn("mj", easel.url, limits={"concurrency": 1})])
        seeds = range(10, 14)
        easel.hold(*seeds)
        first = await studio.made("a fox --seed 10")
        second = await studio.made("a hen --seed 50")
        for number in range(1, 5):
            await until(lambda number=number: len(easel.calls) == number)
            assert not await room(studio, 1)
            await asyncio.sleep(0.3)
            assert len(easel.calls) == number
            easel.release(easel.calls[-1]["seed"])
        await studio.task(first, "SUCCESS")
        await studio.task(second, "SUCCESS")
        assert {call["seed"] for call in easel.calls[:4]} == set(seeds)
        assert {call["seed"] for call in easel.calls[4:]} == {50, 51, 52, 53}
        await until_room(studio, True, 1)
