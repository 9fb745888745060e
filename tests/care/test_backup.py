"""Backups of a running server, made while money moves; restored, and copied to PostgreSQL."""

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.gateway import until
from tests.support.postgres import PostgresServer
from waystation.control.care.backup import back_up
from waystation.control.care.restore import restore
from waystation.kernel.clock import now_ms
from waystation.ledger.messages import Done, Transfer
from waystation.ledger.questions import AccountState, AskAccount
from waystation.ledger.server import LedgerServer
from waystation.ledger.session import open_ledger
from waystation.ledger.sqlite_books import SqliteBooks
from waystation.settings import Settings


async def _credit(settings: Settings, transfer_id: str, account_id: int, nanos: int) -> None:
    async with open_ledger(settings) as ledger:
        done = await ledger.ask(Transfer(account_id, transfer_id, "topup", nanos))
        assert isinstance(done, Done)
        assert not done.problem


async def _balance(settings: Settings, account_id: int) -> int:
    async with open_ledger(settings) as ledger:
        state = await ledger.ask(AskAccount("q", account_id))
        assert isinstance(state, AccountState)
        return state.balance


async def test_a_backup_of_books_at_work_is_restored_clean(applied: Path, tmp_path: Path) -> None:
    """By the ledger's own socket, while it commits without a pause."""
    settings = Settings(data=applied)
    place, anew = tmp_path / "backup", tmp_path / "anew"
    server = LedgerServer(SqliteBooks(applied / "ledger.db"), settings.ledger_socket, "boot")
    await server.start()
    busy = True

    async def traffic() -> int:
        count = 0
        async with open_ledger(settings) as ledger:
            while busy:
                count += 1
                done = await ledger.ask(Transfer(2, f"gift:{count}", "topup", 3))
                assert isinstance(done, Done)
                assert done.applied, done
        return count

    gifts = asyncio.create_task(traffic())
    manifest = await back_up(settings, place)
    seen = server.writer.counters.batches
    await until(lambda: server.writer.counters.batches > seen + 5)
    busy = False
    given = await gifts
    await server.stop()
    assert sorted(file.name for file in place.iterdir()) == [
        "artefacts.jsonl",
        "ledger.db",
        "main.db",
        "manifest.json",
    ]
    assert not [name for name in os.listdir(applied) if name.endswith(".copy")]
    anew.mkdir()
    shutil.copy(applied / "master.key", anew)
    done = await restore(Settings(data=anew), place)
    assert (done.audit, done.missing, done.manifest) == ([], 0, manifest)
    whole = await _balance(settings, 2)
    copied = await _balance(Settings(data=anew), 2)
    assert whole - 3 * given <= copied <= whole


def test_what_the_ledger_learned_after_main_was_copied_is_put_right(
    cli: Cli, applied: Path, tmp_path: Path
) -> None:
    """The two copies are made one after the other: what happens between them."""
    settings = Settings(data=applied)
    with closing(sqlite3.connect(applied / "main.db")) as main:
        main.execute(
            "INSERT INTO redemption_codes (digest, mask, nanos, created_ms) VALUES (?, ?, ?, ?)",
            (b"x" * 32, "abcd…yz", 5_000, now_ms()),
        )
        main.commit()
        (code,) = main.execute("SELECT id FROM redemption_codes").fetchone()
        (owner,) = main.execute("SELECT max(id) FROM accounts").fetchone()
    assert cli("backup", tmp_path / "b1").status == 0
    # A code is redeemed and an account is made while `main` is copied already.
    asyncio.run(_credit(settings, f"code:{code}", owner, 5_000))
    assert cli("token", "create", "ada@example.com", "newer").status == 0
    with closing(sqlite3.connect(applied / "main.db")) as main:
        main.execute("INSERT INTO accounts (email, version) VALUES ('late@example.com', 1)")
        main.execute(
            "INSERT INTO outbox (kind, ref, version) SELECT 'account', id, 1 FROM accounts "
            "WHERE email = 'late@example.com'"
        )
        main.commit()
        (late,) = main.execute("SELECT max(id) FROM accounts").fetchone()
    assert cli("migrate").status == 0
    asyncio.run(_told(settings))
    asyncio.run(_credit(settings, "gift", late, 77))
    assert cli("backup", tmp_path / "b2").status == 0
    mixed = tmp_path / "b1"
    shutil.copy(tmp_path / "b2" / "ledger.db", mixed)
    manifest = json.loads((mixed / "manifest.json").read_text())
    later = json.loads((tmp_path / "b2" / "manifest.json").read_text())
    manifest["sha256"]["ledger.db"] = later["sha256"]["ledger.db"]
    (mixed / "manifest.json").write_text(json.dumps(manifest))
    anew = tmp_path / "anew"
    anew.mkdir()
    shutil.copy(applied / "master.key", anew)
    done = cli("restore", mixed, "--data", anew, "--json", with_data=False)
    assert done.status == 0, done.err
    assert (done.json["newer_accounts"], done.json["codes"]) == (1, 1)
    with closing(sqlite3.connect(anew / "main.db")) as main:
        redeemed = main.execute("SELECT redeemed_by FROM redemption_codes").fetchone()
        assert redeemed == (owner,)
        main.execute("INSERT INTO accounts (email) VALUES ('next@example.com')")
        (following,) = main.execute("SELECT max(id) FROM accounts").fetchone()
    assert following > late  # never somebody else's balance


async def _told(settings: Settings) -> None:
    from waystation.control.apply import reconcile
    from waystation.storage.database import Database

    database = Database.of(settings)
    async with open_ledger(settings) as ledger:
        await reconcile(database, ledger.ask)
    await database.close()


def test_what_is_no_backup_or_no_place_for_one_is_refused(
    cli: Cli, applied: Path, tmp_path: Path
) -> None:
    place = tmp_path / "backup"
    assert cli("backup", place).status == 0
    assert "is there already" in cli("backup", place).err
    assert "empty folder" in cli("restore", place).err
    anew = tmp_path / "anew"
    damaged = tmp_path / "damaged"
    shutil.copytree(place, damaged)
    with (damaged / "ledger.db").open("r+b") as file:
        file.seek(2000)
        file.write(b"rot")
    refused = cli("restore", damaged, "--data", anew, with_data=False)
    assert "not what was written" in refused.err
    assert not (anew / "main.db").exists()
    newer = json.loads((place / "manifest.json").read_text()) | {"schema": "9999"}
    (place / "manifest.json").write_text(json.dumps(newer))
    assert "newer Waystation" in cli("restore", place, "--data", anew, with_data=False).err


@pytest.mark.postgres
def test_a_copy_in_postgres_balances_and_goes_on(
    cli: Cli, applied: Path, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    name = postgres_server.create_database()
    dsn = postgres_server.dsn(name)
    settings = Settings(data=applied)
    with closing(sqlite3.connect(applied / "main.db")) as main:
        (owner,) = main.execute("SELECT max(id) FROM accounts").fetchone()
    asyncio.run(_credit(settings, "topup:1", owner, 12_345))
    before = asyncio.run(_balance(settings, owner))
    done = cli("copy", "--to", dsn, "--json")
    assert done.status == 0, done.err
    assert done.json["audit"] == []
    assert done.json["rows"]["main.accounts"] == 2
    there = Settings(data=applied, database=dsn)
    assert asyncio.run(_balance(there, owner)) == before
    asyncio.run(_credit(there, "topup:1", owner, 12_345))  # the same, so nothing
    asyncio.run(_credit(there, "topup:2", owner, 5))
    assert asyncio.run(_balance(there, owner)) == before + 5
    assert cli("token", "create", "ada@example.com", "newer", "--database", dsn).status == 0
    assert cli("audit", "--database", dsn).status == 0
    os.environ.pop("WAYSTATION_DATABASE", None)
    assert "is in use" in cli("copy", "--to", dsn).err
    # A dump of it is a backup.
    dump = tmp_path / "dump.sql"
    tools = postgres_server.bin
    subprocess.run([tools / "pg_dump", "-f", dump, dsn], check=True, timeout=60)
    restored = postgres_server.dsn(postgres_server.create_database())
    subprocess.run(
        [tools / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump, restored],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert cli("audit", "--database", restored).status == 0
    assert asyncio.run(_balance(Settings(data=applied, database=restored), owner)) == before + 5
