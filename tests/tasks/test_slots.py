"""Places that tasks take in channels' limits, at a ledger on a real socket."""

import asyncio

import msgspec

from tests.tasks.plant import BOOT, Plant, channel
from waystation.ledger.client import LedgerClient
from waystation.routing.snapshot import ChannelLimits
from waystation.tasks.slots import Slots

TWO = msgspec.structs.replace(channel(), limits=ChannelLimits(concurrency=2))


async def client(plant: Plant, name: str) -> LedgerClient:
    ledger = LedgerClient(plant.socket, name, BOOT)
    ledger.start()
    await ledger.wait_present(10)
    return ledger


async def test_places_are_taken_given_back_and_waited_for(plant: Plant) -> None:
    slots = Slots(plant.ledger)
    assert await slots.take("one", TWO, 1)
    assert await slots.take("one", TWO, 1)  # the same one
    assert await slots.take("two", TWO, 1)
    assert not await slots.take("three", TWO, 1)
    slots.adopt("runs already", TWO, 1)
    waiting = asyncio.create_task(_call(slots))
    await asyncio.sleep(0.2)
    slots.give("one")
    slots.give("nobody")
    await asyncio.sleep(0.2)
    assert not waiting.done()  # the adopted one has it
    slots.give("two")
    await asyncio.wait_for(waiting, 5)
    assert await slots.take("three", TWO, 1)
    slots.close()
    assert await slots.take("four", TWO, 1)
    assert await slots.take("five", TWO, 1)
    slots.close()


async def _call(slots: Slots) -> None:
    async with slots.calling(TWO, 1):
        return


async def test_a_process_that_dies_has_no_places(plant: Plant) -> None:
    dying = await client(plant, "tasks-1")
    theirs, ours = Slots(dying), Slots(plant.ledger)
    assert await theirs.take("one", TWO, 1)
    assert await theirs.take("two", TWO, 1)
    assert not await ours.take("one", TWO, 1)
    dying.close()
    async with asyncio.timeout(5):
        while not await ours.take("one", TWO, 1):
            await asyncio.sleep(0.02)


async def test_without_a_ledger_nobody_has_a_place(plant: Plant) -> None:
    other = await client(plant, "tasks-1")
    slots = Slots(other)
    other.close()
    assert not await slots.take("one", TWO, 1)
    assert await slots.take("one", channel(), 1)  # who has no limits is not asked about
