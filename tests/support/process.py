"""What a test has in common with a process of the product: its loop and its log."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog
import uvloop

from waystation.journal import log


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
