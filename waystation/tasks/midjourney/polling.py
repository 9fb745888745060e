"""Many tasks of one channel asked for at once, and what their answers change."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.upstream import Seen
from waystation.routing.snapshot import Channel
from waystation.tasks.midjourney.places import read_memo
from waystation.tasks.midjourney.proxy import FIND_IDS_MAX, Proxy, TooLarge, Unreachable
from waystation.tasks.midjourney.reach import options_of, proxy_of
from waystation.tasks.midjourney.seen import failed, finished, progressed
from waystation.tasks.midjourney.storing import Storing
from waystation.tasks.task import Change, Task
from waystation.tasks.workshop import Workshop

MISSED_MAX = 2
PICTURES_SECONDS = 2.0
"""So long a poll waits for pictures; what takes longer is looked for at the next one."""
FETCHES = 8


class Polling:
    def __init__(self, workshop: Workshop, storing: Storing) -> None:
        self._workshop = workshop
        self._storing = storing

    async def poll(self, channel: Channel, tasks: Sequence[Task]) -> Mapping[str, Change]:
        """Raises Unreachable when nobody could be asked; a key, or a task, of which nothing can be
        known is no reason to leave the others alone."""
        changes: dict[str, Change] = {}
        by_key: dict[int, list[Task]] = {}
        for task in tasks:
            if task.upstream_id:
                by_key.setdefault(task.key_id, []).append(task)
        unreachable: Unreachable | None = None
        told = False
        for key_id, mine in by_key.items():
            proxy = proxy_of(self._workshop, channel, key_id)
            if proxy is None:
                changes |= {task.id: _key_gone() for task in mine if not task.is_final}
                continue
            try:
                for at in range(0, len(mine), FIND_IDS_MAX):
                    changes |= await self._in_measure(proxy, mine[at : at + FIND_IDS_MAX])
                told = True
            except Unreachable as failed:
                unreachable = failed
        if unreachable is not None and not told and not changes:
            raise unreachable
        return changes

    async def _in_measure(self, proxy: Proxy, tasks: Sequence[Task]) -> dict[str, Change]:
        """By halves, where they are too much together: some tell whole pictures inside a task. Of
        one that is too much alone nothing is known."""
        try:
            return await self._ask(proxy, tasks)
        except TooLarge:
            if len(tasks) == 1:
                return {}
        half = len(tasks) // 2
        changes = await self._in_measure(proxy, tasks[:half])
        return changes | await self._in_measure(proxy, tasks[half:])

    async def _ask(self, proxy: Proxy, tasks: Sequence[Task]) -> dict[str, Change]:
        found, lost = await self._seen(proxy, tasks)
        changes = {task.id: change for task, change in lost}
        waiting: list[tuple[Task, Seen]] = []
        for task, seen in found:
            if seen.status == "SUCCESS":
                waiting.append((task, seen))
            elif change := _change(task, seen, proxy.secrets):
                changes[task.id] = change
        changes |= await self._finish(proxy.channel, waiting)
        return changes

    async def _seen(
        self, proxy: Proxy, tasks: Sequence[Task]
    ) -> tuple[list[tuple[Task, Seen]], list[tuple[Task, Change]]]:
        """Those that the upstream told of, and what becomes of those that it left out."""
        if "mj_find" not in proxy.channel.paths:
            return await self._each(proxy, tasks)
        told = {seen.id: seen for seen in await proxy.find([task.upstream_id for task in tasks])}
        found: list[tuple[Task, Seen]] = []
        lost: list[tuple[Task, Change]] = []
        missing: list[Task] = []
        for task in tasks:
            seen = told.get(task.upstream_id)
            if seen is not None:
                found.append((task, seen))
                continue
            missed = read_memo(task).missed + 1
            if missed < MISSED_MAX:
                lost.append((task, Change(memo={"missed": missed})))
            else:
                missing.append(task)
        if missing:
            try:
                more, gone = await self._each(proxy, missing)
            except Unreachable:
                return found, lost  # the list was told; they are asked for again
            found += more
            lost += gone
        return found, lost

    async def _each(
        self, proxy: Proxy, tasks: Sequence[Task]
    ) -> tuple[list[tuple[Task, Seen]], list[tuple[Task, Change]]]:
        """One by one: where there is no list, or the list left them out. Raises Unreachable when
        nothing was told of any."""
        turn = asyncio.Semaphore(FETCHES)

        async def fetch(task: Task) -> Seen | Unreachable | None:
            async with turn:
                try:
                    return await proxy.fetch(task.upstream_id)
                except Unreachable as failed:
                    return failed

        seen = await asyncio.gather(*(fetch(task) for task in tasks))
        pairs = [
            (task, each)
            for task, each in zip(tasks, seen, strict=True)
            if not isinstance(each, Unreachable)
        ]
        if not pairs and isinstance(seen[0], Unreachable):
            raise seen[0]
        lost = [(task, _lost()) for task, each in pairs if each is None and not task.is_final]
        return [(task, each) for task, each in pairs if each is not None], lost

    async def _finish(
        self, channel: Channel, waiting: Sequence[tuple[Task, Seen]]
    ) -> dict[str, Change]:
        """Done when the pictures are ours."""
        if options_of(self._workshop).images == "origin":
            return {
                task.id: finished(task, seen, _origins(seen), channel) for task, seen in waiting
            }
        for task, seen in waiting:
            self._storing.start(task, seen, channel)
        await self._storing.wait([task.id for task, _ in waiting], PICTURES_SECONDS)
        changes: dict[str, Change] = {}
        for task, seen in waiting:
            pictures = self._storing.take(task.id)
            if pictures is not None:
                changes[task.id] = finished(task, seen, pictures, channel)
            elif not task.is_final and (change := progressed(task, _not_yet(seen))):
                changes[task.id] = change
        return changes


def _change(task: Task, seen: Seen, secrets: Sequence[str]) -> Change | None:
    if task.is_final:
        return None  # late: only a success would count
    if seen.status in ("FAILURE", "CANCEL"):
        return failed(seen, secrets)
    change = progressed(task, seen)
    if task.memo.get("missed"):  # of each that is polled: the memo is not read whole
        return msgspec.structs.replace(change or Change(), memo={"missed": 0})
    return change


def _not_yet(seen: Seen) -> Seen:
    return msgspec.structs.replace(seen, status="IN_PROGRESS", progress=99)


def _origins(seen: Seen) -> dict[str, object]:
    pictures: dict[str, object] = {"image": {"origin": seen.image_url}}
    if seen.image_urls:
        pictures["images"] = [{"origin": link} for link in seen.image_urls]
    return pictures


def _lost() -> Change:
    return Change(state="FAILURE", fail_code="upstream_lost", fail_reason=texts.LOST)


def _key_gone() -> Change:
    return Change(state="FAILURE", fail_code="channel_gone", fail_reason=texts.CHANNEL_GONE)
