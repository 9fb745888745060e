"""Stored files under the real processes: kept by one, served by another, ended by a third."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import select

from tests.artefacts.making import picture
from tests.support.gateway import KEY, channel, data_template, document, rogue
from tests.support.rogue import Rogue
from tests.support.serve import serving
from tests.support.wire import request
from waystation.artefacts.store import ArtefactStore
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.main import tokens
from waystation.storage.master_key import read_master_key
from waystation.storage.sealing import Sealing

__all__ = ["data_template", "rogue"]


@asynccontextmanager
async def store_of(data: Path) -> AsyncIterator[tuple[ArtefactStore, Database]]:
    """As a process beside the running ones has it."""
    settings = Settings(data=data)
    database = Database.of(settings)
    yield ArtefactStore(settings, database, lambda: Sealing(read_master_key(settings))), database
    await database.close()


async def owner_of_the_key(database: Database) -> int:
    async with database.read() as connection:
        found = await connection.execute(
            select(tokens.c.account_id).where(tokens.c.name != "first")
        )
        return int(found.scalars().one())


async def test_kept_served_and_ended(data_template: Path, tmp_path: Path, rogue: Rogue) -> None:
    with serving(data_template, tmp_path, document([channel("up", rogue.url)])) as serve:
        async with store_of(serve.data) as (store, database):
            account_id = await owner_of_the_key(database)
            data = picture(width=30)
            kept = await store.keep(account_id, data)
            over = await store.keep(account_id, data, life_seconds=-1)
        got = await request(serve.port, "GET", "/v1/artefacts", None, KEY)
        (listed,) = got.json()["data"]
        assert listed["id"] == kept.id
        address = listed["url"].removeprefix("http://relay.test")
        got = await request(serve.port, "GET", address)
        assert (got.status, got.body) == (200, data)
        left = serve.data / "artefacts"
        serve.kill("control")  # the job's first round is at its start
        serve.wait(lambda: not (left / over.object).exists())
        assert (left / kept.object).read_bytes() == data
