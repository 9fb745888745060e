"""Pictures that are drawn in several calls take a place each of the channel's limits."""

import asyncio
import threading
from typing import Any

from tests.pictures.conftest import Begin
from tests.pictures.studio import b64, images, png
from tests.support.gateway import until
from tests.support.script import Gate


async def test_two_places_are_two_calls_at_once(begin: Begin) -> None:
    studio = await begin(vendor="openai-compatible", more="limits = { concurrency = 2 }")
    gates = [threading.Event() for _ in range(4)]
    waiting = iter(gates)

    def gated(seen: Any) -> Any:
        return (Gate(next(waiting)), *images({"b64_json": b64(png())}))

    studio.near.answer(gated)
    asked = asyncio.create_task(studio.draw(n=4))
    for number, gate in enumerate(gates):
        most = min(number + 2, 4)
        await until(lambda most=most: len(studio.near.seen) == most)
        gate.set()
    reply = await asked
    assert reply.status == 200
    assert len(reply.json()["data"]) == len(studio.near.seen) == 4
    assert not studio.far.seen
