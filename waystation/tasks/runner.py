"""Runs due tasks, in any number of control processes: claims them, begins them, polls them, settles
them, and frees those of runners that died.

One round a fifth of a second; each part of it is a look that costs nothing when there is nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from waystation.journal.metrics import Metrics
from waystation.kernel.clock import monotonic, now_ms
from waystation.kernel.ids import request_id
from waystation.ledger.port import Ledger, LedgerAway
from waystation.ledger.questions import AskOpenHolds, OpenHolds
from waystation.routing.snapshot import Channel
from waystation.storage.database import StorageAway
from waystation.tasks.desk import Desk
from waystation.tasks.ends import Ends
from waystation.tasks.kind import TaskKind
from waystation.tasks.leases import Leases
from waystation.tasks.settle import Settler
from waystation.tasks.slots import Slots
from waystation.tasks.steps import Steps
from waystation.tasks.store import TaskStore
from waystation.tasks.sweep import Sweep
from waystation.tasks.task import Task

ROUND_SECONDS = 0.2
CLAIM_MAX = 256
DESK_MAX = 50_000
ALIVE_SECONDS = 15.0
LEFT_OVER_SECONDS = 1.0
SWEEP_SECONDS = 20.0
CANCELLED_SECONDS = 0.5
"""How soon a step whose task was cancelled is noticed."""
PATIENCE_SECONDS = 3.0
"""What steps under way are given when the process is told to go."""
WANTED_LATE_MS = 2_000
"""A wish is seen when it is committed, which may be after a later one."""
_ERROR_SECONDS = 2.0

log = structlog.get_logger("waystation.tasks")


class Runner:
    """`run` until cancelled. name: of this process's start: leases of runners whose name begins
    like it are free at once, for they cannot live any more (""; nothing is known of that).
    alive_seconds: how long a runner that says nothing keeps its tasks. slots: the places that the
    kinds take in channels' limits, given back when their tasks end."""

    def __init__(
        self,
        store: TaskStore,
        ledger: Ledger,
        kinds: Mapping[str, TaskKind],
        channel: Callable[[int], Channel | None],
        *,
        name: str = "",
        alive_seconds: float = ALIVE_SECONDS,
        sweep_after_seconds: float | None = None,
        metrics: Metrics | None = None,
        slots: Slots | None = None,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._kinds = kinds
        self._channel = channel
        self._name = name
        self._alive_seconds = alive_seconds
        self.settler = Settler(store, ledger)
        self._sweep = Sweep(store, ledger, self.settler, sweep_after_seconds)
        self._wanted_ms = 0
        self._metrics = metrics
        self._slots = slots
        self._looked_at = 0.0
        self._begin_life()

    def _begin_life(self) -> None:
        """With a new id: what an earlier one had is not ours."""
        owner = f"{self._name}{request_id()}"
        self._leases = Leases(self._store.database, owner, self._alive_seconds)
        ends = Ends(self._store, self.settler, owner, self._metrics)
        self._desk = Desk(ends, self._channel, self._slots)
        self._steps = Steps(self._store, ends, self._desk, self._kinds, self._slots)

    @property
    def owner(self) -> str:
        return self._leases.owner

    @property
    def tasks_count(self) -> int:
        """In hand: on the desk, or in a step."""
        return len(self._desk) + len(self._steps)

    async def run(self) -> None:
        keeping = [
            asyncio.create_task(self._keep_settling(), name="task-settling"),
            asyncio.create_task(self._keep_sweeping(), name="task-sweeping"),
        ]
        try:
            while True:
                await self._live()
        finally:
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)
            await self._leave()

    async def _live(self) -> None:
        """One life: from its registration until somebody took us for dead."""
        await self._patiently(self._register)
        renewed = monotonic()
        while True:
            if monotonic() - renewed >= self._alive_seconds / 3:
                if not await self._patiently(self._leases.renew):
                    break
                await self._patiently(self._leases.free_dead)
                renewed = monotonic()
            await self._patiently(self._round)
            self._desk.turn()
            await asyncio.sleep(ROUND_SECONDS)
        log.warning("this runner was taken for dead; it begins anew", tasks=self.tasks_count)
        await self._steps.close(0)
        await self._desk.close()
        self._begin_life()

    async def _register(self) -> bool:
        await self._leases.register()
        freed = await self._leases.free_dead(self._name)
        if freed:
            log.info("tasks of a runner that died were taken over", tasks=freed)
        return True

    async def _round(self) -> bool:
        """False: nothing was claimed."""
        for task_id, wanted_ms in await self._wanted():
            self._wanted_ms = max(self._wanted_ms, wanted_ms)
            self._desk.want(task_id, wanted_ms)
        await self._cut_cancelled()
        if len(self._desk) >= DESK_MAX:
            return False
        claimed = await self._leases.claim(self._steps.free_kinds(), CLAIM_MAX)
        if not claimed:
            return False
        held = await self._held(claimed)
        for task in claimed:
            self._steps.begin(task, task.hold_id in held)
        return True

    async def _wanted(self) -> list[tuple[str, int]]:
        if not self._wanted_ms:
            self._wanted_ms = now_ms()
        if not len(self._desk):
            return []
        return await self._leases.wanted(self._wanted_ms - WANTED_LATE_MS)

    async def _cut_cancelled(self) -> None:
        """What its owner has cancelled is not worked on any longer."""
        if monotonic() - self._looked_at < CANCELLED_SECONDS or not self._steps.ids:
            return
        self._looked_at = monotonic()
        for task_id in await self._store.cancelled(self._steps.ids):
            self._steps.cut(task_id)

    async def _held(self, claimed: list[Task]) -> set[str]:
        """Which holds of those that are to begin are open. While the ledger is away it is asked
        again: the tasks are ours, and nothing may be sent before it has said so."""
        wanted = [each.hold_id for each in claimed if each.state == "NOT_START" and each.hold_id]
        if not wanted:
            return set()
        while True:
            try:
                told = await self._ledger.ask(AskOpenHolds(request_id(), tuple(wanted)))
            except LedgerAway:
                await asyncio.sleep(ROUND_SECONDS)
                if not await self._patiently(self._leases.renew):
                    return set()
                continue
            assert isinstance(told, OpenHolds)
            return set(told.hold_ids)

    async def _patiently(self, act: Callable[[], Awaitable[object]]) -> bool:
        """Until the store answers."""
        warned = False
        while True:
            try:
                return bool(await act())
            except StorageAway as away:
                if not warned:
                    log.warning("the tasks' store is away", reason=str(away))
                warned = True
                await asyncio.sleep(_ERROR_SECONDS / 4)

    # ---- beside it ---------------------------------------------------------------------------

    async def _keep_settling(self) -> None:
        while True:
            await asyncio.sleep(LEFT_OVER_SECONDS)
            try:
                due = await self.settler.left_over()
                await asyncio.gather(*(self.settler.settle(task) for task in due))
            except (LedgerAway, StorageAway):
                await asyncio.sleep(_ERROR_SECONDS)

    async def _keep_sweeping(self) -> None:
        while True:
            try:
                await self._sweep.sweep()
            except (LedgerAway, StorageAway):
                await asyncio.sleep(_ERROR_SECONDS)
            else:
                await asyncio.sleep(SWEEP_SECONDS)

    async def _leave(self) -> None:
        await self._steps.close(PATIENCE_SECONDS)
        await self._desk.close()
        try:
            await self._leases.leave()
        except StorageAway:
            log.warning("the tasks in hand wait until this runner's lease lapses")
