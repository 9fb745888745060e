"""Callers that wait until something holds."""

import asyncio
from collections.abc import Callable


class Watchers:
    """Whoever changes what is watched calls `wake`."""

    __slots__ = ("_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[asyncio.Future[None]] = []

    async def until(self, holds: Callable[[], bool], seconds_max: float) -> None:
        """Raises TimeoutError."""
        async with asyncio.timeout(seconds_max):
            while not holds():
                waiting: asyncio.Future[None] = self._loop.create_future()
                self._waiting.append(waiting)
                await waiting

    def wake(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()
