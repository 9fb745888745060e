"""The job that decides on stored files whose maker died before they were paid for.

A gateway publishes its pictures itself once the ledger has their charge. What still waits after a
while is judged here by how its request ended: paid → published, not paid → deleted, open → later.
Files of a task are judged by its row: only what a successful task names stays.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import groupby

import msgspec
import structlog
from sqlalchemy import select

from waystation.artefacts.rows import Pending
from waystation.artefacts.store import ArtefactStore
from waystation.kernel.clock import now_ms
from waystation.ledger.port import LedgerAway, Question
from waystation.ledger.questions import AskRow, RowState
from waystation.storage.database import Database, StorageAway
from waystation.storage.main import tasks

ROUND_SECONDS = 2.0
BATCH_COUNT = 100
GRACE_SECONDS = 10.0
"""So long a gateway is left to publish by itself."""
LOST_SECONDS = 3600.0
"""A request or task that nobody knows by now never came to be."""

Ask = Callable[[Question], Awaitable[object]]

log = structlog.get_logger("waystation.control")


async def keep_deciding(
    store: ArtefactStore, database: Database, ask: Ask, round_seconds: float = ROUND_SECONDS
) -> None:
    """Until cancelled."""
    told = ""
    while True:
        try:
            await decide_pending(store, database, ask)
            told = ""
        except (StorageAway, LedgerAway) as away:
            if str(away) != told:
                log.warning("stored files wait to be decided on", reason=str(away))
            told = str(away)
        await asyncio.sleep(round_seconds)


async def decide_pending(
    store: ArtefactStore, database: Database, ask: Ask, grace_seconds: float = GRACE_SECONDS
) -> tuple[int, int]:
    """(published, deleted), of all that waits. Raises StorageAway, LedgerAway."""
    after = (0, "")
    published = deleted = 0
    while batch := await store.rows.pending(after, BATCH_COUNT):
        after = batch[-1].pending_ms, batch[-1].id
        keep, drop = await _judged(batch, database, ask, grace_seconds)
        await store.publish([each.id for each in keep])
        for each in drop:
            await store.delete(each.id, each.account_id)
        if drop:
            log.info("stored files that nobody paid for were removed", count=len(drop))
        published, deleted = published + len(keep), deleted + len(drop)
        if len(batch) < BATCH_COUNT:
            break
    return published, deleted


async def _judged(
    batch: Sequence[Pending], database: Database, ask: Ask, grace_seconds: float
) -> tuple[list[Pending], list[Pending]]:
    """(to be kept, to be dropped); what is in neither stays as it is."""
    now = now_ms()
    rows = await _task_rows([each.task_id for each in batch if each.task_id], database)
    keep: list[Pending] = []
    drop: list[Pending] = []
    for each in batch:
        if each.task_id:
            _sort(each, _of_task(each, rows.get(each.task_id), now), keep, drop)
    aged = [one for one in batch if not one.task_id and one.pending_ms <= now - grace_seconds * 1e3]
    aged.sort(key=lambda one: one.request_id)
    for request_id, group in groupby(aged, key=lambda one: one.request_id):
        members = list(group)
        state = await ask(AskRow(f"pending:{request_id}", members[0].account_id, request_id))
        assert isinstance(state, RowState)
        for each in members:
            _sort(each, _of_request(each, state, now), keep, drop)
    return keep, drop


def _sort(each: Pending, stays: bool | None, keep: list[Pending], drop: list[Pending]) -> None:
    if stays is not None:
        (keep if stays else drop).append(each)


def _of_request(each: Pending, state: RowState, now: int) -> bool | None:
    """None: not known yet."""
    if state.pending:
        return None
    if state.row is None:
        return False if each.pending_ms < now - LOST_SECONDS * 1000 else None
    if state.row.end == "gateway_lost":
        return False  # the sweep ended it: pictures that nobody was given are not charged
    return any(kind == "post" for kind, _, _ in state.transfers)


class _TaskRow(msgspec.Struct, frozen=True):
    """may_come: a late result is still waited for."""

    state: str
    artefacts: tuple[str, ...]
    may_come: bool


def _of_task(each: Pending, row: _TaskRow | None, now: int) -> bool | None:
    """None: not known yet."""
    if row is None:
        return False if each.pending_ms < now - LOST_SECONDS * 1000 else None
    if row.state == "SUCCESS":
        return each.id in row.artefacts
    return False if row.state in ("FAILURE", "CANCEL") and not row.may_come else None


async def _task_rows(ids: Sequence[str], database: Database) -> Mapping[str, _TaskRow]:
    """By id. Raises StorageAway."""
    if not ids:
        return {}
    columns = tasks.c.id, tasks.c.state, tasks.c.artefacts, tasks.c.deadline_ms
    query = select(*columns).where(tasks.c.id.in_(set(ids)))
    async with database.read() as connection:
        found = (await connection.execute(query)).all()
    decode = msgspec.json.Decoder(tuple[str, ...]).decode
    return {
        row.id: _TaskRow(row.state, decode(row.artefacts), row.deadline_ms is not None)
        for row in found
    }
