"""kill -9 in the middle of everything: nothing lost, nothing sent twice, nothing charged twice."""

import asyncio
import random
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from tests.tasks.far import Far, far_upstream
from tests.tasks.plant import CREDIT_NANOS, Plant, order
from tests.tasks.processes import Child, Children, children
from tests.tasks.slow import NANOS
from waystation.kernel.clock import now_ms
from waystation.storage.main import tasks
from waystation.tasks.settle import Settler
from waystation.tasks.sweep import Sweep

COUNT = 45
KILLS = 3
HELD_NANOS = 1000


class Crew:
    """Processes on the plant's stores."""

    def __init__(self, plant: Plant, children: Children) -> None:
        self._places = (plant.place, plant.socket)
        self._children = children

    async def start(self, role: str, *more: object) -> Child:
        return await self._children.start(role, *self._places, *more)

    @property
    def running(self) -> list[Child]:
        return self._children.running

    def kill(self, child: Child) -> list[str]:
        return self._children.kill(child)

    def close(self) -> None:
        self._children.close()


@pytest.fixture
def crew(plant: Plant) -> Iterator[Crew]:
    with children() as made:
        yield Crew(plant, made)


async def test_runners_are_killed_and_each_task_is_sent_once_and_charged_once(
    plant: Plant, crew: Crew
) -> None:
    chance = random.Random(7)
    async with far_upstream() as far:
        await asyncio.gather(*(crew.start("runner", far.port) for _ in range(2)))
        begun = []
        for _ in range(KILLS):
            begun += await asyncio.gather(
                *(plant.beginnings.begin(order(HELD_NANOS)) for _ in range(COUNT // KILLS))
            )
            await asyncio.sleep(chance.uniform(0.05, 0.3))
            crew.kill(chance.choice(crew.running))
            await crew.start("runner", far.port)
        ids = [each.task.id for each in begun]
        ended = [await plant.until_settled(task_id, 30) for task_id in ids]
    _check_sends(far, ids)
    posted = 0
    for task in ended:
        if task.fail_code == "interrupted":
            assert far.submits[task.id] == 0
            assert task.settle == "voided"
        elif Far.fails(task.id):
            assert (task.state, task.settle) == ("FAILURE", "voided")
        else:
            assert (task.state, task.settle) == ("SUCCESS", "posted")
            posted += 1
    assert posted
    assert await plant.account() == (CREDIT_NANOS - posted * NANOS, 0)
    report = await plant.check()
    assert report["posted"] == posted
    assert report["posted"] + report["voided"] == len(ids)


def _check_sends(far: Far, ids: list[str]) -> None:
    assert set(far.submits) <= set(ids)
    assert max(far.submits.values()) == 1


async def _heard_out(plant: Plant, gateway: str) -> None:
    """Until the ledger has decided all that the dead gateway said, and it is a while ago."""
    while gateway in plant.server.gateways:
        await asyncio.sleep(0.001)
    await plant.account()
    decided_ms = now_ms()
    while now_ms() <= decided_ms:
        await asyncio.sleep(0.001)


async def test_a_gateway_killed_between_hold_and_row_leaves_nothing(
    plant: Plant, crew: Crew
) -> None:
    said: list[str] = []
    for seconds in (0.1, 0.2):
        child = await crew.start("gateway")
        await child.hear()
        await asyncio.sleep(seconds)
        said += crew.kill(child)
        await _heard_out(plant, "gateway-2")
    sweep = Sweep(plant.store, plant.ledger, Settler(plant.store, plant.ledger), 0.0)
    await sweep.sweep()
    assert await sweep.sweep() == (0, 0)
    async with plant.database.read() as connection:
        mine = select(func.count()).where(tasks.c.kind == "slow")
        stored = int((await connection.execute(mine)).scalar_one())
    assert stored >= len(said) > 0
    assert await plant.account() == (CREDIT_NANOS, stored * 10)
    await plant.check(open_holds=stored)
    # Each stored row is a task like any other.
    assert len(await plant.store.get_many(said[:50])) == min(50, len(said))


@pytest.mark.parametrize(
    "victim",
    [
        pytest.param("gateway", marks=pytest.mark.soak),
        pytest.param("runner", marks=pytest.mark.soak),
        "ledger",
    ],
)
async def test_two_runners_while_any_process_is_killed(
    plant: Plant, crew: Crew, victim: str
) -> None:
    """What was accepted is settled once, sent at most once, and nothing stays held."""
    chance = random.Random(11)
    await plant.server.stop()
    ledger = ("ledger", *([plant.ledger_dsn] if plant.ledger_dsn else []))
    async with far_upstream() as far:
        running = {"ledger": await crew.start(*ledger)}
        running["runner"] = await crew.start("runner", far.port)
        await crew.start("runner", far.port)
        running["gateway"] = await crew.start("gateway", 0.1)
        await running["gateway"].hear()
        said: list[str] = []
        again = {"ledger": ledger, "runner": ("runner", far.port), "gateway": ("gateway", 0.1)}
        for _ in range(2):
            await asyncio.sleep(chance.uniform(0.2, 0.4))
            told = crew.kill(running[victim])
            said += told if victim == "gateway" else []
            running[victim] = await crew.start(*again[victim])
        await asyncio.sleep(0.2)
        said += crew.kill(running["gateway"])
        await plant.ledger.wait_present(10)
        ended = [await plant.until_settled(one, 40) for one in await _stored(plant)]
    assert said
    assert set(said) <= {task.id for task in ended}
    assert max(far.submits.values()) == 1
    posted = sum(task.settle == "posted" for task in ended)
    assert posted
    for task in ended:
        assert (task.state == "SUCCESS") == (task.settle == "posted")
    sweep = Sweep(plant.store, plant.ledger, Settler(plant.store, plant.ledger), 0.0)
    async with asyncio.timeout(20):
        while (await plant.account())[1]:
            await sweep.sweep()  # holds of the gateway that died before it had written the row
            await asyncio.sleep(0.05)
    # Held were 10, so no more was taken.
    spent = sum(task.nanos for task in ended)
    assert await plant.account() == (CREDIT_NANOS - spent, 0)
    report = await plant.check()
    assert report["posted"] == posted
    crew.close()
    await plant.start_ledger()


async def _stored(plant: Plant) -> list[str]:
    async with plant.database.read() as connection:
        mine = select(tasks.c.id).where(tasks.c.kind == "slow")
        return list((await connection.execute(mine)).scalars())
