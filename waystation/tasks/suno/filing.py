"""Files of songs, fetched and stored while the polling goes on.

A song counts as made when its sound is ours; what cannot be had after some tries is done without,
and without any sound the task fails.
"""

import asyncio
from collections.abc import Iterable, Mapping

from waystation.artefacts.media_types import AUDIO, PICTURES, VIDEO, Types
from waystation.artefacts.shelf import ArtefactsAway
from waystation.artefacts.store import ArtefactStore
from waystation.errors import Fault
from waystation.routing.snapshot import Channel
from waystation.storage.database import StorageAway
from waystation.tasks.task import Task
from waystation.upstream.fetching import Fetcher, Wanted, private_host

FILE_BYTES_MAX = 64 * 1024 * 1024
FILE_SECONDS_MAX = 90.0
PAUSES_SECONDS = (1.0, 4.0, 15.0)
"""Between tries: a vendor's own store is often behind its word."""
PARALLEL = 8

_TYPES: Mapping[str, Types] = {
    "audio": AUDIO,
    "wav": AUDIO,
    "video": VIDEO,
    "image": PICTURES,
    "image_large": PICTURES,
}
Key = tuple[int, str]
"""(song's number from 0, what it is)"""


def wanted(channel: Channel, name: str) -> Wanted:
    """As the channel's own files are fetched: through its proxy, from its own host even when that
    is a private one that the operator consented to."""
    return Wanted(
        "vendor",
        types=_TYPES[name],
        private_host=private_host(channel),
        proxy=channel.proxy,
        bytes_max=FILE_BYTES_MAX,
        seconds_max=FILE_SECONDS_MAX,
    )


class Filing:
    """Work under way, by task. `close` cancels it: whoever has the task next begins anew."""

    def __init__(
        self,
        artefacts: ArtefactStore,
        fetcher: Fetcher,
        pauses_seconds: tuple[float, ...] = PAUSES_SECONDS,
    ) -> None:
        self._artefacts = artefacts
        self._fetcher = fetcher
        self._pauses_seconds = pauses_seconds
        self._turn = asyncio.Semaphore(PARALLEL)
        self._running: dict[str, dict[Key, asyncio.Task[str]]] = {}

    def want(self, task: Task, number: int, name: str, link: str, channel: Channel) -> None:
        """Begin, unless it was begun."""
        mine = self._running.setdefault(task.id, {})
        if (number, name) not in mine:
            work = self._keep(task, link, wanted(channel, name))
            mine[number, name] = asyncio.create_task(work, name=f"{name}-{task.id}")

    def stored(self, task_id: str) -> Mapping[Key, str]:
        """Paths of those that are ours by now; "" for what could not be had."""
        mine = self._running.get(task_id, {})
        return {key: work.result() for key, work in mine.items() if work.done()}

    def is_pending(self, task_id: str) -> bool:
        return any(not work.done() for work in self._running.get(task_id, {}).values())

    async def wait(self, ids: Iterable[str], seconds: float) -> None:
        """Until all of these are done, or the time is over."""
        running = [work for each in ids for work in self._running.get(each, {}).values()]
        if running:
            await asyncio.wait(running, timeout=seconds)

    def forget(self, task_id: str) -> None:
        for work in self._running.pop(task_id, {}).values():
            work.cancel()

    async def close(self) -> None:
        running = [work for mine in self._running.values() for work in mine.values()]
        for work in running:
            work.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._running.clear()

    async def _keep(self, task: Task, link: str, want: Wanted) -> str:
        """The path of the stored file, "" when it cannot be had."""
        for pause in (*self._pauses_seconds, None):
            try:
                async with self._turn:
                    fetched = await self._fetcher.fetch(link, want)
                    kept = await self._artefacts.keep(
                        task.account_id,
                        fetched.data,
                        types=want.types,
                        token_id=task.token_id,
                        request_id=task.facts.request_id,
                        task_id=task.id,
                    )
            except (Fault, StorageAway, ArtefactsAway):
                if pause is not None:
                    await asyncio.sleep(pause)
                continue
            return kept.path
        return ""
