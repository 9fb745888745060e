"""Answers that are waited for no longer than they may be: one timer for all of them.

They all have the same patience, so the first that was asked for is the first that is due.
"""

import asyncio
from collections import deque
from typing import Any

from waystation.ledger.port import LedgerAway

_TICK_SECONDS = 0.5


class Deadlines:
    __slots__ = ("_due", "_loop", "_tick")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._tick: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._tick = self._loop.call_later(_TICK_SECONDS, self._on_tick)

    def stop(self) -> None:
        if self._tick is not None:
            self._tick.cancel()

    def add(self, future: asyncio.Future[Any], at: float) -> None:
        """Fail it with LedgerAway at this loop time, or up to half a second later."""
        self._due.append((at, future))

    def _on_tick(self) -> None:
        self.start()
        now = self._loop.time()
        due = self._due
        while due:
            at, future = due[0]
            if not future.done():
                if at > now:
                    break
                fail(future, LedgerAway("no answer in time"))
            due.popleft()


def fail(future: asyncio.Future[Any], fault: LedgerAway) -> None:
    """Unless it has its answer."""
    if not future.done():
        future.set_exception(fault)
        future.exception()  # read: its task may have been cancelled in the same turn
