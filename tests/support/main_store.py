"""A migrated store of `main` for a test: `store` on SQLite and on PostgreSQL in turn."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.postgres import PostgresServer, postgres_dsn, postgres_server
from waystation.storage.database import Database
from waystation.storage.migrate import migrate

__all__ = [
    "empty_store",
    "migrated_database",
    "migrated_file",
    "migrated_place",
    "postgres_dsn",
    "postgres_server",
    "store",
    "store_place",
]


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


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema, to copy: cheaper than migrating for each test."""
    path = tmp_path_factory.mktemp("migrated") / "main.db"
    asyncio.run(_migrate(path))
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres_server: PostgresServer) -> str:
    """The name of a PostgreSQL database with the schema, to make others from."""
    name = postgres_server.create_database()
    asyncio.run(_migrate(postgres_server.dsn(name)))
    return name


async def _migrate(place: Path | str) -> None:
    database = open_store(place)
    await migrate(database)
    await database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def migrated_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "main.db")
        yield tmp_path / "main.db"
        return
    template = request.getfixturevalue("migrated_database")
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"m{secrets.token_hex(6)}"
    server.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield server.dsn(name)  # goes with the server


@pytest.fixture
async def store(migrated_place: Path | str) -> AsyncIterator[Database]:
    database = open_store(migrated_place)
    yield database
    await database.close()
