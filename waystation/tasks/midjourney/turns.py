"""Whose turn it is: tasks begin in the order in which they came, as many at once as the channel
and the account may have.

A task may begin when those that run and those that wait before it are fewer than the limit. The
order is total, so no two begin in one place, on however many processes.
"""

from waystation.dialects.midjourney.options import MidjourneyOptions
from waystation.routing.snapshot import Channel
from waystation.tasks.midjourney.places import Memo
from waystation.tasks.midjourney.shown import KIND
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work
from waystation.tasks.workshop import Workshop

WAIT_SECONDS = 0.5
WAIT_SECONDS_MAX = 5.0


class NotYet(Exception):
    """Others are before it."""

    def __init__(self, change: Change) -> None:
        super().__init__("not yet")
        self.change = change


class Turns:
    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    async def of_account(self, work: Work, memo: Memo, options: MidjourneyOptions) -> None:
        """While its account has all that it may have, a task stands in no channel's line, where it
        would keep others. Raises NotYet, StorageAway, Overtaken."""
        task, most = work.task, options.account_concurrency
        if most:
            before = await self._workshop.store.account_line(task, KIND)
            if before >= most:
                pause = wait_seconds(before - most)
                raise NotYet(Change(state="NOT_START", channel_id=0, due_seconds=pause))
        if not task.channel_id and memo.places:
            await work.change(Change(channel_id=memo.places[0].channel_id))

    async def ahead(self, task: Task, channel: Channel) -> int:
        """How many must end before it may begin there; below 1: it may. Raises StorageAway."""
        most = channel.limits.concurrency
        has_it = task.is_running and task.channel_id == channel.id
        if not most or has_it:
            return 0
        return await self._workshop.store.channel_line(task, channel.id) - most + 1


def wait_seconds(ahead: int) -> float:
    """The nearer, the sooner it is looked at again."""
    return min(WAIT_SECONDS * max(1, ahead), WAIT_SECONDS_MAX)
