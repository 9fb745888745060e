from tests.relay.conftest import (  # noqa: F401  # the running station
    _log,
    begin,
    data_template,
    pytest_asyncio_loop_factories,
    rogue,
)
