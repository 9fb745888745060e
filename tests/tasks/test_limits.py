"""Limits that rows are counted against where they are written, by processes that race."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.tasks.making import task
from tests.tasks.plant import CREDIT_NANOS, Plant, facts, order
from tests.tasks.processes import Children, children
from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.tasks.limits import Counted, Limit, NoRoom
from waystation.tasks.settle import Settler
from waystation.tasks.store import TaskStore
from waystation.tasks.sweep import Sweep
from waystation.tasks.task import Change, Request

MOST = 7


@pytest.fixture
def crew() -> Iterator[Children]:
    with children() as made:
        yield made


@pytest.mark.parametrize(
    ("most", "nanos"),
    [pytest.param(MOST, 10, id="limit"), pytest.param(1000, CREDIT_NANOS // MOST, id="money")],
)
async def test_two_processes_make_exactly_as_many_as_may_be(
    plant: Plant, crew: Children, most: int, nanos: int
) -> None:
    places = (plant.place, plant.socket)
    racers = await asyncio.gather(
        *(crew.start("racer", *places, f"racer-{number}", most, nanos) for number in range(2))
    )
    # Both are at it for a while after the last place was taken.
    await asyncio.gather(*(racer.hear_at_least("full", 10) for racer in racers))
    async with asyncio.timeout(10):
        while len(await plant.store.page(1, kinds=("slow",))) < MOST:
            await asyncio.sleep(0.02)
    said = [word for racer in racers for word in crew.kill(racer)]
    made = [word for word in said if word != "full"]
    stored = await plant.store.page(1, kinds=("slow",))
    assert len(stored) == MOST
    assert len(made) == len(set(made))
    assert set(made) <= {one.id for one in stored}
    sweep = Sweep(plant.store, plant.ledger, Settler(plant.store, plant.ledger), 0.0)
    async with asyncio.timeout(10):
        while await plant.account() != (CREDIT_NANOS, MOST * nanos):
            await sweep.sweep()  # holds of those that were killed on their way
            await asyncio.sleep(0.02)


def limit(most: int, counted: Counted = "open", **more: object) -> Limit:
    return Limit("L", "account", 1, most, counted, "slow", **more)  # type: ignore[arg-type]


async def test_within_one_batch_too(plant: Plant) -> None:
    asked = [order(10, limits=(limit(3),)) for _ in range(9)]
    told = await asyncio.gather(
        *(plant.beginnings.begin(one) for one in asked), return_exceptions=True
    )
    assert sum(isinstance(one, NoRoom) for one in told) == 6
    await plant.ledger.settled(5)
    assert await plant.account() == (CREDIT_NANOS, 30)
    await plant.check(open_holds=3)


async def test_a_confirmed_window_counts_from_then_on(plant: Plant) -> None:
    windows = [await plant.beginnings.begin_modal(order(10)) for _ in range(2)]
    await plant.beginnings.begin(order(10, limits=(limit(2),)))
    told = await asyncio.gather(
        *(
            plant.beginnings.confirm(one, facts(), 10, Change(), limits=(limit(2),))
            for one in windows
        ),
        return_exceptions=True,
    )
    assert [type(one) for one in told if isinstance(one, BaseException)] == [NoRoom]
    states = sorted([(await plant.read(one.id)).state for one in windows])
    assert states == ["MODAL", "NOT_START"]
    await plant.ledger.settled(5)
    await plant.check(open_holds=2)


async def test_what_counts(store: Database) -> None:
    tasks = TaskStore(store)
    now = now_ms()
    rows = [
        ("NOT_START", 1, "slow", 3, now),
        ("SUBMITTED", 1, "slow", 3, now),
        ("SUCCESS", 1, "slow", 3, now),
        ("SUCCESS", 1, "slow", 3, now - 10_000),
        ("FAILURE", 1, "slow", 3, now),
        ("CANCEL", 1, "slow", 3, now),
        ("MODAL", 1, "slow", 3, now),
        ("IN_PROGRESS", 2, "slow", 3, now),
        ("IN_PROGRESS", 1, "other", 4, now),
        ("NOT_START", 1, "void", 3, now),  # says only that a hold was given up
    ]
    made = []
    for state, account, kind, channel, created in rows:
        final = state in ("SUCCESS", "FAILURE", "CANCEL")
        row = task(
            state=state, account_id=account, kind=kind, channel_id=channel, created_ms=created,
            finished_ms=now if final else 0,
        )  # fmt: skip
        await tasks.insert(row, Request(b"{}"))
        made.append(row)
    cases = {
        limit(9): 2,
        limit(9, "waiting"): 1,
        limit(9, "begun"): 4,
        limit(9, "begun", since_ms=now - 5_000): 3,
        Limit("L", "channel", 3, 9): 3,
        Limit("L", "channel", 4, 9): 1,
        Limit("L", "channel", 5, 9): 0,
    }
    for one, count in cases.items():
        assert await tasks.counted(one) == count, one
        assert sum(one.counts(row) for row in made if row.kind != "void") == count, one
