"""`waystation apply relay.toml`: make the configuration what the file says."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.say import json_document, note, progress, run_async
from waystation.settings import Settings

if TYPE_CHECKING:
    from waystation.control.apply import Applied, Plan, Report

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
    from waystation.control.apply.file import apply_file, plan_file

    if dry_run:
        with progress(f"Planning {file}", quiet=as_json):
            planned = run_async(plan_file(settings, file, prune=prune))
        _show_plan(planned, as_json)
        return 0
    with progress(f"Applying {file}", quiet=as_json):
        applied = run_async(apply_file(settings, file, prune=prune))
    _show_report(settings, applied, as_json)
    return 1 if applied.report.problems else 0


def _show_plan(planned: "Plan", as_json: bool) -> None:
    if as_json:
        json_document({"dry_run": True, "changes": planned.changes})
        return
    for line in planned.lines():
        print(line)
    print(f"Would be: {planned.summary()}.")


def _show_report(settings: Settings, applied: "Applied", as_json: bool) -> None:
    report, started = applied.report, applied.started
    if as_json:
        json_document({"dry_run": False, "first_start": started} | _fields(report))
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


def _fields(report: "Report") -> dict[str, Any]:
    return {
        "changes": report.changes,
        "minted": report.minted,
        "waiting": report.waiting,
        "problems": report.problems,
    }
