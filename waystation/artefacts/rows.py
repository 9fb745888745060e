"""The rows of artefacts in `main`: short transactions, the newest first, in pages by key."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    false,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from waystation.artefacts.artefact import Artefact, Page
from waystation.storage.database import Database
from waystation.storage.main import artefacts

_FIELDS = tuple(artefacts.c[name] for name in Artefact.__struct_fields__)
_THERE = artefacts.c.deleted_ms.is_(None)
_DAY_MS = 86_400_000
_ID_CHARACTERS_MAX = 64


class BadCursor(ValueError):
    """A cursor that no page of ours has given."""


class Going(msgspec.Struct, frozen=True):
    """A row that is marked deleted and whose object may still be there."""

    id: str
    object: str


class Pending(msgspec.Struct, frozen=True):
    """A row that waits to be paid for."""

    id: str
    account_id: int
    request_id: str
    task_id: str
    pending_ms: int


class Rows:
    """days: how long rows without an end of their own live; 0: for ever."""

    def __init__(self, database: Database, days: int) -> None:
        self._database = database
        self._days = days

    def expires_ms(self, artefact: Artefact) -> int | None:
        """Its end, unix milliseconds; None: none."""
        if artefact.expires_ms is not None:
            return artefact.expires_ms
        return artefact.created_ms + self._days * _DAY_MS if self._days else None

    async def add(self, artefact: Artefact) -> None:
        """Raises StorageAway; IntegrityError for an account that is not there."""
        async with self._database.write() as connection:
            await connection.execute(insert(artefacts).values(msgspec.structs.asdict(artefact)))

    async def find(self, artefact_id: str, now_ms: int) -> Artefact | None:
        """One that is neither deleted nor expired. Raises StorageAway."""
        if len(artefact_id) > _ID_CHARACTERS_MAX:
            return None
        query = select(*_FIELDS).where(artefacts.c.id == artefact_id, _THERE)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        found = _artefact(row)
        expires_ms = self.expires_ms(found)
        return None if expires_ms is not None and expires_ms <= now_ms else found

    async def bytes_of(self, account_id: int, now_ms: int) -> int:
        """Of all that an account has stored. Raises StorageAway."""
        mine = artefacts.c.account_id == account_id, _THERE, ~self._expired(now_ms)
        query = select(func.coalesce(func.sum(artefacts.c.bytes), 0)).where(*mine)
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def page(self, account_id: int, cursor: str, count: int, now_ms: int) -> Page:
        """Raises BadCursor, StorageAway."""
        key = (artefacts.c.created_ms, artefacts.c.id)
        query = (
            select(*_FIELDS)
            .where(artefacts.c.account_id == account_id, _THERE, ~self._expired(now_ms))
            .where(artefacts.c.pending_ms.is_(None))
            .order_by(key[0].desc(), key[1].desc())
            .limit(count + 1)
        )
        if cursor:
            query = query.where(tuple_(*key) < tuple_(*_read_cursor(cursor)))
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        shown = tuple(_artefact(row) for row in rows[:count])
        more = len(rows) > count
        return Page(shown, f"{shown[-1].created_ms}-{shown[-1].id}" if more else None)

    async def mark_deleted(self, artefact_id: str, account_id: int, now_ms: int) -> Going | None:
        """From now on nobody sees it; None: this account has none of this id. Raises
        StorageAway."""
        if len(artefact_id) > _ID_CHARACTERS_MAX:
            return None
        marked = (
            update(artefacts)
            .where(artefacts.c.id == artefact_id, artefacts.c.account_id == account_id)
            .where(_THERE, ~self._expired(now_ms))
            .values(deleted_ms=now_ms)
            .returning(artefacts.c.id, artefacts.c.object)
        )
        async with self._database.write() as connection:
            row = (await connection.execute(marked)).first()
        return None if row is None else Going(*row)

    async def publish(self, ids: Sequence[str]) -> None:
        """They are paid for: lists show them from now on. Raises StorageAway."""
        waiting = artefacts.c.id.in_(ids), artefacts.c.pending_ms.is_not(None)
        async with self._database.write() as connection:
            await connection.execute(update(artefacts).where(*waiting).values(pending_ms=None))

    async def pending(self, after: tuple[int, str], count: int) -> list[Pending]:
        """Those that wait, the oldest first, behind (pending_ms, id). Raises StorageAway."""
        columns = [artefacts.c[name] for name in Pending.__struct_fields__]
        key = artefacts.c.pending_ms, artefacts.c.id
        query = (
            select(*columns)
            .where(artefacts.c.pending_ms.is_not(None), _THERE, tuple_(*key) > tuple_(*after))
            .order_by(*key)
            .limit(count)
        )
        async with self._database.read() as connection:
            return [Pending(*row) for row in (await connection.execute(query)).all()]

    async def of_task(self, account_id: int, task_id: str, since_ms: int) -> list[str]:
        """Ids of what was kept for a task that began then. Raises StorageAway."""
        mine = artefacts.c.account_id == account_id, artefacts.c.created_ms >= since_ms
        query = select(artefacts.c.id).where(*mine, artefacts.c.task_id == task_id, _THERE)
        async with self._database.read() as connection:
            return [row.id for row in (await connection.execute(query)).all()]

    async def of_request(self, account_id: int, request_id: str, since_ms: int) -> list[Artefact]:
        """What was kept for a request since then, by id. Raises StorageAway."""
        mine = artefacts.c.account_id == account_id, artefacts.c.created_ms >= since_ms
        query = select(*_FIELDS).where(*mine, artefacts.c.request_id == request_id, _THERE)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(artefacts.c.id))).all()
        return [_artefact(row) for row in rows]

    async def expire(self, ids: Sequence[str], account_id: int, expires_ms: int) -> None:
        """Let these end then. Raises StorageAway."""
        mine = artefacts.c.id.in_(ids), artefacts.c.account_id == account_id, _THERE
        async with self._database.write() as connection:
            await connection.execute(update(artefacts).where(*mine).values(expires_ms=expires_ms))

    async def mark_expired(self, now_ms: int, count: int) -> int:
        """Mark up to `count` whose time is over; how many. Raises StorageAway."""
        ids: list[str] = []
        async with self._database.read() as connection:
            for due in self._due(now_ms):  # one by one: each has its index
                found = await connection.execute(due.limit(count - len(ids)))
                ids += [row.id for row in found]
        if not ids:
            return 0
        marked = update(artefacts).where(artefacts.c.id.in_(ids), _THERE)
        async with self._database.write() as connection:
            await connection.execute(marked.values(deleted_ms=now_ms))
        return len(ids)

    async def going(self, count: int) -> Sequence[Going]:
        """The oldest of those whose object has yet to go. Raises StorageAway."""
        query = (
            select(artefacts.c.id, artefacts.c.object)
            .where(artefacts.c.deleted_ms.is_not(None), artefacts.c.gone == false())
            .order_by(artefacts.c.deleted_ms)
            .limit(count)
        )
        async with self._database.read() as connection:
            return [Going(*row) for row in (await connection.execute(query)).all()]

    async def mark_gone(self, ids: Sequence[str]) -> None:
        """Their objects are no more. Raises StorageAway."""
        if not ids:
            return
        marked = update(artefacts).where(artefacts.c.id.in_(ids)).values(gone=True)
        async with self._database.write() as connection:
            await connection.execute(marked)

    async def unknown(self, ids: Sequence[str]) -> set[str]:
        """Those of these ids that no row has. Raises StorageAway."""
        query = select(artefacts.c.id).where(artefacts.c.id.in_(ids))
        async with self._database.read() as connection:
            known = (await connection.execute(query)).scalars().all()
        return set(ids).difference(known)

    def _due(self, now_ms: int) -> list[Select[tuple[str]]]:
        living = select(artefacts.c.id).where(_THERE)
        own, created = artefacts.c.expires_ms, artefacts.c.created_ms
        due = [living.where(own.is_not(None), own <= now_ms).order_by(own)]
        if self._days:
            aged = living.where(created <= now_ms - self._days * _DAY_MS, own.is_(None))
            due.append(aged.order_by(created))
        return due

    def _expired(self, now_ms: int) -> ColumnElement[bool]:
        own = and_(artefacts.c.expires_ms.is_not(None), artefacts.c.expires_ms <= now_ms)
        if not self._days:
            return own
        aged = artefacts.c.created_ms <= now_ms - self._days * _DAY_MS
        return or_(own, and_(artefacts.c.expires_ms.is_(None), aged))


def _artefact(row: Any) -> Artefact:
    return Artefact(**row._mapping)


def _read_cursor(cursor: str) -> tuple[int, str]:
    created, dash, artefact_id = cursor.partition("-")
    plain = created.isascii() and created.isdigit() and len(created) <= 15
    if not plain or not dash or not 0 < len(artefact_id) <= _ID_CHARACTERS_MAX:
        raise BadCursor(cursor[:80])
    if not artefact_id.isascii() or not artefact_id.isalnum():
        raise BadCursor(cursor[:80])
    return int(created), artefact_id
