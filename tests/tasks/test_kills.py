"""kill -9 in the middle of everything: nothing lost, nothing sent twice, nothing charged twice."""

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from tests.tasks.far import Far, far_upstream
from tests.tasks.plant import CREDIT_NANOS, Plant, order
from tests.tasks.slow import NANOS
from waystation.kernel.clock import now_ms
from waystation.storage.main import tasks
from waystation.tasks.settle import Settler
from waystation.tasks.sweep import Sweep

COUNT = 45
KILLS = 3
HELD_NANOS = 1000


class Children:
    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self.running: list[subprocess.Popen[str]] = []

    async def start(self, role: str, *more: object) -> subprocess.Popen[str]:
        """Returns when it is up."""
        words = [role, str(self._plant.place), str(self._plant.socket), *map(str, more)]
        child = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
            [sys.executable, "-m", "tests.tasks.processes", *words],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.running.append(child)
        assert child.stdout is not None
        assert await asyncio.to_thread(child.stdout.readline) == "up\n"
        return child

    def kill(self, child: subprocess.Popen[str]) -> str:
        """What it had said."""
        child.kill()
        said, _ = child.communicate()
        self.running.remove(child)
        return said

    def close(self) -> None:
        for child in list(self.running):
            self.kill(child)


@pytest.fixture
def children(plant: Plant) -> Iterator[Children]:
    made = Children(plant)
    yield made
    made.close()


async def test_runners_are_killed_and_each_task_is_sent_once_and_charged_once(
    plant: Plant, children: Children
) -> None:
    chance = random.Random(7)
    async with far_upstream() as far:
        for _ in range(2):
            await children.start("runner", far.port)
        begun = []
        for _ in range(KILLS):
            begun += await asyncio.gather(
                *(plant.beginnings.begin(order(HELD_NANOS)) for _ in range(COUNT // KILLS))
            )
            await asyncio.sleep(chance.uniform(0.05, 0.3))
            children.kill(chance.choice(children.running))
            await children.start("runner", far.port)
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
    plant: Plant, children: Children
) -> None:
    said: list[str] = []
    for seconds in (0.1, 0.2):
        child = await children.start("gateway")
        assert child.stdout is not None
        said.append((await asyncio.to_thread(child.stdout.readline)).strip())
        await asyncio.sleep(seconds)
        said += children.kill(child).split()
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
    plant: Plant, children: Children, victim: str
) -> None:
    """What was accepted is settled once, sent at most once, and nothing stays held."""
    chance = random.Random(11)
    await plant.server.stop()
    ledger = ("ledger", *([plant.ledger_dsn] if plant.ledger_dsn else []))
    async with far_upstream() as far:
        running = {"ledger": await children.start(*ledger)}
        running["runner"] = await children.start("runner", far.port)
        await children.start("runner", far.port)
        running["gateway"] = await children.start("gateway", 0.1)
        said: list[str] = []
        again = {"ledger": ledger, "runner": ("runner", far.port), "gateway": ("gateway", 0.1)}
        for _ in range(2):
            await asyncio.sleep(chance.uniform(0.2, 0.4))
            told = children.kill(running[victim]).split()
            said += told if victim == "gateway" else []
            running[victim] = await children.start(*again[victim])
        await asyncio.sleep(0.2)
        said += children.kill(running["gateway"]).split()
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
    children.close()
    await plant.start_ledger()


async def _stored(plant: Plant) -> list[str]:
    async with plant.database.read() as connection:
        mine = select(tasks.c.id).where(tasks.c.kind == "slow")
        return list((await connection.execute(mine)).scalars())
