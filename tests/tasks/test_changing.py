"""The state machine by itself: every way that there is, and no other; what each step leaves."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tasks.making import task
from waystation.tasks.changing import changed
from waystation.tasks.states import FINAL, LEGAL, IllegalTransition, State, rank, shown
from waystation.tasks.task import Bill, Change, Task

STATES: tuple[State, ...] = get_args(State)
BILL = Bill(nanos=5, group="g", rate="2", price_version="v", parts=(("call", 1, "0.1"),))
NOW = 1_000_000


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_every_pair_of_states(before: State, after: State) -> None:
    made = task(state=before)
    if after == before or after in LEGAL[before]:
        assert changed(made, Change(state=after), NOW).state == after
    else:
        with pytest.raises(IllegalTransition):
            changed(made, Change(state=after), NOW)


CHANGES = st.builds(
    Change,
    state=st.none() | st.sampled_from(STATES),
    progress=st.none() | st.integers(-5, 200),
    bill=st.none() | st.just(BILL),
    memo=st.none() | st.dictionaries(st.sampled_from("ab"), st.integers()),
    due_seconds=st.none() | st.floats(0, 100),
    deadline_seconds=st.none() | st.floats(0, 100),
    late_seconds=st.none() | st.just(60.0),
    fail_reason=st.none() | st.just("no"),
)


@given(st.lists(CHANGES, max_size=12), st.booleans())
def test_whatever_is_asked_the_row_stays_sound(changes: list[Change], held: bool) -> None:
    now, at = NOW, task(hold_id="h" if held else None, created_ms=NOW, deadline_ms=NOW + 1)
    for change in changes:
        now += 10
        try:
            after = changed(at, change, now)
        except IllegalTransition:
            continue
        check(at, after, now)
        at = after


def check(before: Task, after: Task, now: int) -> None:
    assert after.row_version == before.row_version + (after is not before)
    assert before.progress <= after.progress <= 100
    assert rank(after.state, after.progress) >= rank(before.state, before.progress) or (
        after.state in ("NOT_START", "MODAL") or before.state == "SUBMITTED"
    )
    if after.state in FINAL:
        assert after.finished_ms
        if after.hold_id is not None:
            assert after.settle in ("post", "void")
        if after.deadline_ms is None:
            assert after.due_at_ms is None
    if before.settle:
        assert after.settle == before.settle  # the first word about money stands
    if after.hold_id is None:
        assert after.settle == ""
    if after.state == "SUCCESS":
        assert after.submitted_ms
        assert after.progress == 100
    assert shown(after.state) != "SUBMITTING"


def test_memo_and_result_grow_field_by_field() -> None:
    made = changed(task(memo={"a": 1}), Change(memo={"b": 2}, result={"x": 1}), NOW)
    assert (made.memo, made.result) == ({"a": 1, "b": 2}, {"x": 1})
    assert changed(made, Change(memo={"b": 2}), NOW) is made


def test_a_late_success_keeps_the_void() -> None:
    failed = changed(task(), Change(state="FAILURE", late_seconds=60), NOW)
    assert (failed.settle, failed.due_at_ms, failed.deadline_ms) == ("void", NOW, NOW + 60_000)
    late = changed(failed, Change(state="SUCCESS", bill=BILL), NOW + 5)
    assert (late.settle, late.fail_reason, late.deadline_ms) == ("void", "", None)
