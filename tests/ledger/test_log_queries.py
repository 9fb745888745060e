"""Pages of the log, totals and transfers by people, on both databases; each by an index."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.scene import NOW_MS, Desk, account, credit, facts, hold, post, token, void
from waystation.ledger import log_queries
from waystation.ledger.log_queries import log_page, sums, transfer_list
from waystation.ledger.messages import Transfer
from waystation.ledger.migrate import migrate_sqlite
from waystation.ledger.questions import (
    AskLog,
    AskSums,
    AskTransfers,
    LogFilter,
    LogState,
    Sums,
    Transfers,
)

HOUR_MS = 3_600_000


async def fill(desk: Desk) -> None:
    await desk.say(account(1), token(10, 1), credit(10**9))
    await desk.say(account(2), token(20, 2), credit(10**9, account=2))
    for number in range(6):
        whose, key = (1, 10) if number % 2 == 0 else (2, 20)
        about = facts(
            request_id=f"req-{number}",
            account_id=whose,
            token_id=key,
            created_ms=NOW_MS + number,
            model="small" if number < 4 else "large",
        )
        made = hold(f"h{number}", 1000, account=whose, token=key, facts=about)
        await desk.one(made)
        await desk.one(post(made, 100 + number) if number != 3 else void(made))


def ids(state: LogState) -> list[str]:
    return [line.open().facts.request_id for line in state.lines]


async def test_pages_go_from_the_newest_on(desk: Desk) -> None:
    await fill(desk)
    first = await desk.one(AskLog("a", LogFilter(), 4))
    assert ids(first) == ["req-5", "req-4", "req-3", "req-2"]
    assert first.lines[0].hold_id == "h5"
    rest = await desk.one(AskLog("b", LogFilter(), 4, first.next_ms, first.next_n))
    assert ids(rest) == ["req-1", "req-0"]
    assert (rest.next_ms, rest.next_n) == (0, 0)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (LogFilter(account_id=1), ["req-4", "req-2", "req-0"]),
        (LogFilter(token_id=20), ["req-5", "req-3", "req-1"]),
        (LogFilter(model="large"), ["req-5", "req-4"]),
        (LogFilter(status=502), ["req-3"]),
        (LogFilter(account_id=1, model="small"), ["req-2", "req-0"]),
        (LogFilter(from_ms=NOW_MS + 2, to_ms=NOW_MS + 4), ["req-3", "req-2"]),
        (LogFilter(request_id="req-3"), ["req-3"]),
        (LogFilter(request_id="req-3", account_id=1), []),
        (LogFilter(model="nobody's"), []),
        (LogFilter(channel_id=3, group="default"), [f"req-{n}" for n in range(5, -1, -1)]),
    ],
)
async def test_filters(desk: Desk, wanted: LogFilter, found: list[str]) -> None:
    await fill(desk)
    state = await desk.one(AskLog("a", wanted, 50))
    assert isinstance(state, LogState)
    assert ids(state) == found


async def test_a_page_that_finds_little_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(desk)
    monkeypatch.setattr(log_queries, "SCANNED_MAX", 2)
    found, asked, rounds = [], AskLog("a", LogFilter(model="small"), 50), 0
    while True:
        state = await desk.one(asked)
        found += ids(state)
        rounds += 1
        if not state.next_n:
            break
        asked = AskLog("a", LogFilter(model="small"), 50, state.next_ms, state.next_n)
    assert found == ["req-3", "req-2", "req-1", "req-0"]
    assert rounds <= 4


async def test_totals(desk: Desk) -> None:
    await fill(desk)
    from_ms = NOW_MS // HOUR_MS * HOUR_MS
    told = await desk.one(AskSums("a", 0, from_ms, from_ms + HOUR_MS, ("model",)))
    assert isinstance(told, Sums)
    by_model = {each.key: each for each in told.sums}
    assert by_model["small",].requests == 4
    assert by_model["small",].nanos == 100 + 101 + 102
    assert by_model["large",].nanos == 104 + 105
    mine = await desk.one(AskSums("b", 1, from_ms, from_ms + HOUR_MS, ("hour", "token")))
    assert [(each.key, each.requests) for each in mine.sums] == [((from_ms, 10), 3)]
    whole = await desk.one(AskSums("c", 1, from_ms, from_ms + HOUR_MS, ()))
    assert whole.sums[0].input_tokens == 3 * 40
    day = await desk.one(
        AskSums("d", 1, from_ms, from_ms + HOUR_MS, ("hour",), 24 * HOUR_MS, 8 * HOUR_MS)
    )
    assert (day.sums[0].key[0] + 8 * HOUR_MS) % (24 * HOUR_MS) == 0


async def test_transfers_by_people(desk: Desk) -> None:
    await fill(desk)
    await desk.one(Transfer(1, "adjust:1", "adjust", -5, "by hand"))
    told = await desk.one(AskTransfers("a", 1, 10))
    assert isinstance(told, Transfers)
    assert [(each.kind, each.nanos) for each in told.lines] == [("adjust", -5), ("topup", 10**9)]
    assert told.lines[0].note == "by hand"
    older = await desk.one(AskTransfers("a", 1, 10, told.lines[0].n))
    assert [each.kind for each in older.lines] == ["topup"]


# ---- plans ------------------------------------------------------------------------------------


def plans(connection: sqlite3.Connection, answering: Any, rows: list[Any]) -> list[str]:
    """The plan of each query of a question; every one is answered with `rows`."""
    told = []
    sql, values = next(answering)
    while True:
        explained = connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
        told += [line[3] for line in explained]
        try:
            sql, values = answering.send(rows)
        except StopIteration:
            return told


QUESTIONS = [
    (log_page(AskLog("a", LogFilter(), 50)), "requests_time"),
    (log_page(AskLog("a", LogFilter(model="m", status=500), 50)), "requests_time"),
    (log_page(AskLog("a", LogFilter(account_id=7, model="m"), 50, 5, 5)), "requests_page"),
    (log_page(AskLog("a", LogFilter(request_id="r"), 50)), "requests_id"),
    (sums(AskSums("a", 0, 0, HOUR_MS, ("hour", "model"))), "rollups_hour"),
    (sums(AskSums("a", 5, 0, HOUR_MS, ("hour", "model"))), "PRIMARY KEY"),
    (transfer_list(AskTransfers("a", 5, 10)), "transfers_people"),
]


_NAMES = ["all", "some", "a page of one's", "by id", "all hours", "one's hours", "transfers"]


@pytest.mark.parametrize(("answering", "index"), QUESTIONS, ids=_NAMES)
def test_no_page_scans_a_table(tmp_path: Path, answering: Any, index: str) -> None:
    with sqlite3.connect(tmp_path / "l.db", isolation_level=None) as connection:
        migrate_sqlite(connection)
        told = plans(connection, answering, [])
    connection.close()
    assert any(index in line for line in told), told
    assert not [line for line in told if line in ("SCAN requests", "SCAN rollups")], told
    assert not [line for line in told if line.startswith("SCAN transfers")], told


COLUMNS = (
    "n, account_id, created_ms, request_id, hold_id, kind, settled_ms, token_id, model, "
    "group_name, channel_id, status, end_reason, code, nanos, cost_nanos, loss_nanos, exact, "
    "input_tokens, output_tokens, first_millis, total_millis, detail"
)


def large(path: Path, count: int) -> sqlite3.Connection:
    """A log of so many rows; a row in 50,000 is of the model `rare`."""
    from waystation.ledger.records import encode

    connection = sqlite3.connect(path, isolation_level=None)
    migrate_sqlite(connection)
    connection.execute("PRAGMA synchronous = OFF")
    made = hold("h")
    detail = encode(post(made, 100).row)
    connection.execute("BEGIN")
    connection.executemany(
        f"INSERT INTO requests ({COLUMNS}) VALUES ({', '.join('?' * 23)})",
        (
            (
                n, n % 97, NOW_MS + n, f"r{n}", f"h{n}", "post", NOW_MS + n, n % 97,
                "rare" if n % 50_000 == 0 else "m", "default", n % 5, 200, "complete", "", 100, 0,
                0, 1, 1, 1, 1, 1, detail,
            )
            for n in range(1, count + 1)
        ),
    )  # fmt: skip
    connection.execute("COMMIT")
    return connection


def slowest_millis(connection: sqlite3.Connection) -> float:
    """Of pages everywhere in the log, with filters that find much, little and nothing."""
    from waystation.ledger.sqlite_answers import ask

    worst = 0.0
    for wanted in (
        LogFilter(),
        LogFilter(account_id=5),
        LogFilter(model="rare"),
        LogFilter(account_id=5, model="nobody's"),
        LogFilter(request_id="r77"),
    ):
        before_ms, before_n = 0, 0
        for _ in range(3):
            began = time.perf_counter()
            state = ask(connection, AskLog("a", wanted, 50, before_ms, before_n))
            worst = max(worst, (time.perf_counter() - began) * 1000)
            assert isinstance(state, LogState)
            before_ms, before_n = NOW_MS + 40_000, 40_000
    return worst


def test_a_page_of_a_hundred_thousand_rows(tmp_path: Path) -> None:
    connection = large(tmp_path / "l.db", 100_000)
    assert slowest_millis(connection) < 300
    connection.close()


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_page_of_a_million_rows(tmp_path: Path) -> None:
    connection = large(tmp_path / "l.db", 1_000_000)
    assert slowest_millis(connection) < 300
    connection.close()
