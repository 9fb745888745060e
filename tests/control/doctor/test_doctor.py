"""Each check of the doctor, well and broken."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import delete, insert, text

from tests.control.doctor.scene import channel, closed_port
from tests.support.main_store import postgres_dsn, postgres_server  # noqa: F401
from waystation.artefacts.shelf import Shelf
from waystation.control.doctor import examine
from waystation.control.doctor.catalogue_prices import check_picture_prices, check_sound_prices
from waystation.control.doctor.clock import check_database_clock
from waystation.control.doctor.master_key import check_master_key
from waystation.control.doctor.schema import check_ledger_schema, check_main_schema
from waystation.control.doctor.stored_files import check_stored_files
from waystation.ledger.server import LedgerServer
from waystation.ledger.sqlite_books import SqliteBooks
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.main import prices, secrets
from waystation.storage.master_key import MasterKey, write_master_key


async def test_all_is_well(settings: Settings, store: Database) -> None:
    checks = [check async for check in examine(settings, store, [channel("demo://local")])]
    assert all(check.ok for check in checks), [check for check in checks if not check.ok]
    assert len({check.name for check in checks}) == len(checks) == 13


# ---- master key ----------------------------------------------------------------------------


async def test_a_missing_master_key(settings: Settings, store: Database) -> None:
    (settings.data / "master.key").unlink()
    check = await check_master_key(settings, store)
    assert not check.ok
    assert "no master key" in check.detail
    assert check.advice


async def test_a_wrong_master_key(settings: Settings, store: Database) -> None:
    write_master_key(settings.data / "master.key", MasterKey.new(), replace=True)
    check = await check_master_key(settings, store)
    assert not check.ok
    assert "wrong master key" in check.detail


async def test_a_master_key_open_to_others(settings: Settings, store: Database) -> None:
    (settings.data / "master.key").chmod(0o644)
    check = await check_master_key(settings, store)
    assert not check.ok
    assert "chmod 600" in check.detail


async def test_a_store_without_a_check_value(settings: Settings, store: Database) -> None:
    async with store.write() as connection:
        await connection.execute(delete(secrets))
    check = await check_master_key(settings, store)
    assert not check.ok
    assert "check value" in check.detail
    async with store.read() as connection:  # looking changes nothing
        assert (await connection.execute(text("SELECT count(*) FROM secrets"))).scalar_one() == 0


async def test_what_an_interrupted_rotation_left(settings: Settings, store: Database) -> None:
    (settings.data / "master.key.next").write_text("x")
    check = await check_master_key(settings, store)
    assert check.ok
    assert "master.key.next" in check.advice


# ---- schemas -------------------------------------------------------------------------------


async def test_no_schema(tmp_path: Path) -> None:
    database = Database.sqlite(tmp_path / "empty.db")
    check = await check_main_schema(database)
    await database.close()
    assert not check.ok
    assert "waystation init" in check.advice


async def test_another_schema(store: Database) -> None:
    async with store.write() as connection:
        await connection.execute(text("UPDATE schema_version SET version_num = '9999'"))
    check = await check_main_schema(store)
    assert not check.ok
    assert "9999" in check.detail


async def test_a_database_that_is_away() -> None:
    database = Database.postgres(f"postgresql://nobody@127.0.0.1:{closed_port()}/none")
    for check in (
        await check_main_schema(database),
        await check_database_clock(database),
    ):
        assert not check.ok
        assert "does not answer" in check.detail
    await database.close()


async def test_no_ledger(tmp_path: Path) -> None:
    check = await check_ledger_schema(Settings(data=tmp_path, database=None))
    assert not check.ok
    assert "migrate" in check.advice


async def test_another_ledger_schema(settings: Settings, store: Database) -> None:
    import sqlite3

    connection = sqlite3.connect(settings.data / "ledger.db")
    connection.execute("INSERT INTO ledger_version VALUES (99)")
    connection.commit()
    connection.close()
    check = await check_ledger_schema(settings)
    assert not check.ok
    assert "99" in check.detail


async def test_a_running_ledger(settings: Settings, store: Database) -> None:
    books = SqliteBooks(settings.data / "ledger.db", time_zone="UTC")
    server = LedgerServer(books, settings.ledger_socket, "boot")
    await server.start()
    running = asyncio.create_task(server.run())
    check = await check_ledger_schema(settings)
    await server.stop()
    await asyncio.gather(running, return_exceptions=True)
    assert check.ok
    assert "running" in check.detail


# ---- prices of pictures --------------------------------------------------------------------


async def test_prices_in_doubt(store: Database) -> None:
    """Told of what can be drawn, unless the operator has named a price of his own."""
    north = msgspec.structs.replace(
        channel("https://x.example"), models=("flux-*",), paths={"image": "/v1/images/generations"}
    )
    check = await check_picture_prices(store, [msgspec.structs.replace(north, models=("flux*",))])
    assert check.ok
    assert check.detail.endswith(": flux-pro, flux")
    assert check.advice
    others = [
        msgspec.structs.replace(north, models=("flux-dev", "flux-kontext-*")),
        msgspec.structs.replace(north, paths={"chat": "/v1/chat/completions"}),
        msgspec.structs.replace(north, free_by_default=True),
    ]
    assert not (await check_picture_prices(store, others)).advice
    async with store.write() as connection:
        row = {"model": "flux*", "effective_ms": 0, "source": "override", "per_image": "0.05"}
        await connection.execute(insert(prices).values(row | {"version": "1", "created_ms": 1}))
    assert not (await check_picture_prices(store, [north])).advice


async def test_prices_of_sounds_in_doubt(store: Database) -> None:
    north = msgspec.structs.replace(
        channel("https://x.example"), models=("tts-1", "canopylabs/*"), paths={"speech": "/s"}
    )
    check = await check_sound_prices(store, [north])
    assert (check.ok, check.name) == (True, "sound prices")
    assert check.detail.endswith(": canopylabs/orpheus-v1-english, canopylabs/orpheus-arabic-saudi")
    assert check.advice
    for more in ({"paths": {"chat": "/c"}}, {"models": ("tts-1", "whisper-1")}):
        assert not (
            await check_sound_prices(store, [msgspec.structs.replace(north, **more)])
        ).advice


async def test_prices_of_a_store_that_is_away(store: Database) -> None:
    async with store.write() as connection:
        await connection.execute(text("DROP TABLE main.prices"))
    north = msgspec.structs.replace(
        channel("https://x.example"), models=("*",), paths={"image": "/v1/images/generations"}
    )
    assert not (await check_picture_prices(store, [north])).ok


async def test_stored_files_that_have_a_place(settings: Settings) -> None:
    check = await check_stored_files(settings)
    assert check.ok
    left = [path for path in (settings.data / "artefacts").rglob("*") if path.is_file()]
    assert left == []


async def test_stored_files_that_have_none(settings: Settings) -> None:
    (settings.data / "artefacts").write_text("in the way")
    check = await check_stored_files(settings)
    assert not check.ok
    assert "WAYSTATION_ARTEFACTS" in check.advice


async def test_stored_files_that_come_back_otherwise(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def other(self: Shelf, name: str) -> bytes:
        return b"other"

    monkeypatch.setattr(Shelf, "read_all", other)
    assert not (await check_stored_files(settings)).ok


async def test_stored_files_of_one_node_among_several(settings: Settings) -> None:
    several = settings.model_copy(update={"database": "postgresql://db.example/relay"})
    check = await check_stored_files(several)
    assert check.ok
    assert "Several nodes" in check.advice
