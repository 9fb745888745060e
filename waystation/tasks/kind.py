"""What a sort of task must be able to do; the runner does the rest.

A kind never writes rows: it returns changes, or asks its `Work` for one that must be durable before
it goes on. What it may count on:

* `step` is called for a task in NOT_START whose hold is open. Before anything goes out that must
  not go out twice it calls `work.submitting`, which is durable when it returns.
* a process that dies after that leaves SUBMITTING (or a running state) behind; the next runner
  calls `recover`, never `step`.
* SUBMITTED and IN_PROGRESS of a kind that is polled wait on the desk for `poll`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from waystation.routing.snapshot import Channel
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work


class PollFailed(Exception):
    """The upstream told nothing: the channel is left alone for a while, growing with each time.
    retry_after_seconds: as it asked for."""

    def __init__(self, reason: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class TaskKind(Protocol):
    """name: as in the rows. steps_max: at once, in one process. batch_max: tasks in one poll; 0:
    not polled."""

    name: str
    steps_max: int
    batch_max: int

    async def prepare(self) -> None:
        """Once, before anything else is asked. Raises StorageAway."""

    async def close(self) -> None:
        """Once, when the runner has stopped."""

    async def step(self, work: Work) -> Change:
        """Begin it. The change may be final, or SUBMITTED or IN_PROGRESS where polled, or
        NOT_START with due_seconds: no place yet. It may await for long; `work.change` tells of
        progress. Faults and AttemptFailed that it lets through fail the task with their words."""

    async def recover(self, work: Work) -> Change:
        """A process died in the middle, or the outcome of a call is unknown. Not sent again."""

    async def poll(self, channel: Channel, tasks: Sequence[Task]) -> Mapping[str, Change]:
        """What the upstream says of these (all of that channel, at most batch_max), by task id;
        of some, or none, nothing. Late ones are in FAILURE and may become SUCCESS. Raises
        PollFailed."""

    def pace(self, task: Task, now_ms: int) -> float:
        """Seconds from one poll of this task to the next."""

    def expired(self, task: Task) -> Change:
        """Its deadline has passed, whatever the state: FAILURE, or CANCEL of a MODAL."""

    def orphaned(self, task: Task) -> Change:
        """Its channel is no longer configured."""

    def show(self, task: Task) -> dict[str, Any]:
        """The task as its own protocol shows it: what hooks carry."""
