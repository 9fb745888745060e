"""Every cell of the tables, tried once a run: a kind, or the failure that stands in its place."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import uvloop

from tests.pairs.faults import BEFORE, INSIDE, before, faults_station, inside
from tests.pairs.matrix import DIALECTS, FEATURES, pairs_station, run
from tests.support.gateway import Station
from tests.support.rogue import Rogue

Key = tuple[str, ...]
Tried = Mapping[Key, Any]
"""By its key, what was seen, or the failure that stands in its place."""
_MISTAKES = (AssertionError, LookupError, TypeError, ValueError, EOFError)


class Board(NamedTuple):
    """pairs: by (caller, upstream, feature). before, inside: by (caller, fault)."""

    pairs: Tried
    before: Tried
    inside: Tried


async def _all(keys: Iterable[Key], run: Callable[..., Awaitable[Any]], station: Station) -> Tried:
    found: dict[Key, Any] = {}
    for key in keys:
        try:
            found[key] = await run(station, *key)
        except _MISTAKES as failure:
            found[key] = failure
    return found


async def _board(template: Path, folder: Path) -> Board:
    with Rogue() as rogue:
        async with pairs_station(template, folder / "pairs", rogue) as station:
            pairs = await _all(product(DIALECTS, DIALECTS, FEATURES), run, station)
        async with faults_station(template, folder / "faults", rogue) as station:
            first = await _all(product(DIALECTS, BEFORE), before, station)
            later = await _all(product(DIALECTS, INSIDE), inside, station)
    return Board(pairs, first, later)


def tried(template: Path, folder: Path) -> Board:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_board(template, folder))


@pytest.fixture(scope="session")
def board(data_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Board:
    return tried(data_template, tmp_path_factory.mktemp("board"))
