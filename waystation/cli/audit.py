"""`waystation audit`: do the books balance?"""

from typing import TYPE_CHECKING, Any

import msgspec
import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.say import json_document, progress, run_async
from waystation.settings import Settings

if TYPE_CHECKING:
    from waystation.ledger.session import Session


def register(app: typer.Typer) -> None:
    app.command("audit")(audit)


def audit(data: Data = None, database: Database = None, as_json: Json = False) -> int:
    """Check every rule of the books. Exit status 0: clean; 1: not."""
    settings = settings_from(data=data, database=database)
    with progress("Auditing", quiet=as_json):
        report = run_async(_report(settings))
    if as_json:
        json_document(report)
    else:
        _print(report)
    return 0 if report["clean"] else 1


async def _report(settings: Settings) -> dict[str, Any]:
    from waystation.ledger.questions import AskAudit, AuditState
    from waystation.ledger.session import open_ledger

    async with open_ledger(settings) as ledger:
        state = await ledger.ask(AskAudit(id="audit"))
        assert isinstance(state, AuditState)
        report: dict[str, Any] = msgspec.json.decode(state.report)
        report["failures"] += await _of_main(settings, ledger)
    report["clean"] = not report["failures"]
    return report


async def _of_main(settings: Settings, ledger: "Session") -> list[str]:
    """Where tasks and their holds, or top-ups and their credits, do not agree."""
    from waystation.control.top_ups import audit as top_ups
    from waystation.storage.database import Database, StorageAway
    from waystation.tasks.audit import cross_audit
    from waystation.tasks.store import TaskStore

    database = Database.of(settings)
    try:
        return [
            *await cross_audit(TaskStore(database), ledger.ask),
            *await top_ups.cross_audit(database, ledger.ask),
        ]
    except StorageAway as away:
        return [f"the books could not be compared with tasks and top-ups: {away}"]
    finally:
        await database.close()


def _print(report: dict[str, Any]) -> None:
    print("The books are clean." if report["clean"] else "The books are NOT clean.")
    for name, value in report.items():
        if name not in ("clean", "failures"):
            print(f"  {name.replace('_', ' '):<16} {value}")
    for failure in report["failures"]:
        print(f"  failed: {failure}")
