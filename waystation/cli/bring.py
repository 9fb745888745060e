"""`waystation import new-api|one-api DSN`: move in from another system."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.say import json_document, note, progress, run_async

if TYPE_CHECKING:
    from waystation.control.importing.run import Imported

System = Annotated[
    Literal["new-api", "one-api"], typer.Argument(help="Which system.", show_default=False)
]
Dsn = Annotated[
    str,
    typer.Argument(
        help="Its database: a SQLite file, mysql://…, postgresql://…, or its own SQL_DSN.",
        show_default=False,
    ),
]
Origin = Annotated[
    str, typer.Option("--origin", help="A name for it, where there are several of one sort.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would come; change nothing.")]
LogDsn = Annotated[
    str | None,
    typer.Option("--log-dsn", help="The database of its LOG_SQL_DSN, where it has one."),
]
LogDays = Annotated[
    int, typer.Option("--log-days", min=0, help="How many days of its request log come along.")
]
GithubNames = Annotated[
    bool,
    typer.Option(
        "--github-names",
        help="Believe names at GitHub, where the number is not stored: a name that was given up "
        "may be somebody else's by now.",
    ),
]


def register(app: typer.Typer) -> None:
    app.command("import")(bring)


def bring(
    system: System,
    dsn: Dsn,
    origin: Origin = "",
    dry_run: DryRun = False,
    log_days: LogDays = 30,
    log_dsn: LogDsn = None,
    github_names: GithubNames = False,
    data: Data = None,
    database: Database = None,
    as_json: Json = False,
) -> int:
    """Bring over users, balances, tokens, channels, prices, codes and recent log rows.

    Nothing is written there. A second run changes nothing; one that was interrupted goes on.
    Exit status 1: the totals of both sides differ, or the ledger refused something.
    """
    settings = settings_from(data=data, database=database)
    from waystation.control.importing.run import ImportPlan, run_import
    from waystation.control.importing.source import open_source

    plan = ImportPlan(
        system=system,
        origin=origin,
        dry_run=dry_run,
        log_days=log_days,
        github_names=github_names,
    )
    with progress(f"{'Looking at' if dry_run else 'Bringing over'} {system}", quiet=as_json):
        logs = None if log_dsn is None else open_source(log_dsn)
        done = run_async(run_import(settings, open_source(dsn), plan, logs))
    if done.started is not None and not as_json:
        from waystation.cli.greeting import print_credentials

        print_credentials(done.started, settings)
    _show(done, as_json)
    return 0 if done.report.agrees else 1


def _show(done: "Imported", as_json: bool) -> None:
    report = done.report
    if as_json:
        json_document({"report": report, "first_start": done.started})
        return
    for line in report.lines():
        print(line)
    print(
        "Both sides agree." if report.agrees else "The two sides DIFFER: see above.",
        f"({report.seconds} s{', nothing was changed' if report.dry_run else ''})",
    )
    for problem in report.problems:
        note(f"problem: {problem}")
