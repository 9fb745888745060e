"""A store that was set up, and the settings that lead to it."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from waystation.ledger.sqlite_books import SqliteBooks
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.master_key import MasterKey, write_master_key
from waystation.storage.vault import open_vault


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, port=0, database=None, master_key=None)


@pytest.fixture
async def store(settings: Settings, migrated_file: Path) -> Any:
    """Set up: a key, a schema, a check value."""
    key = MasterKey.new()
    write_master_key(settings.data / "master.key", key)
    shutil.copy(migrated_file, settings.data / "main.db")
    database = Database.of(settings)
    await open_vault(database, key)
    books = SqliteBooks(settings.data / "ledger.db", time_zone="UTC")
    await books.open()
    await books.close()
    yield database
    await database.close()
