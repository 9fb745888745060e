"""A gateway, its ledger, and a runner with songs' tasks, in this process on real sockets.

made = await studio.music(gpt_description_prompt="ferries")     the task's id
await studio.task(made, "SUCCESS")                              the task object, once it is so
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.gateway import document
from tests.support.rogue import Rogue
from tests.support.workroom import LOOK_SECONDS, Workroom, open_workroom
from waystation.tasks.suno.kind import SunoTasks
from waystation.tasks.workshop import Workshop

FINAL = ("SUCCESS", "FAILURE")
PRICES = (
    {"model": "suno_music", "per_call": "0.1"},
    {"model": "suno_lyrics", "per_call": "0.01"},
    {"model": "suno_concat", "per_call": "0.02"},
    {"model": "suno_uploads", "per_call": "0.03"},
    {"model": "suno-v3.5", "per_call": "0.2"},
)


class Studio(Workroom[SunoTasks]):
    """How songs are asked for."""

    async def submit(self, page: str, **fields: Any) -> str:
        reply = await self.post(f"/suno/submit/{page}", fields)
        assert reply.status == 200, reply.body
        told = reply.json()
        assert (told["code"], told["message"]) == ("success", "")
        return str(told["data"])

    async def music(self, **fields: Any) -> str:
        return await self.submit("music", **(fields or {"gpt_description_prompt": "ferries"}))

    async def fetch(self, task_id: str) -> dict[str, Any]:
        reply = await self.get(f"/suno/fetch/{task_id}")
        assert reply.status == 200, reply.body
        shown: dict[str, Any] = reply.json()["data"]
        return shown

    async def telling(self) -> None:
        """Once an answer over chat has begun: what fails from here on, fails in its stream."""
        streams = self.station.gateway.site.pulse.streams
        async with asyncio.timeout(self.seconds_max):
            while not any(getattr(stream, "_writer", None) for stream in streams.values()):
                await asyncio.sleep(0.02)

    async def task(self, task_id: str, status: str) -> dict[str, Any]:
        """The task object once it has this status."""
        shown: dict[str, Any] = {}
        try:
            async with asyncio.timeout(self.seconds_max):
                while (shown := await self.fetch(task_id))["status"] != status:
                    assert shown["status"] not in FINAL, shown
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise AssertionError(f"not {status}: {shown}") from None
        return shown


@contextlib.asynccontextmanager
async def open_studio(
    template: Path,
    folder: Path,
    channels: list[dict[str, Any]],
    rogue: Rogue,
    *,
    wanted: Mapping[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[Studio]:
    """wanted: more for `document`."""
    what = document(channels, **{"prices": PRICES, **(wanted or {})})
    async with open_workroom(Studio, _kind, template, folder, what, rogue, **options) as studio:
        yield studio


def _kind(workshop: Workshop) -> SunoTasks:
    return SunoTasks(workshop, pauses_seconds=(0.01, 0.01))
