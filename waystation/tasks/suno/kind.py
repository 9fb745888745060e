"""Songs as a sort of task: begun once, polled in batches by channel, never lost."""

from collections.abc import Mapping, Sequence
from random import random
from typing import Any

import msgspec

from waystation.dialects.suno.seen import Seen
from waystation.routing.choice import NO_KEY
from waystation.routing.snapshot import Channel
from waystation.tasks.kind import PollFailed
from waystation.tasks.suno.beginning import Beginning
from waystation.tasks.suno.filing import PAUSES_SECONDS, Filing
from waystation.tasks.suno.saved import KIND, read_memo
from waystation.tasks.suno.seeing import change_of, want_files
from waystation.tasks.suno.shown import Links, shown
from waystation.tasks.suno.upstream import Line, Studio, Unreachable, studio_of
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work
from waystation.tasks.workshop import Workshop, key_of

MISSED_MAX = 2
YOUNG_MS = 120_000
ASKED_MS = 10_000
FILES_SECONDS = 2.0
"""So long a poll waits for files; what takes longer is looked for at the next one."""


class SunoTasks:
    """One a runner; `close` at the end."""

    name = KIND
    steps_max = 64
    batch_max = 100

    def __init__(
        self, workshop: Workshop, pauses_seconds: tuple[float, ...] = PAUSES_SECONDS
    ) -> None:
        self._workshop = workshop
        self._filing = Filing(workshop.artefacts, workshop.fetcher, pauses_seconds)
        self._beginning = Beginning(workshop, self._filing)
        self._sign: Links | None = None

    async def prepare(self) -> None:
        self._sign = await self._workshop.artefacts.signing()

    async def close(self) -> None:
        await self._filing.close()

    # ---- as the runner asks --------------------------------------------------------------------

    async def step(self, work: Work) -> Change:
        return await self._beginning.step(work)

    async def recover(self, work: Work) -> Change:
        """A call was under way when its process died."""
        task = work.task
        if task.upstream_id:
            return Change(state="SUBMITTED") if task.state == "SUBMITTING" else Change()
        reason = "the server was restarted while the upstream was asked"
        return Change(state="FAILURE", fail_code="interrupted", fail_reason=reason)

    async def poll(self, channel: Channel, tasks: Sequence[Task]) -> Mapping[str, Change]:
        """A key of which nothing can be known is no reason to leave the others alone."""
        changes: dict[str, Change] = {}
        by_key: dict[int, list[Task]] = {}
        for task in tasks:
            by_key.setdefault(task.key_id, []).append(task)
        failed: Unreachable | None = None
        for key_id, mine in by_key.items():
            line = self._line(channel, key_id)
            studio = None if line is None else studio_of(line)
            if line is None or studio is None:
                changes |= {task.id: self.orphaned(task) for task in mine}
                continue
            try:
                changes |= await self._ask(line, studio, mine)
            except Unreachable as unreachable:
                failed = unreachable
        if failed is not None and len(by_key) == 1:
            raise PollFailed(str(failed)) from None
        return changes

    def _line(self, channel: Channel, key_id: int) -> Line | None:
        key = key_of(channel, key_id) if channel.keys else NO_KEY
        if key is None:
            return None
        return Line(self._workshop.transport(channel), self._workshop.way(channel), key)

    async def _ask(self, line: Line, studio: Studio, tasks: Sequence[Task]) -> dict[str, Change]:
        told = await studio.look([task.upstream_id for task in tasks])
        found = [(task, seen) for task in tasks if (seen := told.get(task.upstream_id)) is not None]
        for task, seen in found:
            want_files(self._filing, task, seen, line.channel)
        done = [task.id for task, seen in found if seen.status == "SUCCESS"]
        await self._filing.wait(done, FILES_SECONDS)
        changes: dict[str, Change] = {}
        for task, seen in found:
            change = self._change(task, seen, line.secrets)
            if change is not None:
                changes[task.id] = change
        for task in tasks:
            if task.upstream_id not in told:
                changes[task.id] = await self._missed(studio, task)
        return changes

    def _change(self, task: Task, seen: Seen, secrets: tuple[str, ...]) -> Change | None:
        change = change_of(task, seen, self._filing, secrets)
        if change is not None and change.state in ("SUCCESS", "FAILURE"):
            self._filing.forget(task.id)
        if read_memo(task).missed:
            change = change or Change()
            return msgspec.structs.replace(change, memo={**(change.memo or {}), "missed": 0})
        return change

    async def _missed(self, studio: Studio, task: Task) -> Change:
        """Left out twice, and not there when it is asked for by itself."""
        missed = min(read_memo(task).missed + 1, MISSED_MAX)
        try:
            if missed < MISSED_MAX or await studio.has(task.upstream_id):
                return Change(memo={"missed": missed})
        except Unreachable:  # nothing is known of this one: the others need not wait for it
            return Change(memo={"missed": missed})
        self._filing.forget(task.id)
        reason = "the upstream no longer knows the task"
        return Change(state="FAILURE", fail_code="upstream_lost", fail_reason=reason)

    def pace(self, task: Task, now_ms: int) -> float:
        """Quick while it is young or looked at, then slower, never all at one moment."""
        age_ms = now_ms - (task.submitted_ms or task.created_ms)
        if age_ms < YOUNG_MS or now_ms - (task.wanted_ms or 0) < ASKED_MS:
            return 2.0 + random()
        return min(15.0, 5.0 + (age_ms - YOUNG_MS) / 60_000) + random()

    def expired(self, task: Task) -> Change:
        self._filing.forget(task.id)
        return Change(state="FAILURE", fail_code="timeout", fail_reason="it took too long")

    def orphaned(self, task: Task) -> Change:
        self._filing.forget(task.id)
        reason = "its channel is no longer configured"
        return Change(state="FAILURE", fail_code="channel_gone", fail_reason=reason)

    def show(self, task: Task) -> dict[str, Any]:
        base, sign = read_memo(task).base, self._sign
        assert sign is not None, "prepare() comes first"
        made = msgspec.to_builtins(shown(task, lambda path: base + sign(path)))
        assert isinstance(made, dict)
        return made
