import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tests.pictures.studio import Studio, open_studio
from tests.support.rogue import Rogue
from waystation.control.apply import first_start
from waystation.settings import Settings

Begin = Callable[..., Awaitable[Studio]]


def pytest_asyncio_loop_factories(config, item):
    """The loop of production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that was set up once, to be copied."""
    folder = tmp_path_factory.mktemp("pictures") / "data"
    asyncio.run(first_start(Settings(data=folder)))
    # Every gateway reads all prices when it starts; tests name the few that they need.
    with contextlib.closing(sqlite3.connect(folder / "main.db")) as store:
        store.execute("DELETE FROM prices")
        store.commit()
    return folder


@pytest.fixture
def near() -> Iterator[Rogue]:
    with Rogue() as one:
        yield one


@pytest.fixture
def far() -> Iterator[Rogue]:
    with Rogue() as one:
        yield one


@pytest.fixture
async def begin(template: Path, tmp_path: Path, near: Rogue, far: Rogue) -> AsyncIterator[Begin]:
    """await begin(credit=…, more=…, **settings). The audit is asked at the end."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(**options: Any) -> Studio:
            return await stack.enter_async_context(
                open_studio(template, tmp_path, near, far, **options)
            )

        yield start


@pytest.fixture
async def studio(begin: Begin) -> Studio:
    return await begin()
