import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.suno.studio import Studio, open_studio
from tests.suno.upstream import FakeSuno
from tests.support.gateway import data_template, rogue
from tests.support.process import _log, pytest_asyncio_loop_factories
from tests.support.rogue import Rogue
from waystation.tasks.suno.kind import SunoTasks

__all__ = ["_log", "data_template", "pytest_asyncio_loop_factories", "rogue"]

Begin = Callable[..., Awaitable[Studio]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls that come as quickly as tests want them."""
    monkeypatch.setattr(SunoTasks, "pace", lambda self, task, now_ms: 0.1)


@pytest.fixture
async def suno() -> AsyncIterator[FakeSuno]:
    async with FakeSuno() as one:
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
async def studio(begin: Begin, suno: FakeSuno) -> Studio:
    return await begin([channel("suno", suno.url)])


def channel(name: str, url: str, vendor: str = "suno-relay", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "vendor": vendor,
        "base_url": url,
        "allow_private": True,
        "keys": [f"secret-of-{name}"],
        "groups": ["default"],
        "models": ["suno_*", "suno-v3.5"],
        **more,
    }
