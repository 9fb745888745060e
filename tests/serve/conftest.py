from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop

from tests.support.gateway import channel, data_template, document, rogue
from tests.support.postgres import postgres_dsn, postgres_server
from tests.support.rogue import Rogue
from tests.support.serve import Serve, serving

__all__ = ["data_template", "postgres_dsn", "postgres_server", "rogue"]


def pytest_asyncio_loop_factories(config, item):
    """The loop of production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Rogue]:
    with Rogue() as one:
        yield one


@pytest.fixture(scope="module")
def serve(
    data_template: Path, tmp_path_factory: pytest.TempPathFactory, upstream: Rogue
) -> Iterator[Serve]:
    """One for a module: a start takes a while. One account of $100 on one channel."""
    what = document([channel("up", upstream.url)], credit="100")
    with serving(data_template, tmp_path_factory.mktemp("serve"), what) as one:
        yield one
