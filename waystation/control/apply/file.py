"""`waystation apply`: a file, a store that may not exist yet, and the ledger."""

import tempfile
from pathlib import Path

import msgspec

from waystation.control.apply.change import Plan, Report
from waystation.control.apply.execute import execute, plan
from waystation.control.apply.first_start import Started, first_start, open_store
from waystation.control.apply.load import load
from waystation.ledger.port import LedgerAway
from waystation.ledger.session import open_ledger
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.master_key import key_path
from waystation.storage.migrate import version


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """started: an empty folder was set up on the way; told once, like the report's minted keys."""

    report: Report
    started: Started | None = None


async def plan_file(settings: Settings, path: Path, *, prune: bool = False) -> Plan:
    """What `apply_file` would change; nothing is made, not even an empty folder's files.
    Raises ConfigError, MasterKeyError, StorageAway, OSError."""
    document = load(path)
    if await _is_set_up(settings):
        database, sealing = await open_store(settings)
        try:
            return await plan(database, document, sealing, prune)
        finally:
            await database.close()
    with tempfile.TemporaryDirectory(prefix="waystation-plan-") as folder:
        elsewhere = Settings(data=Path(folder), database=None, master_key=None)
        await first_start(elsewhere)
        database, sealing = await open_store(elsewhere)
        try:
            return await plan(database, document, sealing, prune)
        finally:
            await database.close()


async def apply_file(settings: Settings, path: Path, *, prune: bool = False) -> Applied:
    """Read, judge, write, tell the ledger, running or not. A file that is refused leaves an empty
    folder empty. Raises ConfigError, MasterKeyError, StorageAway, OSError."""
    document = load(path)
    if not await _is_set_up(settings):
        await plan_file(settings, path, prune=prune)
    started = await first_start(settings)
    database, sealing = await open_store(settings)
    try:
        planned = Plan(document=document, prune=prune, changes=())
        try:
            async with open_ledger(settings) as ledger:
                report = await execute(database, planned, sealing, ledger.ask)
        except LedgerAway as away:
            report = await execute(database, planned, sealing, None)
            report = msgspec.structs.replace(
                report, problems=(f"the ledger does not answer and is told later: {away}",)
            )
    finally:
        await database.close()
    return Applied(report=report, started=started)


async def _is_set_up(settings: Settings) -> bool:
    if settings.database is None and not key_path(settings).exists():
        return False
    if settings.database is None and not (settings.data / "main.db").exists():
        return False
    database = Database.of(settings)
    try:
        return await version(database) is not None
    finally:
        await database.close()
