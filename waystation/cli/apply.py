"""`waystation apply relay.toml`: make the configuration what the file says."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.say import json_document, note, progress, run_async
from waystation.settings import Settings

if TYPE_CHECKING:
    from waystation.control.apply import Plan, Report

File = Annotated[Path, typer.Argument(help="The configuration, TOML.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")]
Prune = Annotated[
    bool, typer.Option("--prune", help="Remove what an earlier apply made and the file has not.")
]


def register(app: typer.Typer) -> None:
    app.command("apply")(apply)


def apply(
    file: File,
    data: Data = None,
    database: Database = None,
    dry_run: DryRun = False,
    prune: Prune = False,
    as_json: Json = False,
) -> int:
    """Apply a relay.toml. Repeating it changes nothing; an empty folder is set up first.

    Keys that were minted are printed once. Exit status 1: the ledger refused something.
    """
    settings = settings_from(data=data, database=database)
    if dry_run:
        with progress(f"Planning {file}", quiet=as_json):
            planned = run_async(plan_file(settings, file, prune))
        _show_plan(planned, as_json)
        return 0
    with progress(f"Applying {file}", quiet=as_json):
        started, report = run_async(_apply(settings, file, prune))
    _show_report(settings, started, report, as_json)
    return 1 if report.problems else 0


async def _apply(settings: Settings, file: Path, prune: bool) -> tuple[Any, "Report"]:
    """What a first start made, or None, and what was applied."""
    from waystation.control.apply import first_start, load

    load(file)  # a file that is refused sets nothing up
    started = await first_start(settings)
    return started, await apply_file(settings, file, prune)


async def apply_file(settings: Settings, file: Path, prune: bool = False) -> "Report":
    """On a store that is set up; the ledger is told through its process, or directly."""
    from waystation.control.apply import execute, load, plan
    from waystation.ledger.session import open_ledger
    from waystation.storage.database import Database as Store
    from waystation.storage.master_key import read_master_key
    from waystation.storage.vault import open_vault

    document = load(file)
    store = Store.of(settings)
    try:
        sealing = await open_vault(store, read_master_key(settings))
        planned = await plan(store, document, sealing, prune)
        async with open_ledger(settings) as ledger:
            return await execute(store, planned, sealing, ledger.ask)
    finally:
        await store.close()


async def plan_file(settings: Settings, file: Path, prune: bool) -> "Plan":
    """What an apply would change. An empty folder stays empty: the plan is made beside it."""
    from waystation.control.apply import load, plan
    from waystation.storage.database import Database as Store
    from waystation.storage.master_key import MasterKey, read_master_key
    from waystation.storage.migrate import migrate
    from waystation.storage.sealing import Sealing

    document = load(file)
    if settings.database is None and not (settings.data / "main.db").exists():
        with tempfile.TemporaryDirectory() as folder:
            store = Store.sqlite(Path(folder) / "main.db")
            await migrate(store)
            try:
                return await plan(store, document, Sealing(MasterKey.new()), prune)
            finally:
                await store.close()
    store = Store.of(settings)
    try:
        return await plan(store, document, Sealing(read_master_key(settings)), prune)
    finally:
        await store.close()


def _show_plan(planned: "Plan", as_json: bool) -> None:
    if as_json:
        json_document({"dry_run": True, "changes": planned.changes})
        return
    for line in planned.lines():
        print(line)
    print(f"Would be: {planned.summary()}.")


def _show_report(settings: Settings, started: Any, report: "Report", as_json: bool) -> None:
    if as_json:
        told = {"dry_run": False, "changes": report.changes, "minted": report.minted}
        told |= {"waiting": report.waiting, "problems": report.problems, "first_start": started}
        json_document(told)
        return
    if started is not None:
        from waystation.cli.greeting import print_credentials

        print_credentials(started, settings)
    for line in report.lines():
        print(line)
    for minted in report.minted:
        print(f"Key of {minted.account}/{minted.name}, printed this once: {minted.key}")
    print(f"{report.summary()}.")
    if report.waiting:
        note(f"{report.waiting} changes wait for the ledger; the control process sends them.")
    for problem in report.problems:
        note(f"problem: {problem}")
