from tests.relay.conftest import (
    _log,
    begin,
    data_template,
    pytest_asyncio_loop_factories,
    rogue,
)

__all__ = ["_log", "begin", "data_template", "pytest_asyncio_loop_factories", "rogue"]
