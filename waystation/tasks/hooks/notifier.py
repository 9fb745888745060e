"""Tells receivers what became of tasks: for each task in order and one at a time, the newest state
only, final ones until they were taken, for a day.

A receiver that hangs keeps its own few places busy and nobody else's.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping

import msgspec
import structlog

from waystation.journal.metrics import HOOK_DELIVERIES, Metrics
from waystation.kernel.clock import now_ms
from waystation.storage.database import StorageAway
from waystation.storage.signing import Signer
from waystation.tasks.hooks.book import Hook, HookBook, Told, again_ms
from waystation.tasks.hooks.delivery import deliver, delivery_id
from waystation.tasks.hooks.signature import secrets_of
from waystation.tasks.kind import TaskKind
from waystation.tasks.states import rank, shown
from waystation.tasks.store import TaskStore
from waystation.tasks.task import Task
from waystation.upstream.transport import Transport

ROUND_SECONDS = 0.2
AT_ONCE_MAX = 128
AT_ONCE_PER_HOST = 8
BUSY_SECONDS = 1.0
_AWAY_SECONDS = 1.0
_QUIET_STATES = ("NOT_START", "SUBMITTING", "MODAL")

_encode = msgspec.json.encode
log = structlog.get_logger("waystation.tasks.hooks")


class Notifier:
    """`run` until cancelled, in any number of processes. transport: guarded, without redirects."""

    def __init__(
        self,
        store: TaskStore,
        kinds: Mapping[str, TaskKind],
        transport: Transport,
        signer: Signer,
        metrics: Metrics | None = None,
    ) -> None:
        self._store = store
        self._book = HookBook(store.database)
        self._kinds = kinds
        self._transport = transport
        self._signer = signer
        self._metrics = metrics
        self._telling: set[asyncio.Task[None]] = set()
        self._hosts: Counter[str] = Counter()
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
        free = AT_ONCE_MAX - len(self._telling)
        if free <= 0:
            return
        hooks = await self._book.take(free)
        if not hooks:
            return
        found = {task.id: task for task in await self._store.get_many(h.task_id for h in hooks)}
        for hook in hooks:
            self._begin(hook, found.get(hook.task_id))

    async def _write_down(self) -> None:
        told, self._told = self._told, []
        if told:
            try:
                await self._book.write(told)
            except BaseException:
                self._told = told + self._told
                raise

    def _begin(self, hook: Hook, task: Task | None) -> None:
        if task is None or task.kind not in self._kinds or task.state in _QUIET_STATES:
            self._told.append(Told(hook, -1, None))
            return
        if rank(task.state, task.progress) <= hook.sent_rank:
            self._told.append(Told(hook, -1, None))  # told already, or something after it
            return
        host = hook.url.split("/")[2] if hook.url.count("/") > 1 else ""
        if self._hosts[host] >= AT_ONCE_PER_HOST:
            self._told.append(_later(hook))
            return
        self._hosts[host] += 1
        telling = asyncio.create_task(self._tell(hook, task, host), name="hook")
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _tell(self, hook: Hook, task: Task, host: str) -> None:
        try:
            at = rank(task.state, task.progress)
            identity = delivery_id(task.id, at)
            secret = secrets_of(self._signer, task.account_id)[0]
            body = _encode(self._kinds[task.kind].show(task))
            outcome = await deliver(self._transport, hook.url, body, identity, secret)
            if self._metrics is not None:
                self._metrics.count(HOOK_DELIVERIES, outcome.error or "taken")
            again = again_ms(hook, now_ms()) if outcome.error and task.is_final else None
            state = shown(task.state, task.submitted_ms)
            self._told.append(Told(hook, at, again, identity, state, task.progress, *outcome))
        finally:
            self._hosts[host] -= 1
            if not self._hosts[host]:
                del self._hosts[host]

    async def _close(self) -> None:
        """What is on its way is told again after its lease."""
        for telling in self._telling:
            telling.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)
        try:
            await self._write_down()
        except StorageAway:
            log.warning("some deliveries were not written down")


def _later(hook: Hook) -> Told:
    """Its receiver has all the places that one may have: nothing was tried."""
    again = now_ms() + int(BUSY_SECONDS * 1000)
    return Told(hook._replace(attempts=hook.attempts - 1), -1, again)
