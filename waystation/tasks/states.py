"""The states of a task and the ways between them: the one place that says so.

NOT_START    stored, waiting for a runner
SUBMITTING   a call that must not be made twice is under way, or its outcome is unknown
SUBMITTED    an upstream has it
IN_PROGRESS  it is being worked on; also over many progress values
MODAL        waits for its owner's word; nothing is held
SUCCESS, FAILURE, CANCEL   final
"""

from collections.abc import Mapping
from typing import Literal

State = Literal[
    "NOT_START", "SUBMITTING", "SUBMITTED", "IN_PROGRESS", "MODAL", "SUCCESS", "FAILURE", "CANCEL"
]

_GOES_ON: frozenset[State] = frozenset({"SUBMITTED", "IN_PROGRESS", "SUCCESS", "FAILURE", "CANCEL"})

LEGAL: Mapping[State, frozenset[State]] = {
    "NOT_START": _GOES_ON | {"SUBMITTING"},
    # Back to NOT_START only when it is certain that no upstream has it.
    "SUBMITTING": _GOES_ON | {"NOT_START", "MODAL"},
    # Again SUBMITTING when it is certain that who had it cannot do it, and another is asked.
    "SUBMITTED": _GOES_ON | {"SUBMITTING"},
    "IN_PROGRESS": _GOES_ON - {"SUBMITTED"},
    "MODAL": frozenset({"NOT_START", "SUCCESS", "FAILURE", "CANCEL"}),
    "SUCCESS": frozenset(),
    "FAILURE": frozenset({"SUCCESS"}),  # a late result: kept, and not charged again
    "CANCEL": frozenset(),
}

FINAL: frozenset[State] = frozenset({"SUCCESS", "FAILURE", "CANCEL"})
WAITING: frozenset[State] = frozenset({"NOT_START", "SUBMITTING"})
RUNNING: frozenset[State] = frozenset({"SUBMITTED", "IN_PROGRESS"})

_ORDER: Mapping[State, int] = {
    "NOT_START": 0,
    "SUBMITTING": 0,
    "MODAL": 0,
    "SUBMITTED": 1,
    "IN_PROGRESS": 3,
    "FAILURE": 4,
    "SUCCESS": 5,
    "CANCEL": 7,
}


class IllegalTransition(Exception):
    """A defect of ours: a task kind asked for a way that there is not."""


def check(before: State, after: State) -> None:
    """Raises IllegalTransition."""
    if after != before and after not in LEGAL[before]:
        raise IllegalTransition(f"{before} → {after}")


def rank(state: State, progress: int) -> int:
    """What is told to a hook only ever rises. MODAL follows nothing and precedes all."""
    return _ORDER[state] * 1000 + progress


def shown(state: State, submitted_ms: int = 0) -> State:
    """As outsiders see it: what nobody has confirmed to have yet has not started; what somebody
    had once, and another is asked for now, does not go back."""
    if state != "SUBMITTING":
        return state
    return "SUBMITTED" if submitted_ms else "NOT_START"
