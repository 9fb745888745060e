import subprocess
from collections.abc import Iterator

import pytest

from tests.conformance.conftest import NODE, node_packages
from tests.relay.conftest import (
    _log,
    begin,
    data_template,
    pytest_asyncio_loop_factories,
    rogue,
)

__all__ = [
    "_log",
    "begin",
    "data_template",
    "node_packages",
    "pytest_asyncio_loop_factories",
    "rogue",
]


@pytest.fixture(scope="module")
def foreign(node_packages: str) -> Iterator[str]:
    """The address of an upstream that was written by nobody here; it ends with its input."""
    with subprocess.Popen(
        [node_packages, str(NODE / "upstream.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(10)
