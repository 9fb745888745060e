"""Holds whose gateway has died, or came back without them."""

from tests.ledger.scene import (
    USD,
    Desk,
    balance,
    hold,
    post,
)
from waystation.ledger.books import Lose, SweepAbsent, SweepBoot
from waystation.ledger.messages import (
    Admitted,
    Checkpoint,
    Extend,
    Hello,
    Refused,
    Resolved,
    Sent,
    Swept,
)
from waystation.ledger.questions import AskRow


async def test_death_of_a_gateway(desk: Desk) -> None:
    await desk.fund()
    names = ("unsent", "prompt", "metered", "beyond", "withdrawn")
    holds = {name: hold(name, 1_000, sent=name != "unsent", prompt_nanos=100) for name in names}
    task = hold("task", owner="task", sent=True)
    await desk.say(*holds.values(), task)
    await desk.say(
        Checkpoint("metered", 400),
        Checkpoint("metered", 300),
        Checkpoint("beyond", 5_000),
        Sent("withdrawn", False),
    )
    await desk.one(Lose("other"))
    assert (await balance(desk))[1] == 6_000
    await desk.one(Lose("g1"))
    assert await balance(desk) == (USD - 100 - 400 - 1_000, 1_000)
    late = await desk.say(*(post(holds[name], 999) for name in names))
    assert late == [
        Resolved("unsent", "expire", 0),
        Resolved("prompt", "post", 100),
        Resolved("metered", "post", 400),
        Resolved("beyond", "post", 1_000),
        Resolved("withdrawn", "expire", 0),
    ]
    state = await desk.one(AskRow("q", 1, holds["metered"].facts.request_id))
    assert (state.row.end, state.row.nanos, state.row.exact) == ("gateway_lost", 400, False)
    report = await desk.assert_clean()
    assert (report["open_holds"], report["inexact"], report["expired"]) == (1, 3, 2)


async def test_a_checkpoint_is_capped_at_the_hold_of_its_moment(desk: Desk) -> None:
    await desk.fund()
    asked = hold("h1", 1_000, sent=True)
    await desk.say(asked, Checkpoint("h1", 5_000), Extend("h1", 1, 700), Lose("g1"))
    assert await desk.one(post(asked, 9)) == Resolved("h1", "post", 1_000)


async def test_hello_resolves_what_it_does_not_list(desk: Desk) -> None:
    await desk.fund()
    kept, left, ended = hold("kept"), hold("left", sent=True), hold("ended")
    await desk.say(kept, left, ended)
    await desk.one(post(ended, 5))
    answer = await desk.one(Hello("g1", "b1", ("kept", "ended", "never")))
    assert answer == Swept(("ended",))
    assert await desk.one(post(left, 999)) == Resolved("left", "post", 100)
    assert await desk.one(post(kept, 7)) == Resolved("kept", "post", 7)
    assert await desk.one(Hello("", "tool")) == Swept(())
    await desk.assert_clean()


async def test_sweeps_by_boot_and_by_absence(desk: Desk) -> None:
    await desk.fund()
    desk.boot = "old"
    await desk.say(hold("h1"), hold("adopted"), hold("task", owner="task"))
    desk.boot = "new"
    await desk.say(Hello("g1", "new", ("h1", "adopted")), hold("h2"))
    desk.boot = "old"
    desk.gateway = "g9"
    await desk.one(hold("h3"))
    await desk.one(SweepBoot("new"))
    assert await desk.one(Extend("h3", 1, 1)) == Refused("h3", "resolved")
    assert isinstance(await desk.one(Extend("h1", 1, 1)), Admitted)
    await desk.one(SweepAbsent(("g1",)))
    assert isinstance(await desk.one(Extend("h2", 1, 1)), Admitted)
    await desk.one(SweepAbsent(()))
    for name in ("h1", "h2", "adopted"):
        assert await desk.one(Extend(name, 2, 1)) == Refused(name, "resolved")
    assert isinstance(await desk.one(Extend("task", 1, 1)), Admitted)
    await desk.assert_clean()
