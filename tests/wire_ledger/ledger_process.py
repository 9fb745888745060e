"""A ledger as a process of its own: `python -m tests.wire_ledger.ledger_process KIND FOLDER`.

KIND: "simple" (FileBooks); any other runs what `waystation ledger` runs, on SQLite or on the
database that the environment names.
"""

import asyncio
import signal
import sys
from pathlib import Path

import uvloop

from tests.wire_ledger.simple_books import FileBooks
from waystation.ledger.process import run_ledger
from waystation.ledger.server import LedgerServer
from waystation.settings import Settings

BOOT = "boot-1"


async def serve_simple(folder: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = LedgerServer(FileBooks(folder / "books"), folder / "ledger.sock", BOOT)
    await server.start()
    await stop.wait()
    await server.stop()


if __name__ == "__main__":
    kind, folder = sys.argv[1], Path(sys.argv[2])
    if kind == "simple":
        uvloop.run(serve_simple(folder))
    else:
        uvloop.run(run_ledger(Settings(data=folder, time_zone="UTC"), BOOT))
