"""/api/v1/tasks: slow generations; a user sees its own, an operator everybody's."""

from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import select, tuple_

from waystation.control.desk.action import Action, Call
from waystation.control.desk.pages import Number, Page, PageQuery, at, at_or_none
from waystation.errors import Fault
from waystation.kernel.money import format_usd
from waystation.storage.main import tasks
from waystation.tasks.rows import COLUMNS, task_of
from waystation.tasks.states import shown
from waystation.tasks.suno.made import songs_of
from waystation.tasks.suno.saved import KIND as SUNO
from waystation.tasks.task import Task

_SEPARATOR = "."


FILES_MAX = 5
"""Links told with each task of a list."""
_TOLD = ("audio", "image")
"""Of a song."""


class FileView(msgspec.Struct, frozen=True):
    """url: signed, for whoever has it."""

    url: str
    content_type: str


class TaskView(msgspec.Struct, frozen=True):
    """held: USD while it goes on. charge: USD, once it is over. files: the first few that it made
    and that are still there. account_id, channel_id: told to operators."""

    id: str
    kind: str
    action: str
    model: str
    status: str
    progress: int
    request_id: str
    error_code: str
    error: str
    held: str
    charge: str | None
    result: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None
    files: list[FileView]
    account_id: int | None = None
    channel_id: int | None = None


class TaskQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """account_id: for operators; 0: all."""

    kind: Annotated[str, Meta(max_length=64)] = ""
    status: Annotated[str, Meta(max_length=32)] = ""
    account_id: Number = 0
    mine: bool = False


async def list_all(call: Call) -> Page[TaskView]:
    asked = call.query(TaskQuery)
    operator = call.person.role == "operator"
    whose = asked.account_id if operator and not asked.mine else call.person.account_id
    query = select(*COLUMNS)
    if whose:
        query = query.where(tasks.c.account_id == whose)
    if asked.kind:
        query = query.where(tasks.c.kind == asked.kind)
    if asked.status:
        query = query.where(tasks.c.state == asked.status)
    if asked.cursor:
        query = query.where(tuple_(tasks.c.created_ms, tasks.c.id) < _place(asked.cursor))
    query = query.order_by(tasks.c.created_ms.desc(), tasks.c.id.desc()).limit(asked.limit + 1)
    async with call.services.database.read() as connection:
        rows = (await connection.execute(query)).mappings().all()
    found = [task_of(dict(row)) for row in rows]
    page, more = found[: asked.limit], len(found) > asked.limit
    cursor = f"{page[-1].created_ms}{_SEPARATOR}{page[-1].id}" if more else None
    shown_ones = [_shown(task, await _files(call, task), operator=operator) for task in page]
    return Page(shown_ones, cursor)


async def _files(call: Call, task: Task) -> list[FileView]:
    """Raises StorageAway."""
    store, found = call.services.artefacts, list[FileView]()
    for artefact_id in [*task.artefacts, *_of_songs(task)][:FILES_MAX]:
        artefact = await store.find(artefact_id)
        if artefact is not None:
            found.append(FileView(store.link(artefact, ""), artefact.content_type))
    return found


def _of_songs(task: Task) -> list[str]:
    """The artefacts that a row of songs knows by their paths: for each what one hears and sees."""
    if task.kind != SUNO:
        return []
    paths = [song.files[what] for song in songs_of(task) for what in _TOLD if what in song.files]
    return [PurePosixPath(path).stem for path in paths]


def _place(cursor: str) -> tuple[int, str]:
    created, _, name = cursor.partition(_SEPARATOR)
    if not created.isascii() or not created.isdigit() or len(created) > 16 or not name:
        raise Fault("invalid_value", param="cursor", reason="not a cursor of this list")
    return int(created), name


def _shown(task: Task, files: list[FileView], *, operator: bool) -> TaskView:
    charged = task.nanos if task.settle in ("post", "posted") else 0
    return TaskView(
        task.id,
        task.kind,
        task.action,
        task.facts.model,
        shown(task.state),
        task.progress,
        task.facts.request_id,
        task.fail_code,
        task.fail_reason,
        format_usd(0 if task.is_final or task.settle else task.hold_nanos),
        format_usd(charged) if task.is_final else None,
        task.result,
        at(task.created_ms),
        at_or_none(task.finished_ms),
        files,
        task.account_id if operator else None,
        task.channel_id if operator else None,
    )


ACTIONS = (
    Action(
        id="listTasks",
        method="GET",
        path="/api/v1/tasks",
        role="person",
        answer=list_all,
        tag="Tasks",
        summary="Slow generations, newest first",
        summary_zh="任务列表",
        query=TaskQuery,
        reply=Page[TaskView],
    ),
)
