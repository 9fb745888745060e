import uvloop

from tests.support.gateway import rogue
from tests.support.postgres import postgres_dsn, postgres_server

__all__ = ["postgres_dsn", "postgres_server", "rogue"]


def pytest_asyncio_loop_factories(config, item):
    """The loop of production."""
    return {"uvloop": uvloop.new_event_loop}
