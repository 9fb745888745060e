"""The stations that cells are tried on: one for the features, one for the faults, each on a loop
of its own and opened when it is first needed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import uvloop

from tests.pairs.matrix import pairs_station
from tests.pairs.plight import faults_station
from tests.support.gateway import Station
from tests.support.rogue import Rogue


class Stage:
    """As a context manager: leaving it closes what was opened, books and all."""

    def __init__(self, template: Path, folder: Path) -> None:
        self._template = template
        self._folder = folder
        self._stations: dict[Any, Station] = {}

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._rogue = Rogue()
        self._rogue.__enter__()
        self._stack = AsyncExitStack()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        try:
            self._runner.run(self._stack.aclose())
        finally:
            self._rogue.__exit__(kind, value, at)
            self._runner.close()

    def pair(self, run: Callable[..., Awaitable[Any]], *key: Any) -> Any:
        """What this cell is, or the failure that it is tried with."""
        return self._runner.run(self._tried(pairs_station, "pairs", run, key))

    def fault(self, run: Callable[..., Awaitable[Any]], *key: Any) -> Any:
        return self._runner.run(self._tried(faults_station, "faults", run, key))

    async def _tried(self, opened: Any, name: str, run: Any, key: tuple[Any, ...]) -> Any:
        station = self._stations.get(name)
        if station is None:
            making = opened(self._template, self._folder / name, self._rogue)
            station = self._stations[name] = await self._stack.enter_async_context(making)
        return await run(station, *key)


@pytest.fixture(scope="module")
def stage(
    _log: None, data_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with Stage(data_template, tmp_path_factory.mktemp("stage")) as made:
        yield made
