"""The request log on PostgreSQL in parts: made ahead, dropped whole, the books clean all along."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg  # type: ignore[import-untyped]
import pytest

from tests.ledger.scene import USD, Desk, facts, hold, post
from waystation.kernel.clock import now_ms
from waystation.ledger.log_upkeep import Tidied, TidyLog
from waystation.ledger.messages import Resolve
from waystation.ledger.postgres_books import PostgresBooks
from waystation.ledger.postgres_parts import AHEAD_MS, LOOSE, Part, make_ahead, parts
from waystation.ledger.questions import AskLog, AskRow, AskSums, LogFilter, LogState, RowState, Sums
from waystation.ledger.schema import requests

pytestmark = pytest.mark.postgres
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture
async def books(postgres_dsn: str) -> AsyncIterator[PostgresBooks]:
    opened = PostgresBooks(postgres_dsn, node="n1")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def connection(books: PostgresBooks, postgres_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    made = await asyncpg.connect(postgres_dsn, server_settings={"search_path": "ledger"})
    yield made
    await made.close()


async def request(desk: Desk, name: str, created_ms: int) -> Resolve:
    asked = hold(name, facts=facts(request_id=name, created_ms=created_ms))
    end = post(asked, 10)
    desk.now_ms = created_ms
    await desk.say(asked, end)
    return end


async def where(connection: asyncpg.Connection) -> dict[str, str]:
    found = await connection.fetch("SELECT request_id, tableoid::regclass::text FROM requests")
    return dict(map(tuple, found))


async def test_parts_are_made_ahead_without_a_gap(
    books: PostgresBooks, connection: asyncpg.Connection
) -> None:
    early, *made = await parts(connection)
    assert (early.name, early.from_ms) == (LOOSE[0], 0)
    assert early.to_ms % DAY_MS == 0
    assert [one.from_ms for one in made] == [early.to_ms, *(one.to_ms for one in made[:-1])]
    assert made[-1].to_ms > now_ms() + AHEAD_MS
    assert all((one.to_ms // DAY_MS - 4) % 7 == 0 for one in made)  # Mondays
    assert await make_ahead(connection, now_ms(), 90) == 0
    assert await make_ahead(connection, now_ms() + 400 * DAY_MS, 0) > 0
    last = (await parts(connection))[-1]
    assert datetime.fromtimestamp(last.to_ms / 1000, UTC).day == 1


async def test_a_part_that_is_over_goes_as_a_whole_and_its_totals_stay(
    books: PostgresBooks, connection: asyncpg.Connection
) -> None:
    desk = Desk(books)
    await desk.fund(USD)
    early, old, young, *_ = await parts(connection)
    times = {"early": early.to_ms - 1, "old": old.from_ms, "old2": old.to_ms - 1}
    times |= {"young": young.from_ms}
    for name, at_ms in times.items():
        await request(desk, name, at_ms)
    assert await where(connection) == {
        "early": LOOSE[0], "old": old.name, "old2": old.name, "young": young.name
    }  # fmt: skip
    page = await desk.one(AskLog("a", LogFilter(), 10))
    assert isinstance(page, LogState)
    assert [line.open().facts.request_id for line in page.lines] == [
        "young", "old2", "old", "early",
    ]  # fmt: skip
    report = await desk.assert_clean()
    asked = AskSums("s", 1, early.to_ms - HOUR_MS, young.to_ms, ())
    sums = await desk.one(asked)
    assert isinstance(sums, Sums)
    told = await desk.one(TidyLog("t", old.to_ms, 0, 100))
    assert told == Tidied("t", 3)
    assert set(await where(connection)) == {"young"}
    assert old not in await parts(connection)
    assert await desk.assert_clean() == report
    assert await desk.one(asked) == sums
    await _what_comes_late(desk, connection, old)


async def _what_comes_late(desk: Desk, connection: asyncpg.Connection, old: Part) -> None:
    """A task of a part that is gone."""
    await request(desk, "late", old.from_ms + 5)
    assert (await where(connection))["late"] == LOOSE[1]
    state = await desk.one(AskRow("r", 1, "late"))
    assert isinstance(state, RowState)
    assert state.row is not None
    await desk.assert_clean()
    assert await desk.one(TidyLog("t", old.to_ms, 0, 100)) == Tidied("t", 1)
    await desk.assert_clean()


async def test_who_reads_for_long_is_not_waited_for(
    books: PostgresBooks, connection: asyncpg.Connection
) -> None:
    desk = Desk(books)
    await desk.fund(USD)
    _, old, *_ = await parts(connection)
    await request(desk, "old", old.from_ms)
    async with connection.transaction():
        await connection.fetch("SELECT * FROM requests")
        began = time.monotonic()
        assert await desk.one(TidyLog("t", old.to_ms, 0, 100)) == Tidied("t")
        assert time.monotonic() - began < 5
        await request(desk, "meanwhile", old.from_ms + 1)
    assert await desk.one(TidyLog("t", old.to_ms, 0, 100)) == Tidied("t", 2)
    await desk.assert_clean()


@pytest.mark.soak
async def test_pages_of_a_hundred_thousand_rows_in_parts(
    books: PostgresBooks, connection: asyncpg.Connection
) -> None:
    names = [column.name for column in requests.columns]
    first_ms = (await parts(connection))[1].from_ms
    await make_ahead(connection, first_ms + 90 * DAY_MS, 90)

    def row(n: int) -> tuple[object, ...]:
        at_ms = first_ms + n * (90 * DAY_MS // 100_000)
        return (n, n % 97, at_ms, f"r{n}", f"h{n}", "post", at_ms, n % 97, "m", "default", n % 5,
                200, "complete", "", 100, 0, 0, True, 1, 1, 1, 1, b"x" * 400)  # fmt: skip

    await connection.copy_records_to_table(
        "requests", schema_name="ledger", columns=names, records=map(row, range(1, 100_001))
    )
    desk = Desk(books)
    worst = 0.0
    for wanted in (LogFilter(), LogFilter(account_id=5), LogFilter(model="rare"),
                   LogFilter(request_id="r77")):  # fmt: skip
        for before_ms in (0, first_ms + 40 * DAY_MS, first_ms + 20 * DAY_MS):
            began = time.perf_counter()
            state = await desk.one(AskLog("a", wanted, 50, before_ms, 1 if before_ms else 0))
            worst = max(worst, time.perf_counter() - began)
            assert isinstance(state, LogState)
    assert worst < 0.3
