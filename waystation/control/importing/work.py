"""What every part of an import shares."""

from typing import Literal

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.apply.reconcile import Ask, drain
from waystation.control.importing.remembered import Remembered
from waystation.control.importing.report import ImportReport, Total, What
from waystation.control.importing.source import Source
from waystation.control.importing.units import Units
from waystation.storage.database import Database
from waystation.storage.main import outbox
from waystation.storage.sealing import Sealing

System = Literal["new-api", "one-api"]

_PROBLEMS_MAX = 100
_TOLD_AT_ONCE = 2_500
"""Each lot is synced to disk twice, by the ledger and here: a million in small lots is an hour of
waiting for a slow disk."""


class Work:
    """log_source: where its request log is, if elsewhere. ask None: a dry run, in which nothing is
    written anywhere. accounts: their id → ours, of those that are here or would be."""

    def __init__(
        self,
        system: System,
        source: Source,
        database: Database,
        sealing: Sealing,
        ask: Ask | None,
        report: ImportReport,
        units: Units,
        now_ms: int,
        log_source: Source | None = None,
    ) -> None:
        self.system = system
        self.source = source
        self.log_source = log_source or source
        self.database = database
        self.sealing = sealing
        self.ask = ask
        self.report = report
        self.units = units
        self.now_ms = now_ms
        self.remembered = Remembered(report.origin)
        self.accounts: dict[str, int] = {}
        self.tokens_wanted: set[int] = set()
        self._invented = 0

    @property
    def dry(self) -> bool:
        return self.ask is None

    def total(self, what: What) -> Total:
        total = Total(what)
        self.report.totals.append(total)
        return total

    def invented_id(self) -> int:
        """Of a row that a dry run does not make."""
        self._invented -= 1
        return self._invented

    async def promise_to_tell(
        self, connection: AsyncConnection, kind: str, refs: list[str], payloads: list[bytes]
    ) -> None:
        """Rows of the outbox for rows that are new. payloads: of transfers."""
        rows = [
            {
                "kind": kind,
                "ref": ref,
                "version": 0 if payloads else 1,
                "payload": payloads[at] if payloads else None,
                "created_ms": self.now_ms,
            }
            for at, ref in enumerate(refs)
        ]
        if rows:
            await connection.execute(insert(outbox), rows)

    async def tell(self) -> None:
        """The ledger, what waits. Raises LedgerAway."""
        if self.ask is not None:
            told = await drain(self.database, self.ask, _TOLD_AT_ONCE)
            room = _PROBLEMS_MAX - len(self.report.problems)
            self.report.problems += [
                problem for problem in told.problems if problem not in self.report.problems
            ][: max(0, room)]
