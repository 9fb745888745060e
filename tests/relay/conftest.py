import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway import (
    Document,
    Station,
    channel,
    data_template,
    document,
    open_station,
    rogue,
)
from tests.support.process import _log, pytest_asyncio_loop_factories
from tests.support.rogue import Rogue

__all__ = ["_log", "data_template", "pytest_asyncio_loop_factories", "rogue"]

Begin = Callable[..., Awaitable[Station]]


@pytest.fixture
async def begin(data_template: Path, tmp_path: Path, rogue: Rogue) -> AsyncIterator[Begin]:
    """await begin(document, **settings): a running station. The audit is asked at the end."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(what: Document | None = None, **options: Any) -> Station:
            what = what or document([channel("up", rogue.url)])
            return await stack.enter_async_context(
                open_station(data_template, tmp_path, what, rogue, **options)
            )

        yield start


@pytest.fixture
async def station(begin: Begin) -> Station:
    """One account of $10, one token, one channel to the rogue."""
    return await begin()
