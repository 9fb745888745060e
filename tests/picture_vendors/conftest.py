import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio
import uvloop

from tests.picture_vendors.line import Line
from tests.support.gateway import data_template
from tests.support.rogue import Rogue
from waystation.upstream.egress import EgressGuard
from waystation.upstream.http1 import Http1Transport

__all__ = ["data_template"]


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def rogue() -> Iterator[Rogue]:
    with Rogue() as server:
        yield server


@pytest_asyncio.fixture
async def line(rogue: Rogue) -> AsyncIterator[Line]:
    transport = Http1Transport(EgressGuard())
    yield Line(rogue, transport)
    await transport.close()
