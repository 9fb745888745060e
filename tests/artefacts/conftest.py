"""Stores of artefacts on both databases, in a folder and in memory."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from obstore.store import MemoryStore

from tests.identity.rows import add_account
from tests.support.main_store import *  # noqa: F403
from waystation.artefacts.store import ArtefactStore
from waystation.kernel.clock import now_ms
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.master_key import MasterKey
from waystation.storage.sealing import Sealing
from waystation.storage.signing import add_signing_key

BASE = "https://relay.example"


class House(NamedTuple):
    """ada and eve: accounts."""

    store: ArtefactStore
    database: Database
    key: MasterKey
    sealing: Sealing
    settings: Settings
    objects: MemoryStore | None
    ada: int
    eve: int

    def again(self, **options: Any) -> ArtefactStore:
        """Another process's store of the same artefacts, with other settings."""
        settings = self.settings.model_copy(update=options)
        return ArtefactStore(settings, self.database, lambda: self.sealing, self.objects)

    def files(self) -> list[Path]:
        return [path for path in (self.settings.data / "artefacts").rglob("*") if path.is_file()]


@pytest.fixture(params=["folder", "memory"])
def objects(request: pytest.FixtureRequest) -> MemoryStore | None:
    return MemoryStore() if request.param == "memory" else None


async def make_house(store: Database, folder: Path, objects: MemoryStore | None) -> House:
    settings = Settings(data=folder, database=store.dsn, language="en")
    key = MasterKey.new()
    sealing = Sealing(key)
    await add_signing_key(store, sealing, now_ms())
    ada = await add_account(store, "ada@example.com")
    eve = await add_account(store, "eve@example.com")
    made = ArtefactStore(settings, store, lambda: sealing, objects)
    return House(made, store, key, sealing, settings, objects, ada, eve)


@pytest.fixture
async def house(store: Database, tmp_path: Path, objects: MemoryStore | None) -> House:
    return await make_house(store, tmp_path, objects)
