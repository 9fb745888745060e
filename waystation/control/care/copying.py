"""From SQLite to PostgreSQL: the same rows, in one transaction."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from sqlalchemy import Boolean, Table

from waystation.control.care.alone import CareRefused, alone
from waystation.control.care.backup import LEDGER, MAIN, check_file
from waystation.kernel.clock import now_ms
from waystation.ledger import schema as books
from waystation.ledger.books import BooksAway, BooksLocked, Posted, SweepBoot
from waystation.ledger.postgres_books import PostgresBooks
from waystation.ledger.questions import AskAudit, AuditState
from waystation.ledger.session import open_ledger
from waystation.ledger.sqlite_books import SqliteBooks
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.main import metadata
from waystation.storage.migrate import migrate

CHUNK = 5_000
_SKIPPED = ("nodes", "counters")
"""Of the ledgers of that machine; PostgreSQL's make their own."""


class CopyReport(msgspec.Struct, frozen=True, kw_only=True):
    """rows: by table. audit: failures of the books as they are there."""

    rows: dict[str, int]
    audit: list[str]


async def copy_to_postgres(settings: Settings, dsn: str) -> CopyReport:
    """settings: of the SQLite installation, which must be stopped. dsn: of a database without
    accounts. Raises CareRefused, then nothing is there; BooksAway, StorageAway, OSError."""
    main = settings.data / MAIN
    if settings.database is not None or not main.is_file():
        raise CareRefused(f"{main}: there is no SQLite installation here")
    with alone(settings.data):
        return await _copy_whole(settings, dsn)


async def _copy_whole(settings: Settings, dsn: str) -> CopyReport:
    main = settings.data / MAIN
    await _settle_old(settings)
    own = Database.of(settings)
    try:
        await migrate(own)
    finally:
        await own.close()
    check_file(main)
    target = Database.postgres(dsn)
    try:
        await migrate(target)
    finally:
        await target.close()
    await _make_books(dsn)
    try:
        rows = await _copy(settings.data, dsn)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
        raise CareRefused(f"PostgreSQL: {fault}") from fault
    there = settings.model_copy(update={"database": dsn})
    async with open_ledger(there) as ledger:
        told = await ledger.ask(AskAudit("copy"))
    assert isinstance(told, AuditState)
    return CopyReport(rows=rows, audit=msgspec.json.decode(told.report)["failures"])


async def _settle_old(settings: Settings) -> None:
    """What gateways left open is decided here, where their checkpoints are. Takes the books' lock,
    so no server runs."""
    path = settings.data / LEDGER
    mine = SqliteBooks(path, time_zone=settings.time_zone)
    try:
        await mine.open()
        await mine.settle([Posted("", "copy", SweepBoot("copy"))], now_ms())
    except BooksLocked:
        raise CareRefused("a server runs on this folder: stop it first") from None
    finally:
        await mine.close()
    check_file(path)


async def _make_books(dsn: str) -> None:
    theirs = PostgresBooks(dsn, node="tool-copy")
    try:
        await theirs.open()
    except BooksAway as away:
        raise CareRefused(str(away)) from away
    finally:
        await theirs.close()


async def _copy(data: Path, dsn: str) -> dict[str, int]:
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            for place in ("main.accounts", "ledger.accounts", "ledger.transfers"):
                if await connection.fetchval(f"SELECT count(*) FROM {place}"):  # noqa: S608
                    raise CareRefused(f"the database is in use: {place} has rows")
            names = [f"main.{table.name}" for table in metadata.sorted_tables]
            await connection.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE")
            rows = {}
            with closing(_open(data / MAIN)) as source:
                for table in metadata.sorted_tables:
                    rows[f"main.{table.name}"] = await _table(connection, source, "main", table)
                await _sequences(connection, source)
            with closing(_open(data / LEDGER)) as source:
                for table in books.metadata.sorted_tables:
                    if table.name not in _SKIPPED:
                        many = await _table(connection, source, "ledger", table)
                        rows[f"ledger.{table.name}"] = many
            await connection.execute(_NUMBERS)
            return rows
    finally:
        await connection.close()


_NUMBERS = """
    INSERT INTO ledger.counters (name, n)
    SELECT 'rows', greatest((SELECT coalesce(max(n), 0) FROM ledger.transfers),
        (SELECT coalesce(max(n), 0) FROM ledger.requests),
        (SELECT coalesce(max(n), 0) FROM ledger.holds))
    ON CONFLICT (name) DO UPDATE SET n = greatest(ledger.counters.n, excluded.n)"""


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection.execute("BEGIN")
    return connection


async def _table(
    connection: asyncpg.Connection, source: sqlite3.Connection, schema: str, table: Table
) -> int:
    """How many rows."""
    names = [column.name for column in table.columns]
    truths = [at for at, column in enumerate(table.columns) if isinstance(column.type, Boolean)]
    many = 0
    for part in _pages(source, table.name, names):
        records = [_record(row, truths) for row in part]
        await connection.copy_records_to_table(
            table.name, schema_name=schema, columns=names, records=records
        )
        many += len(records)
    return many


def _pages(
    source: sqlite3.Connection, table: str, names: Sequence[str]
) -> Iterator[list[tuple[Any, ...]]]:
    shown = ", ".join(f'"{name}"' for name in names)
    cursor = source.execute(f'SELECT {shown} FROM "{table}"')  # noqa: S608
    while part := cursor.fetchmany(CHUNK):
        yield part


def _record(row: tuple[Any, ...], truths: Sequence[int]) -> tuple[Any, ...]:
    """SQLite's truths are numbers."""
    if not truths:
        return row
    values = list(row)
    for at in truths:
        values[at] = None if values[at] is None else bool(values[at])
    return tuple(values)


async def _sequences(connection: asyncpg.Connection, source: sqlite3.Connection) -> None:
    """Ids go on where they were, those of rows that are gone included."""
    for name, last in source.execute("SELECT name, seq FROM sqlite_sequence").fetchall():
        place = await connection.fetchval("SELECT pg_get_serial_sequence($1, 'id')", f"main.{name}")
        if place is not None and last > 0:
            await connection.execute("SELECT setval($1::text::regclass, $2)", place, last)
