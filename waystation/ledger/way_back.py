"""Takes the ledger's tables back to an older version, for the program before this one."""

import sqlite3
from contextlib import closing

import asyncpg

from waystation.ledger.books import BooksAway
from waystation.ledger.migrate import NoWayBackError, step_back_postgres, step_back_sqlite
from waystation.ledger.stores import ledger_file
from waystation.settings import Settings


async def step_back(settings: Settings, target: int) -> None:
    """All or nothing. Raises NoWayBackError, LedgerTooNewError, BooksAway."""
    if settings.database is None:
        _sqlite(settings, target)
        return
    try:
        connection = await asyncpg.connect(
            settings.database, server_settings={"search_path": "ledger"}
        )
        try:
            await step_back_postgres(connection, target)
        finally:
            await connection.close()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as fault:
        raise BooksAway(str(fault) or type(fault).__name__) from fault


def _sqlite(settings: Settings, target: int) -> None:
    path = ledger_file(settings)
    if not path.is_file():
        raise NoWayBackError(f"{path}: there is no such file")
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
        try:
            step_back_sqlite(connection, target)
        except sqlite3.OperationalError as fault:
            if "locked" in str(fault):
                raise NoWayBackError("a ledger is at work on these books: stop it first") from None
            raise BooksAway(str(fault)) from fault
