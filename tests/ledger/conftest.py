from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ledger.scene import Desk
from tests.support.postgres import postgres_dsn, postgres_server
from waystation.ledger.books import Books
from waystation.ledger.postgres_books import PostgresBooks
from waystation.ledger.sqlite_books import SqliteBooks

__all__ = ["postgres_dsn", "postgres_server"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def books(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Books]:
    """Empty books, on each database in turn."""
    opened: Books
    if request.param == "sqlite":
        opened = SqliteBooks(tmp_path / "ledger.db")
    else:
        opened = PostgresBooks(request.getfixturevalue("postgres_dsn"), node="n1")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)
