"""Brings the ledger's tables to the version of this code, on both databases.

A step and its version row are one transaction, so a step that was cut short is simply done again.
Steps are only ever added, each with its way back: the program before it refuses what is newer, so
this one takes its own steps back. A database that is newer than the code is refused.
"""

import sqlite3
from collections.abc import Callable, Sequence

import asyncpg
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from waystation.ledger.postgres_parts import DIVIDE, UNITE
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


def _divide_log(dialect: Dialect) -> Sequence[str]:
    """On SQLite one table is one file's pages: there is nothing to divide."""
    return DIVIDE if dialect.name == "postgresql" else ()


def _unite_log(dialect: Dialect) -> Sequence[str]:
    return UNITE if dialect.name == "postgresql" else ()


Step = Callable[[Dialect], Sequence[str]]
STEPS: tuple[Step, ...] = (_first, _divide_log)
"""Step i makes version i + 1. `_first` follows the tables as they are until a first release;
from then on it is frozen and each change is a step of its own."""
BACK: dict[int, Step] = {2: _unite_log}
"""By version: the way to the one before it. The first has none: before it there were no books."""

_VERSIONS = "CREATE TABLE IF NOT EXISTS ledger_version (version INTEGER PRIMARY KEY)"
_VERSION = "SELECT coalesce(max(version), 0) FROM ledger_version"


class NoWayBackError(Exception):
    """To a version that there is not, or that is newer; or a ledger is at work."""


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


def step_back_sqlite(connection: sqlite3.Connection, target: int) -> None:
    """connection: in autocommit, of books that nobody has open. All steps are one transaction.
    Raises NoWayBackError, LedgerTooNewError, sqlite3.Error."""
    connection.execute("BEGIN EXCLUSIVE")
    try:
        version = int(connection.execute(_VERSION).fetchone()[0])
        for number in _ways(version, target):
            for statement in BACK[number](sqlite.dialect()):
                connection.execute(statement)
            connection.execute("DELETE FROM ledger_version WHERE version = ?", (number,))
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


async def step_back_postgres(connection: asyncpg.Connection, target: int) -> None:
    """connection: with search_path ledger. All steps are one transaction. Raises NoWayBackError,
    LedgerTooNewError, asyncpg.PostgresError, OSError."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        if await connection.fetchval(_AT_WORK):
            raise NoWayBackError("a ledger is at work on these books: stop every node first")
        for number in _ways(int(await connection.fetchval(_VERSION)), target):
            for statement in BACK[number](postgresql.dialect()):  # type: ignore[no-untyped-call]
                await connection.execute(statement)
            await connection.execute("DELETE FROM ledger_version WHERE version = $1", number)


_AT_WORK = (
    "SELECT count(*) FROM nodes "
    "WHERE lease_until_ms > (extract(epoch from clock_timestamp()) * 1000)::bigint"
)


def _ways(version: int, target: int) -> range:
    """The versions to leave, newest first."""
    _check(version)
    if not 1 <= target <= version:
        raise NoWayBackError(f"the ledger has version {version}: there is no way back to {target}")
    return range(version, target, -1)


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
