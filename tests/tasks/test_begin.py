"""The hold first, then the row: whatever happens in between, no money stays behind."""

import asyncio
import itertools
from typing import Any

import msgspec
import pytest

from tests.tasks.plant import CREDIT_NANOS, Plant, facts, order
from waystation.errors import Fault
from waystation.ledger.messages import Admitted, Hold
from waystation.storage.database import StorageAway
from waystation.tasks.begin import made
from waystation.tasks.settle import Settler
from waystation.tasks.store import Overtaken, TaskExists
from waystation.tasks.sweep import Sweep
from waystation.tasks.task import Change, Request


def sweep_of(plant: Plant, after_seconds: float = -1.0) -> Sweep:
    """By default of what was begun in this very millisecond, too."""
    settler = Settler(plant.store, plant.ledger)
    return Sweep(plant.store, plant.ledger, settler, after_seconds)


async def test_a_task_has_a_hold_of_its_own_id(plant: Plant) -> None:
    begun = await plant.beginnings.begin(order(700))
    assert not begun.repeated
    assert begun.task.hold_id == begun.task.id
    assert await plant.account() == (CREDIT_NANOS, 700)
    assert await plant.read(begun.task.id) == begun.task
    await plant.check(open_holds=1)
    cancelled = await plant.beginnings.cancel(begun.task)
    assert (cancelled.state, cancelled.settle) == ("CANCEL", "voided")
    assert await plant.account() == (CREDIT_NANOS, 0)
    row = (await plant.row_of(cancelled)).row
    assert row is not None
    assert (row.status, row.code, row.nanos) == (499, "cancelled", 0)
    with pytest.raises(Overtaken):
        await plant.beginnings.cancel(cancelled)
    await plant.check()


async def test_no_money_no_row(plant: Plant) -> None:
    with pytest.raises(Fault) as refused:
        await plant.beginnings.begin(order(CREDIT_NANOS + 1))
    assert refused.value.status == 402
    assert await plant.store.page(1) == []


async def test_of_many_at_once_only_as_many_as_there_is_money_for(plant: Plant) -> None:
    part = CREDIT_NANOS // 10
    outcomes = await asyncio.gather(
        *(plant.beginnings.begin(order(part)) for _ in range(40)), return_exceptions=True
    )
    good = [each for each in outcomes if not isinstance(each, BaseException)]
    assert len(good) == 10
    assert all(each.status == 402 for each in outcomes if isinstance(each, Fault))
    assert len(await plant.store.page(1)) == 10
    await plant.check(open_holds=10)


async def test_an_id_that_somebody_else_drew_is_drawn_again(plant: Plant) -> None:
    first = await plant.beginnings.begin(order(), draw=lambda: "1730621718151844")
    ids = iter(["1730621718151844", "1730621718151844", "1730621718151845"])
    second = await plant.beginnings.begin(order(), draw=lambda: next(ids))
    assert second.task.id == "1730621718151845"
    modal_ids = iter(["1730621718151845", "1730621718151846"])
    modal = await plant.beginnings.begin_modal(order(), draw=lambda: next(modal_ids))
    assert modal.id == "1730621718151846"
    # A hold of that id is possible, for a modal has none; its row is not.
    ids = itertools.chain(["1730621718151846"], ["1730621718151847"])
    third = await plant.beginnings.begin(order(), draw=lambda: next(ids))
    assert third.task.id == "1730621718151847"
    await plant.ledger.settled(5)
    assert await plant.account() == (CREDIT_NANOS, 3000)
    assert first.task.id == "1730621718151844"
    with pytest.raises(Fault):
        await plant.beginnings.begin(order(), draw=lambda: "1730621718151844")
    await plant.check(open_holds=3)


async def test_a_repeat_gives_the_first_task(plant: Plant) -> None:
    key = ("order-17", "digest")
    first = await plant.beginnings.begin(order(idempotency=key))
    again = await plant.beginnings.begin(order(idempotency=key))
    assert again.repeated
    assert again.task == first.task
    with pytest.raises(Fault) as refused:
        await plant.beginnings.begin(order(idempotency=("order-17", "another body")))
    assert refused.value.status == 422


async def test_a_hold_without_a_row_is_swept_once_and_its_gateway_finds_its_place_taken(
    plant: Plant,
) -> None:
    asked = Hold("late", 1, 1, "default", 500, 500, 0, 0, False, facts(), "task")
    assert isinstance(await plant.ledger.admit(asked), Admitted)
    assert await sweep_of(plant, 60.0).sweep() == (0, 0)
    found = await asyncio.gather(*(sweep_of(plant).sweep() for _ in range(4)))
    assert sum(given_up for given_up, _ in found) == 1
    assert await plant.account() == (CREDIT_NANOS, 0)
    with pytest.raises(TaskExists):
        await plant.store.insert(*_row_of(asked))
    assert await plant.store.get("late") is None


def _row_of(asked: Hold) -> Any:
    return made(asked.id, order(500), 500), Request(b"{}")


async def test_a_store_that_is_away_costs_nothing(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StorageAway("the disk is full")

    monkeypatch.setattr(plant.store, "insert", away)
    with pytest.raises(Fault) as refused:
        await plant.beginnings.begin(order())
    assert refused.value.status == 503
    await plant.ledger.settled(5)
    assert await plant.account() == (CREDIT_NANOS, 0)
    await plant.check()


async def test_a_modal_holds_nothing_until_it_is_confirmed_once(plant: Plant) -> None:
    modal = await plant.beginnings.begin_modal(order(800, action="INPAINT"))
    assert await plant.account() == (CREDIT_NANOS, 0)
    change = Change(memo={"mask": "x"})
    outcomes = await asyncio.gather(
        *(plant.beginnings.confirm(modal, facts(), 800, change) for _ in range(5)),
        return_exceptions=True,
    )
    won = [each for each in outcomes if not isinstance(each, BaseException)]
    assert len(won) == 1
    assert all(isinstance(each, Overtaken) for each in outcomes if each is not won[0])
    await plant.ledger.settled(5)
    task = await plant.read(modal.id)
    assert (task.state, task.memo, task.hold_nanos) == ("NOT_START", {"mask": "x"}, 800)
    assert task.due_at_ms is not None
    assert await plant.account() == (CREDIT_NANOS, 800)
    await plant.check(open_holds=1)
    await plant.beginnings.cancel(task)
    await plant.check()


async def test_a_hold_of_a_modal_whose_gateway_died_before_the_row_is_swept(plant: Plant) -> None:
    modal = await plant.beginnings.begin_modal(order(800))
    asked = Hold(f"{modal.id}.r1", 1, 1, "default", 800, 800, 0, 0, False, facts(), "task")
    await plant.ledger.admit(asked)
    assert await sweep_of(plant).sweep() == (1, 0)
    assert await plant.account() == (CREDIT_NANOS, 0)
    task = await plant.beginnings.confirm(modal, facts(), 800, Change())
    assert task.state == "NOT_START"
    await plant.check(open_holds=1)


async def test_what_the_ledger_forgot_is_settled_again(plant: Plant) -> None:
    """The ledger's store came from an older copy: the hold is open there, the row says posted."""
    task = (await plant.beginnings.begin(order(600))).task
    done = await plant.store.change(task, Change(state="CANCEL", fail_code="cancelled"))
    forged = msgspec.structs.replace(done, settle="voided", row_version=done.row_version + 1)
    await plant.store.put(done, forged)
    assert await sweep_of(plant).sweep() == (0, 1)
    assert await plant.account() == (CREDIT_NANOS, 0)
    assert (await plant.read(task.id)).settle == "voided"
    await plant.check()
