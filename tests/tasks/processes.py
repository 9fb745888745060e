"""Runners, gateways and ledgers as processes of their own, which a test may kill.

They are forked from a server that has imported everything once, so that a start costs no seconds.

runner STORE SOCKET PORT    runs tasks until killed
gateway STORE SOCKET PAUSE  begins tasks until killed, each of its hands after such a pause; says
                            each one's id when it is stored
racer STORE SOCKET NAME N NANOS   begins tasks, of which the account may have N; says "full" for
                            each that there was no room or no money for
ledger STORE SOCKET DSN     the ledger beside its socket, or in PostgreSQL
"""

import asyncio
import contextlib
import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

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
from waystation.tasks.limits import Limit, NoRoom
from waystation.tasks.runner import Runner
from waystation.tasks.store import TaskStore

ALIVE_SECONDS = 1.5
"""Short, and long enough for a machine that has more to do than it can."""
UP = "up"
Say = Callable[[str], None]


def store_of(place: str) -> Database:
    return open_store(Path(place) if place.startswith("/") else place)


async def run(say: Say, place: str, socket: str, port: str) -> None:
    ledger = LedgerClient(Path(socket), "", BOOT)
    ledger.start()
    await ledger.wait_present(10)
    kind = FarKind(int(port))
    channels = {1: channel()}
    runner = Runner(
        TaskStore(store_of(place)), ledger, {kind.name: kind}, channels.get,
        alive_seconds=ALIVE_SECONDS, sweep_after_seconds=3600,
    )  # fmt: skip
    say(UP)
    await runner.run()


async def begin(say: Say, place: str, socket: str, pause_seconds: str = "0") -> None:
    ledger = LedgerClient(Path(socket), "gateway-2", BOOT)
    ledger.start()
    await ledger.wait_present(10)
    beginnings = Beginnings(TaskStore(store_of(place)), ledger)
    say(UP)

    async def one() -> None:
        while True:
            try:
                begun = await beginnings.begin(order(10))
            except Fault as fault:
                if fault.status != 503:  # the ledger is away
                    raise
                await asyncio.sleep(0.05)
                continue
            say(begun.task.id)
            await asyncio.sleep(float(pause_seconds))

    await asyncio.gather(*(one() for _ in range(8)))


async def race(say: Say, place: str, socket: str, name: str, most: str, nanos: str) -> None:
    ledger = LedgerClient(Path(socket), name, BOOT)
    ledger.start()
    await ledger.wait_present(10)
    beginnings = Beginnings(TaskStore(store_of(place)), ledger)
    limit = Limit("most", "account", 1, int(most), kind="slow")
    say(UP)

    async def one() -> None:
        while True:
            try:
                begun = await beginnings.begin(order(int(nanos), limits=(limit,)))
            except NoRoom:
                say("full")
            except Fault as fault:
                if fault.status != 402:
                    raise
                say("full")
            else:
                say(begun.task.id)

    await asyncio.gather(*(one() for _ in range(8)))


async def keep_books(say: Say, _place: str, socket: str, dsn: str = "") -> None:
    folder = Path(socket).parent
    books = PostgresBooks(dsn, node="n1") if dsn else SqliteBooks(folder / "ledger.db")
    await LedgerServer(books, Path(socket), BOOT).start()
    say(UP)
    await asyncio.Event().wait()


ROLES = {"runner": run, "gateway": begin, "racer": race, "ledger": keep_books}

_PROCESSES: Any = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


def live(said: Connection, role: str, words: tuple[str, ...]) -> None:
    uvloop.run(ROLES[role](said.send, *words))


class Child:
    """One of them. Every word it says is kept, whether or not it was listened to meanwhile."""

    def __init__(self, role: str, words: tuple[str, ...]) -> None:
        self._hears, says = _PROCESSES.Pipe(duplex=False)
        self._process = _PROCESSES.Process(target=live, args=(says, role, words), daemon=True)
        self._process.start()
        says.close()
        self.said: list[str] = []

    async def hear(self) -> str:
        """Its next word; waits for it."""
        word: str = await asyncio.to_thread(self._hears.recv)
        self.said.append(word)
        return word

    async def hear_at_least(self, word: str, count: int) -> None:
        """Waits until it has said this word so often."""
        while self.said.count(word) < count:
            await self.hear()

    def kill(self) -> list[str]:
        """kill -9; all that it had said."""
        self._process.kill()
        self._process.join()
        with contextlib.suppress(EOFError, OSError):
            while True:
                self.said.append(self._hears.recv())
        self._hears.close()
        return [word for word in self.said if word != UP]


@contextlib.contextmanager
def children() -> Iterator["Children"]:
    made = Children()
    try:
        yield made
    finally:
        made.close()


class Children:
    def __init__(self) -> None:
        self.running: list[Child] = []

    async def start(self, role: str, *words: object) -> Child:
        """Returns when it is up."""
        child = Child(role, tuple(map(str, words)))
        self.running.append(child)
        assert await child.hear() == UP
        return child

    def kill(self, child: Child) -> list[str]:
        self.running.remove(child)
        return child.kill()

    def close(self) -> None:
        for child in list(self.running):
            self.kill(child)
