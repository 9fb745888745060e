"""Groups, channels, prices and rates go in as the console's edits do, with the audit log's line."""

from waystation.control.apply.document import Document
from waystation.control.apply.execute import Step, edit
from waystation.control.apply.run import Run
from waystation.control.audit import Actor, record
from waystation.control.importing.work import Work


async def write_document(work: Work, wanted: Document, after: Step) -> None:
    """One transaction, then the ledger. after: more of it. Raises ConfigError, ManagedRow,
    StorageAway."""
    assert work.ask is not None

    async def then(run: Run) -> None:
        await after(run)
        actor = Actor(None, "waystation import", "", "")
        told = [str(change) for change in run.changes if change.action != "unchanged"]
        await record(
            run.connection, actor, "import", "configuration", work.report.origin, None, told
        )

    done = await edit(work.database, wanted, work.sealing, work.ask, after=then)
    work.report.problems += done.problems
