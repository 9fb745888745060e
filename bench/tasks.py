"""What tasks cost: `python -m bench.tasks`. Submissions a second on SQLite, with the ledger beside
them; and ten thousand tasks on one runner's desk, polled at the pace of a real channel.

One process does all of it, the ledger and the upstream's answers included, so the figures are upper
bounds.
"""

import asyncio
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import uvloop

from tests.tasks.plant import Plant, channel, order
from tests.tasks.slow import Slow
from waystation.routing.snapshot import Channel
from waystation.storage.database import Database
from waystation.storage.migrate import migrate
from waystation.tasks.task import Change, Task

SUBMITS, AT_ONCE = 5_000, 64
TASKS, PACE_SECONDS, WATCHED_SECONDS = 10_000, 10.0, 20.0
MOVES = 0.2
"""The share of polled tasks whose progress has changed."""


class Bench(Slow):
    """Of each poll's tasks every fifth moves on by a percent."""

    batch_max = 100

    def __init__(self) -> None:
        super().__init__(pace_seconds=PACE_SECONDS)
        self.asked = 0

    async def poll(self, channel: Channel, tasks: Sequence[Task]) -> Mapping[str, Change]:
        self.asked += len(tasks)
        await asyncio.sleep(0.05)
        moving = tasks[:: int(1 / MOVES)]
        return {
            task.id: Change(state="IN_PROGRESS", progress=min(99, task.progress + 1))
            for task in moving
        }

    def show(self, task: Task) -> dict[str, Any]:
        return {}


async def submits(plant: Plant) -> None:
    done = 0
    began, used = time.perf_counter(), time.process_time()
    latencies: list[float] = []

    async def one() -> None:
        nonlocal done
        while done < SUBMITS:
            done += 1
            at = time.perf_counter()
            await plant.beginnings.begin(order(1))
            latencies.append(time.perf_counter() - at)

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    latencies.sort()
    print(
        f"submits: {done / seconds:,.0f}/s with {AT_ONCE} at once, "
        f"{cpu / done * 1e6:,.0f} µs CPU each (gateway, store and ledger together), "
        f"median {latencies[len(latencies) // 2] * 1e3:.1f} ms"
    )


async def polls(plant: Plant) -> None:
    kind = Bench()
    async with plant.running(kind, channels=(channel(),)) as runner:
        while runner.tasks_count < TASKS or len(runner._steps):
            await asyncio.sleep(0.2)
        await asyncio.sleep(PACE_SECONDS)
        used, asked = time.process_time(), kind.asked
        await asyncio.sleep(WATCHED_SECONDS)
        cpu = (time.process_time() - used) / WATCHED_SECONDS
        rate = (kind.asked - asked) / WATCHED_SECONDS
    print(
        f"polls: {runner.tasks_count or TASKS:,} tasks, {rate:,.0f} polled a second "
        f"({MOVES:.0%} of them changed and written): {cpu:.1%} of a core"
    )


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "main.db"
        database = Database.sqlite(place)
        await migrate(database)
        await database.close()
        plant = Plant(Path(folder), place)
        await plant.start_ledger()
        await plant.connect()
        await plant.fund()
        await submits(plant)
        for _ in range((TASKS - SUBMITS) // AT_ONCE + 1):
            await asyncio.gather(*(plant.beginnings.begin(order(1)) for _ in range(AT_ONCE)))
        await polls(plant)
        await plant.close()


if __name__ == "__main__":
    uvloop.run(main())
