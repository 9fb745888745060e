"""A gateway, its ledger, and a runner with Midjourney's tasks, in this process on real sockets.

made = await studio.imagine("cat")            the submit's outcome
await studio.task(made["result"], "SUCCESS")  the task object, once it is so
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.gateway import document
from tests.support.rogue import Rogue
from tests.support.workroom import LOOK_SECONDS, Workroom, open_workroom
from waystation.tasks.midjourney.kind import Midjourney

SECONDS_MAX = 45.0


class Studio(Workroom[Midjourney]):
    """How pictures are asked for."""

    seconds_max = SECONDS_MAX
    picture = Workroom.file

    async def submit(self, page: str, prefix: str = "/mj", **fields: Any) -> dict[str, Any]:
        """The outcome of a submit: always HTTP 200."""
        reply = await self.post(f"{prefix}/submit/{page}", fields)
        assert reply.status == 200, reply.body
        told: dict[str, Any] = reply.json()
        assert set(told) == {"code", "description", "result", "properties"}
        return told

    async def imagine(self, prompt: str = "cat", **fields: Any) -> dict[str, Any]:
        return await self.submit("imagine", prompt=prompt, **fields)

    async def made(self, prompt: str = "cat", **fields: Any) -> str:
        told = await self.imagine(prompt, **fields)
        assert told["code"] == 1, told
        return str(told["result"])

    async def action(self, task_id: str, custom_id: str, **fields: Any) -> dict[str, Any]:
        return await self.submit("action", taskId=task_id, customId=custom_id, **fields)

    async def fetch(self, task_id: str, prefix: str = "/mj") -> dict[str, Any]:
        reply = await self.get(f"{prefix}/task/{task_id}/fetch")
        assert reply.status == 200, reply.body
        shown: dict[str, Any] = reply.json()
        return shown

    async def task(self, task_id: str, status: str) -> dict[str, Any]:
        """The task object once it has this status."""
        shown: dict[str, Any] = {}
        try:
            async with asyncio.timeout(SECONDS_MAX):
                while (shown := await self.fetch(task_id))["status"] != status:
                    assert shown["status"] not in ("FAILURE", "SUCCESS", "CANCEL"), shown
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise AssertionError(f"not {status}: {shown}") from None
        return shown

    async def failed(self, task_id: str, reason: str) -> dict[str, Any]:
        """Failed with this reason, released once."""
        shown = await self.task(task_id, "FAILURE")
        assert reason in shown["failReason"], shown
        assert shown["progress"] == "100%"
        assert (await self.settled(task_id)).settle == "voided"
        assert (await self.station.account()).spent == 0
        return shown


async def until(holds: Callable[[], object]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(SECONDS_MAX):
        while not holds():
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def open_studio(
    template: Path,
    folder: Path,
    channels: list[dict[str, Any]],
    rogue: Rogue,
    *,
    midjourney: Mapping[str, Any] | None = None,
    wanted: Mapping[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[Studio]:
    """midjourney: the table of relay.toml. wanted: more for `document`."""
    what = document(channels, **(wanted or {}))
    if midjourney is not None:
        what["midjourney"] = dict(midjourney)
    async with open_workroom(
        Studio, Midjourney, template, folder, what, rogue, **options
    ) as studio:
        yield studio
