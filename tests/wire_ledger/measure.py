"""CPU of one hold and its resolution through the socket, with books that say yes or with SQLite.

python -m tests.wire_ledger.measure [pairs] [concurrency] [null|sqlite]
"""

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from tests.wire_ledger.conftest import a_hold, a_post
from waystation.ledger.books import Books, Posted
from waystation.ledger.client import LedgerClient
from waystation.ledger.messages import (
    Admitted,
    Decision,
    Hello,
    Hold,
    Resolve,
    Resolved,
    Swept,
    Transfer,
)
from waystation.ledger.policies import PutAccount, PutToken
from waystation.ledger.server import LedgerServer
from waystation.ledger.session import open_ledger
from waystation.ledger.sqlite_books import SqliteBooks
from waystation.settings import Settings


class NullBooks:
    """Says yes."""

    async def open(self) -> None: ...

    async def copy(self, name: str) -> None: ...

    async def close(self) -> None: ...

    async def settle(self, batch: Sequence[Posted], now_ms: int) -> list[Decision | None]:
        return [_yes(posted.command) for posted in batch]


def _yes(command: object) -> Decision | None:
    if type(command) is Hold:
        return Admitted(command.id, command.nanos)
    if type(command) is Resolve:
        return Resolved(command.hold_id, command.kind, command.nanos)
    return Swept(()) if type(command) is Hello else None


async def make_books(path: Path, kind: str) -> Books:
    if kind == "null":
        return NullBooks()
    async with open_ledger(Settings(data=path.parent)) as ledger:
        await ledger.ask(PutAccount(1, 1, True))
        await ledger.ask(PutToken(1, 1, 1, True))
        await ledger.ask(Transfer(1, "credit", "grant", 10**15))
    return SqliteBooks(path.with_name("ledger.db"))


async def serve(path: Path, report: int, kind: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = LedgerServer(await make_books(path, kind), path, "boot")
    await server.start()
    began = time.process_time()
    await stop.wait()
    writer = server.writer.counters
    os.write(
        report,
        f"{time.process_time() - began} {writer.commands / max(writer.batches, 1)}".encode(),
    )
    await server.stop()


async def ask(path: Path, pairs: int, concurrency: int) -> tuple[float, float]:
    client = LedgerClient(path, "gw", "boot")
    client.start()
    await client.wait_present(15)
    holds = [a_hold() for _ in range(pairs)]
    posts = {hold.id: a_post(hold.id) for hold in holds}
    todo = iter(holds)

    async def one() -> None:
        for hold in todo:
            await client.admit(hold)
            client.resolve(posts[hold.id])

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(one() for _ in range(concurrency)))
    await client.settled(30)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    client.close()
    return cpu, wall


def main(pairs: int, concurrency: int, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sock"
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            uvloop.run(serve(path, writing, kind))
            os._exit(0)
        cpu, wall = uvloop.run(ask(path, pairs, concurrency))
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
        server_cpu, batch = os.read(reading, 100).decode().split()
        print(
            f"{kind} books, {pairs} pairs, {concurrency} at once: "
            f"gateway {cpu / pairs * 1e6:.1f} us a pair, "
            f"ledger {float(server_cpu) / pairs * 1e6:.1f} us a pair, "
            f"{float(batch):.1f} commands a batch, {pairs / wall:.0f} pairs/s"
        )


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 50_000,
        int(sys.argv[2]) if len(sys.argv) > 2 else 32,
        sys.argv[3] if len(sys.argv) > 3 else "null",
    )
