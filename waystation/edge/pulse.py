"""What must happen by the clock for all open streams: one timer per worker, none per stream.

Each second every stream tells the ledger what it has metered (a checkpoint, so that a crash posts
that much), and one that has been silent for long gets a keep-alive.
"""

import asyncio
from time import perf_counter
from typing import Protocol

from waystation.errors import Fault
from waystation.journal.row import EndReason

_BEAT_SECONDS = 1.0
_SLICES = 20
"""The streams are served in slices over the second, so that a beat never makes frames late."""


class Beating(Protocol):
    """What the pulse knows of an open stream (`edge/pump.py`)."""

    def pulse(self, now: float, keep_alive_seconds: float) -> None: ...

    def swept(self) -> None: ...

    def cut(self, fault: Fault, end: EndReason) -> None: ...


class Pulse:
    """The worker's open streams, by hold id."""

    def __init__(self, keep_alive_seconds: float) -> None:
        self._keep_alive_seconds = keep_alive_seconds
        self.streams: dict[str, Beating] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._beat(), name="pulse")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def sweep(self, hold_id: str) -> None:
        """The ledger resolved this hold without us: its stream ends."""
        stream = self.streams.get(hold_id)
        if stream is not None:
            stream.swept()

    async def _beat(self) -> None:
        while True:
            waiting = list(self.streams.values())
            size = -(-len(waiting) // _SLICES) or 1
            for start in range(_SLICES):
                await asyncio.sleep(_BEAT_SECONDS / _SLICES)
                now = perf_counter()
                for stream in waiting[start * size : (start + 1) * size]:
                    stream.pulse(now, self._keep_alive_seconds)
