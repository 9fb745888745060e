"""What is put off to the end of the loop's turn."""

import asyncio

from waystation.kernel.turn import ACTS_MAX, Turn


async def test_acts_wait_for_the_end_and_keep_their_order() -> None:
    turn, done = Turn(), []
    for number in range(3):
        turn.later(lambda number=number: done.append(number))  # type: ignore[misc]
    assert done == []
    await asyncio.sleep(0)
    assert done == [0, 1, 2]


async def test_what_an_act_puts_off_is_of_the_next_turn() -> None:
    turn, done = Turn(), []

    def again() -> None:
        done.append("first")
        turn.later(lambda: done.append("second"))

    turn.later(again)
    await asyncio.sleep(0)
    assert done == ["first"]
    await asyncio.sleep(0)
    assert done == ["first", "second"]


async def test_one_that_raises_stops_no_other() -> None:
    turn, done, told = Turn(), [], []

    def breaks() -> None:
        raise OSError("no such socket")

    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    turn.later(breaks)
    turn.later(lambda: done.append("after"))
    await asyncio.sleep(0)
    assert done == ["after"]
    assert [str(context["exception"]) for context in told] == ["no such socket"]


async def test_a_few_do_not_wait_for_more() -> None:
    turn, done = Turn(), []
    for number in range(ACTS_MAX + 1):
        turn.later(lambda number=number: done.append(number))  # type: ignore[misc]
    assert done == list(range(ACTS_MAX))
    await asyncio.sleep(0)
    assert done == list(range(ACTS_MAX + 1))
