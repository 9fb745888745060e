"""Several ledgers on one PostgreSQL: leases, sweeps, shares of slots, lost connections."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from tests.ledger.scene import USD, Desk, hold, post
from tests.support.postgres import PostgresServer, find_binaries, new_server
from waystation.ledger.books import BooksAway, BooksLocked, KeepLease
from waystation.ledger.messages import Admitted, Extend, Granted, Refused, Resolved, TakeSlot
from waystation.ledger.postgres_books import PostgresBooks
from waystation.ledger.questions import AccountState, AskAccount

pytestmark = pytest.mark.postgres


@pytest.fixture
async def pair(postgres_dsn: str) -> AsyncIterator[tuple[Desk, Desk]]:
    first, second = PostgresBooks(postgres_dsn, node="a"), PostgresBooks(postgres_dsn, node="b")
    await first.open()
    await second.open()
    desk = Desk(first)
    await desk.fund()
    yield desk, Desk(second)
    await first.close()
    await second.close()


async def sql(dsn: str, statement: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_one_ledger_a_node(postgres_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waystation.ledger.postgres_node.LOCK_SECONDS_MAX", 0.2)
    first, second = PostgresBooks(postgres_dsn, node="a"), PostgresBooks(postgres_dsn, node="a")
    await first.open()
    with pytest.raises(BooksLocked, match="node 'a'"):
        await second.open()
    await first.close()
    await second.open()
    await second.close()


async def test_a_dead_nodes_gateway_holds_are_swept(
    pair: tuple[Desk, Desk], postgres_dsn: str
) -> None:
    dead, living = pair
    sent, unsent, task = (
        hold("sent", sent=True),
        hold("unsent"),
        hold("task", sent=True, owner="task"),
    )
    await dead.say(sent, unsent, task)
    await living.one(own := hold("own"))
    await living.one(KeepLease())
    assert await living.one(Extend("sent", 1, 1)) == Admitted("sent", 1_001)
    # Lapsed, but for less than the fifteen seconds of grace.
    now = "extract(epoch from clock_timestamp()) * 1000"
    lapse = f"UPDATE ledger.nodes SET lease_until_ms = {now} - %d WHERE node = 'a'"
    await sql(postgres_dsn, lapse % 10_000)
    await living.one(KeepLease())
    assert await living.one(Extend("unsent", 1, 1)) == Admitted("unsent", 1_001)
    await sql(postgres_dsn, lapse % 15_001)
    await living.one(KeepLease())
    assert await living.one(Extend("task", 1, 1)) == Admitted("task", 1_001)
    assert await living.one(Extend("own", 1, 1)) == Admitted("own", 1_001)
    # It was only slow: it comes back, and is told what became of its holds.
    assert await dead.one(post(sent, 900)) == Resolved("sent", "post", 100)
    assert await dead.one(post(unsent, 900)) == Resolved("unsent", "expire", 0)
    assert await dead.one(Extend("sent", 2, 1)) == Refused("sent", "resolved")
    assert await dead.one(hold("again")) == Admitted("again", 1_000)
    await living.one(post(own, 1))
    await living.assert_clean()


async def test_a_lapsed_lease_is_renewed_before_a_commit(
    pair: tuple[Desk, Desk], postgres_dsn: str
) -> None:
    desk, _ = pair
    await sql(postgres_dsn, "UPDATE ledger.nodes SET lease_until_ms = 5 WHERE node = 'a'")
    assert await desk.one(hold("h1")) == Admitted("h1", 1_000)
    lease = "SELECT lease_until_ms - extract(epoch from now()) * 1000 FROM ledger.nodes"
    assert await sql(postgres_dsn, f"{lease} WHERE node = 'a'") > 5_000


async def test_a_node_that_another_process_took_over_writes_nothing(
    pair: tuple[Desk, Desk], postgres_dsn: str
) -> None:
    desk, other = pair
    await sql(postgres_dsn, "UPDATE ledger.nodes SET boot = 'else' WHERE node = 'a'")
    with pytest.raises(BooksAway):
        await desk.one(hold("h1"))
    assert await other.one(Extend("h1", 1, 1)) == Refused("h1", "hold_unknown")


async def test_slots_are_shared_out(pair: tuple[Desk, Desk]) -> None:
    for desk in pair:
        await desk.one(KeepLease())
    granted = []
    for desk in pair:
        told = await desk.say(*(TakeSlot(f"s{n}", 1, 2, 3, 0, 0, 0) for n in range(3)))
        granted.append([isinstance(decision, Granted) for decision in told])
    assert granted == [[True, True, False], [True, False, False]]


class Cutter:
    """A proxy before PostgreSQL that cuts the connection at a COMMIT."""

    def __init__(self, port: int) -> None:
        self.upstream_port = port
        self.port = 0
        self.when = ""
        self.refuse = 0
        self.tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.server.wait_closed()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuse and not self.when:
            self.refuse -= 1
            writer.close()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        back = asyncio.create_task(self.pipe(up_reader, writer))
        self.tasks.add(back)
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                when = self.when if b"COMMIT\x00" in data else ""
                if when == "before":
                    break
                if when == "after":
                    back.cancel()
                    await asyncio.gather(back, return_exceptions=True)
                up_writer.write(data)
                if when == "after":
                    await up_reader.read(1)
                    break
        self.when = ""
        writer.transport.abort()
        up_writer.close()

    async def pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
            writer.close()


@pytest.fixture
async def cut(postgres_server: PostgresServer, postgres_dsn: str) -> AsyncIterator[Any]:
    cutter = Cutter(postgres_server.port)
    await cutter.start()
    books = PostgresBooks(
        postgres_dsn.replace(f":{postgres_server.port}/", f":{cutter.port}/"), node="a"
    )
    await books.open()
    desk = Desk(books)
    await desk.fund()
    yield cutter, desk
    await books.close()
    await cutter.stop()


async def test_a_connection_cut_before_the_commit(cut: Any) -> None:
    cutter, desk = cut
    cutter.when = "before"
    with pytest.raises(BooksAway):
        await desk.one(hold("h1"))
    assert await desk.one(AskAccount("q", 1)) == AccountState("q", True, USD, 0, 0, 1)
    assert await desk.one(hold("h1")) == Admitted("h1", 1_000)
    await desk.assert_clean()


async def test_a_connection_cut_after_the_commit(cut: Any) -> None:
    cutter, desk = cut
    cutter.when = "after"
    asked = hold("h1")
    assert await desk.one(asked) == Admitted("h1", 1_000)
    assert await desk.one(post(asked, 9)) == Resolved("h1", "post", 9)
    await desk.assert_clean()


async def test_a_cut_whose_outcome_stays_unknown_for_long(
    cut: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waystation.ledger.postgres_books.OUTCOME_SECONDS_MAX", 0.0)
    cutter, desk = cut
    cutter.when = "after"
    cutter.refuse = 1
    with pytest.raises(BooksAway):
        await desk.say(hold("h1"), hold("h2"))
    assert await desk.one(hold("h3")) == Admitted("h3", 1_000)
    assert await desk.one(Extend("h1", 1, 1)) == Refused("h1", "resolved")
    report = await desk.assert_clean()
    assert (report["open_holds"], report["voided"]) == (1, 2)


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    with new_server(binaries) as server:
        yield server


async def test_the_server_is_killed_and_restarted_under_load(own_server: PostgresServer) -> None:
    books = PostgresBooks(own_server.dsn(own_server.create_database()), node="a")
    await books.open()
    desk = Desk(books)
    await desk.fund()
    admitted: list[Any] = []
    away = 0
    healed = asyncio.Event()

    async def load() -> None:
        """Until it was refused, and after that admitted by the server that came back."""
        nonlocal away
        number = 0
        while True:
            asked = [hold(f"h{number + n:05d}", 10) for n in range(8)]
            number += 8
            try:
                told = await desk.say(*asked)
            except BooksAway:
                away += 1
                await asyncio.sleep(0.02)
                continue
            assert all(isinstance(decision, Admitted) for decision in told)
            admitted.extend(asked)
            if healed.is_set():
                return

    loading = asyncio.create_task(load())
    while len(admitted) < 40:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(own_server.kill)
    while not away:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(own_server.start)
    healed.set()
    await loading
    for start in range(0, len(admitted), 100):
        part = admitted[start : start + 100]
        told = await desk.say(*(post(asked, 1) for asked in part))
        assert told == [Resolved(asked.id, "post", 1) for asked in part]
    report = await desk.assert_clean()
    assert report["open_holds"] == 0
    await books.close()
