"""Tasks in the store: found by those who own them, changed by compare and set."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, or_, select, tuple_

from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import task_requests, tasks
from waystation.tasks.changing import changed
from waystation.tasks.limits import Limit, count_of
from waystation.tasks.rows import COLUMNS, task_of
from waystation.tasks.states import RUNNING, WAITING, State
from waystation.tasks.task import TOMBSTONE, Change, Request, Task
from waystation.tasks.writes import Writes

PAGE_MAX = 100
IDS_MAX = 1000
WANTED_AGAIN_MS = 2_000


class Overtaken(Exception):
    """The row is another version by now: somebody else changed it first."""


class TaskExists(Exception):
    """The id, or its hold, has a row already."""


class Load(NamedTuple):
    """waiting: stored and not yet handed over. running: at work somewhere."""

    waiting: int
    running: int


class TaskStore:
    """One a process. Every method raises StorageAway."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.writes = Writes(database)

    async def close(self) -> None:
        await self.writes.close()

    # ---- reading -----------------------------------------------------------------------------

    async def get(self, task_id: str, account_id: int | None = None) -> Task | None:
        """account_id: whose it must be; a foreign id is an unknown one."""
        found = await self.get_many((task_id,), account_id)
        return found[0] if found else None

    async def get_many(self, ids: Iterable[str], account_id: int | None = None) -> list[Task]:
        """Those there are, each once, in no order. At most IDS_MAX ids are looked for."""
        # PostgreSQL knows no NUL; neither does any id.
        wanted = [one for one in dict.fromkeys(ids) if "\x00" not in one][:IDS_MAX]
        if not wanted:
            return []
        statement = _select().where(tasks.c.id.in_(wanted))
        if account_id is not None:
            statement = statement.where(tasks.c.account_id == account_id)
        return await self.find(statement)

    async def request_of(self, task_id: str) -> Request:
        """Raises LookupError."""
        body, query = task_requests.c.body, task_requests.c.query
        async with self.database.read() as connection:
            statement = select(body, query).where(task_requests.c.task_id == task_id)
            row = (await connection.execute(statement)).first()
        if row is None:
            raise LookupError(f"task {task_id} has no request")
        return Request(bytes(row[0]), row[1].encode())

    async def page(
        self,
        account_id: int,
        *,
        kinds: Sequence[str] = (),
        states: Sequence[State] = (),
        before: tuple[int, str] | None = None,
        count: int = PAGE_MAX,
    ) -> list[Task]:
        """Newest first. before: (created_ms, id) of the last one seen."""
        statement = _select().where(tasks.c.account_id == account_id)
        if kinds:
            statement = statement.where(tasks.c.kind.in_(kinds))
        if states:
            statement = statement.where(tasks.c.state.in_(states))
        if before is not None:
            statement = statement.where(tuple_(tasks.c.created_ms, tasks.c.id) < before)
        newest = (tasks.c.created_ms.desc(), tasks.c.id.desc())
        return await self.find(statement.order_by(*newest).limit(count))

    async def by_hold(self, hold_id: str) -> Task | None:
        found = await self.find(_select().where(tasks.c.hold_id == hold_id))
        return found[0] if found else None

    async def remembering(self, account_id: int, text: str, since_ms: int) -> list[Task]:
        """Those of an account since then whose memo has this text, oldest first."""
        mine = (tasks.c.account_id == account_id, tasks.c.created_ms >= since_ms)
        has = tasks.c.memo.contains(text, autoescape=True)
        return await self.find(_select().where(*mine, has).order_by(tasks.c.created_ms, tasks.c.id))

    async def children(self, parent_id: str) -> list[Task]:
        """Oldest first."""
        mine = (tasks.c.parent_id == parent_id, tasks.c.parent_id != "")
        return await self.find(_select().where(*mine).order_by(tasks.c.created_ms, tasks.c.id))

    async def counted(self, limit: Limit) -> int:
        """What is there of what it limits, at this moment."""
        async with self.database.read() as connection:
            return await count_of(connection, limit)

    async def channel_load(self, channel_id: int) -> Load:
        """Of tasks that are bound to this channel already."""
        return await self._load(tasks.c.channel_id == channel_id)

    async def channel_line(self, task: Task, channel_id: int) -> int:
        """How many others run on this channel, or wait for it and came before."""
        return await self._line(task, tasks.c.channel_id == channel_id)

    async def account_line(self, task: Task, kind: str) -> int:
        """How many others of its account run, or wait and came before."""
        return await self._line(task, tasks.c.account_id == task.account_id, tasks.c.kind == kind)

    async def _line(self, task: Task, *whose: Any) -> int:
        runs = tasks.c.state.in_(("SUBMITTING", *RUNNING))
        came = tuple_(tasks.c.created_ms, tasks.c.id)
        before = and_(tasks.c.state == "NOT_START", came < (task.created_ms, task.id))
        others = (tasks.c.finished_ms == 0, tasks.c.id != task.id, or_(runs, before))
        statement = select(func.count()).select_from(tasks).where(*whose, *others)
        async with self.database.read() as connection:
            return int((await connection.execute(statement)).scalar_one())

    async def cancelled(self, ids: Sequence[str]) -> list[str]:
        """Which of these their owners have cancelled."""
        over = (tasks.c.id.in_(ids), tasks.c.state == "CANCEL")
        async with self.database.read() as connection:
            return list((await connection.execute(select(tasks.c.id).where(*over))).scalars())

    async def _load(self, *whose: Any) -> Load:
        statement = (
            select(tasks.c.state, func.count())
            .where(*whose, tasks.c.finished_ms == 0)
            .group_by(tasks.c.state)
        )
        async with self.database.read() as connection:
            counts = {row[0]: int(row[1]) for row in await connection.execute(statement)}
        return Load(_sum(counts, WAITING), _sum(counts, RUNNING))

    async def find(self, statement: Select[Any]) -> list[Task]:
        async with self.database.read() as connection:
            rows = (await connection.execute(statement)).mappings().all()
        return [task_of(row) for row in rows]

    # ---- writing -----------------------------------------------------------------------------

    async def insert(
        self, task: Task, request: Request, url: str = "", limits: Sequence[Limit] = ()
    ) -> None:
        """url: where its changes are told, "" nowhere. Raises TaskExists, NoRoom."""
        if not await self.writes.insert(task, request, url, limits):
            raise TaskExists(task.id)

    async def change(self, task: Task, change: Change) -> Task:
        """The task as it then is; the same when nothing changes. Raises Overtaken,
        IllegalTransition."""
        return await self.put(task, changed(task, change, now_ms()))

    async def put(
        self, before: Task, after: Task, url: str = "", limits: Sequence[Limit] = ()
    ) -> Task:
        """Raises Overtaken, NoRoom."""
        if after is before:
            return before
        if not await self.writes.update(before, after, url, limits):
            raise Overtaken(before.id)
        return after

    def want(self, task: Task, *, again: bool = False) -> None:
        """Its owner asks for it: the next poll comes forward. Not waited for. again: also when it
        was asked for a moment ago, for something is new."""
        recent_ms = now_ms() - WANTED_AGAIN_MS
        if not task.is_final and (again or (task.wanted_ms or 0) < recent_ms):
            self.writes.want(task.id)


def _select() -> Select[Any]:
    return select(*COLUMNS).where(tasks.c.kind != TOMBSTONE)


def _sum(counts: dict[str, int], states: Iterable[str]) -> int:
    return sum(counts.get(state, 0) for state in states)
