"""Half-applied migrations are done again; a newer ledger is refused; rows are append-only keyed."""

import sqlite3
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from tests.ledger.scene import Desk
from waystation.ledger import migrate
from waystation.ledger.migrate import STEPS, LedgerTooNewError
from waystation.ledger.postgres_books import PostgresBooks
from waystation.ledger.sqlite_books import SqliteBooks


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
