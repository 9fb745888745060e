"""The audit sees each kind of damage; a clean ledger stays clean when its old rows are retired."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.ledger.random_commands import Scenario
from tests.ledger.scene import NOW_MS, USD, Desk, facts, hold, post, void
from waystation.ledger.audit import CHECKS, audit
from waystation.ledger.messages import Extend, Transfer
from waystation.ledger.questions import AskToken
from waystation.ledger.sqlite_books import SqliteBooks

RESOLVED = "kind IN ('post', 'void', 'expire')"
DAMAGE: dict[str, str] = {
    "legs: debit and credit do not fit the kind": "UPDATE transfers SET debit = 'house:revenue', "
    "credit = 'customer:held' WHERE kind = 'post'",
    "debits and credits differ": "UPDATE transfers SET debit = 'nobody' WHERE kind = 'topup'",
    "balance differs from what was posted": "UPDATE accounts SET balance_nanos = balance_nanos + 1",
    "transfers of an account without a row": "DELETE FROM accounts",
    "held differs from the open pendings": "UPDATE transfers SET amount_nanos = amount_nanos + 1 "
    "WHERE kind = 'extend'",
    "an account's held amount differs from its holds": "UPDATE holds SET nanos = nanos + 1",
    "a token's held amount differs from its holds": "UPDATE tokens SET held_nanos = 0",
    "an account's concurrent requests differ from its holds": "UPDATE accounts SET open_holds = 7",
    "a token's concurrent requests differ from its holds": "UPDATE tokens SET open_holds = 0",
    "an open hold has no pending transfer": "UPDATE holds SET n = n + 1000",
    "an open hold is resolved": "UPDATE holds SET hold_id = 'posted'",
    "pendings, resolutions and open holds do not add up": "DELETE FROM holds",
    "a resolution has no pending transfer": f"UPDATE transfers SET pending_n = 1 WHERE {RESOLVED}",
    "a resolution frees another sum than was held": "UPDATE transfers "
    f"SET held_nanos = held_nanos + 1 WHERE {RESOLVED}",
    "a hold was resolved twice": "INSERT INTO transfers SELECT n + 1000, account_id, id, hold_id, "
    "seq, 'void', debit, credit, amount_nanos, held_nanos, exact, price_version, pending_n, "
    "short_nanos, note, created_ms FROM transfers WHERE kind = 'post'",
    "an inexact post is above its hold": "UPDATE transfers SET exact = 0, "
    "amount_nanos = held_nanos + 1 WHERE kind = 'post'",
    "resolutions and log rows do not pair": "DELETE FROM requests WHERE kind = 'void'",
    "a log row has no resolution like it": "UPDATE requests SET nanos = nanos + 1 "
    "WHERE kind = 'post'",
    "two log rows name one hold": "UPDATE requests SET hold_id = 'posted'",
    "a request without a hold has a cost": "UPDATE requests SET hold_id = NULL",
    "the log's cost differs from what was posted": "DELETE FROM requests WHERE kind = 'post'",
    "spent differs from what was posted": "UPDATE accounts SET spent_nanos = 0",
    "a token's spent amount differs from its hours": "UPDATE tokens SET spent_nanos = 1",
    "an account is below its floor": "UPDATE accounts SET least_nanos = balance_nanos",
    "an hour's totals differ from its rows": "UPDATE rollups SET input_tokens = input_tokens + 1",
}


async def furnish(path: Path) -> None:
    """A ledger with a post, a void, an open hold with an extension, money by people."""
    books = SqliteBooks(path)
    await books.open()
    desk = Desk(books)
    await desk.fund()
    posted, voided = hold("posted"), hold("voided")
    await desk.say(posted, voided, hold("open"), Extend("open", 1, 50))
    await desk.say(post(posted, 600), void(voided), Transfer(1, "gift", "grant", 5))
    await desk.assert_clean()
    await books.close()


def test_each_check_has_its_damage() -> None:
    assert set(DAMAGE) == set(CHECKS)


@pytest.mark.parametrize("check", CHECKS)
async def test_damage_is_found(check: str, tmp_path: Path) -> None:
    await furnish(tmp_path / "ledger.db")
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.execute("DROP INDEX transfers_resolution")
    assert connection.execute(DAMAGE[check]).rowcount > 0
    connection.commit()
    connection.close()
    books = SqliteBooks(tmp_path / "ledger.db")
    await books.open()
    report = await Desk(books).audit()
    assert not report["clean"]
    assert any(failure.startswith(check) for failure in report["failures"])
    await books.close()


async def test_retired_rows_count_by_their_hours(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    await furnish(path)
    connection = sqlite3.connect(path)
    hour = NOW_MS - NOW_MS % 3_600_000
    connection.execute("INSERT INTO retired VALUES (?)", (hour,))
    assert connection.execute("DELETE FROM requests").rowcount == 2
    connection.commit()
    connection.close()
    books = SqliteBooks(path)
    await books.open()
    await Desk(books).assert_clean()
    await books.close()


async def test_a_tokens_spend_in_a_range(desk: Desk) -> None:
    await desk.fund(USD)
    hour = 3_600_000
    start = NOW_MS - NOW_MS % hour
    moments = (start - 1, start, start + hour - 1, start + hour, start + 5 * hour + 7)
    for number, moment in enumerate(moments):
        asked = hold(f"h{number}", facts=facts(created_ms=moment))
        await desk.say(asked)
        await desk.one(post(asked, 10**number))
    expected = {
        (0, 0): 11111,
        (start, 0): 11110,
        (start, start + hour): 110,
        (start + 1, start + hour): 100,
        (start + 1, start + hour + 1): 1100,
        (start + 1, start + 5 * hour + 7): 1100,
        (start + 1, start + 5 * hour + 8): 11100,
        (start + 10, start + 20): 0,
        (0, start): 1,
    }
    for (from_ms, to_ms), nanos in expected.items():
        state = await desk.one(AskToken("q", 1, 10, from_ms, to_ms))
        assert (state.spent, state.spent_range) == (11111, nanos), (from_ms, to_ms)


async def test_the_report_counts(desk: Desk) -> None:
    scenario = Scenario(4)
    await desk.books.settle(scenario.opening(), scenario.now_ms)
    for _ in range(40):
        await desk.books.settle(scenario.batch(), scenario.now_ms)
    report = await desk.assert_clean()
    assert report["posted"] > 10
    assert report["voided"] > 5
    assert report["expired"] > 0
    assert report["inexact"] > 0
    assert report["loss_nanos"] > 0


async def test_other_failures_join_the_report(desk: Desk) -> None:
    await desk.fund()
    assert (await audit(desk.books))["clean"]

    async def across() -> list[str]:
        return ["task t1 has no hold"]

    report = await audit(desk.books, across)
    assert (report["clean"], report["failures"]) == (False, ["task t1 has no hold"])


async def test_the_report_is_made_while_work_goes_on(desk: Desk) -> None:
    await desk.fund()
    done = asyncio.Event()
    settled = 0

    async def work() -> None:
        nonlocal settled
        while not done.is_set():
            asked = [hold(f"h{settled:06d}-{n}", 10) for n in range(8)]
            await desk.say(*asked)
            await desk.say(*(post(h, 3) for h in asked[:6]))
            settled += 1
            await asyncio.sleep(0)

    working = asyncio.create_task(work())
    while settled < 3:
        await asyncio.sleep(0.001)
    for _ in range(4):
        before = settled
        report = await audit(desk.books)
        assert report["failures"] == []
        assert report["open_holds"] >= 2
        assert settled > before
    done.set()
    await working
    assert (await audit(desk.books))["posted"] == 6 * settled
