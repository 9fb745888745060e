"""Brings the ledger's tables to the version of this code, on both databases.

A step and its version row are one transaction, so a step that was cut short is simply done again.
Steps are only ever added. A database that is newer than the code is refused.
"""

import sqlite3
from collections.abc import Callable, Sequence

import asyncpg
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from waystation.ledger.schema import metadata

LOCK = 0x6C65646765  # any number that nobody else takes for an advisory lock


class LedgerTooNewError(Exception):
    """The database was written by a later version of Waystation."""


def _first(dialect: Dialect) -> list[str]:
    statements = []
    for table in metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = [i for i in table.indexes if i.info.get("only", dialect.name) == dialect.name]
        indexes.sort(key=lambda index: str(index.name))
        statements += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    return statements


STEPS: tuple[Callable[[Dialect], Sequence[str]], ...] = (_first,)
"""Step i makes version i + 1. `_first` follows the tables as they are until a first release;
from then on it is frozen and each change is a step of its own."""

_VERSIONS = "CREATE TABLE IF NOT EXISTS ledger_version (version INTEGER PRIMARY KEY)"
_VERSION = "SELECT coalesce(max(version), 0) FROM ledger_version"


def migrate_sqlite(connection: sqlite3.Connection) -> int:
    """connection: in autocommit. Returns the version. Raises LedgerTooNewError, sqlite3.Error."""
    connection.execute(_VERSIONS)
    version = int(connection.execute(_VERSION).fetchone()[0])
    _check(version)
    for number, step in enumerate(STEPS[version:], version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in step(sqlite.dialect()):
                connection.execute(statement)
            connection.execute("INSERT INTO ledger_version VALUES (?)", (number,))
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    return len(STEPS)


async def migrate_postgres(connection: asyncpg.Connection) -> int:
    """connection: with search_path ledger. Several ledgers may start at once: one migrates."""
    await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
    try:
        await connection.execute("CREATE SCHEMA IF NOT EXISTS ledger")
        await connection.execute(_VERSIONS)
        version = int(await connection.fetchval(_VERSION))
        _check(version)
        for number, step in enumerate(STEPS[version:], version + 1):
            async with connection.transaction():
                for statement in step(postgresql.dialect()):  # type: ignore[no-untyped-call]
                    await connection.execute(statement)
                await connection.execute("INSERT INTO ledger_version VALUES ($1)", number)
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)
    return len(STEPS)


def _check(version: int) -> None:
    if version > len(STEPS):
        raise LedgerTooNewError(
            f"The ledger has version {version}; this program knows {len(STEPS)}. Upgrade it."
        )
