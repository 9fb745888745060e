"""Tasks that an upstream works on, in the memory of the runner that has them: polled in batches by
channel, each at its own pace, written only when something changed.

One channel's trouble is its own: each has its line, its back-off and its polls under way.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from heapq import heappop, heappush

import msgspec
import structlog

from waystation.kernel.clock import monotonic, now_ms
from waystation.routing.snapshot import Channel
from waystation.tasks.ends import Ends
from waystation.tasks.kind import PollFailed, TaskKind
from waystation.tasks.slots import Slots
from waystation.tasks.task import Change, Task

POLLS_AT_ONCE = 4
"""Of one channel."""
POLL_SECONDS_MAX = 60.0
GATHER_SECONDS = 0.25
"""Tasks that are due so soon after each other share a poll."""
WANTED_AFTER_SECONDS = 2.0
"""An owner's fetch brings the next poll forward when the last one is older."""
_BACK_OFF_SECONDS = 1.0
_BACK_OFF_SECONDS_MAX = 60.0
_JITTER = 0.1

log = structlog.get_logger("waystation.tasks")


class Entry:
    """A task on the desk. at: monotonic time of its next poll; polled_at: of the last one.
    wanted: asked for while it was being polled."""

    __slots__ = ("at", "polled_at", "polling", "task", "wanted")

    def __init__(self, task: Task, at: float) -> None:
        self.task = task
        self.at = at
        self.polled_at = 0.0
        self.polling = False
        self.wanted = False


class Line:
    """What is polled together: one kind's tasks on one channel."""

    def __init__(self, kind: TaskKind, channel_id: int) -> None:
        self.kind = kind
        self.channel_id = channel_id
        self.entries: dict[str, Entry] = {}
        self.heap: list[tuple[float, str]] = []
        self.polls: set[asyncio.Task[None]] = set()
        self.failures = 0
        self.quiet_until = 0.0

    def put(self, entry: Entry) -> None:
        heappush(self.heap, (entry.at, entry.task.id))

    def take_due(self, now: float) -> list[Entry]:
        """At most one poll's worth of those that are due about now."""
        due: list[Entry] = []
        soon = now + GATHER_SECONDS if self.heap and self.heap[0][0] <= now else now
        while self.heap and self.heap[0][0] <= soon and len(due) < self.kind.batch_max:
            at, task_id = heappop(self.heap)
            entry = self.entries.get(task_id)
            if entry is None or entry.at != at or entry.polling:
                continue  # it has gone, or was brought forward
            entry.polling = True
            due.append(entry)
        return due


class Desk:
    """channel: finds a configured channel by its id; 0 is nobody's and gives None. slots: the
    places that running tasks have in their channels' limits."""

    def __init__(
        self,
        ends: Ends,
        channel: Callable[[int], Channel | None],
        slots: Slots | None = None,
    ) -> None:
        self._ends = ends
        self._channel = channel
        self._slots = slots
        self._lines: dict[tuple[str, int], Line] = {}
        self._places: dict[str, Line] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._places

    def add(self, task: Task, kind: TaskKind) -> None:
        """A task of ours that is to be polled."""
        channel = self._channel(task.channel_id)
        if self._slots is not None and channel is not None and not task.is_final:
            self._slots.adopt(task.id, channel, task.key_id)
        key = (kind.name, task.channel_id)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = Line(kind, task.channel_id)
        entry = line.entries[task.id] = Entry(task, monotonic() + _spread(kind, task))
        self._places[task.id] = line
        line.put(entry)

    def want(self, task_id: str, wanted_ms: int) -> None:
        """Its owner has asked: poll soon, if that was not just done."""
        line = self._places.get(task_id)
        if line is None:
            return
        entry = line.entries[task_id]
        if wanted_ms <= (entry.task.wanted_ms or 0):
            return
        entry.task = msgspec.structs.replace(entry.task, wanted_ms=wanted_ms)
        if entry.polling:
            entry.wanted = True  # what is new may have come too late for this poll
            return
        at = max(monotonic(), entry.polled_at + WANTED_AFTER_SECONDS)
        if at < entry.at:
            entry.at = at
            line.put(entry)

    def clear(self) -> None:
        """Nothing is ours any more."""
        for task_id in self._places:
            self._give_slot(task_id)
        for line in self._lines.values():
            for poll in line.polls:
                poll.cancel()
        self._lines.clear()
        self._places.clear()

    def turn(self) -> None:
        """Begin the polls that are due; called several times a second."""
        now = monotonic()
        for key, line in list(self._lines.items()):
            if not line.entries and not line.polls:
                del self._lines[key]
                continue
            while len(line.polls) < POLLS_AT_ONCE and now >= line.quiet_until:
                due = line.take_due(now)
                if not due:
                    break
                poll = asyncio.create_task(self._poll(line, due), name=f"poll-{line.kind.name}")
                line.polls.add(poll)
                poll.add_done_callback(line.polls.discard)

    async def close(self) -> None:
        polls = [poll for line in self._lines.values() for poll in line.polls]
        self.clear()
        await asyncio.gather(*polls, return_exceptions=True)

    # ---- one poll ----------------------------------------------------------------------------

    async def _poll(self, line: Line, due: list[Entry]) -> None:
        live = [entry for entry in due if not await self._is_over(line, entry)]
        channel = self._channel(line.channel_id)
        changes: Mapping[str, Change] = {}
        if channel is None and line.channel_id:
            changes = {entry.task.id: line.kind.orphaned(entry.task) for entry in live}
        elif live and channel is not None:
            changes = await self._ask(line, channel, [entry.task for entry in live])
        changing = []
        for entry in live:
            change = changes.get(entry.task.id)
            if change is None:  # most of them, most of the time: no task of the loop's for those
                entry.polled_at = monotonic()
                self._go_on(line, entry, entry.task)
            else:
                changing.append(self._take_in(line, entry, change))
        if changing:
            await asyncio.gather(*changing)

    async def _ask(self, line: Line, channel: Channel, tasks: list[Task]) -> Mapping[str, Change]:
        try:
            async with asyncio.timeout(POLL_SECONDS_MAX):
                changes = await line.kind.poll(channel, tasks)
        except (PollFailed, TimeoutError) as failed:
            self._back_off(line, channel, failed)
            return {}
        except Exception:  # a mistake of ours must not stop the other channels' polls
            log.exception("a poll failed", kind=line.kind.name, channel=channel.name)
            self._back_off(line, channel, None)
            return {}
        line.failures = 0
        return changes

    def _back_off(self, line: Line, channel: Channel, failed: Exception | None) -> None:
        line.failures += 1
        seconds = min(_BACK_OFF_SECONDS * 2 ** (line.failures - 1), _BACK_OFF_SECONDS_MAX)
        if isinstance(failed, PollFailed) and failed.retry_after_seconds is not None:
            seconds = max(seconds, failed.retry_after_seconds)
        line.quiet_until = monotonic() + seconds
        if line.failures == 1 and failed is not None:
            reason = str(failed) or type(failed).__name__
            log.warning("a channel tells nothing of its tasks", channel=channel.name, reason=reason)

    async def _take_in(self, line: Line, entry: Entry, change: Change) -> None:
        entry.polled_at = monotonic()
        self._go_on(line, entry, await self._ends.apply(entry.task, change, keep=True))

    def _go_on(self, line: Line, entry: Entry, task: Task | None) -> None:
        """task: as it is now. None: it is over, or another's."""
        if self._places.get(entry.task.id) is not line:
            return  # the desk was cleared meanwhile
        if task is None or task.lease_owner != self._ends.owner:
            self._drop(line, entry)
            return
        if task.is_final:
            self._give_slot(task.id)  # what is looked for is late: it does not run any more
        entry.task = task
        entry.polling = False
        seconds = _jittered(line.kind.pace(task, now_ms()))
        if entry.wanted:
            entry.wanted, seconds = False, min(seconds, WANTED_AFTER_SECONDS)
        entry.at = entry.polled_at + seconds
        line.put(entry)

    async def _is_over(self, line: Line, entry: Entry) -> bool:
        """The deadline of its state has passed. A late one is then let go for good."""
        task = entry.task
        if task.deadline_ms is None or now_ms() < task.deadline_ms:
            return False
        if task.is_final:
            await self._ends.apply(task, Change(), keep=False)
            self._drop(line, entry)
            return True
        change = line.kind.expired(task)
        await self._take_in(line, entry, change)
        return True

    def _drop(self, line: Line, entry: Entry) -> None:
        line.entries.pop(entry.task.id, None)
        self._places.pop(entry.task.id, None)
        self._give_slot(entry.task.id)

    def _give_slot(self, task_id: str) -> None:
        if self._slots is not None:
            self._slots.give(task_id)


def _jittered(seconds: float) -> float:
    return seconds * (1 + random.uniform(-_JITTER, _JITTER))


def _spread(kind: TaskKind, task: Task) -> float:
    """Many that arrive at once, after a restart, are not all polled at once."""
    return random.uniform(0.2, 1.0) * kind.pace(task, now_ms())
