"""Places of tasks in the limits of channels and keys: the same that the relay's requests take.

A task that a proxy works on has one from its submit to its end; one that is drawn here has one for
each call. The ledger counts them, and frees those of a process that died.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from waystation.kernel.ids import request_id
from waystation.ledger.messages import Granted, TakeSlot
from waystation.ledger.port import Ledger, LedgerAway
from waystation.routing.snapshot import Channel, ChannelLimits

PAUSE_SECONDS_FIRST = 0.05
PAUSE_SECONDS_MAX = 1.0
_NO_LIMITS = ChannelLimits()


class Slots:
    """One a runner. Channels without limits, which are most, never ask."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._life = request_id()
        self._held: dict[str, str] = {}
        self._adopting: dict[str, asyncio.Task[None]] = {}

    async def take(self, name: str, channel: Channel, key_id: int) -> bool:
        """A place under this name, until it is given back. False: there is none, or nobody knows
        while the ledger is away."""
        if channel.limits == _NO_LIMITS or name in self._held:
            return True
        slot = _slot(self._new_id(name), channel, key_id, channel.limits)
        try:
            decision = await self._ledger.take_slot(slot)
        except LedgerAway:
            return False
        if not isinstance(decision, Granted):
            return False
        self._held[name] = slot.slot_id
        return True

    def adopt(self, name: str, channel: Channel, key_id: int) -> None:
        """What runs at its upstream already has a place, whatever the limits; not waited for."""
        if channel.limits == _NO_LIMITS or name in self._held or name in self._adopting:
            return
        adopting = self._adopt(name, _slot(self._new_id(name), channel, key_id, _NO_LIMITS))
        self._adopting[name] = asyncio.create_task(adopting, name="task-slot")

    def give(self, name: str) -> None:
        """A name that has no place is ignored."""
        adopting = self._adopting.pop(name, None)
        if adopting is not None:
            adopting.cancel()
        slot_id = self._held.pop(name, None)
        if slot_id is not None:
            self._ledger.give_slot(slot_id)

    @contextlib.asynccontextmanager
    async def calling(self, channel: Channel, key_id: int) -> AsyncIterator[None]:
        """A place for one call: waits for it. Whoever waits has a limit of time of its own."""
        name, pause_seconds = request_id(), PAUSE_SECONDS_FIRST
        while not await self.take(name, channel, key_id):
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, PAUSE_SECONDS_MAX)
        try:
            yield
        finally:
            self.give(name)

    def close(self) -> None:
        for name in [*self._held, *self._adopting]:
            self.give(name)

    async def _adopt(self, name: str, slot: TakeSlot) -> None:
        while True:
            try:
                await self._ledger.take_slot(slot)
                break
            except LedgerAway:
                await asyncio.sleep(PAUSE_SECONDS_MAX)
        self._held[name] = slot.slot_id
        self._adopting.pop(name, None)

    def _new_id(self, name: str) -> str:
        """Not that of another process which had the same task."""
        return f"{name}@{self._life}"


def _slot(slot_id: str, channel: Channel, key_id: int, limits: ChannelLimits) -> TakeSlot:
    return TakeSlot(
        slot_id,
        channel.id,
        key_id,
        limits.concurrency,
        limits.key_concurrency,
        limits.rpm,
        limits.key_rpm,
    )
