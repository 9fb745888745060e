"""Where several things meet in one batch, or in one night."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.ledger.scene import USD, Desk, hold, post, void
from waystation.ledger.messages import Admitted, Refused, Resolved
from waystation.ledger.policies import Budget
from waystation.ledger.sqlite_books import SqliteBooks

KEY = ("k1", "digest")
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
async def forgetful(tmp_path: Path) -> AsyncIterator[Desk]:
    """Its books keep nothing in memory between two batches."""
    books = SqliteBooks(tmp_path / "ledger.db", kept_max=0)
    await books.open()
    yield Desk(books)
    await books.close()


async def test_a_key_used_and_freed_within_one_batch_is_free(forgetful: Desk) -> None:
    desk = forgetful
    await desk.fund(USD)
    first = hold("h1", idempotency=KEY)
    second = hold("h2", idempotency=KEY)
    assert await desk.one(first) == Admitted("h1", 1_000)
    await desk.say(void(first), second, void(second))
    for number in range(2):
        third = hold(f"h3-{number}", idempotency=KEY)
        assert await desk.one(third) == Admitted(third.id, 1_000)
        await desk.one(void(third))
    await desk.assert_clean()


async def test_a_key_freed_and_used_within_one_batch_is_used(forgetful: Desk) -> None:
    desk = forgetful
    await desk.fund(USD)
    first = hold("h1", idempotency=KEY)
    second = hold("h2", idempotency=KEY)
    await desk.one(first)
    await desk.say(void(first), second)
    again = await desk.one(hold("h3", idempotency=KEY))
    assert again == Refused("h3", "idempotency_in_progress", other="h2")
    await desk.one(post(second, 10))
    again = await desk.one(hold("h4", idempotency=KEY))
    assert again == Refused("h4", "idempotency_replayed", other="h2")
    await desk.assert_clean()


async def test_a_request_over_midnight_counts_in_the_day_in_which_it_ends(desk: Desk) -> None:
    late = datetime(2026, 3, 3, 23, 59, tzinfo=SHANGHAI)
    desk.now_ms = round(late.timestamp() * 1000)
    await desk.fund(USD, budget=Budget(day=1_000))
    over = hold("h1", 600)
    await desk.one(over)
    spent = hold("h2", 400)
    await desk.one(spent)
    await desk.one(post(spent, 400))
    desk.now_ms += 120_000
    # The new day is fresh, but for what is still held.
    left = await desk.one(hold("h3", 401))
    assert left == Refused("h3", "budget", available=400, detail="token day")
    assert await desk.one(post(over, 500)) == Resolved("h1", "post", 500)
    left = await desk.one(hold("h4", 501))
    assert left == Refused("h4", "budget", available=500, detail="token day")
    assert await desk.one(hold("h5", 500)) == Admitted("h5", 500)
    await desk.assert_clean()
