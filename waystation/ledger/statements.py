"""The writes of a batch as SQL, made from the tables so that columns are said once.

Only names of our own tables and columns are put into the text; every value is a parameter.
"""

from collections.abc import Callable

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

Place = Callable[[int], str]
"""The i-th (from 1) parameter: `?` on SQLite, `$1` on PostgreSQL."""


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _primary(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def arrays(table: Table) -> str:
    """A source of rows for PostgreSQL: one array a column, `unnest($1::bigint[], …)`."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    kinds = [column.type.compile(dialect) for column in table.columns]
    return f"unnest({', '.join(f'${i}::{kind}[]' for i, kind in enumerate(kinds, 1))})"


def insert_arrays(table: Table, conflict: str = "") -> str:
    """conflict: the end of `upsert` or `add`, from ON CONFLICT on."""
    names = ", ".join(_names(table))
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM {arrays(table)} {conflict}".rstrip()  # noqa: S608


def insert(table: Table, place: Place) -> str:
    names = _names(table)
    values = ", ".join(place(i) for i in range(1, len(names) + 1))
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values})"  # noqa: S608


def upsert(table: Table, place: Place) -> str:
    """Insert or replace all but the key."""
    return f"{insert(table, place)} {replacing(table)}"


def replacing(table: Table) -> str:
    primary = _primary(table)
    changed = ", ".join(f"{n} = excluded.{n}" for n in _names(table) if n not in primary)
    return f"ON CONFLICT ({', '.join(primary)}) DO UPDATE SET {changed}"


def add(table: Table, place: Place) -> str:
    """Insert, or add to the numbers that are there."""
    return f"{insert(table, place)} {adding(table)}"


def adding(table: Table) -> str:
    primary = _primary(table)
    changed = ", ".join(
        f"{n} = {table.name}.{n} + excluded.{n}" for n in _names(table) if n not in primary
    )
    return f"ON CONFLICT ({', '.join(primary)}) DO UPDATE SET {changed}"


HOLD_CHANGES = ("nanos", "checkpoint_nanos", "seq", "sent", "boot")


def change_hold(place: Place) -> str:
    """Parameters: n, then HOLD_CHANGES."""
    changed = ", ".join(f"{name} = {place(i)}" for i, name in enumerate(HOLD_CHANGES, 2))
    return f"UPDATE holds SET {changed} WHERE n = {place(1)}"  # noqa: S608


def select(table: Table, where: str = "") -> str:
    return f"SELECT {', '.join(_names(table))} FROM {table.name} {where}".rstrip()  # noqa: S608
