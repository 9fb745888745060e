"""Whatever the store, and whatever it keeps in memory: the same commands, the same decisions."""

from pathlib import Path

import msgspec
import pytest

from tests.ledger.random_commands import Scenario
from tests.ledger.scene import Desk
from waystation.ledger.books import Books
from waystation.ledger.messages import Decision
from waystation.ledger.postgres_books import PostgresBooks
from waystation.ledger.questions import AuditState
from waystation.ledger.sqlite_books import SqliteBooks

BATCHES = 60


async def decisions_of(books: Books, seed: int, restart_every: int = 0) -> list[Decision | None]:
    scenario = Scenario(seed)
    await books.open()
    told = await books.settle(scenario.opening(), scenario.now_ms)
    for number in range(1, BATCHES + 1):
        told += await books.settle(scenario.batch(), scenario.now_ms)
        if restart_every and number % restart_every == 0:
            await books.close()
            await books.open()
    desk = Desk(books)
    desk.now_ms = scenario.now_ms
    await desk.assert_clean()
    await books.close()
    for decision in told:
        if isinstance(decision, AuditState):
            assert msgspec.json.decode(decision.report)["failures"] == []
    return told


async def test_restarts_and_eviction_change_nothing(tmp_path: Path) -> None:
    for seed in range(6):
        plain = await decisions_of(SqliteBooks(tmp_path / f"{seed}a.db"), seed)
        forgetful = SqliteBooks(tmp_path / f"{seed}b.db", kept_max=1)
        assert await decisions_of(forgetful, seed) == plain
        assert await decisions_of(SqliteBooks(tmp_path / f"{seed}c.db"), seed, 7) == plain


@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(3))
async def test_both_databases_decide_alike(seed: int, tmp_path: Path, postgres_dsn: str) -> None:
    expected = await decisions_of(SqliteBooks(tmp_path / "ledger.db"), seed)
    assert await decisions_of(PostgresBooks(postgres_dsn, node="n1"), seed) == expected


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(100, 160))
async def test_both_databases_decide_alike_soak(
    seed: int, tmp_path: Path, postgres_dsn: str
) -> None:
    await test_both_databases_decide_alike(seed, tmp_path, postgres_dsn)
