"""`waystation backup`, `waystation restore`, `waystation copy`."""

from pathlib import Path
from typing import Annotated

import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.say import json_document, note, progress, run_async

Folder = Annotated[Path, typer.Argument(help="The backup's folder.", show_default=False)]
Target = Annotated[str, typer.Option("--to", help="postgresql://… of an empty database.")]


def register(app: typer.Typer) -> None:
    app.command("backup")(backup)
    app.command("restore")(restore)
    app.command("copy")(copy)


def backup(
    folder: Folder, data: Data = None, database: Database = None, as_json: Json = False
) -> None:
    """Back up both databases into a new folder, while the server runs.

    Not in it: the master key, and the stored files, which are listed.
    """
    settings = settings_from(data=data, database=database)
    from waystation.control.care.backup import back_up

    with progress(f"Backing up to {folder}", quiet=as_json):
        manifest = run_async(back_up(settings, folder))
    if as_json:
        json_document(manifest)
        return
    print(f"{folder}: {manifest.accounts} accounts, {manifest.created}.")
    print(f"{manifest.artefacts} stored files are listed ({manifest.artefact_bytes} bytes).")
    print(f"Keep the master key {manifest.key_id} elsewhere: it is not in it.")


def restore(
    folder: Folder, data: Data = None, database: Database = None, as_json: Json = False
) -> int:
    """Make a backup an installation again, in a data folder without databases.

    Exit status 1: the books do not balance.
    """
    settings = settings_from(data=data, database=database)
    from waystation.control.care.restore import restore as bring_back

    with progress(f"Restoring {folder}", quiet=as_json):
        done = run_async(bring_back(settings, folder))
    if as_json:
        json_document(done)
        return 1 if done.audit else 0
    print(f"Restored as of {done.manifest.created}: {done.manifest.accounts} accounts.")
    if done.newer_accounts:
        note(f"{done.newer_accounts} accounts were made during the backup and cannot be used.")
    if done.missing:
        note(f"{done.missing} stored files are listed but not there: bring them back too.")
    print(f"It needs the master key {done.manifest.key_id}.")
    return _audited(done.audit)


def copy(to: Target, data: Data = None, as_json: Json = False) -> int:
    """Copy a stopped SQLite installation to PostgreSQL.

    The data folder stays as it is: with --database it becomes the first node's.
    Exit status 1: the books do not balance there.
    """
    settings = settings_from(data=data)
    from waystation.control.care.copying import copy_to_postgres

    with progress("Copying", quiet=as_json):
        done = run_async(copy_to_postgres(settings, to))
    if as_json:
        json_document(done)
        return 1 if done.audit else 0
    print(f"{sum(done.rows.values())} rows of {len(done.rows)} tables were copied.")
    return _audited(done.audit)


def _audited(failures: list[str]) -> int:
    for failure in failures:
        print(f"  failed: {failure}")
    print("The books are NOT clean." if failures else "The books are clean.")
    return 1 if failures else 0
