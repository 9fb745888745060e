import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tests.settling.till import Till, open_till
from tests.support.gateway import data_template
from tests.support.rogue import Rogue

__all__ = ["data_template"]

Begin = Callable[..., Awaitable[Till]]


def pytest_asyncio_loop_factories(config, item):
    """The loop of production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def near() -> Iterator[Rogue]:
    with Rogue() as one:
        yield one


@pytest.fixture
def far() -> Iterator[Rogue]:
    with Rogue() as one:
        yield one


@pytest.fixture
async def begin(
    data_template: Path, tmp_path: Path, near: Rogue, far: Rogue
) -> AsyncIterator[Begin]:
    """await begin(credit=…, more_of_near=…, **settings). The audit is asked at the end."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(**options: Any) -> Till:
            return await stack.enter_async_context(
                open_till(data_template, tmp_path, near, far, **options)
            )

        yield start


@pytest.fixture
async def till(begin: Begin) -> Till:
    return await begin()
