import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvloop

from tests.wire_ledger.simple_books import MemoryBooks
from waystation.journal.row import Facts, Row
from waystation.ledger.client import LedgerClient
from waystation.ledger.messages import Hold, Resolve
from waystation.ledger.server import LedgerServer

_NUMBERS = itertools.count(1)
_FACTS = Facts(
    request_id="req-1",
    created_ms=1_700_000_000_000,
    account_id=1,
    token_id=1,
    token_name="main",
    operation="chat",
    dialect="openai_chat",
    model="gpt-4o",
    stream=True,
    peer="127.0.0.1",
    client="tests",
    group="default",
    price_version="1",
    rate="1",
)


def a_hold(
    nanos: int = 1_000, *, sent: bool = False, owner: str = "gateway", name: str = ""
) -> Hold:
    return Hold(
        id=name or f"hold-{next(_NUMBERS)}",
        account_id=1,
        token_id=1,
        group="default",
        nanos=nanos,
        nanos_floor=nanos,
        prompt_nanos=10,
        tokens=100,
        sent=sent,
        facts=_FACTS,
        owner=owner,
    )


def a_row(nanos: int = 0) -> Row:
    return Row(facts=_FACTS, status=200, end="complete", nanos=nanos)


def a_post(hold_id: str, nanos: int = 500) -> Resolve:
    return Resolve(hold_id, "post", nanos, True, 100, a_row(nanos))


async def until(holds: Callable[[], bool], seconds_max: float = 5.0) -> None:
    """Wait for a condition; fails the test when it does not come."""
    async with asyncio.timeout(seconds_max):
        while not holds():
            await asyncio.sleep(0.002)


class Bench:
    """A server and clients on one loop, over a real socket."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.sock"
        self.books = MemoryBooks()
        self.server: LedgerServer | None = None
        self.clients: list[LedgerClient] = []

    async def serve(self, boot: str = "boot-1", **options) -> LedgerServer:
        self.server = LedgerServer(self.books, self.path, boot, **options)
        await self.server.start()
        return self.server

    async def stop(self) -> None:
        if self.server is not None:
            server, self.server = self.server, None
            await server.stop()

    async def client(self, gateway: str = "gw-1", boot: str = "boot-1") -> LedgerClient:
        client = LedgerClient(self.path, gateway, boot)
        self.clients.append(client)
        client.start()
        await client.wait_present(5)
        return client


def pytest_asyncio_loop_factories(config, item):
    """The loop of production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    await made.serve()
    yield made
    for client in made.clients:
        client.close()
    await made.stop()
