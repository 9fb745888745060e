import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tests.pictures.studio import Studio, open_studio
from tests.support.files import host
from tests.support.gateway import data_template
from tests.support.rogue import Rogue

__all__ = ["data_template", "host"]

Begin = Callable[..., Awaitable[Studio]]

PRICES = """
[[prices]]
model = "voice"
per_character = "0.00001"

[[prices]]
model = "voice-by-second"
per_second = "0.001"

[[prices]]
model = "voice-by-token"
input = "1"
output = "10"

[[prices]]
model = "ear"
per_second = "0.001"

[[prices]]
model = "ear-by-token"
input = "1"
audio_in = "5"
output = "10"

[[prices]]
model = "ear-by-both"
input = "1"
audio_in = "5"
output = "10"
per_second = "0.001"
"""

TALK = """
[[prices]]
model = "talk"
input = "1"
output = "2"
"""

DEMO = """
[[channels]]
name = "spoken"
vendor = "demo"
groups = ["default"]
models = ["demo-*"]
"""


def pytest_asyncio_loop_factories(config, item):
    """The loop of production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def near() -> Iterator[Rogue]:
    with Rogue() as one:
        yield one


@pytest.fixture
def far() -> Iterator[Rogue]:
    with Rogue() as one:
        yield one


@pytest.fixture
async def begin(
    data_template: Path, tmp_path: Path, near: Rogue, far: Rogue
) -> AsyncIterator[Begin]:
    """await begin(credit=…, more=…, **settings). The audit is asked at the end."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(**options: Any) -> Studio:
            usual = {"prices": PRICES + TALK, "egress_allow": (), **options}
            return await stack.enter_async_context(
                open_studio(data_template, tmp_path, near, far, **usual)
            )

        yield start


@pytest.fixture
async def studio(begin: Begin) -> Studio:
    return await begin()


@pytest.fixture
async def demo(begin: Begin) -> Studio:
    """With the demo channel besides."""
    return await begin(more=DEMO)
