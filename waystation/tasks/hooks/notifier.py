"""Tells receivers what became of tasks: for each task in order and one at a time, the newest state
only, final ones until they were taken, for a day.
"""

import asyncio
from collections.abc import Mapping

import msgspec
import structlog

from waystation.journal.metrics import HOOK_DELIVERIES, Metrics
from waystation.kernel.clock import monotonic, now_ms
from waystation.storage.database import StorageAway
from waystation.storage.signing import Signer
from waystation.tasks.hooks.book import Hook, HookBook, Told, again_ms
from waystation.tasks.hooks.delivery import deliver, delivery_id
from waystation.tasks.hooks.room import Room
from waystation.tasks.hooks.signature import secrets_of
from waystation.tasks.kind import TaskKind
from waystation.tasks.states import rank, shown
from waystation.tasks.store import TaskStore
from waystation.tasks.task import Task
from waystation.upstream.transport import Transport

ROUND_SECONDS = 0.2
CROWD_SECONDS = 10.0
WAITING_MAX = 1000
_AWAY_SECONDS = 1.0
_QUIET_STATES = ("NOT_START", "SUBMITTING", "MODAL")

_encode = msgspec.json.encode
log = structlog.get_logger("waystation.tasks.hooks")


class Notifier:
    """`run` until cancelled, in any number of processes. transport: guarded, without redirects.
    waiting_max: so many may wait for one account."""

    def __init__(
        self,
        store: TaskStore,
        kinds: Mapping[str, TaskKind],
        transport: Transport,
        signer: Signer,
        metrics: Metrics | None = None,
        waiting_max: int = WAITING_MAX,
    ) -> None:
        self._store = store
        self._book = HookBook(store.database)
        self._kinds = kinds
        self._transport = transport
        self._signer = signer
        self._metrics = metrics
        self._telling: set[asyncio.Task[None]] = set()
        self._room = Room()
        self._waiting_max = waiting_max
        self._looked_at = 0.0
        self._told: list[Told] = []

    async def run(self) -> None:
        try:
            while True:
                try:
                    await self._round()
                except StorageAway as away:
                    log.warning("the hooks' store is away", reason=str(away))
                    await asyncio.sleep(_AWAY_SECONDS)
                await asyncio.sleep(ROUND_SECONDS)
        finally:
            await self._close()

    async def _round(self) -> None:
        await self._write_down()
        await self._give_up_most()
        if self._room.left <= 0:
            return
        hooks = await self._book.take(self._room)
        if not hooks:
            return
        try:
            found = {one.id: one for one in await self._store.get_many(h.task_id for h in hooks)}
        except StorageAway:
            for hook in hooks:  # due again after their lease
                self._room.give(hook.url, hook.account_id)
            raise
        for hook in hooks:
            if not self._begin(hook, found.get(hook.task_id)):
                self._room.give(hook.url, hook.account_id)

    async def _give_up_most(self) -> None:
        if monotonic() - self._looked_at < CROWD_SECONDS:
            return
        given_up = await self._book.give_up_most(self._waiting_max)
        self._looked_at = monotonic()
        if given_up:
            log.warning("hooks were given up, for too many wait for one account", count=given_up)

    async def _write_down(self) -> None:
        told, self._told = self._told, []
        if told:
            try:
                await self._book.write(told)
            except BaseException:
                self._told = told + self._told
                raise

    def _begin(self, hook: Hook, task: Task | None) -> bool:
        """False: there is nothing to tell."""
        if task is None or task.kind not in self._kinds or task.state in _QUIET_STATES:
            self._told.append(Told(hook, -1, None))
            return False
        if rank(task.state, task.progress) <= hook.sent_rank:
            self._told.append(Told(hook, -1, None))  # told already, or something after it
            return False
        telling = asyncio.create_task(self._tell(hook, task), name="hook")
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        telling.add_done_callback(lambda _: self._room.give(hook.url, hook.account_id))
        return True

    async def _tell(self, hook: Hook, task: Task) -> None:
        at = rank(task.state, task.progress)
        identity = delivery_id(task.id, at)
        secrets = secrets_of(self._signer, hook.turn, now_ms())
        body = _encode(self._kinds[task.kind].show(task))
        outcome = await deliver(self._transport, hook.url, body, identity, secrets)
        if self._metrics is not None:
            self._metrics.count(HOOK_DELIVERIES, outcome.error or "taken")
        again = again_ms(hook, now_ms()) if outcome.error and task.is_final else None
        state = shown(task.state, task.submitted_ms)
        self._told.append(Told(hook, at, again, identity, state, task.progress, *outcome))

    async def _close(self) -> None:
        """What is on its way is told again after its lease."""
        for telling in self._telling:
            telling.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)
        try:
            await self._write_down()
        except StorageAway:
            log.warning("some deliveries were not written down")
