"""A balance for exactly ten requests and three hundred at once; one hold and three endings."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.ledger.scene import NOW_MS, USD, Desk, hold, post, void
from waystation.ledger.books import Books, Lose, Posted
from waystation.ledger.messages import Admitted, Refused, Resolved
from waystation.ledger.postgres_books import PostgresBooks
from waystation.ledger.questions import AccountState, AskAccount
from waystation.ledger.sqlite_books import SqliteBooks

COST = 70_000_000
ASKED = 300


@pytest.fixture
async def nodes(postgres_dsn: str) -> AsyncIterator[list[PostgresBooks]]:
    """Three ledgers of three nodes on one database."""
    async with AsyncExitStack() as stack:
        opened = []
        for number in range(3):
            books = PostgresBooks(postgres_dsn, node=f"n{number}")
            await books.open()
            stack.push_async_callback(books.close)
            opened.append(books)
        yield opened


async def ask_at_once(all_books: list[Books], seed: int) -> list[object]:
    """All asked in batches of any size, by several gateways, at the same time on each node."""
    chance = random.Random(seed)
    asked = [
        Posted(f"g{number % 4}", "b1", hold(f"h{number:04d}", COST)) for number in range(ASKED)
    ]
    chance.shuffle(asked)
    told: list[object] = []

    async def settle_part(books: Books, part: list[Posted]) -> None:
        while part:
            size = chance.randint(1, 24)
            batch, part = part[:size], part[size:]
            told.extend(await books.settle(batch, NOW_MS))

    parts = [asked[i :: len(all_books)] for i in range(len(all_books))]
    await asyncio.gather(*map(settle_part, all_books, parts))
    return told


async def assert_ten(all_books: list[Books], told: list[object]) -> None:
    assert sum(isinstance(d, Admitted) for d in told) == 10
    refused = [d for d in told if isinstance(d, Refused)]
    assert len(refused) == ASKED - 10
    assert {d.reason for d in refused} == {"balance"}
    state = await Desk(all_books[0]).one(AskAccount("q", 1))
    assert isinstance(state, AccountState)
    assert (state.balance, state.held) == (10 * COST, 10 * COST)
    await Desk(all_books[-1]).assert_clean()


async def test_exactly_ten_on_sqlite(tmp_path: Path) -> None:
    for seed in range(3):
        books = SqliteBooks(tmp_path / f"{seed}.db")
        await books.open()
        await Desk(books).fund(10 * COST)
        await assert_ten([books], await ask_at_once([books], seed))
        await books.close()


@pytest.mark.postgres
async def test_exactly_ten_over_three_nodes(nodes: list[PostgresBooks]) -> None:
    await Desk(nodes[0]).fund(10 * COST)
    await assert_ten([*nodes], await ask_at_once([*nodes], 1))


async def test_one_ending_wins(books: Books) -> None:
    desk = Desk(books)
    await desk.fund()
    chance = random.Random(6)
    for number in range(20):
        asked = hold(f"h{number}", 1_000)
        await desk.one(asked)
        endings = [post(asked, 600), void(asked), Lose("g1"), post(asked, 601, exact=False)]
        chance.shuffle(endings)
        cut = chance.randint(0, 3)
        told = [d for d in await desk.say(*endings[:cut]) + await desk.say(*endings[cut:]) if d]
        assert len(told) == 3
        assert len(set(told)) == 1
    report = await desk.assert_clean()
    assert report["posted"] + report["voided"] + report["expired"] == 20
    assert report["open_holds"] == 0


@pytest.mark.postgres
async def test_one_ending_wins_over_three_nodes(nodes: list[PostgresBooks]) -> None:
    desks = [Desk(node) for node in nodes]
    await desks[0].fund(USD)
    for number in range(12):
        asked = hold(f"h{number}", 1_000)
        await desks[0].one(asked)
        posted, _, voided = await asyncio.gather(
            desks[1].one(post(asked, 600)), desks[0].one(Lose("g1")), desks[2].one(void(asked))
        )
        assert posted == voided
        assert isinstance(posted, Resolved)
    report = await desks[0].assert_clean()
    assert report["posted"] + report["voided"] + report["expired"] == 12
