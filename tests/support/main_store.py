"""A migrated store of `main` for a test: `store` on SQLite and on PostgreSQL in turn."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.postgres import postgres_dsn, postgres_server
from waystation.storage.database import Database
from waystation.storage.migrate import migrate

__all__ = ["empty_store", "postgres_dsn", "postgres_server", "store", "store_place"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """A file's path, or a dsn."""
    if request.param == "sqlite":
        yield tmp_path / "main.db"
    else:
        yield request.getfixturevalue("postgres_dsn")


def open_store(place: Path | str) -> Database:
    return Database.sqlite(place) if isinstance(place, Path) else Database.postgres(place)


@pytest.fixture
async def empty_store(store_place: Path | str) -> AsyncIterator[Database]:
    database = open_store(store_place)
    yield database
    await database.close()


@pytest.fixture
async def store(empty_store: Database) -> Database:
    await migrate(empty_store)
    return empty_store
