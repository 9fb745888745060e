"""Half-applied migrations are done again; a newer ledger is refused; rows are append-only keyed;
every step has its way back."""

import sqlite3
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from tests.ledger.scene import NOW_MS, USD, Desk, facts, hold, post
from waystation.kernel.clock import now_ms
from waystation.ledger import migrate
from waystation.ledger.books import Books
from waystation.ledger.migrate import BACK, STEPS, LedgerTooNewError, NoWayBackError
from waystation.ledger.postgres_books import PostgresBooks
from waystation.ledger.questions import AskLog, LogFilter, LogState
from waystation.ledger.sqlite_books import SqliteBooks
from waystation.ledger.way_back import step_back
from waystation.settings import Settings


def broken(dialect: object) -> list[str]:
    return [*STEPS[0](dialect)[:5], "CREATE TABLE nonsense ("]  # type: ignore[arg-type]


async def test_half_applied_on_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    monkeypatch.setattr(migrate, "STEPS", (broken,))
    books = SqliteBooks(path)
    with pytest.raises(Exception, match="incomplete input"):
        await books.open()
    monkeypatch.undo()
    await books.open()
    await Desk(books).fund()
    await books.close()
    await books.open()
    await Desk(books).assert_clean()
    await books.close()


async def test_newer_on_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    books = SqliteBooks(path)
    await books.open()
    await books.close()
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO ledger_version VALUES (99)")
    connection.commit()
    connection.close()
    with pytest.raises(LedgerTooNewError, match="version 99"):
        await books.open()


@pytest.mark.postgres
async def test_half_applied_on_postgres(postgres_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "STEPS", (broken,))
    books = PostgresBooks(postgres_dsn, node="a")
    with pytest.raises(Exception, match="syntax error"):
        await books.open()
    monkeypatch.undo()
    await books.open()
    await Desk(books).fund()
    await Desk(books).assert_clean()
    await books.close()
    connection = await asyncpg.connect(postgres_dsn)
    await connection.execute("INSERT INTO ledger.ledger_version VALUES (99)")
    await connection.close()
    with pytest.raises(LedgerTooNewError):
        await books.open()


async def test_a_second_resolution_row_is_impossible(tmp_path: Path) -> None:
    """The index holds even against our own mistakes."""
    books = SqliteBooks(tmp_path / "ledger.db")
    await books.open()
    await books.close()
    connection = sqlite3.connect(tmp_path / "ledger.db")
    insert = (
        "INSERT INTO transfers VALUES (?, 1, 'h', 'h', ?, ?, 'customer:held', 'house:revenue', "
        "1, 1, 1, '', 1, 0, '', 0)"
    )
    connection.execute(insert, (1, 0, "post"))
    for kind in ("post", "void", "expire"):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(insert, (2, 0, kind))
    connection.execute(insert, (2, 1, "extend"))
    connection.execute(insert, (3, 2, "extend"))
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(insert, (4, 2, "extend"))
    connection.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return Settings(data=tmp_path)
    return Settings(data=tmp_path, database=request.getfixturevalue("postgres_dsn"))


def books_of(settings: Settings) -> Books:
    if settings.database is None:
        return SqliteBooks(settings.data / "ledger.db")
    return PostgresBooks(settings.database, node="a")


async def log(desk: Desk) -> list[str]:
    state = await desk.one(AskLog("a", LogFilter(), 50))
    assert isinstance(state, LogState)
    return [line.open().facts.request_id for line in state.lines]


async def test_from_every_version_to_the_newest_and_back_with_rows_in_place(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of long ago, of now and of days to come, so that none is where all others are."""
    assert sorted(BACK) == list(range(2, len(STEPS) + 1))
    expected: list[str] = []
    for version in range(1, len(STEPS) + 1):
        with monkeypatch.context() as older:
            older.setattr(migrate, "STEPS", STEPS[:version])
            books = books_of(settings)
            await books.open()
            desk = Desk(books)
            if not expected:
                await desk.fund(USD)
            for at_ms in (NOW_MS + version, now_ms(), now_ms() + 9 * 86_400_000):
                name = f"v{version}-{at_ms}"
                desk.now_ms = at_ms
                asked = hold(name, facts=facts(request_id=name, created_ms=at_ms))
                await desk.say(asked, post(asked, 10))
                expected.append(name)
            await books.close()
        expected.sort(key=lambda name: int(name.rpartition("-")[2]), reverse=True)
        for _ in range(2):
            newest = books_of(settings)
            await newest.open()
            await Desk(newest).assert_clean()
            assert await log(Desk(newest)) == expected
            await newest.close()
            await step_back(settings, version)
        with monkeypatch.context() as older:
            older.setattr(migrate, "STEPS", STEPS[:version])
            books = books_of(settings)
            await books.open()
            await Desk(books).assert_clean()
            assert await log(Desk(books)) == expected
            await books.close()


async def test_there_is_no_way_back_under_a_ledger_at_work_or_to_nowhere(
    settings: Settings,
) -> None:
    books = books_of(settings)
    await books.open()
    with pytest.raises(NoWayBackError, match="at work"):
        await step_back(settings, 1)
    await books.close()
    for target in (0, len(STEPS) + 1):
        with pytest.raises(NoWayBackError, match="no way back"):
            await step_back(settings, target)
