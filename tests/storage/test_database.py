"""Transactions, epochs, and a store that is away."""

import asyncio
import gc
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from tests.support.main_store import open_store
from tests.support.postgres import PostgresServer
from waystation.storage import database as database_module
from waystation.storage.database import Database, StorageAway, next_epoch, read_epochs
from waystation.storage.main import groups
from waystation.storage.migrate import migrate
from waystation.storage.sqlite_connections import SqliteConnections


async def _count(database: Database) -> int:
    async with database.read() as connection:
        return int(
            (await connection.execute(select(func.count()).select_from(groups))).scalar_one()
        )


async def test_a_transaction_is_kept_whole_or_not_at_all(store: Database) -> None:
    async with store.write() as connection:
        await connection.execute(insert(groups).values(name="kept"))

    async def fail() -> None:
        async with store.write() as connection:
            await connection.execute(insert(groups).values(name="lost"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await _count(store) == 1


async def test_a_violated_constraint_is_not_an_absent_store(store: Database) -> None:
    async def add() -> None:
        async with store.write() as connection:
            await connection.execute(insert(groups).values(name="twice"))

    await add()
    with pytest.raises(IntegrityError):
        await add()


async def test_epochs_follow_one_another_over_writers(store: Database) -> None:
    async def change() -> int:
        async with store.write() as connection:
            return await next_epoch(connection)

    assert sorted(await asyncio.gather(*(change() for _ in range(12)))) == list(range(1, 13))
    async with store.read() as connection:
        assert (await read_epochs(connection)).epoch == 12


async def test_a_view_does_not_change_under_its_reader(store: Database) -> None:
    async with store.read() as connection:
        assert (await read_epochs(connection)).epoch == 0
        async with store.write() as writer:
            await next_epoch(writer)
        assert (await read_epochs(connection)).epoch == 0


async def test_a_locked_file_is_away_until_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "LOCK_SECONDS", 0.1)
    store = Database.sqlite(tmp_path / "main.db")
    await migrate(store)
    other = sqlite3.connect(tmp_path / "main.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageAway, match="locked"):
        async with store.write() as connection:
            await next_epoch(connection)
    other.execute("ROLLBACK")
    other.close()
    async with store.write() as connection:
        assert await next_epoch(connection) == 1
    await store.close()


async def test_a_file_that_is_no_database_is_away(tmp_path: Path) -> None:
    (tmp_path / "main.db").write_bytes(b"not a database, certainly not" * 100)
    store = Database.sqlite(tmp_path / "main.db")
    with pytest.raises(StorageAway):
        await store.connect()
    await store.close()


async def test_a_missing_folder_is_away(tmp_path: Path) -> None:
    store = Database.sqlite(tmp_path / "none" / "main.db")
    with pytest.raises(StorageAway):
        await store.connect()
    await store.close()


@pytest.mark.postgres
async def test_postgres_killed_and_restarted(
    postgres_server: PostgresServer, postgres_dsn: str
) -> None:
    store = open_store(postgres_dsn)
    await migrate(store)
    postgres_server.kill()
    try:
        with pytest.raises(StorageAway):
            await store.connect()
    finally:
        postgres_server.start()
    async with store.write() as connection:
        assert await next_epoch(connection) == 1
    await store.close()


async def test_a_cancelled_connect_leaves_no_thread(tmp_path: Path) -> None:
    """However early or late the cancellation comes, `close` returns to as many threads as were."""
    before = set(threading.enumerate())
    for waits in range(12):
        database = Database.sqlite(tmp_path / f"main-{waits}.db")
        asking = asyncio.create_task(database.connect())
        for _ in range(waits):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await database.close()
        assert not {thread for thread in threading.enumerate() if thread not in before}


async def test_close_waits_for_who_still_reads(tmp_path: Path) -> None:
    """A connection that is given back after it would stay open until it is collected."""
    store = Database.sqlite(tmp_path / "main.db")
    begun = asyncio.Event()
    proceed = asyncio.Event()

    async def read() -> None:
        async with store.read() as connection:
            begun.set()
            await proceed.wait()
            await connection.execute(text("SELECT 1"))

    reading = asyncio.create_task(read())
    await begun.wait()
    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0.05)
    proceed.set()
    await asyncio.gather(reading, closing)
    del reading
    gc.collect()  # a ResourceWarning is an error here


async def test_close_ends_what_nobody_gave_back(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    connections = SqliteConnections(tmp_path / "main.db", 1.0)
    await connections.connect()
    await connections.ended(5.0)
    assert not {thread for thread in threading.enumerate() if thread not in before}
    gc.collect()
