"""Plan and execution are one run of the same code: the plan's is rolled back.

All of `main` is written in one transaction, together with what the ledger must be told; the ledger
is told afterwards, and again until it has acknowledged.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.apply.change import Plan, Report
from waystation.control.apply.document import ConfigError, Document
from waystation.control.apply.names import check_names
from waystation.control.apply.passwords import prepare_hashes
from waystation.control.apply.reconcile import Ask, count_waiting, drain
from waystation.control.apply.run import Run
from waystation.control.apply.write_accounts import (
    prune_accounts,
    tell_accounts,
    write_accounts,
    write_grants,
)
from waystation.control.apply.write_channels import prune_channels, write_channels
from waystation.control.apply.write_groups import (
    prune_groups,
    write_auto_groups,
    write_groups,
    write_midjourney,
    write_rates,
)
from waystation.control.apply.write_prices import write_prices
from waystation.control.apply.write_tokens import prune_tokens, tell_tokens, write_tokens
from waystation.kernel.clock import now_ms
from waystation.ledger.port import LedgerAway
from waystation.storage.database import Database, StorageAway, next_epoch
from waystation.storage.main import config_epoch
from waystation.storage.sealing import Sealing

Step = Callable[[Run], Awaitable[None]]


class _Undo(Exception):
    """Ends the transaction without a trace: a plan, or nothing to do."""


class _Outcome(NamedTuple):
    run: Run
    committed: bool


async def plan(
    database: Database, document: Document, sealing: Sealing, prune: bool = False
) -> Plan:
    """What `execute` would change. Nothing is changed. Raises ConfigError, StorageAway."""
    run = (await _run(database, document, sealing, prune, commit=False)).run
    return Plan(document=document, prune=prune, changes=tuple(run.changes))


async def execute(
    database: Database, plan: Plan, sealing: Sealing, ask: Ask | None = None
) -> Report:
    """Do it, then tell the ledger through `ask`. A ledger that is away is told later, by whoever
    runs `reconcile`. Raises ConfigError, StorageAway; then nothing was done."""
    run, committed = await _run(database, plan.document, sealing, plan.prune, commit=True)
    waiting, problems = await _tell(database, ask)
    return Report(
        changes=tuple(run.changes),
        minted=tuple(run.minted) if committed else (),
        waiting=waiting,
        problems=problems,
    )


async def edit(
    database: Database,
    document: Document,
    sealing: Sealing,
    ask: Ask,
    *,
    before: Step | None = None,
    after: Step | None = None,
) -> Report:
    """The same by hand, of rows that no file manages: what the document names becomes as it says.
    before, after: more of the same transaction; they note what they change. Raises ManagedRow,
    ConfigError, StorageAway, and what the steps raise; then nothing was done."""
    run, committed = await _run(
        database, document, sealing, False, commit=True, managed=False, before=before, after=after
    )
    waiting, problems = await _tell(database, ask) if committed else (0, ())
    return Report(
        changes=tuple(run.changes),
        minted=tuple(run.minted) if committed else (),
        waiting=waiting,
        problems=problems,
    )


async def _tell(database: Database, ask: Ask | None) -> tuple[int, tuple[str, ...]]:
    """(what waits, problems). Never raises what would lose the minted keys of the report."""
    try:
        if ask is None:
            return await count_waiting(database), ()
        told = await drain(database, ask)
    except (LedgerAway, StorageAway) as away:
        return 1, (f"the ledger is told later: {away}",)
    return told.waiting, told.problems


async def _run(
    database: Database,
    document: Document,
    sealing: Sealing,
    prune: bool,
    *,
    commit: bool,
    managed: bool = True,
    before: Step | None = None,
    after: Step | None = None,
) -> _Outcome:
    hashes = await prepare_hashes(database, document, for_show=not commit)
    run: Run | None = None
    try:
        async with database.write() as connection:
            run = Run(
                connection,
                document,
                sealing,
                epoch=await next_epoch(connection, routing=False),
                now_ms=now_ms(),
                prune=prune,
                hashes=hashes,
                managed=managed,
            )
            if before is not None:
                await before(run)
            await _write_all(run)
            if after is not None:
                await after(run)
            if not commit or all(change.action == "unchanged" for change in run.changes):
                raise _Undo
            if run.routing:
                await _mark_routing(connection, run.epoch)
    except _Undo:
        assert run is not None
        return _Outcome(run, committed=False)
    except ConfigError as refused:
        refused.file = str(document.file)
        raise
    return _Outcome(run, committed=True)


async def _write_all(run: Run) -> None:
    """Members need channels, tokens need accounts; what goes, goes after what stays is right."""
    await check_names(run)
    await write_channels(run)
    await write_groups(run)
    await write_rates(run)
    await write_auto_groups(run)
    await write_midjourney(run)
    await write_prices(run)
    await write_accounts(run)
    await write_tokens(run)
    if run.managed:
        await write_grants(run)
    if run.prune:
        await prune_tokens(run)
        await prune_accounts(run)
        await prune_channels(run)
        await prune_groups(run)
    await tell_accounts(run)
    await tell_tokens(run)


async def _mark_routing(connection: AsyncConnection, epoch: int) -> None:
    await connection.execute(update(config_epoch).values(routing=epoch))
