"""Pictures of finished tasks, fetched and stored while the polling goes on.

A task is shown as done when its picture is ours. When it cannot be had three times, the task is
done all the same and its picture is fetched by whoever looks at it first.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from waystation.artefacts.media_types import PICTURES, VIDEO
from waystation.artefacts.store import ArtefactStore
from waystation.dialects.midjourney.upstream import Seen
from waystation.errors import Fault
from waystation.routing.snapshot import Channel
from waystation.storage.database import StorageAway
from waystation.tasks.task import Task
from waystation.upstream.fetching import Fetcher, Wanted, private_host

PICTURE_BYTES_MAX = 50 * 1024 * 1024
TRIES = 3
PAUSE_SECONDS = 1.0
PARALLEL = 8
_SINGLES_MAX = 8


def wanted(channel: Channel) -> Wanted:
    """As the channel's own pictures are fetched: through its proxy, from its own host even when
    that is a private one that the operator consented to."""
    return Wanted(
        "vendor",
        types=PICTURES | VIDEO,
        private_host=private_host(channel),
        proxy=channel.proxy,
        bytes_max=PICTURE_BYTES_MAX,
    )


class Storing:
    """Work under way, by task. `close` cancels it: whoever has the task next begins anew."""

    def __init__(
        self, artefacts: ArtefactStore, fetcher: Fetcher, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._artefacts = artefacts
        self._fetcher = fetcher
        self._pause_seconds = pause_seconds
        self._turn = asyncio.Semaphore(PARALLEL)
        self._running: dict[str, asyncio.Task[Mapping[str, Any]]] = {}

    def start(self, task: Task, seen: Seen, channel: Channel) -> None:
        if task.id not in self._running:
            work = self._store(task, seen, channel)
            self._running[task.id] = asyncio.create_task(work, name=f"pictures-{task.id}")

    def take(self, task_id: str) -> Mapping[str, Any] | None:
        """`image` and `images` of the row's result; None: not yet. Once."""
        running = self._running.get(task_id)
        if running is None or not running.done():
            return None
        del self._running[task_id]
        return running.result()

    async def wait(self, ids: list[str], seconds: float) -> None:
        """Until these are done, or the time is over."""
        waiting = [self._running[each] for each in ids if each in self._running]
        if waiting:
            await asyncio.wait(waiting, timeout=seconds)

    async def close(self) -> None:
        running = list(self._running.values())
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._running.clear()

    async def _store(self, task: Task, seen: Seen, channel: Channel) -> Mapping[str, Any]:
        pictures: dict[str, Any] = {}
        if seen.image_url and "image" not in task.result:
            pictures["image"] = await self._keep(task, seen.image_url, channel)
        if seen.image_urls:
            singles = [
                await self._keep(task, link, channel) for link in seen.image_urls[:_SINGLES_MAX]
            ]
            pictures["images"] = singles
        return pictures

    async def _keep(self, task: Task, link: str, channel: Channel) -> dict[str, str]:
        """{"artefact": id}, or {"pending": link} of a picture that is still to be had."""
        for number in range(TRIES):
            if number:
                await asyncio.sleep(self._pause_seconds * number)
            try:
                async with self._turn:
                    fetched = await self._fetcher.fetch(link, wanted(channel))
                    kept = await self._artefacts.keep(
                        task.account_id,
                        fetched.data,
                        types=PICTURES | VIDEO,
                        token_id=task.token_id,
                        task_id=task.id,
                    )
            except (Fault, StorageAway):
                continue
            return {"artefact": kept.id}
        return {"pending": link}
