"""Backup, restore and copy are killed at every moment and find no room: nothing is half done, what
was left is cleared away by the next run, and the message says what is wrong."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from tests.care.beating import in_child, killed_at, moments, without_room
from tests.cli.conftest import Cli
from tests.support.postgres import PostgresServer
from waystation.control.apply.first_start import RESTORING, RestoreUnfinished, first_start
from waystation.control.care.alone import alone
from waystation.control.care.backup import back_up
from waystation.control.care.copying import copy_to_postgres
from waystation.control.care.restore import restore
from waystation.ledger.server import LedgerServer
from waystation.ledger.sqlite_books import SqliteBooks
from waystation.settings import Settings


def _leftovers(*folders: Path) -> list[str]:
    names = [name for folder in folders for name in os.listdir(folder)]
    return [name for name in names if name.endswith((".half", ".copy", ".copy-journal"))]


def _some(last: int, count: int) -> list[int]:
    """Spread over all moments, and each of the last ones, where things are put in place."""
    spread = {1 + at * (last - 1) // count for at in range(count)}
    return sorted(spread | set(range(max(1, last - 10), last + 1)))


@pytest.fixture
def backed_up(applied: Path, tmp_path: Path) -> Path:
    place = tmp_path / "backup"
    asyncio.run(back_up(Settings(data=applied), place))
    return place


@pytest.fixture
def anew(applied: Path, tmp_path: Path) -> Path:
    """A data folder with nothing but the key."""
    folder = tmp_path / "anew"
    folder.mkdir()
    shutil.copy(applied / "master.key", folder)
    return folder


@pytest.mark.soak
def test_a_backup_is_killed_at_each_moment(applied: Path, tmp_path: Path) -> None:
    settings, told = Settings(data=applied), tmp_path / "told"
    places = tmp_path / "places"

    def work(place: Path) -> None:
        asyncio.run(back_up(settings, place))

    last = moments(lambda: work(places / "whole"), told)
    for moment in _some(last, 12):
        place = places / f"at-{moment}"
        if killed_at(moment, lambda where=place: work(where), told):  # type: ignore[misc]
            whole = place.exists()
            assert not whole or (place / "manifest.json").is_file()
            if not whole:
                work(place)
        anew = tmp_path / f"anew-{moment}"
        assert asyncio.run(restore(Settings(data=anew), place)).audit == []
    assert _leftovers(applied, places) == []


async def _start_anew(folder: Path) -> None:
    await first_start(Settings(data=folder))


@pytest.mark.soak
def test_a_restore_is_killed_at_each_moment(backed_up: Path, anew: Path, tmp_path: Path) -> None:
    told = tmp_path / "told"

    def work(data: Path) -> None:
        asyncio.run(restore(Settings(data=data), backed_up))

    counted = tmp_path / "counted"
    last = moments(lambda: work(counted), told)
    for moment in _some(last, 12):
        data = tmp_path / f"killed-{moment}"
        shutil.copytree(anew, data)
        killed_at(moment, lambda where=data: work(where), told)  # type: ignore[misc]
        if (data / RESTORING).exists():
            with pytest.raises(RestoreUnfinished, match="run `waystation restore` again"):
                asyncio.run(_start_anew(data))
        if (data / RESTORING).exists() or not (data / "main.db").exists():
            work(data)
        assert asyncio.run(first_start(Settings(data=data))) is None, (
            "it was set up: nothing is new"
        )
        assert sorted(name for name in os.listdir(data) if ".db" in name or "half" in name) == [
            "ledger.db",
            "main.db",
        ]


def test_a_restore_that_was_cut_short_starts_nothing_and_is_done_again(
    cli: Cli, backed_up: Path, anew: Path, tmp_path: Path
) -> None:
    """Between its last two renames: the ledger is in place, `main` is not."""

    def work() -> None:
        def stop(self: Path, target: Path) -> None:
            if self.name == "main.db":
                os.kill(os.getpid(), signal.SIGKILL)
            os.rename(self, target)

        Path.rename = stop  # type: ignore[method-assign, assignment]
        asyncio.run(restore(Settings(data=anew), backed_up))

    assert in_child(work, tmp_path / "told") == signal.SIGKILL
    assert (anew / "ledger.db").exists()
    refused = cli("token", "list", "--data", anew, with_data=False)
    assert refused.status == 2
    refused = cli("init", "--data", anew, with_data=False)
    assert (refused.status, "cut short" in refused.err) == (2, True), refused.err
    assert cli("restore", backed_up, "--data", anew, with_data=False).status == 0
    assert cli("audit", "--data", anew, with_data=False).status == 0
    assert _leftovers(anew) == []


def test_no_room_leaves_nothing_behind(
    cli: Cli, applied: Path, backed_up: Path, anew: Path, tmp_path: Path
) -> None:
    """No file may grow beyond so many bytes: as a full disk is met, in the middle of writing."""
    told, place = tmp_path / "told", tmp_path / "none"
    for size in (1_000, 100_000):
        why = without_room(size, lambda: asyncio.run(back_up(Settings(data=applied), place)), told)
        assert why.startswith(("CareRefused: no backup was made", "OSError", "LedgerAway")), why
        assert not place.exists()
        assert _leftovers(applied, tmp_path) == []
        why = without_room(size, lambda: asyncio.run(restore(Settings(data=anew), backed_up)), told)
        assert why.startswith(("CareRefused: nothing was restored", "OSError", "StorageAway")), why
        assert os.listdir(anew) == ["master.key"]
    assert cli("restore", backed_up, "--data", anew, with_data=False).status == 0


@contextmanager
def _small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a file system of its own can be mounted by root only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.soak
def test_a_disk_that_is_too_small(cli: Cli, applied: Path, backed_up: Path, tmp_path: Path) -> None:
    with _small_disk(tmp_path / "small", 2**19) as small:
        refused = cli("backup", small / "b")
        assert refused.status == 2
        assert "MiB free" in refused.err
        assert os.listdir(small) == []
        refused = cli("restore", backed_up, "--data", small / "data", with_data=False)
        assert refused.status == 2
        assert len(refused.err.strip().splitlines()) <= 2, refused.err
        assert "No space left" in refused.err or "full" in refused.err
        assert os.listdir(small / "data") == []


def test_one_at_a_time_and_never_over_a_server(
    cli: Cli, applied: Path, backed_up: Path, anew: Path, tmp_path: Path
) -> None:
    with alone(applied):
        assert "is at work on" in cli("backup", tmp_path / "second").err
    assert not (tmp_path / "second").exists()
    before = (applied / "main.db").stat().st_mtime_ns
    assert "is there: restore into an empty folder" in cli("restore", backed_up).err
    assert (applied / "main.db").stat().st_mtime_ns == before
    asyncio.run(_over_a_server(cli, backed_up, anew))


async def _over_a_server(cli: Cli, backed_up: Path, anew: Path) -> None:
    """Whose files somebody has removed from under it."""
    settings = Settings(data=anew)
    server = LedgerServer(SqliteBooks(anew / "ledger.db"), settings.ledger_socket, "boot")
    await server.start()
    (anew / "ledger.db").unlink()
    done = await asyncio.to_thread(cli, "restore", backed_up, "--data", anew, with_data=False)
    await server.stop()
    assert done.status == 2
    assert "a server runs on" in done.err
    assert not (anew / "main.db").exists()


def test_what_is_no_backup_is_said(cli: Cli, backed_up: Path, anew: Path, tmp_path: Path) -> None:
    """A file, an empty folder, a folder of something else, half of one, another's manifest."""
    file = tmp_path / "file"
    file.write_text("not a folder")
    empty = tmp_path / "empty"
    empty.mkdir()
    other = tmp_path / "other"
    shutil.copytree(backed_up, other)
    (other / "manifest.json").write_text('{"name": "of something else"}')
    half = tmp_path / "half"
    shutil.copytree(backed_up, half)
    (half / "main.db").unlink()
    for place, why in (
        (file, "is no backup"),
        (empty, "is no backup"),
        (other, "is no backup"),
        (tmp_path / "nowhere", "is no backup"),
        (half, "main.db of the backup is missing"),
    ):
        refused = cli("restore", place, "--data", anew, with_data=False)
        assert refused.status == 2
        assert why in refused.err
        assert len(refused.err.strip().splitlines()) <= 2, refused.err
        assert os.listdir(anew) == ["master.key"]


@pytest.mark.soak
@pytest.mark.postgres
def test_a_copy_is_killed_at_each_table(
    applied: Path, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    dsn = postgres_server.dsn(postgres_server.create_database())
    told, tables = tmp_path / "told", 0

    def work(last: int) -> None:
        real, seen = asyncpg.Connection.copy_records_to_table, 0

        async def counted(self: asyncpg.Connection, *names: object, **more: object) -> object:
            nonlocal seen
            seen += 1
            if seen == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return await real(self, *names, **more)

        asyncpg.Connection.copy_records_to_table = counted
        asyncio.run(copy_to_postgres(Settings(data=applied), dsn))

    for last in (1, 2, 5, 9):
        status = in_child(lambda last=last: work(last), told)  # type: ignore[misc]
        assert status == signal.SIGKILL, told.read_text()
        assert asyncio.run(_many(dsn)) == 0
        tables += 1
    assert tables
    done = asyncio.run(copy_to_postgres(Settings(data=applied), dsn))
    assert done.audit == []
    assert done.rows["main.accounts"] == asyncio.run(_many(dsn)) == 2


async def _many(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM main.accounts"))
    finally:
        await connection.close()
