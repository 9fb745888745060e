"""Runners and gateways as processes of their own: `python -m tests.tasks.processes ROLE …`.

runner STORE SOCKET PORT    runs tasks until killed
gateway STORE SOCKET PAUSE  begins tasks until killed, each of its hands after such a pause; says
                            each one's id when it is stored
ledger STORE SOCKET DSN     the ledger beside its socket, or in PostgreSQL
"""

import asyncio
import sys
from pathlib import Path

import uvloop

from tests.support.main_store import open_store
from tests.tasks.far import FarKind
from tests.tasks.plant import BOOT, channel, order
from waystation.errors import Fault
from waystation.ledger.client import LedgerClient
from waystation.ledger.postgres_books import PostgresBooks
from waystation.ledger.server import LedgerServer
from waystation.ledger.sqlite_books import SqliteBooks
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


async def begin(place: str, socket: str, pause_seconds: str = "0") -> None:
    ledger = LedgerClient(Path(socket), "gateway-2", BOOT)
    ledger.start()
    await ledger.wait_present(10)
    beginnings = Beginnings(TaskStore(store_of(place)), ledger)
    print("up", flush=True)

    async def one() -> None:
        while True:
            try:
                begun = await beginnings.begin(order(10))
            except Fault as fault:
                if fault.status != 503:  # the ledger is away
                    raise
                await asyncio.sleep(0.05)
                continue
            print(begun.task.id, flush=True)
            await asyncio.sleep(float(pause_seconds))

    await asyncio.gather(*(one() for _ in range(8)))


async def keep_books(_place: str, socket: str, dsn: str = "") -> None:
    folder = Path(socket).parent
    books = PostgresBooks(dsn, node="n1") if dsn else SqliteBooks(folder / "ledger.db")
    await LedgerServer(books, Path(socket), BOOT).start()
    print("up", flush=True)
    await asyncio.Event().wait()


ROLES = {"runner": run, "gateway": begin, "ledger": keep_books}

if __name__ == "__main__":
    role, *arguments = sys.argv[1:]
    uvloop.run(ROLES[role](*arguments))
