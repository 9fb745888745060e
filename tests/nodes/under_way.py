"""What is under way while nodes go and come: long streams, and callers who ask without a pause."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.gateway import CHAT, KEY, body
from tests.support.wire import Wire, request

CALLERS = 3


async def begin(port: int) -> Wire:
    """A stream of which the first event is here."""
    wire = await Wire.open(port)
    await wire.send("POST", CHAT, body(stream=True), KEY)
    assert await wire.read_head() == 200
    await wire.event()
    return wire


async def whole(wire: Wire, frames: int) -> None:
    """It goes to its end, with at least so many frames."""
    events = await wire.rest()
    assert events[-1] == b"[DONE]"
    assert len(events) >= frames
    await wire.close()


@asynccontextmanager
async def asking(port: int) -> AsyncIterator[Counter[int]]:
    """The statuses of what was asked until the end of the block."""
    statuses: Counter[int] = Counter()
    going = True

    async def caller() -> None:
        while going:
            statuses[(await request(port, "POST", CHAT, body(), KEY)).status] += 1

    callers = [asyncio.create_task(caller()) for _ in range(CALLERS)]
    try:
        yield statuses
    finally:
        going = False
        await asyncio.gather(*callers)
