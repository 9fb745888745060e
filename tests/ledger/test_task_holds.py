"""Holds of tasks: listed for the sweep, told apart by their request, never another's."""

from tests.ledger.scene import Desk, hold, void
from waystation.ledger.books import Lose, SweepAbsent, SweepBoot
from waystation.ledger.messages import Admitted, Refused
from waystation.ledger.questions import AskOpenHolds, AskTaskHolds, OpenHolds, TaskHolds


async def test_open_holds_of_tasks_are_listed_page_by_page(desk: Desk) -> None:
    await desk.fund(10_000)
    made = [hold(f"t{number}", 100 + number, owner="task") for number in range(5)]
    await desk.say(hold("chat", 50), *made)
    early = desk.now_ms
    desk.now_ms += 10
    await desk.one(hold("late", 60, owner="task"))
    await desk.one(void(made[1]))
    first = await desk.one(AskTaskHolds("a", early + 1, 0, 3))
    assert isinstance(first, TaskHolds)
    assert [(each.hold_id, each.nanos) for each in first.holds] == [
        ("t0", 100), ("t2", 102), ("t3", 103),
    ]  # fmt: skip
    assert first.holds[0].facts == made[0].facts
    assert (first.holds[0].account_id, first.holds[0].token_id) == (1, 10)
    rest = await desk.one(AskTaskHolds("b", early + 1, first.holds[-1].n, 3))
    assert [each.hold_id for each in rest.holds] == ["t4"]
    asked = AskOpenHolds("c", ("t0", "t1", "chat", "never"))
    told = await desk.one(asked)
    assert isinstance(told, OpenHolds)
    assert set(told.hold_ids) == {"t0", "chat"}
    assert await desk.one(AskOpenHolds("d", ())) == OpenHolds("d", ())


async def test_no_death_ends_the_hold_of_a_task(desk: Desk) -> None:
    await desk.fund(10_000)
    await desk.one(hold("t", 100, owner="task"))
    await desk.say(Lose("g1"), SweepBoot("another"), SweepAbsent(()))
    assert (await desk.one(AskOpenHolds("a", ("t",)))).hold_ids == ("t",)
    await desk.assert_clean()


async def test_an_id_that_another_request_has_is_refused(desk: Desk) -> None:
    """Two gateways may draw the same task id: the second must not live on the first one's hold."""
    await desk.fund(10_000)
    mine, theirs = hold("1730621718151844", owner="task"), hold("1730621718151844", owner="task")
    assert await desk.one(mine) == Admitted(mine.id, 1000)
    assert await desk.one(theirs) == Refused(mine.id, "taken")
    assert await desk.one(mine) == Admitted(mine.id, 1000)
    await desk.one(void(mine))
    assert await desk.one(theirs) == Refused(mine.id, "resolved")
    await desk.assert_clean()
