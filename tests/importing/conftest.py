from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import cli, data, first, own_environment, set_up
from tests.importing.foreign import Foreign, sqlite_place
from tests.support.mysql import mysql_dsn, mysql_server
from tests.support.postgres import postgres_dsn, postgres_server

__all__ = [
    "cli", "data", "first", "mysql_dsn", "mysql_server", "own_environment", "postgres_dsn",
    "postgres_server", "set_up",
]  # fmt: skip


@pytest.fixture
def foreign(tmp_path: Path) -> Foreign:
    """An empty new-api on SQLite."""
    made = Foreign(sqlite_place(tmp_path))
    made.make()
    return made


@pytest.fixture(params=["sqlite", "mysql", pytest.param("postgres", marks=pytest.mark.postgres)])
def foreign_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield sqlite_place(tmp_path)
    else:
        yield request.getfixturevalue(f"{request.param}_dsn")
