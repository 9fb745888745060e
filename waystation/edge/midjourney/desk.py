"""What the pages of the family share: the stores, the operator's options, a caller's language."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from waystation.artefacts.artefact import Artefact
from waystation.dialects.midjourney.banned import BannedWords
from waystation.dialects.midjourney.options import SETTING, MidjourneyOptions, read_options
from waystation.dialects.midjourney.task_object import TaskObject
from waystation.edge.call import Call
from waystation.edge.language import language_of
from waystation.edge.public_base import public_base
from waystation.edge.site import Site
from waystation.errors import Fault, Language
from waystation.identity.caller import Caller
from waystation.routing.candidates import Directory
from waystation.storage.database import StorageAway
from waystation.storage.main import tasks
from waystation.tasks.midjourney.shown import KIND, shown
from waystation.tasks.task import Task

NO_WORDS = BannedWords(())


class Desk:
    """One a gateway, shared by all pages."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._of: Directory | None = None
        self._options = MidjourneyOptions()
        self._banned = NO_WORDS
        self.entering: Counter[tuple[str, int]] = Counter()
        """Submits that were judged and whose rows nobody can count yet, by account and channel."""
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def turn(self, account_id: int) -> AsyncIterator[None]:
        """One submit of an account after the other, where its tasks are limited: each sees the rows
        of those before."""
        of = self.options
        limits = (of.account_concurrency, of.account_queue, of.account_day, of.account_total)
        if not any(limits):
            yield
            return
        lock = self._turns.setdefault(account_id, asyncio.Lock())
        async with lock:
            yield

    @contextlib.contextmanager
    def entry(self, account_id: int, channel_id: int, count: int = 1) -> Iterator[None]:
        """While rows are made, for those that are judged meanwhile."""
        names = {("account", account_id): count, ("channel", channel_id): count}
        self.entering.update(names)
        try:
            yield
        finally:
            self.entering.subtract(names)
            for name in names:
                if not self.entering[name]:
                    del self.entering[name]

    @property
    def directory(self) -> Directory:
        """Raises Fault (503) before there is a configuration."""
        directory = self.site.directory
        if directory is None:
            raise Fault("temporarily_unavailable", retry_after=2)
        return directory

    @property
    def options(self) -> MidjourneyOptions:
        self._refresh()
        return self._options

    @property
    def banned(self) -> BannedWords:
        self._refresh()
        return self._banned

    def _refresh(self) -> None:
        """Read anew with each configuration; a value that cannot be read leaves the defaults."""
        directory = self.directory
        if directory is self._of:
            return
        try:
            self._options = read_options(directory.snapshot.settings.get(SETTING))
        except ValueError:
            self._options = MidjourneyOptions()
        self._banned = BannedWords(self._options.banned_words)
        self._of = directory

    async def find(self, task_id: str, caller: Caller) -> Task | None:
        """A task of this caller's account; a foreign one is an unknown one. Raises Fault (503)."""
        found = await self.find_many([task_id], caller)
        return found[0] if found else None

    async def find_many(self, ids: list[str], caller: Caller) -> list[Task]:
        try:
            found = await self.site.tasks.get_many(ids, caller.account_id)
        except StorageAway:
            raise away() from None
        return [task for task in found if task.kind == KIND]

    async def show(self, found: list[Task], call: Call) -> list[TaskObject]:
        """As the protocol shows them, with links that this caller can follow. Raises Fault."""
        base = public_base(call, self.site.settings)
        try:
            sign = await self.site.artefacts.signing()
        except StorageAway:
            raise away() from None
        return [shown(task, lambda path: base + sign(path)) for task in found]

    async def artefact(self, artefact_id: str) -> Artefact | None:
        try:
            return await self.site.artefacts.find(artefact_id)
        except StorageAway:
            raise away() from None

    async def begun(self, caller: Caller, since_ms: int) -> int:
        """Tasks of this account since then that did not fail. Raises StorageAway."""
        mine = (tasks.c.account_id == caller.account_id, tasks.c.created_ms >= since_ms)
        counted = tasks.c.kind == KIND, tasks.c.state.not_in(("FAILURE", "CANCEL"))
        statement = select(func.count()).select_from(tasks).where(*mine, *counted)
        async with self.site.tasks.database.read() as connection:
            return int((await connection.execute(statement)).scalar_one())

    def today_ms(self) -> int:
        """When the operator's day began."""
        zone = ZoneInfo(self.site.settings.time_zone)
        midnight = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return int(midnight.timestamp() * 1000)

    def language(self, call: Call) -> Language:
        """Of results: English unless the caller's own header names Chinese, since clients match
        its words."""
        return language_of(call, "en")


def away() -> Fault:
    return Fault("temporarily_unavailable", retry_after=2)
