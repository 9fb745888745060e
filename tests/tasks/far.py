"""An upstream on a real socket that counts how often each task was handed to it, and the kind of
task that speaks to it. One line a question: submit ID, find ID, poll ID ID…"""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from tests.tasks.plant import channel
from tests.tasks.slow import BILL
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.tasks.kind import PollFailed
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work


class Far:
    """seconds: how long a task takes there. Every seventh fails."""

    def __init__(self, seconds: float = 0.3) -> None:
        self.submits: Counter[str] = Counter()
        self.seconds = seconds
        self.port = 0
        self._at: dict[str, float] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while line := (await reader.readline()).decode().split():
                writer.write(json.dumps(self._answer(*line)).encode() + b"\n")
                await writer.drain()
        writer.close()

    def _answer(self, verb: str, *ids: str) -> Any:
        now = asyncio.get_running_loop().time()
        if verb == "submit":
            self.submits[ids[0]] += 1
            self._at[ids[0]] = now
            return "ok"
        if verb == "find":
            return ids[0] in self._at
        return {one: self._state(one, now) for one in ids if one in self._at}

    def _state(self, task_id: str, now: float) -> str:
        if now - self._at[task_id] < self.seconds:
            return "running"
        return "failed" if self.fails(task_id) else "done"

    @staticmethod
    def fails(task_id: str) -> bool:
        return sum(task_id.encode()) % 7 == 0


@contextlib.asynccontextmanager
async def far_upstream(seconds: float = 0.3) -> AsyncIterator[Far]:
    far = Far(seconds)
    server = await asyncio.start_server(far.serve, "127.0.0.1", 0)
    far.port = server.sockets[0].getsockname()[1]
    try:
        yield far
    finally:
        server.close()


class FarKind:
    name = "slow"
    steps_max = 16
    batch_max = 50

    def __init__(self, port: int) -> None:
        self._port = port

    async def prepare(self) -> None: ...

    async def close(self) -> None: ...

    async def _ask(self, *words: str) -> Any:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(" ".join(words).encode() + b"\n")
            return json.loads(await reader.readline())
        finally:
            writer.close()

    async def step(self, work: Work) -> Change:
        await work.submitting(channel(), ChannelKey(1, ""), BILL, 60)
        await self._ask("submit", work.task.id)
        return Change(state="SUBMITTED", upstream_id=work.task.id)

    async def recover(self, work: Work) -> Change:
        if await self._ask("find", work.task.id):
            return Change(state="SUBMITTED", upstream_id=work.task.id)
        return Change(state="FAILURE", fail_code="interrupted", fail_reason="restarted")

    async def poll(self, channel: Channel, tasks: Sequence[Task]) -> Mapping[str, Change]:
        try:
            told = await self._ask("poll", *(task.id for task in tasks))
        except OSError as fault:
            raise PollFailed(str(fault)) from None
        return {task_id: _CHANGES[state] for task_id, state in told.items()}

    def pace(self, task: Task, now_ms: int) -> float:
        return 0.1

    def expired(self, task: Task) -> Change:
        return Change(state="FAILURE", fail_code="timeout", fail_reason="too late")

    def orphaned(self, task: Task) -> Change:
        return Change(state="FAILURE", fail_code="channel_removed", fail_reason="gone")

    def show(self, task: Task) -> dict[str, Any]:
        return {"id": task.id, "status": task.state, "progress": f"{task.progress}%"}


_CHANGES = {
    "running": Change(state="IN_PROGRESS", progress=50),
    "done": Change(state="SUCCESS", result={"url": "x"}),
    "failed": Change(state="FAILURE", fail_code="upstream", fail_reason="it failed"),
}
