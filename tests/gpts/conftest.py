from tests.relay.conftest import Begin, _log, begin, pytest_asyncio_loop_factories
from tests.support.files import host
from tests.support.gateway import data_template, rogue

__all__ = [
    "Begin",
    "_log",
    "begin",
    "data_template",
    "host",
    "pytest_asyncio_loop_factories",
    "rogue",
]
