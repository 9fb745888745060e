"""Are both schemas at the version that this program needs?"""

import sqlite3
from contextlib import closing

import asyncpg

from waystation.control.doctor.check import Check
from waystation.ledger.migrate import STEPS
from waystation.ledger.socket_address import connect
from waystation.ledger.stores import ledger_file
from waystation.settings import Settings
from waystation.storage.database import CONNECT_SECONDS, Database, StorageAway
from waystation.storage.migrate import head, version

_MAIN = "schema main"
_LEDGER = "schema ledger"
_VERSION = "SELECT coalesce(max(version), 0) FROM ledger_version"


async def check_main_schema(database: Database) -> Check:
    """Compares the stored version with ours."""
    needed = head()
    try:
        found = await version(database)
    except StorageAway as away:
        advice = "See that the database runs and WAYSTATION_DATABASE names it."
        return Check(_MAIN, False, f"the database does not answer: {away}", advice)
    if found is None:
        return Check(_MAIN, False, "there is no schema", "Run `waystation init`.")
    if found != needed:
        detail = f"version {found}, this program needs {needed}"
        return Check(_MAIN, False, detail, "Run `waystation migrate`, or upgrade the program.")
    return Check(_MAIN, True, f"version {found}")


async def check_ledger_schema(settings: Settings) -> Check:
    """A running ledger has checked it itself and has the SQLite file to itself."""
    if _runs(settings):
        return Check(_LEDGER, True, "a ledger is running on it")
    try:
        found = await _ledger_version(settings)
    except (OSError, sqlite3.Error, asyncpg.PostgresError) as away:
        return Check(_LEDGER, False, f"it cannot be read: {away}", "Run `waystation migrate`.")
    needed = len(STEPS)
    if found != needed:
        detail = f"version {found}, this program needs {needed}"
        return Check(_LEDGER, False, detail, "Run `waystation migrate`, or upgrade the program.")
    return Check(_LEDGER, True, f"version {found}")


def _runs(settings: Settings) -> bool:
    try:
        connect(settings.ledger_socket).close()
    except OSError:
        return False
    return True


async def _ledger_version(settings: Settings) -> int:
    if settings.database is None:
        uri = f"file:{ledger_file(settings)}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return int(connection.execute(_VERSION).fetchone()[0])
    store = await asyncpg.connect(settings.database, timeout=CONNECT_SECONDS)
    try:
        return int(
            await store.fetchval(_VERSION.replace("ledger_version", "ledger.ledger_version"))
        )
    finally:
        await store.close()
