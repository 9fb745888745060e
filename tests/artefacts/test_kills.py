"""kill -9 at any moment leaves no row without its object and nothing that a sweep misses."""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.artefacts.conftest import House, make_house
from waystation.artefacts.sweep import Ended, end_expired, sweep_orphans
from waystation.storage.database import Database
from waystation.storage.main import artefacts

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def house(store: Database, tmp_path: Path) -> House:
    return await make_house(store, tmp_path, None)


class Keeper:
    """The other process, and what it said so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[list[str]] = []

    async def read(self, count: int) -> None:
        """Until it has said so much, or `here`."""
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            while len(self.lines) < count:
                line = (await self.process.stdout.readline()).decode().split()
                assert line, "it ended by itself"
                self.lines.append(line)
                if line == ["here"]:
                    return

    async def kill(self) -> None:
        self.process.kill()
        rest, _ = await self.process.communicate()
        self.lines += [line.split() for line in rest.decode().splitlines()]

    def said(self, word: str) -> set[str]:
        return {line[1] for line in self.lines if line[0] == word and len(line) > 1}


@asynccontextmanager
async def keeper(house: House, mode: str) -> AsyncIterator[Keeper]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.artefacts.keeper", mode, str(house.settings.data),
        house.settings.database or "", house.key.encode(), str(house.ada),
        stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    made = Keeper(process)
    try:
        yield made
    finally:
        if process.returncode is None:
            await made.kill()


async def objects_of_rows(house: House) -> dict[str, str]:
    """object → sha256 of every row that is there."""
    query = select(artefacts.c.object, artefacts.c.sha256).where(artefacts.c.deleted_ms.is_(None))
    async with house.database.read() as connection:
        return dict(tuple(row) for row in await connection.execute(query))


async def check_and_sweep(house: House) -> None:
    """Each row's object is there and whole; after the sweep there is nothing else."""
    expected = await objects_of_rows(house)
    top = house.settings.data / "artefacts"
    for name, digest in expected.items():
        assert hashlib.sha256((top / name).read_bytes()).hexdigest() == digest
    while (await end_expired(house.store)).removed:
        pass
    await sweep_orphans(house.store, older_seconds=-5)
    assert {str(path.relative_to(top)) for path in house.files()} == set(expected)


@pytest.mark.parametrize("lines", [4, 25])
async def test_killed_at_any_moment(house: House, lines: int) -> None:
    async with keeper(house, "loop") as other:
        await other.read(lines)
        await other.kill()
    for artefact_id in other.said("kept") - other.said("deleting"):
        assert await house.store.find(artefact_id) is not None
    await check_and_sweep(house)


async def test_killed_between_object_and_row(house: House) -> None:
    async with keeper(house, "before_row") as other:
        await other.read(1)
        await other.kill()
    assert len(house.files()) == 1
    assert await objects_of_rows(house) == {}
    assert await sweep_orphans(house.store) == 0, "its row may still come"
    await check_and_sweep(house)
    assert house.files() == []


async def test_killed_between_the_mark_and_the_object(house: House) -> None:
    async with keeper(house, "before_object_goes") as other:
        await other.read(2)
        await other.kill()
    assert len(house.files()) == 1
    (artefact_id,) = other.said("kept")
    assert await house.store.find(artefact_id) is None
    assert await end_expired(house.store) == Ended(0, 1)
    assert house.files() == []
