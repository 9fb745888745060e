"""`waystation apply`: a file, a store that may not exist yet, and the ledger."""

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from waystation.control.apply.change import Plan, Report
from waystation.control.apply.execute import execute, plan
from waystation.control.apply.first_start import Started, first_start, open_store
from waystation.control.apply.load import load
from waystation.control.apply.reconcile import Ask
from waystation.ledger.port import LedgerAway
from waystation.ledger.session import open_ledger
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.migrate import version


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """started: an empty folder was set up on the way; told once, like the report's minted keys."""

    report: Report
    started: Started | None = None


async def plan_file(settings: Settings, path: Path, *, prune: bool = False) -> Plan:
    """What `apply_file` would change; nothing is made, not even an empty folder's files.
    Raises ConfigError, MasterKeyError, StorageAway, OSError."""
    document = load(path)
    if await is_set_up(settings):
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
    if not await is_set_up(settings):
        await plan_file(settings, path, prune=prune)
    started = await first_start(settings)
    database, sealing = await open_store(settings)
    try:
        planned = Plan(document=document, prune=prune, changes=())
        async with AsyncExitStack() as stack:
            ask, problems = await _reach_ledger(stack, settings)
            report = await execute(database, planned, sealing, ask)
        report = msgspec.structs.replace(report, problems=(*problems, *report.problems))
    finally:
        await database.close()
    return Applied(report=report, started=started)


async def _reach_ledger(
    stack: AsyncExitStack, settings: Settings
) -> tuple[Ask | None, tuple[str, ...]]:
    """How to ask it, or why not: `main` is written all the same, the ledger is told later."""
    try:
        ledger = await stack.enter_async_context(open_ledger(settings))
    except LedgerAway as away:
        return None, (f"the ledger does not answer and is told later: {away}",)
    return ledger.ask, ()


async def is_set_up(settings: Settings) -> bool:
    if settings.database is None and not (settings.data / "main.db").exists():
        return False
    database = Database.of(settings)
    try:
        return await version(database) is not None
    finally:
        await database.close()
