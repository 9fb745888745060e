"""Tasks as rows of `tasks`, and sets of them as one statement.

Whole batches travel as one JSON parameter: a statement per row would cost a thread's turn on
SQLite and a round trip on PostgreSQL.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from waystation.journal.row import Facts
from waystation.storage.main import tasks
from waystation.tasks.task import Task

_TEXT, _BIG, _FLAG = "text", "bigint", "boolean"

_FIXED: Mapping[str, str] = {
    "id": _TEXT,
    "account_id": _BIG,
    "token_id": _BIG,
    "kind": _TEXT,
    "action": _TEXT,
    "parent_id": _TEXT,
    "created_ms": _BIG,
}
"""Said once, when the row is made."""

_MUTABLE: Mapping[str, str] = {
    **dict.fromkeys(("state", "hold_id", "settle", "group_name", "rate", "price_version"), _TEXT),
    **dict.fromkeys(("usage", "facts", "upstream_id", "result", "memo", "artefacts"), _TEXT),
    **dict.fromkeys(("fail_code", "fail_reason", "lease_owner"), _TEXT),
    **dict.fromkeys(("row_version", "hold_nanos", "nanos", "channel_id", "key_id"), _BIG),
    **dict.fromkeys(("progress", "submitted_ms", "started_ms", "finished_ms"), _BIG),
    **dict.fromkeys(("due_at_ms", "deadline_ms", "attempts"), _BIG),
    "exact": _FLAG,
    "hooked": _FLAG,
}

_JSON = frozenset({"usage", "result", "memo", "artefacts", "facts"})
_ALL = {**_FIXED, **_MUTABLE}

_encode = msgspec.json.encode
_decode = msgspec.json.decode
_decode_facts = msgspec.json.Decoder(Facts).decode
_decode_words = msgspec.json.Decoder(tuple[str, ...]).decode

COLUMNS = tuple(column for column in tasks.c if column.name in Task.__struct_fields__)


def record(task: Task, names: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in names:
        value = getattr(task, name)
        values[name] = _encode(value).decode() if name in _JSON else value
    return values


def task_of(row: Mapping[str, Any]) -> Task:
    """row: its columns by name."""
    values = dict(row)
    for name in ("usage", "result", "memo"):
        text = values[name]
        values[name] = {} if text == "{}" else _decode(text)
    values["facts"] = _decode_facts(values["facts"])
    values["artefacts"] = _decode_words(values["artefacts"])
    values["exact"], values["hooked"] = bool(values["exact"]), bool(values["hooked"])
    return Task(**values)


def inserted(made: Sequence[Task]) -> str:
    """The rows parameter of INSERT."""
    return _text([record(task, _ALL) for task in made])


def updated(pairs: Sequence[tuple[Task, Task]]) -> str:
    """The rows parameter of UPDATE: (as it was, as it shall be)."""
    rows = []
    for before, after in pairs:
        values = record(after, _MUTABLE)
        values["id"], values["was"] = after.id, before.row_version
        rows.append(values)
    return _text(rows)


def _text(rows: list[dict[str, Any]]) -> str:
    """PostgreSQL's text has no NUL, whoever sends one."""
    return _encode(rows).decode().replace("\\u0000", "\\ufffd")


def _source(kind: str, types: Mapping[str, str]) -> str:
    """The JSON parameter `:rows` as a table named v."""
    if kind == "postgresql":
        columns = ", ".join(f"{name} {of}" for name, of in types.items())
        return f"json_to_recordset(CAST(:rows AS json)) AS v({columns})"
    columns = ", ".join(f"value ->> '{name}' AS {name}" for name in types)
    return f"(SELECT {columns} FROM json_each(:rows)) AS v"  # noqa: S608


def _insert(kind: str) -> str:
    names = ", ".join(_ALL)
    return (
        f"INSERT INTO main.tasks ({names}) SELECT {names} FROM {_source(kind, _ALL)} "  # noqa: S608
        "WHERE true ON CONFLICT DO NOTHING RETURNING id"
    )


def _update(kind: str) -> str:
    sets = ", ".join(f"{name} = v.{name}" for name in _MUTABLE)
    source = _source(kind, {"id": _TEXT, "was": _BIG, **_MUTABLE})
    return (
        f"UPDATE main.tasks SET {sets} FROM {source} "  # noqa: S608
        "WHERE tasks.id = v.id AND tasks.row_version = v.was RETURNING tasks.id"
    )


INSERT: Mapping[str, str] = {kind: _insert(kind) for kind in ("sqlite", "postgresql")}
"""Gives the ids of those that were not there."""
UPDATE: Mapping[str, str] = {kind: _update(kind) for kind in ("sqlite", "postgresql")}
"""Gives the ids of those that were as they were thought to be."""
