"""Midjourney's tasks on proxies of the family: begun once, polled in batches, never lost.

What decides is pure and elsewhere: `submitting` says what an answer means, `seen` what a polled
task changes. Here is the order of things.
"""

from collections.abc import Mapping, Sequence
from random import random
from typing import Any

import msgspec

from waystation.dialects.midjourney import texts
from waystation.routing.snapshot import Channel
from waystation.tasks.kind import PollFailed
from waystation.tasks.midjourney.beginning import Beginning
from waystation.tasks.midjourney.places import read_memo
from waystation.tasks.midjourney.polling import Polling
from waystation.tasks.midjourney.proxy import Unreachable
from waystation.tasks.midjourney.shown import KIND, PictureLinks, shown
from waystation.tasks.midjourney.storing import Storing
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work
from waystation.tasks.workshop import Workshop

LATE_SECONDS = 24 * 3600.0
YOUNG_MS = 120_000
ASKED_MS = 10_000
LATE_PACE_SECONDS = 60.0


class Midjourney:
    """One a runner; `close` at the end."""

    name = KIND
    steps_max = 64
    batch_max = 100

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._storing = Storing(workshop.artefacts, workshop.fetcher)
        self._beginning = Beginning(workshop)
        self._polling = Polling(workshop, self._storing)
        self._sign: PictureLinks | None = None

    async def prepare(self) -> None:
        self._sign = await self._workshop.artefacts.signing()

    async def close(self) -> None:
        await self._storing.close()

    # ---- as the runner asks --------------------------------------------------------------------

    async def step(self, work: Work) -> Change:
        return await self._beginning.step(work)

    async def recover(self, work: Work) -> Change:
        return await self._beginning.recover(work)

    async def poll(self, channel: Channel, tasks: Sequence[Task]) -> Mapping[str, Change]:
        try:
            return await self._polling.poll(channel, tasks)
        except Unreachable as unreachable:
            raise PollFailed(str(unreachable)) from None

    def pace(self, task: Task, now_ms: int) -> float:
        """Quick while it is young or looked at, then slower, never all at one moment."""
        if task.is_final:
            return LATE_PACE_SECONDS
        age_ms = now_ms - (task.submitted_ms or task.created_ms)
        if age_ms < YOUNG_MS or now_ms - (task.wanted_ms or 0) < ASKED_MS:
            return 2.0 + random()
        return min(15.0, 5.0 + (age_ms - YOUNG_MS) / 60_000) + random()

    def expired(self, task: Task) -> Change:
        if task.state == "MODAL":
            return Change(state="CANCEL", fail_code="timeout", fail_reason=texts.SUBMIT_TIMED_OUT)
        if task.is_running:
            return Change(
                state="FAILURE",
                fail_code="timeout",
                fail_reason=texts.TIMED_OUT,
                late_seconds=LATE_SECONDS,
            )
        return Change(state="FAILURE", fail_code="timeout", fail_reason=texts.SUBMIT_TIMED_OUT)

    def orphaned(self, task: Task) -> Change:
        return Change(state="FAILURE", fail_code="channel_gone", fail_reason=texts.CHANNEL_GONE)

    def show(self, task: Task) -> dict[str, Any]:
        base, sign = read_memo(task).base, self._sign
        assert sign is not None, "prepare() comes first"
        made = msgspec.to_builtins(shown(task, lambda path: base + sign(path)))
        assert isinstance(made, dict)
        return made
