"""The pages that only look: tasks by id, lists, seeds; and cancelling."""

from collections.abc import Awaitable, Callable

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.outcome import (
    ACCEPTED,
    FAILURE,
    INVALID,
    NOT_FOUND,
    SUBMITTED,
    Declined,
    Outcome,
)
from waystation.dialects.midjourney.queries import read_ids
from waystation.dialects.midjourney.task_object import write_task, write_tasks
from waystation.edge.call import Call
from waystation.edge.identify import identify
from waystation.edge.language import language_of
from waystation.edge.midjourney.desk import Desk, away
from waystation.edge.midjourney.looks import Looks
from waystation.edge.midjourney.submit import DIALECT
from waystation.edge.replies import JSON_TYPE, send_fault
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.storage.database import StorageAway
from waystation.tasks.begin import may_cancel
from waystation.tasks.midjourney.proxy import Proxy, Unreachable
from waystation.tasks.midjourney.shown import KIND
from waystation.tasks.states import RUNNING, WAITING, State
from waystation.tasks.store import Overtaken
from waystation.tasks.task import Task

LIST_COUNT = 100
_IDS_BYTES_MAX = 256 * 1024
_OPEN: tuple[State, ...] = tuple(sorted(WAITING | RUNNING))

_Page = Callable[[Call, Caller], Awaitable[bytes]]


class Queries:
    """Handlers: fetch, find, latest, queue, seed, cancel. Free of charge."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._looks = Looks()

    async def fetch(self, call: Call) -> None:
        await self._answer(call, self._fetch)

    async def find(self, call: Call) -> None:
        await self._answer(call, self._find)

    async def latest(self, call: Call) -> None:
        await self._answer(call, self._latest)

    async def queue(self, call: Call) -> None:
        await self._answer(call, self._queue)

    async def seed(self, call: Call) -> None:
        await self._answer(call, self._seed)

    async def cancel(self, call: Call) -> None:
        await self._answer(call, self._cancel)

    async def _answer(self, call: Call, page: _Page) -> None:
        site = self._desk.site
        try:
            caller = await identify(site.authenticator, call)
            self._looks.take(caller.account_id, self._desk.fetch_rpm)
            body = await page(call, caller)
        except Declined as declined:
            body = declined.outcome.body()
        except Fault as fault:
            send_fault(call, fault, DIALECT, language_of(call, site.settings.language))
            return
        call.reply(200, (JSON_TYPE,), body)

    async def _fetch(self, call: Call, caller: Caller) -> bytes:
        task = await self._mine(call, caller)
        self._desk.site.tasks.want(task)
        return write_task((await self._desk.show([task], call))[0])

    async def _find(self, call: Call, caller: Caller) -> bytes:
        """In the order of the asking."""
        settings = self._desk.site.settings
        body = await call.read(_IDS_BYTES_MAX, settings.body_seconds_max)
        ids = read_ids(body, call.header("content-type") or "")
        found = {task.id: task for task in await self._desk.find_many(ids, caller)}
        tasks = [found[task_id] for task_id in ids if task_id in found]
        for task in tasks:
            self._desk.site.tasks.want(task)
        return write_tasks(await self._desk.show(tasks, call))

    async def _latest(self, call: Call, caller: Caller) -> bytes:
        return await self._page(call, caller, ())

    async def _queue(self, call: Call, caller: Caller) -> bytes:
        return await self._page(call, caller, _OPEN)

    async def _page(self, call: Call, caller: Caller, states: tuple[State, ...]) -> bytes:
        try:
            tasks = await self._desk.site.tasks.page(
                caller.account_id, kinds=(KIND,), states=states, count=LIST_COUNT
            )
        except StorageAway:
            raise away() from None
        return write_tasks(await self._desk.show(tasks, call))

    async def _seed(self, call: Call, caller: Caller) -> bytes:
        task = await self._mine(call, caller)
        if task.state != "SUCCESS":
            raise Declined(INVALID, texts.PARENT_STATE)
        known = task.result.get("properties", {}).get("seed")
        seed = str(known) if known else await self._ask_seed(task)
        if not seed:
            raise Declined(NOT_FOUND, texts.SEED_UNKNOWN)
        return Outcome(ACCEPTED, texts.SUCCESS, seed).body()

    async def _ask_seed(self, task: Task) -> str:
        """Of the upstream that drew it, with its own key; "" when it cannot be had."""
        site, snapshot = self._desk.site, self._desk.directory.snapshot
        channel = snapshot.channels.get(task.channel_id)
        if channel is None or not task.upstream_id or "mj_seed" not in channel.paths:
            return ""
        key = next((key for key in channel.keys if key.id == task.key_id), None)
        if key is None:
            return ""
        proxy = Proxy(site.transport(channel), site.ways.of(channel), key)
        try:
            return await proxy.seed(task.upstream_id)
        except Unreachable:
            raise Declined(FAILURE, texts.FAILED) from None

    async def _cancel(self, call: Call, caller: Caller) -> bytes:
        """What nobody has begun, or is drawn here, is over at once; a proxy is asked to stop."""
        task = await self._mine(call, caller)
        if task.is_final:
            raise Declined(INVALID, texts.PARENT_STATE)
        if may_cancel(task):
            try:
                await self._desk.site.beginnings.cancel(task, texts.CANCELLED)
            except Overtaken:
                raise Declined(INVALID, texts.PARENT_STATE) from None
        else:
            await self._ask_cancel(task)
        return Outcome(ACCEPTED, SUBMITTED, task.id).body()

    async def _ask_cancel(self, task: Task) -> None:
        """As far as the upstream lets us; whether it stops is seen by polling."""
        site = self._desk.site
        channel = self._desk.directory.snapshot.channels.get(task.channel_id)
        key = None if channel is None else next(
            (key for key in channel.keys if key.id == task.key_id), None
        )  # fmt: skip
        if channel is None or key is None or not task.upstream_id:
            return
        try:
            await Proxy(site.transport(channel), site.ways.of(channel), key).cancel(
                task.upstream_id
            )
        except Unreachable:
            raise Declined(FAILURE, texts.FAILED) from None

    async def _mine(self, call: Call, caller: Caller) -> Task:
        task = await self._desk.find(call.params["task"], caller)
        if task is None:
            raise Fault("task_not_found", id=call.params["task"][:32])
        return task
