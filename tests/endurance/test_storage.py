"""The ledger's store fails under load: its disk is full, its file is locked for half a minute. No
call goes upstream without a durable hold, callers hear 503 in their dialect and never 401, and the
service is back without a restart. (PostgreSQL: tests/serve/test_postgres_away.py.)"""

import asyncio
import resource
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.endurance.load import Load
from tests.lanes.upstream import answers
from tests.support.gateway import channel, document
from tests.support.rogue import Rogue
from tests.support.serve import Serve, serving
from tests.support.soak import chance, seeds

AWAY_SECONDS = 30.0
BACK_SECONDS_MAX = 20.0


class Trial:
    def __init__(self, serve: Serve, upstream: Rogue, load: Load) -> None:
        self.serve = serve
        self.upstream = upstream
        self.load = load

    async def until(self, holds: Callable[[], Any], seconds_max: float = 30.0) -> None:
        async with asyncio.timeout(seconds_max):
            while not holds():
                await asyncio.sleep(0.02)

    async def away(self, seconds: float) -> None:
        """Everybody is refused for so long, and nothing goes upstream."""
        await self.until(lambda: self.load.statuses[503] >= 20)
        await asyncio.sleep(2.0)  # answers that were under way
        sent, served = len(self.upstream.seen), self.load.statuses[200]
        await asyncio.sleep(seconds)
        assert len(self.upstream.seen) == sent, "nothing goes upstream without a durable hold"
        assert self.load.statuses[200] == served

    async def back(self) -> None:
        await self.until(lambda: self.load.in_row > 50, BACK_SECONDS_MAX)

    async def settle(self) -> None:
        """Each call that reached the upstream was posted."""
        await self.load.stop()
        async with asyncio.timeout(40):
            while (report := await self.serve.audit())["open_holds"]:
                await asyncio.sleep(0.1)
        print(f"{dict(self.load.statuses)}; {len(self.upstream.seen)} upstream calls; {report}")
        assert report["posted"] == len(self.upstream.seen) >= self.load.statuses[200]
        assert set(self.load.statuses) <= {200, 503}
        codes = {"temporarily_unavailable", "overloaded_error", "api_error", "UNAVAILABLE"}
        assert set(self.load.codes) <= codes


@pytest.fixture
async def trial(data_template: Path, tmp_path: Path, rogue: Rogue, seed: int) -> Any:
    rogue.answer(answers)
    what = document([channel("up", rogue.url, vendor="deepseek")], credit="1000")
    with serving(data_template, tmp_path, what) as serve:
        load = Load(serve.port, chance(seed), clients=10, think_seconds=0.05)
        load.start()
        made = Trial(serve, rogue, load)
        await made.until(lambda: load.in_row > 50)
        yield made
        if load._going:
            await load.stop()


def limit_files(pid: int, most_bytes: int) -> None:
    """No file that this process writes may grow beyond; -1: any may."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))


@pytest.mark.soak
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", seeds(1))
async def test_the_disk_is_full(trial: Trial) -> None:
    """For the ledger, down to its log."""
    pid = trial.serve.pid("ledger")
    assert pid is not None
    limit_files(pid, 0)
    await trial.away(AWAY_SECONDS)
    limit_files(pid, -1)
    await trial.back()
    assert trial.serve.pid("ledger") == pid, "without a restart"
    await trial.settle()


@pytest.mark.soak
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", seeds(1))
async def test_the_disk_is_as_good_as_full(trial: Trial) -> None:
    """What fits is served, what does not is refused, now this and now that."""
    pid = trial.serve.pid("ledger")
    assert pid is not None
    limit_files(pid, max(path.stat().st_size for path in trial.serve.data.glob("ledger.db*")))
    await asyncio.sleep(AWAY_SECONDS)
    assert trial.load.statuses[503]
    limit_files(pid, -1)
    await trial.back()
    assert trial.serve.pid("ledger") == pid
    await trial.settle()


@pytest.mark.soak
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", seeds(1))
async def test_the_ledgers_file_is_locked(trial: Trial) -> None:
    """By somebody who was quicker when the ledger died: a backup, an inquisitive operator."""
    thief = sqlite3.connect(trial.serve.data / "ledger.db", isolation_level=None, timeout=0.001)
    thief.execute("PRAGMA locking_mode = EXCLUSIVE")
    trial.serve.kill("ledger")
    await trial.until(lambda: _has_locked(thief), 5)
    await trial.away(AWAY_SECONDS)
    thief.execute("ROLLBACK")
    thief.close()
    await trial.back()
    await trial.settle()


def _has_locked(thief: sqlite3.Connection) -> bool:
    try:
        thief.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    return True


@pytest.mark.soak
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", seeds(1))
async def test_the_configurations_file_is_locked(trial: Trial) -> None:
    """Who is known is served on; who cannot be judged hears 503."""
    thief = sqlite3.connect(trial.serve.data / "main.db", isolation_level=None, timeout=5)
    thief.execute("BEGIN EXCLUSIVE")
    served = trial.load.statuses[200]
    await asyncio.sleep(AWAY_SECONDS)
    assert trial.load.statuses[200] > served + 100
    thief.execute("ROLLBACK")
    thief.close()
    await trial.back()
    await trial.settle()
