"""Whatever the store, and whatever it keeps in memory: the same commands, the same decisions."""

from pathlib import Path

import msgspec
import pytest

from tests.ledger.random_commands import Scenario
from tests.ledger.scene import NOW_MS, Desk, account, hold, token
from tests.support.soak import seeds
from waystation.ledger.books import Books, Posted
from waystation.ledger.messages import Admitted, Decision, Refused, Transfer
from waystation.ledger.policies import Limits, PutGroup
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
@pytest.mark.parametrize("seed", seeds(60))
async def test_both_databases_decide_alike_soak(
    seed: int, tmp_path: Path, postgres_dsn: str
) -> None:
    await test_both_databases_decide_alike(seed, tmp_path, postgres_dsn)


async def _after_a_refusal(books: Books, reopens: bool) -> list[Decision | None]:
    """A full bucket, a refused request, other limits for the group, and one request more."""

    def asked(name: str) -> Posted:
        return Posted("g1", "b1", hold(name, 10, group="slow"))

    def told(*commands: object) -> list[Posted]:
        return [Posted("", "b1", command) for command in commands]  # type: ignore[arg-type]

    await books.open()
    money = Transfer(1, "opening", "opening", 50_000)
    slow = PutGroup("slow", 1, Limits(rpm=2))
    await books.settle(told(account(1), money, token(), slow), NOW_MS)
    await books.settle([asked("a"), asked("b")], NOW_MS)
    decisions = await books.settle([asked("c")], NOW_MS + 20_000)
    await books.settle(told(PutGroup("slow", 2, Limits(rpm=6))), NOW_MS + 20_000)
    if reopens:
        await books.close()
        await books.open()
    decisions += await books.settle([asked("d")], NOW_MS + 21_000)
    await books.close()
    return decisions


async def test_a_refused_request_leaves_nothing_in_memory(tmp_path: Path) -> None:
    kept = await _after_a_refusal(SqliteBooks(tmp_path / "a.db"), reopens=False)
    refused, admitted = kept
    assert isinstance(refused, Refused)
    assert refused.reason == "rate"
    assert isinstance(admitted, Admitted)
    assert kept == await _after_a_refusal(SqliteBooks(tmp_path / "b.db"), reopens=True)


@pytest.mark.postgres
async def test_a_refused_request_leaves_nothing_anywhere(tmp_path: Path, postgres_dsn: str) -> None:
    kept = await _after_a_refusal(SqliteBooks(tmp_path / "a.db"), reopens=False)
    assert kept == await _after_a_refusal(PostgresBooks(postgres_dsn, node="n1"), reopens=False)


async def test_a_clock_set_back_is_remembered_even_when_the_request_is_refused(
    tmp_path: Path,
) -> None:
    """Else limits would stand still until the clock is where it once was."""
    books = SqliteBooks(tmp_path / "ledger.db")
    await books.open()
    limited = token(limits=Limits(rpm=1))
    opening = (account(1), Transfer(1, "opening", "opening", 50_000), limited)
    await books.settle([Posted("", "b1", each) for each in opening], NOW_MS)
    ahead = NOW_MS + 86_400_000
    first = await books.settle([Posted("g1", "b1", hold("a", 10))], ahead)
    second = await books.settle([Posted("g1", "b1", hold("b", 10))], NOW_MS)
    await books.close()
    await books.open()
    third = await books.settle([Posted("g1", "b1", hold("c", 10))], NOW_MS + 61_000)
    await books.close()
    assert isinstance(first[0], Admitted)
    assert isinstance(second[0], Refused)
    assert second[0].reason == "rate"
    assert isinstance(third[0], Admitted)
