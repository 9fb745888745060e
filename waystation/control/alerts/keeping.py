"""The job that looks, writes down, and tells."""

import asyncio

import structlog

from waystation.control.alerts.book import Book
from waystation.control.alerts.checks import Checks
from waystation.control.alerts.delivery import deliver_due
from waystation.control.alerts.lease import Lease
from waystation.control.alerts.rules import AlertRules
from waystation.control.services import Services
from waystation.control.site import read_setting
from waystation.kernel.clock import monotonic
from waystation.storage.database import StorageAway
from waystation.storage.master_key import MasterKeyError

ROUND_SECONDS = 15.0
TIDY_SECONDS = 3600.0

log = structlog.get_logger("waystation.alerts")


class Watch:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._checks = Checks(services)
        self._book = Book(services.database, services.settings.language)
        self._lease = Lease(services.database)
        self._rules: AlertRules | None = None
        self._tidied_at = -TIDY_SECONDS

    async def round(self) -> None:
        """Raises StorageAway, MasterKeyError."""
        if await self._lease.is_ours():
            await self._look()
        await deliver_due(self._services)

    async def _look(self) -> None:
        rules = await read_setting(self._services.database, AlertRules)
        if rules != self._rules:
            self._checks.forget()
            self._rules = rules
        await self._book.write(rules, await self._checks.look(rules))
        if monotonic() - self._tidied_at >= TIDY_SECONDS:
            await self._book.tidy()
            self._tidied_at = monotonic()


async def keep_alerting(services: Services, round_seconds: float = ROUND_SECONDS) -> None:
    """Until cancelled."""
    watch, told = Watch(services), ""
    while True:
        try:
            await watch.round()
            told = ""
        except (StorageAway, MasterKeyError) as away:
            if str(away) != told:
                log.warning("alerts wait", reason=str(away))
            told = str(away)
        await asyncio.sleep(round_seconds)
