"""PostgreSQL under two hosts is killed and comes back, is locked for half a minute, has a full
disk: nothing goes upstream without a durable hold, callers hear 503 in their dialect and never 401,
and both hosts are back without a restart."""

import asyncio
import contextlib
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.endurance.load import Load
from tests.lanes.upstream import answers
from tests.nodes.hosts import Hosts, two_hosts
from tests.support.gateway import channel, document
from tests.support.postgres import PostgresServer, create_server, find_binaries
from tests.support.rogue import Rogue
from tests.support.room import roomy_folder
from tests.support.soak import chance, seeds

AWAY_SECONDS = 30.0
BACK_SECONDS_MAX = 60.0
DISK_BYTES = 300 * 2**20

pytestmark = [pytest.mark.soak, pytest.mark.postgres, pytest.mark.timeout(600)]


class Trial:
    """One load for each host, so that each is seen to fail and to come back."""

    def __init__(self, hosts: Hosts, upstream: Rogue) -> None:
        self.hosts = hosts
        self.upstream = upstream
        pauses = chance(seeds(1)[0])
        self.loads = [
            Load(node.port, pauses, clients=6, think_seconds=0.05) for node in hosts.nodes
        ]

    async def until(self, holds: Callable[[Load], Any], seconds_max: float = 60.0) -> None:
        """Of each load."""
        async with asyncio.timeout(seconds_max):
            while not all(holds(load) for load in self.loads):
                await asyncio.sleep(0.02)

    async def away(self, seconds: float) -> None:
        """Everybody is refused for so long, and nothing goes upstream."""
        before = {id(load): load.statuses[503] for load in self.loads}
        await self.until(lambda load: load.statuses[503] >= before[id(load)] + 20)
        await asyncio.sleep(3.0)  # answers that were under way
        sent = len(self.upstream.seen)
        await asyncio.sleep(seconds)
        assert len(self.upstream.seen) == sent, "nothing goes upstream without a durable hold"

    async def back(self) -> None:
        await self.until(lambda load: load.in_row > 50, BACK_SECONDS_MAX)

    async def settle(self, pids: list[int | None]) -> None:
        for load in self.loads:
            await load.stop()
        assert pids == self.pids(), "without a restart"
        report = await self.hosts.resolved()
        served = sum(load.statuses[200] for load in self.loads)
        told = [dict(load.statuses) for load in self.loads]
        print(f"{told}; {len(self.upstream.seen)} upstream calls; {report['posted']} posted")
        assert report["posted"] == len(self.upstream.seen) >= served
        for load in self.loads:
            assert set(load.statuses) <= {200, 503}
            codes = {"temporarily_unavailable", "overloaded_error", "api_error", "UNAVAILABLE"}
            assert set(load.codes) <= codes

    def pids(self) -> list[int | None]:
        return [node.pid(name) for node in self.hosts.nodes for name in node.names]


@contextlib.asynccontextmanager
async def _trial(dsn: str, folder: Path, rogue: Rogue) -> AsyncIterator[Trial]:
    rogue.answer(answers)
    what = document([channel("up", rogue.url, vendor="deepseek")], credit="1000")
    async with two_hosts(folder, dsn, what) as hosts:
        trial = Trial(hosts, rogue)
        for load in trial.loads:
            load.start()
        await trial.until(lambda load: load.in_row > 50)
        yield trial


async def test_it_is_killed(
    postgres_server: PostgresServer, postgres_dsn: str, tmp_path: Path, rogue: Rogue
) -> None:
    async with _trial(postgres_dsn, tmp_path, rogue) as trial:
        pids = trial.pids()
        for _ in range(3):
            await asyncio.to_thread(postgres_server.kill)
            try:
                await trial.away(AWAY_SECONDS / 3)
            finally:
                postgres_server.start()  # by a thread that stays: a server ends with its maker
            await trial.back()
        await trial.settle(pids)


async def test_its_tables_are_locked(postgres_dsn: str, tmp_path: Path, rogue: Rogue) -> None:
    """By somebody at psql, or a tool that rewrites a table."""
    async with _trial(postgres_dsn, tmp_path, rogue) as trial:
        pids = trial.pids()
        thief = await asyncpg.connect(postgres_dsn)
        transaction = thief.transaction()
        await transaction.start()
        await thief.execute("LOCK TABLE ledger.accounts IN ACCESS EXCLUSIVE MODE")
        await trial.away(AWAY_SECONDS)
        await transaction.rollback()
        await thief.close()
        await trial.back()
        await trial.settle(pids)


@contextlib.contextmanager
def _small_disk() -> Iterator[Path]:
    """A file system of its own, where PostgreSQL's user finds it."""
    folder = Path(tempfile.mkdtemp(prefix="waystation-pg-", dir=roomy_folder()))
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("a file system of its own can be mounted by root only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()


async def test_its_disk_is_full(tmp_path: Path, rogue: Rogue) -> None:
    """Until somebody makes room. A server that gave up is started again, as its manager would."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    with _small_disk() as disk:
        server = create_server(binaries, disk)
        server.start()
        try:
            dsn = server.dsn(server.create_database())
            async with _trial(dsn, tmp_path, rogue) as trial:
                pids = trial.pids()
                filler = disk / "filler"
                await asyncio.to_thread(_fill, filler)
                await trial.away(AWAY_SECONDS)
                filler.unlink()
                if server.process is not None and server.process.poll() is not None:
                    server.start()
                await trial.back()
                await trial.settle(pids)
        finally:
            server.kill()


def _fill(file: Path) -> None:
    """To the last byte."""
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as out:
        while out.write(bytes(2**16)):
            pass
