"""One task in the hands of a runner."""

from collections.abc import Awaitable, Callable

import msgspec

from waystation.kernel.clock import now_ms
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.tasks.changing import changed
from waystation.tasks.store import Overtaken, TaskStore
from waystation.tasks.task import Bill, Change, Request, Task

_TRIES_ON_OVERTAKEN = 3


class Work:
    """task: as the row is now; replaced by each change. undo: set by a kind: takes away what was
    made on the way, when the task turns out to be over: its owner has cancelled it."""

    def __init__(self, store: TaskStore, task: Task) -> None:
        self._store = store
        self.task = task
        self.undo: Callable[[], Awaitable[None]] | None = None

    async def request(self) -> Request:
        """Raises StorageAway."""
        return await self._store.request_of(self.task.id)

    async def change(self, change: Change) -> None:
        """Durable when it returns. Raises Overtaken: the task is no longer ours, stop; StorageAway,
        IllegalTransition."""
        for _ in range(_TRIES_ON_OVERTAKEN):
            after = changed(self.task, change, now_ms())
            if after is not self.task and after.due_at_ms is not None:
                after = msgspec.structs.replace(after, due_at_ms=None)  # it is in our hands
            try:
                self.task = await self._store.put(self.task, after)
            except Overtaken:
                self.task = await self._still_ours()
            else:
                return
        raise Overtaken(self.task.id)

    async def _still_ours(self) -> Task:
        """As its row is now, when what changed it took it from nobody: a callback wrote down what
        it heard. Raises Overtaken."""
        found = await self._store.get(self.task.id)
        if found is None or found.is_final or found.lease_owner != self.task.lease_owner:
            raise Overtaken(self.task.id)
        return found

    async def submitting(
        self, channel: Channel, key: ChannelKey, bill: Bill | None, seconds_max: float
    ) -> None:
        """Before the first byte that must not go out twice: this channel and key have it now, at
        this price. seconds_max: from now to its end. Also when the next channel is tried, after it
        is certain that the last one does not have it. Raises as `change`."""
        await self.change(
            Change(
                state="SUBMITTING",
                channel_id=channel.id,
                key_id=key.id,
                bill=bill,
                deadline_seconds=seconds_max,
            )
        )
