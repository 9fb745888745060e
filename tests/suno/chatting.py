"""A chat with a song model, as its callers see it."""

import asyncio
import json
from typing import Any

import pytest

from tests.suno.studio import Studio
from tests.support.wire import Reply

pytestmark = pytest.mark.untraced


MODEL = "suno-v3.5"


def body(**fields: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "a slow waltz about ferries"}]
    return {"model": MODEL, "messages": messages, **fields}


def texts(reply: Reply) -> str:
    chunks = [json.loads(event) for event in reply.events if event != b"[DONE]"]
    deltas = [c["choices"][0]["delta"] for c in chunks if c.get("choices")]
    return "".join(delta.get("content") or "" for delta in deltas)


async def finishing(studio: Studio, suno: Any, chat: Any) -> Reply:
    """The reply of a chat whose job is heard and finished meanwhile."""
    before = len(suno.jobs)
    asked = asyncio.create_task(chat)
    async with asyncio.timeout(45):
        while len(suno.jobs) == before and not asked.done():
            await asyncio.sleep(0.02)
        if len(suno.jobs) > before:
            suno.jobs[-1].hear()
            await asyncio.sleep(0.2)
            suno.jobs[-1].finish()
        reply: Reply = await asked
    return reply
