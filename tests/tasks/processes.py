"""Runners and gateways as processes of their own: `python -m tests.tasks.processes ROLE …`.

runner STORE SOCKET PORT    runs tasks until killed
gateway STORE SOCKET        begins tasks until killed; says each one's id when it is stored
"""

import asyncio
import sys
from pathlib import Path

import uvloop

from tests.support.main_store import open_store
from tests.tasks.far import FarKind
from tests.tasks.plant import BOOT, channel, order
from waystation.ledger.client import LedgerClient
from waystation.storage.database import Database
from waystation.tasks.begin import Beginnings
from waystation.tasks.runner import Runner
from waystation.tasks.store import TaskStore

ALIVE_SECONDS = 0.6


def store_of(place: str) -> Database:
    return open_store(Path(place) if place.startswith("/") else place)


async def run(place: str, socket: str, port: str) -> None:
    ledger = LedgerClient(Path(socket), "", BOOT)
    ledger.start()
    await ledger.wait_present(10)
    kind = FarKind(int(port))
    channels = {1: channel()}
    runner = Runner(
        TaskStore(store_of(place)), ledger, {kind.name: kind}, channels.get,
        alive_seconds=ALIVE_SECONDS, sweep_after_seconds=3600,
    )  # fmt: skip
    print("up", flush=True)
    await runner.run()


async def begin(place: str, socket: str) -> None:
    ledger = LedgerClient(Path(socket), "gateway-2", BOOT)
    ledger.start()
    await ledger.wait_present(10)
    beginnings = Beginnings(TaskStore(store_of(place)), ledger)
    print("up", flush=True)

    async def one() -> None:
        while True:
            begun = await beginnings.begin(order(10))
            print(begun.task.id, flush=True)

    await asyncio.gather(*(one() for _ in range(8)))


if __name__ == "__main__":
    role, *arguments = sys.argv[1:]
    uvloop.run(run(*arguments) if role == "runner" else begin(*arguments))
