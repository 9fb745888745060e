"""The ledger process: `waystation ledger`."""

import asyncio
import os
import signal

import structlog

from waystation.kernel.memory import settle_memory
from waystation.ledger.books import BooksAway, BooksLocked
from waystation.ledger.server import LedgerServer
from waystation.ledger.socket_address import AddressTaken
from waystation.ledger.stores import make_books, node_of
from waystation.settings import Settings

RETRY_SECONDS = 0.25
LOCKED_SECONDS_MAX = 10.0
"""How long the ledger before us may take to let go."""
SUPERVISED = "WAYSTATION_BOOT"

log = structlog.get_logger("waystation.ledger")


async def run_ledger(settings: Settings, boot: str) -> None:
    """Until SIGTERM or SIGINT. A store that is away at start is waited for.

    boot: the id of the whole serve. Without a supervisor it says nothing about the gateways, so
    that nothing is swept at start but what does not return. Raises BooksLocked or AddressTaken when
    another ledger stays, OSError."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await _start(settings, boot if SUPERVISED in os.environ else "", stop)
    if server is None:
        return
    settle_memory()
    log.info("ledger started", socket=str(settings.ledger_socket))
    running = asyncio.create_task(server.run(), name="ledger-server")
    stopping = asyncio.create_task(stop.wait(), name="ledger-signal")
    await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    try:
        await server.stop()
    finally:
        await asyncio.gather(running, return_exceptions=True)  # stop raised the same
        counters = server.writer.counters
        log.info("ledger stopped", batches=counters.batches, commands=counters.commands)


async def _start(settings: Settings, boot: str, stop: asyncio.Event) -> LedgerServer | None:
    """None: told to stop before the store was there."""
    loop = asyncio.get_running_loop()
    patience = loop.time() + LOCKED_SECONDS_MAX
    told = False
    while not stop.is_set():
        server = LedgerServer(make_books(settings, node_of(settings)), settings.ledger_socket, boot)
        try:
            await server.start()
            return server
        except (BooksAway, AddressTaken) as away:
            if isinstance(away, BooksLocked | AddressTaken) and loop.time() > patience:
                raise
            if not told:
                log.warning("ledger waits", reason=str(away) or type(away).__name__)
                told = True
        try:
            await asyncio.wait_for(stop.wait(), RETRY_SECONDS)
        except TimeoutError:
            continue
    return None
