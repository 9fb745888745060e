import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio, open_studio
from tests.support.gateway import data_template, rogue
from tests.support.process import _log, pytest_asyncio_loop_factories
from tests.support.rogue import Rogue
from waystation.tasks.midjourney import beginning, handing

__all__ = ["_log", "data_template", "pytest_asyncio_loop_factories", "rogue"]

Begin = Callable[..., Awaitable[Studio]]


@pytest.fixture
async def proxy() -> AsyncIterator[FakeProxy]:
    async with FakeProxy() as one:
        yield one


@pytest.fixture
async def begin(data_template: Path, tmp_path: Path, rogue: Rogue) -> AsyncIterator[Begin]:
    """await begin([channels], **options): a gateway, and a runner that the test moves."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(channels: list[dict[str, Any]], **options: Any) -> Studio:
            return await stack.enter_async_context(
                open_studio(data_template, tmp_path, channels, rogue, **options)
            )

        yield start


@pytest.fixture
async def studio(begin: Begin, proxy: FakeProxy) -> Studio:
    return await begin([channel("mj", proxy.url)])


def channel(name: str, url: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "vendor": "midjourney-proxy-plus",
        "base_url": url,
        "allow_private": True,
        "keys": [f"secret-of-{name}"],
        "groups": ["default"],
        "models": ["mj_*", "swap_face"],
        **more,
    }


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same order of things, in less time."""
    monkeypatch.setattr(handing, "LOOK_SECONDS", (0.1, 0.1, 0.1))
    monkeypatch.setattr(beginning, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr("waystation.tasks.midjourney.kind.Midjourney.pace", lambda *_: 0.1)
