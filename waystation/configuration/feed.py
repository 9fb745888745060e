"""Configuration on its way into a gateway: within a quarter of a second, and never by surprise.

The epoch is polled. When it has moved, callers that changed are forgotten, and when routing is
concerned a new snapshot is made and handed over. While the store is away the last one stays.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from waystation.configuration.reading import Configuration
from waystation.routing.snapshot import Snapshot
from waystation.storage.database import Database, Epochs, StorageAway
from waystation.storage.epoch_watch import EpochWatch
from waystation.storage.sealing import Sealing

_log = logging.getLogger(__name__)

_NEVER = Epochs(-1, -1)
_MISTAKE_SECONDS = 5.0


class Feed:
    """on_snapshot: given each new snapshot, the first one included. on_epoch: given the last epoch
    that was known, to forget what changed since (Authenticator.refresh); may raise StorageAway.
    interval_seconds: between two polls. Nobody is to be served before it is ready."""

    def __init__(
        self,
        database: Database,
        sealing: Sealing,
        on_snapshot: Callable[[Snapshot], None],
        on_epoch: Callable[[int], Awaitable[None]] | None = None,
        interval_seconds: float = 0.2,
    ) -> None:
        self._configuration = Configuration(database, sealing)
        self._watch = EpochWatch(database)
        self._on_snapshot = on_snapshot
        self._on_epoch = on_epoch
        self._interval_seconds = interval_seconds
        self._known = _NEVER
        self._looking = asyncio.Lock()
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._is_resting = False
        self.is_away = False

    @property
    def epoch(self) -> int:
        """Of what was handed over last; -1 before."""
        return self._known.epoch

    def start(self) -> None:
        """Begin to poll; `ready` tells when the first snapshot is there."""
        self._task = asyncio.create_task(self._poll())

    async def ready(self) -> None:
        await self._ready.wait()

    async def close(self) -> None:
        """Waits for a poll that is under way: one cut off would leave its connection behind."""
        self._closing = True
        if self._task is not None:
            if self._is_resting:
                self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._watch.close()

    async def look(self) -> None:
        """One poll, after one that is under way: both would use one connection, and an older
        snapshot could follow a newer one. Raises StorageAway; what was not handed over is tried
        again by the next."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        now = await self._watch.read()
        if now == self._known:
            return
        if now.routing != self._known.routing:
            self._on_snapshot(await self._configuration.read())
        if self._on_epoch is not None and self._known is not _NEVER:
            await self._on_epoch(self._known.epoch)
        self._known = now
        self._ready.set()

    async def _poll(self) -> None:
        while not self._closing:
            try:
                await self.look()
            except StorageAway as fault:
                if not self.is_away:
                    _log.warning("the configuration's store is away, the last one stays: %s", fault)
                self.is_away = True
            except Exception:  # a mistake of ours must not leave gateways blind for ever
                _log.exception("the configuration could not be read, the last one stays")
                await self._rest(_MISTAKE_SECONDS)
            else:
                self.is_away = False
            await self._rest(self._interval_seconds)

    async def _rest(self, seconds: float) -> None:
        self._is_resting = True
        await asyncio.sleep(0 if self._closing else seconds)
        self._is_resting = False
