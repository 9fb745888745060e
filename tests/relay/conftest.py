import contextlib
import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import uvloop

from tests.support.gateway import (
    Document,
    Station,
    channel,
    data_template,
    document,
    open_station,
    rogue,
)
from tests.support.rogue import Rogue
from waystation.journal import log

__all__ = ["data_template", "rogue"]

Begin = Callable[..., Awaitable[Station]]


def pytest_asyncio_loop_factories(config, item):
    """The loop of production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="package", autouse=True)
def _log() -> Iterator[None]:
    """As in the process; structlog's own default renders a crash in seconds."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    log.configure("gateway", stream=io.StringIO())
    yield
    root.handlers[:], root.level = before[0], before[1]
    structlog.reset_defaults()


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
