"""The end of a task's hold: told to the ledger until it has acknowledged, charged once.

The row says what is due (`settle`), written in the same statement as the final state; the ledger
resolves a hold once, whoever asks how often. So this may run twice, or on several processes.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec
from sqlalchemy import select

from waystation.journal.row import AttemptRow, EndReason, Row
from waystation.kernel.clock import now_ms
from waystation.ledger.messages import Resolve, Resolved
from waystation.ledger.port import Ledger
from waystation.storage.main import tasks
from waystation.tasks.rows import COLUMNS
from waystation.tasks.store import Overtaken, TaskStore
from waystation.tasks.task import PARTS, Task

DUE = ("post", "void")
LEFT_OVER_MS = 2_000
"""Younger ones are being settled by whoever ended them."""
BATCH_MAX = 500

_STATUSES: Mapping[str, int] = {"cancelled": 499, "timeout": 504, "interrupted": 503}
_TRIES = 5
_encode = msgspec.json.encode


class Settler:
    """One a process that ends tasks."""

    def __init__(self, store: TaskStore, ledger: Ledger) -> None:
        self._store = store
        self._ledger = ledger

    async def settle(self, task: Task) -> Task:
        """Resolve what is due of this task; returns it as it then is. Raises LedgerAway,
        StorageAway: what is due stays due."""
        for _ in range(_TRIES):
            if task.settle not in DUE or task.hold_id is None:
                return task
            resolved = await self._ledger.settle(resolution(task))
            after = settled(task, resolved)
            try:
                return await self._store.put(task, after)
            except Overtaken:
                found = await self._store.get(task.id)
                if found is None:
                    return after  # a tombstone, or gone
                task = found
        return task

    async def left_over(self) -> list[Task]:
        """What is due for a while: whoever ended it died, or could not reach the ledger."""
        due = (tasks.c.settle.in_(DUE), tasks.c.finished_ms < now_ms() - LEFT_OVER_MS)
        return await self._store.find(select(*COLUMNS).where(*due).limit(BATCH_MAX))


def settled(task: Task, resolved: Resolved) -> Task:
    """The ledger's word counts, not what was asked of it."""
    posted = resolved.kind == "post"
    return msgspec.structs.replace(
        task,
        settle="posted" if posted else "voided",
        nanos=resolved.nanos,
        row_version=task.row_version + 1,
    )


def resolution(task: Task) -> Resolve:
    """Of a task whose hold is due to end. tokens: none were reserved."""
    assert task.hold_id is not None
    kind: Literal["post", "void"] = "post" if task.settle == "post" else "void"
    nanos = task.nanos if kind == "post" else 0
    return Resolve(task.hold_id, kind, nanos, task.exact, 0, _row(task, nanos))


def _row(task: Task, nanos: int) -> Row:
    good = task.settle == "post"
    end: EndReason = "complete" if good else "failed"
    finished_ms = task.finished_ms or now_ms()
    usage = dict(task.usage)
    parts = usage.pop(PARTS, ())
    status = 200 if good else _STATUSES.get(task.fail_code, 502)
    return Row(
        facts=task.facts,
        status=status,
        end=end,
        code=task.fail_code,
        reason=task.fail_reason,
        group=task.group_name or task.facts.group,
        rate=task.rate or task.facts.rate,
        price_version=task.price_version or task.facts.price_version,
        channel_id=task.channel_id,
        upstream_id=task.upstream_id,
        nanos=nanos,
        exact=task.exact,
        usage=_encode(usage) if usage else b"",
        parts=_encode(parts) if good and parts else b"",
        attempts=_attempts(task, status),
        total_millis=max(0, finished_ms - task.created_ms),
    )


def _attempts(task: Task, status: int) -> tuple[AttemptRow, ...]:
    """The channel that had it; what the kind tried before is its own story."""
    if not task.channel_id:
        return ()
    outcome = "answered" if task.settle == "post" else task.fail_code or "failed"
    started_ms = task.submitted_ms or task.created_ms
    millis = max(0, (task.finished_ms or now_ms()) - started_ms)
    group = task.group_name or task.facts.group
    return (
        AttemptRow(
            task.channel_id, "", task.key_id, group, "", outcome, status,
            task.fail_reason, started_ms, millis,
        ),
    )  # fmt: skip
