"""One import, from the first look to the report."""

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter

import msgspec

from waystation.control.apply.file import is_set_up
from waystation.control.apply.first_start import Started, first_start, open_store
from waystation.control.apply.reconcile import Ask
from waystation.control.audit import Actor, record
from waystation.control.importing.channels import Channels
from waystation.control.importing.codes import Codes
from waystation.control.importing.logs import Logs
from waystation.control.importing.prices import Prices
from waystation.control.importing.report import ImportReport
from waystation.control.importing.sign_ins import SignIns
from waystation.control.importing.source import Source, SourceAway, known_columns, text
from waystation.control.importing.tokens import Tokens
from waystation.control.importing.units import USUAL_PER_USD, Units
from waystation.control.importing.users import Users
from waystation.control.importing.ways_in import tell_ways_in
from waystation.control.importing.work import System, Work
from waystation.kernel.clock import now_ms
from waystation.ledger.session import open_ledger
from waystation.settings import Settings
from waystation.storage.migrate import migrate

_CACHE_KIB = 131_072
"""Keys are scattered over the whole of their index: a transaction of thousands touches most of its
pages, which should not go to disk and back meanwhile."""


class ImportPlan(msgspec.Struct, frozen=True, kw_only=True):
    """origin: which of several systems of that sort. log_days: how many days of its request log
    come along; 0: none. github_names: sign-ins by a name at GitHub come along, too."""

    system: System
    origin: str = ""
    dry_run: bool = False
    log_days: int = 30
    github_names: bool = False


class Imported(msgspec.Struct, frozen=True):
    """started: an empty folder was set up on the way; told once."""

    report: ImportReport
    started: Started | None = None


async def run_import(
    settings: Settings, source: Source, plan: ImportPlan, log_source: Source | None = None
) -> Imported:
    """log_source: where its request log is, if in a database of its own. Raises SourceAway,
    MasterKeyError, StorageAway, LedgerAway, ConfigError, OSError. Whatever was brought over until
    then is here, and a second run goes on."""
    async with AsyncExitStack() as stack:
        for each in (source, log_source):
            if each is not None:
                stack.push_async_callback(each.close)
                await each.open()
        if not await known_columns(source, "users", ("username",)):
            raise SourceAway("there is no table `users` of new-api or one-api in it")
        if plan.dry_run:
            return Imported(await _dry(settings, source, plan, log_source))
        started = await first_start(settings)
        async with open_ledger(settings) as ledger:
            report = await _run(settings, source, plan, ledger.ask, log_source)
            return Imported(report, started)


async def _dry(
    settings: Settings, source: Source, plan: ImportPlan, log_source: Source | None
) -> ImportReport:
    """Against what is here; where nothing is set up yet, against what a first start would make."""
    if await is_set_up(settings):
        return await _run(settings, source, plan, None, log_source)
    with tempfile.TemporaryDirectory(prefix="waystation-import-") as folder:
        elsewhere = Settings(data=Path(folder), database=None, master_key=None)
        await first_start(elsewhere)
        return await _run(elsewhere, source, plan, None, log_source)


async def _run(
    settings: Settings,
    source: Source,
    plan: ImportPlan,
    ask: Ask | None,
    log_source: Source | None,
) -> ImportReport:
    begun = perf_counter()
    options = await _options(source)
    per_usd = options.get("QuotaPerUnit", "") or str(USUAL_PER_USD)
    report = ImportReport(
        system=plan.system,
        origin=plan.origin or plan.system,
        dry_run=plan.dry_run,
        database=source.kind,
        quota_per_usd=per_usd,
    )
    try:
        units = Units.parse(per_usd)
    except ValueError as wrong:
        raise SourceAway(str(wrong)) from None
    async with AsyncExitStack() as stack:
        database, sealing = await open_store(settings, _CACHE_KIB)
        stack.push_async_callback(database.close)
        if ask is not None:
            await migrate(database)
        work = Work(
            plan.system, source, database, sealing, ask, report, units, now_ms(), log_source
        )
        await _bring_all(work, plan, options)
        if ask is not None and any(total.new for total in report.totals):
            await _write_down(work)
    report.finish(perf_counter() - begun)
    return report


async def _bring_all(work: Work, plan: ImportPlan, options: dict[str, str]) -> None:
    """What is waiting from an interrupted run goes first."""
    await work.tell()
    await tell_ways_in(work)
    logs = Logs(work)
    await logs.look(plan.log_days)
    await Prices(work, options).run(await _groups(work.source))
    await Channels(work).run()
    await Users(work, logs.by_user).run()
    await Tokens(work, logs.by_token).run()
    await Codes(work).run()
    await logs.run()
    await SignIns(work, options, github_names=plan.github_names).run()
    await work.tell()


async def _options(source: Source) -> dict[str, str]:
    key = source.quoted("key")
    if not await known_columns(source, "options", ("value",)):
        return {}
    rows = await source.query(f"SELECT {key} AS name, value FROM options")  # noqa: S608
    return {text(row, "name"): text(row, "value") for row in rows}


async def _groups(source: Source) -> set[str]:
    """Of users, channels and tokens, whether they have a ratio or not."""
    found: set[str] = set()
    for table in ("users", "channels", "tokens"):
        if await known_columns(source, table, ("group",)):
            name = source.quoted("group")
            rows = await source.query(f"SELECT DISTINCT {name} AS name FROM {table}")  # noqa: S608
            for row in rows:
                found |= {part.strip() for part in text(row, "name").split(",")}
    return found - {""}


async def _write_down(work: Work) -> None:
    """In the audit log: how much of what."""
    told = {total.what: total.new for total in work.report.totals if total.new}
    async with work.database.write() as connection:
        actor = Actor(None, "waystation import", "", "")
        await record(connection, actor, "import", "installation", work.report.origin, None, told)
