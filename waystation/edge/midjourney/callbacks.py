"""POST /mj/notify/{task}/{secret}: an upstream says that something changed.

Its word is not believed: it brings our own next poll forward. So callbacks that are repeated, out
of order or forged do no harm. Only the id of a submit whose answer was lost is remembered, to be
looked up.
"""

from hmac import compare_digest

from waystation.dialects.midjourney.upstream import Malformed, read_seen
from waystation.edge.call import Call
from waystation.edge.midjourney.desk import Desk
from waystation.edge.replies import send_json
from waystation.errors import Fault
from waystation.storage.database import StorageAway
from waystation.tasks.midjourney.places import read_memo
from waystation.tasks.midjourney.shown import KIND
from waystation.tasks.store import Overtaken
from waystation.tasks.task import Change, Task

_BYTES_MAX = 1024 * 1024
_SECONDS_MAX = 10.0


class Callbacks:
    """A handler: always the same answer, whoever asks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, call: Call) -> None:
        try:
            body = await call.read(_BYTES_MAX, _SECONDS_MAX)
            await self._take(call.params["task"], call.params["secret"], body)
        except (Fault, StorageAway):
            pass  # it is polled anyway
        send_json(call, {"code": 1})

    async def _take(self, task_id: str, secret: str, body: bytes) -> None:
        store = self._desk.site.tasks
        task = await store.get(task_id)
        if task is None or task.kind != KIND or task.is_final:
            return
        expected = read_memo(task).secret
        if not expected or not compare_digest(expected.encode(), secret.encode()):
            return
        if not task.upstream_id:
            await self._remember(task, body)
        store.want(task, again=True)

    async def _remember(self, task: Task, body: bytes) -> None:
        try:
            seen = read_seen(body)
        except Malformed:
            return
        if seen is None or not seen.id:
            return
        try:
            await self._desk.site.tasks.change(task, Change(memo={"hint": seen.id}))
        except Overtaken:
            pass  # its runner is at it
