"""From a task and a change to the task as it then is. Pure: nothing is read or written here."""

from typing import Any

import msgspec

from waystation.tasks.states import FINAL, State, check
from waystation.tasks.task import PARTS, Change, Settle, Task

MODAL_SECONDS_MAX = 3600.0
FAIL_TEXT_CHARACTERS_MAX = 2000


def changed(task: Task, change: Change, now_ms: int) -> Task:
    """The next version of the row; the same object when nothing changes. Raises
    IllegalTransition."""
    state = task.state if change.state is None else change.state
    check(task.state, state)
    values = _plain(task, change)
    if state != task.state:
        values |= _entered(task, state, change, now_ms)
    if state not in FINAL:
        if change.deadline_seconds is not None:
            values["deadline_ms"] = now_ms + int(change.deadline_seconds * 1000)
        if change.due_seconds is not None:
            values["due_at_ms"] = now_ms + int(change.due_seconds * 1000)
    different = {name: value for name, value in values.items() if getattr(task, name) != value}
    if not different:
        return task
    return msgspec.structs.replace(task, row_version=task.row_version + 1, **different)


def _plain(task: Task, change: Change) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in ("channel_id", "key_id", "upstream_id", "artefacts", "fail_code"):
        value = getattr(change, name)
        if value is not None:
            values[name] = value
    if change.fail_reason is not None:
        values["fail_reason"] = change.fail_reason[:FAIL_TEXT_CHARACTERS_MAX]
    if change.progress is not None:
        values["progress"] = max(task.progress, min(100, change.progress))
    if change.result is not None:
        values["result"] = {**task.result, **change.result}
    if change.memo is not None:
        values["memo"] = {**task.memo, **change.memo}
    bill = change.bill
    if bill is not None:
        values |= {"nanos": bill.nanos, "group_name": bill.group, "rate": bill.rate}
        values |= {"price_version": bill.price_version, "exact": bill.exact}
        values["usage"] = {**bill.usage, **({PARTS: bill.parts} if bill.parts else {})}
    return values


def _entered(task: Task, state: State, change: Change, now_ms: int) -> dict[str, Any]:
    values: dict[str, Any] = {"state": state}
    if state in ("SUBMITTED", "IN_PROGRESS") and not task.submitted_ms:
        values["submitted_ms"] = now_ms
    if state == "IN_PROGRESS" and not task.started_ms:
        values["started_ms"] = now_ms
    if state == "SUBMITTING":
        values["attempts"] = task.attempts + 1
    if state == "NOT_START":
        values["due_at_ms"] = now_ms
    if state == "MODAL":
        values |= {"deadline_ms": now_ms + int(MODAL_SECONDS_MAX * 1000), "settle": _void(task)}
        values["due_at_ms"] = values["deadline_ms"]
    if state in FINAL:
        values |= _ended(task, state, change, now_ms)
    return values


def _ended(task: Task, state: State, change: Change, now_ms: int) -> dict[str, Any]:
    values: dict[str, Any] = {"finished_ms": now_ms, "due_at_ms": None, "deadline_ms": None}
    values["lease_owner"] = ""
    if state == "SUCCESS":
        values |= {"progress": 100, "fail_code": "", "fail_reason": ""}
        if not task.submitted_ms:
            values["submitted_ms"] = now_ms
    if state == "FAILURE":
        values["progress"] = 100
        if change.late_seconds:
            values["deadline_ms"] = now_ms + int(change.late_seconds * 1000)
            values["due_at_ms"] = now_ms
    if task.settle == "" and task.hold_id is not None:
        settle: Settle = "post" if state == "SUCCESS" else "void"
        values["settle"] = settle
    return values


def _void(task: Task) -> Settle:
    return "void" if task.hold_id is not None and task.settle == "" else task.settle
