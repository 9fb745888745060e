"""Requests that another system charged: in the books and the log, asked of no limit, once."""

from pathlib import Path

import pytest

from tests.ledger.scene import USD, Desk, account, credit, facts, hold, post, row, token
from waystation.ledger.books import BooksAway
from waystation.ledger.messages import Done, Hold, Recall
from waystation.ledger.policies import Budget, Limits
from waystation.ledger.questions import (
    AccountState,
    AskAccount,
    AskPage,
    AskToken,
    PageState,
    TokenState,
)
from waystation.ledger.sqlite_books import SqliteBooks


def recall(name: str, nanos: int, **told: object) -> Recall:
    of = hold(name, facts=facts(request_id=name, **told))
    return Recall(name, row(of, nanos=nanos))


async def test_it_is_posted_once_whatever_the_limits(desk: Desk) -> None:
    limits = Limits(rpm=1, tpm=1, concurrency=1)
    old = token(enabled=False, limits=limits, budget=Budget(total=5, day=5))
    await desk.say(account(enabled=False, limits=limits), old, credit(USD))
    first = await desk.say(*(recall(f"import-{number}", 100) for number in range(5)))
    assert first == [Done(f"import-{number}", True, 100) for number in range(5)]
    again = await desk.one(recall("import-3", 100))
    assert again == Done("import-3", False, 100)
    state = await desk.one(AskAccount("a", 1))
    assert isinstance(state, AccountState)
    assert (state.balance, state.spent, state.held) == (USD - 500, 500, 0)
    spent = await desk.one(AskToken("t", 1, 10))
    assert isinstance(spent, TokenState)
    assert spent.spent == 500
    page = await desk.one(AskPage("p", 1, 10, 10))
    assert isinstance(page, PageState)
    assert [one.nanos for one in page.rows] == [100] * 5
    report = await desk.assert_clean()
    assert (report["posted"], report["open_holds"]) == (5, 0)


async def test_beyond_the_balance_it_is_a_loss(desk: Desk) -> None:
    await desk.fund(70)
    assert await desk.one(recall("import-1", 100)) == Done("import-1", True, 70)
    assert (await desk.assert_clean())["loss_nanos"] == 30


async def test_of_a_token_that_is_not_here_and_of_nobody(desk: Desk) -> None:
    await desk.fund()
    assert (await desk.one(recall("import-1", 100, token_id=0))).applied
    assert (await desk.one(recall("import-2", 1, token_id=99))).problem == "token_unknown"
    assert (await desk.one(recall("import-3", 1, account_id=99))).problem == "account_unknown"
    await desk.assert_clean()


async def test_what_is_held_is_not_spent_by_it(desk: Desk) -> None:
    """A live request of the same account goes on beside it."""
    await desk.fund(1000)
    live: Hold = hold("live", 600)
    await desk.say(live)
    assert await desk.one(recall("import-1", 900)) == Done("import-1", True, 400)
    await desk.say(post(live, 600))
    await desk.assert_clean()


async def test_a_copy_is_whole_and_its_name_is_one(tmp_path: Path) -> None:
    books = SqliteBooks(tmp_path / "ledger.db")
    desk = Desk(books)
    await desk.fund()
    await books.copy("one.copy")
    with pytest.raises(BooksAway, match="not the name"):
        await books.copy("../one.copy")
    await desk.say(credit(5))
    await books.close()
    copied = SqliteBooks(tmp_path / "one.copy")
    state = await Desk(copied).one(AskAccount("a", 1))
    assert isinstance(state, AccountState)
    assert state.balance == USD
    await copied.close()
