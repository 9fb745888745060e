"""A kind of task that does what a test tells it, and remembers what was asked of it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.tasks.plant import channel
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.tasks.kind import PollFailed
from waystation.tasks.task import Bill, Change, Task
from waystation.tasks.work import Work

NANOS = 600
BILL = Bill(nanos=NANOS, group="default", rate="1", price_version="v1")


class Slow:
    """answers: what polls say, by task id; else nothing. submits: how often each was sent."""

    name = "slow"
    steps_max = 64
    batch_max = 100

    def __init__(self, **more: Any) -> None:
        self.submits: dict[str, int] = {}
        self.polls: list[list[str]] = []
        self.answers: dict[str, Change] = {}
        self.poll_fault: PollFailed | None = None
        self.pace_seconds = 0.05
        self.act: Callable[[Work], Any] | None = None
        self.recovered: list[str] = []
        self.sent = Change(state="SUBMITTED", upstream_id="u")
        for name, value in more.items():
            setattr(self, name, value)

    async def prepare(self) -> None: ...

    async def close(self) -> None: ...

    async def step(self, work: Work) -> Change:
        if self.act is not None:
            change: Change = await self.act(work)
            return change
        await work.submitting(channel(), ChannelKey(5, ""), BILL, 900)
        self.submits[work.task.id] = self.submits.get(work.task.id, 0) + 1
        return self.sent

    async def recover(self, work: Work) -> Change:
        self.recovered.append(work.task.id)
        return Change(state="FAILURE", fail_code="interrupted", fail_reason="restarted")

    async def poll(self, channel: Channel, tasks: Sequence[Task]) -> Mapping[str, Change]:
        self.polls.append([task.id for task in tasks])
        await asyncio.sleep(0)
        if self.poll_fault is not None:
            raise self.poll_fault
        return {task.id: self.answers[task.id] for task in tasks if task.id in self.answers}

    def pace(self, task: Task, now_ms: int) -> float:
        return self.pace_seconds

    def expired(self, task: Task) -> Change:
        if task.state == "MODAL":
            return Change(state="CANCEL", fail_code="timeout", fail_reason="no word came")
        return Change(state="FAILURE", fail_code="timeout", fail_reason="too late", late_seconds=60)

    def orphaned(self, task: Task) -> Change:
        return Change(state="FAILURE", fail_code="channel_removed", fail_reason="gone")

    def show(self, task: Task) -> dict[str, Any]:
        return {"id": task.id, "status": task.state, "progress": f"{task.progress}%"}
