"""What the pages of the family share: the stores, the operator's options, a caller's language."""

from datetime import datetime
from zoneinfo import ZoneInfo

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
    def fetch_rpm(self) -> int:
        """Looking at what is stored asks for no configuration."""
        options = self._options if self.site.directory is None else self.options
        return options.fetch_rpm

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
