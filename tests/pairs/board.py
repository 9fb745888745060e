"""Every cell of the tables, tried once a run: a kind, or the failure that stands in its place."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import uvloop

from tests.pairs.matrix import DIALECTS, FEATURES, Cell, pairs_station, run
from tests.support.rogue import Rogue

Key = tuple[str, str, str]


class Board(NamedTuple):
    """pairs: by (caller, upstream, feature)."""

    pairs: Mapping[Key, Cell | BaseException]


async def _pairs(template: Path, folder: Path) -> dict[Key, Cell | BaseException]:
    found: dict[Key, Cell | BaseException] = {}
    with Rogue() as rogue:
        async with pairs_station(template, folder, rogue) as station:
            for caller in DIALECTS:
                for upstream in DIALECTS:
                    for feature in FEATURES:
                        key = (caller, upstream, feature)
                        try:
                            found[key] = await run(station, *key)
                        except (AssertionError, LookupError, TypeError, ValueError) as failure:
                            found[key] = failure
    return found


def tried(template: Path, folder: Path) -> Board:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return Board(runner.run(_pairs(template, folder)))


@pytest.fixture(scope="session")
def board(data_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Board:
    return tried(data_template, tmp_path_factory.mktemp("board"))
