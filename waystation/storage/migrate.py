"""Bring the schema `main` to a version, forward or back.

All steps and the version's row are one transaction under one lock, on both databases: a migration
that dies in the middle leaves nothing behind, and two that start together follow one another.
Imports Alembic, so gateways leave this file alone.
"""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from waystation.storage.database import LOCK_SECONDS, Database, StorageAway
from waystation.storage.main import SCHEMA

_LOCK = 0x5761_7973  # any number that only we use

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaTooNew(Exception):
    """A newer Waystation has migrated this store; this one must not touch it."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The version that this code needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def steps() -> list[str]:
    """The versions that this code knows, newest first."""
    script = ScriptDirectory.from_config(_config())
    return [each.revision for each in script.walk_revisions()]


async def version(database: Database) -> str | None:
    """The store's version; None: empty. Raises StorageAway."""
    async with database.read() as connection:
        return await connection.run_sync(_version)


async def migrate(database: Database, target: str = "head") -> tuple[str | None, str | None]:
    """Upgrade to `target`, or go back to it when it is older. Returns (before, after).
    Raises SchemaTooNew, StorageAway."""
    if database.path is not None:
        await asyncio.to_thread(_use_wal, database.path)
    async with database.write() as connection:
        return await connection.run_sync(_migrate, target)


def _use_wal(path: Path) -> None:
    """Readers and the writer shall not wait for each other. The file keeps the mode, so it is set
    once; SQLite itself does not wait for the lock here, so we do."""
    deadline = monotonic() + LOCK_SECONDS
    while True:
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                return
        except sqlite3.Error as fault:
            if "locked" not in str(fault) or monotonic() > deadline:
                raise StorageAway(str(fault)) from fault
            sleep(0.02)


def _version(connection: Connection) -> str | None:
    context = MigrationContext.configure(
        connection, opts={"version_table": "schema_version", "version_table_schema": SCHEMA}
    )
    return context.get_current_revision()


def _migrate(connection: Connection, target: str) -> tuple[str | None, str | None]:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    before = _version(connection)
    known = steps()
    if before is not None and before not in known:
        raise SchemaTooNew(f"the store has schema version {before}, unknown to this Waystation")
    if _is_older(known, target, before):
        command.downgrade(_config(connection), target)
    else:
        command.upgrade(_config(connection), target)
    return before, _version(connection)


def _is_older(known: list[str], target: str, current: str | None) -> bool:
    """known: newest first."""
    if current is None or target == "head":
        return False
    return target == "base" or known.index(target) > known.index(current)
