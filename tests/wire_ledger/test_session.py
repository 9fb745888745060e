"""The ledger in a tool's own hands: on real books, and what it says when they fail."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.ledger.scene import account
from tests.wire_ledger.conftest import until
from tests.wire_ledger.simple_books import MemoryBooks
from waystation.ledger import session
from waystation.ledger.copying import Copied, CopyBooks
from waystation.ledger.messages import Done, Transfer
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AccountState, AskAccount
from waystation.ledger.server import LedgerServer
from waystation.ledger.session import BATCH_MAX, open_ledger
from waystation.ledger.sqlite_books import SqliteBooks
from waystation.ledger.stores import ledger_file
from waystation.settings import Settings


def a_gift(number: int, nanos: int = 7) -> Transfer:
    return Transfer(2, f"gift:{number}", "topup", nanos)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> MemoryBooks:
    """Books that the next session opens; the test says when they fail."""
    books = MemoryBooks()
    monkeypatch.setattr(session, "make_books", lambda *_: books)
    return books


async def test_many_questions_at_once_are_few_batches(failing: MemoryBooks, tmp_path: Path) -> None:
    async with open_ledger(Settings(data=tmp_path)) as ledger:
        told = await asyncio.gather(
            *(ledger.ask(a_gift(number)) for number in range(BATCH_MAX + 600))
        )
    assert all(isinstance(done, Done) and done.applied for done in told)
    assert [len(batch) for batch in failing.batches] == [BATCH_MAX, 600]
    assert not failing.opened


async def test_what_a_session_wrote_is_in_its_copy(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "fresh")
    async with open_ledger(settings) as ledger:
        await ledger.ask(account(2))
        await ledger.ask(a_gift(1))
        copied = await ledger.ask(CopyBooks("c", "books.copy"))
    assert copied == Copied("c")
    copy = sqlite3.connect(settings.data / "books.copy")
    assert copy.execute("SELECT count(*) FROM transfers").fetchone() == (1,)
    copy.close()


async def test_a_name_that_leads_elsewhere_is_not_copied_to(tmp_path: Path) -> None:
    async with open_ledger(Settings(data=tmp_path)) as ledger:
        copied = await ledger.ask(CopyBooks("c", "../books.copy"))
    assert isinstance(copied, Copied)
    assert copied.problem
    assert not (tmp_path.parent / "books.copy").exists()


async def test_through_the_socket_where_a_ledger_has_the_books(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    server = LedgerServer(SqliteBooks(ledger_file(settings)), settings.ledger_socket, "boot")
    await server.start()
    async with open_ledger(settings) as ledger:
        await ledger.ask(account(2))
        assert (await ledger.ask(a_gift(1))).applied
        state = await ledger.ask(AskAccount("q", 2))
    assert isinstance(state, AccountState)
    assert state.balance == 7
    await server.stop()


async def test_books_that_fail_are_told_to_each_who_asked(
    failing: MemoryBooks, tmp_path: Path
) -> None:
    async with open_ledger(Settings(data=tmp_path)) as ledger:
        failing.away = True
        asked = (ledger.ask(a_gift(number)) for number in range(3))
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert [str(one) for one in told] == ["away for the test"] * 3
        failing.away = False
        assert (await ledger.ask(a_gift(4))).applied, "the next question is asked anew"


async def test_a_question_without_an_answer_is_not_waited_for(
    failing: MemoryBooks, tmp_path: Path
) -> None:
    failing.decide = lambda posted: None  # type: ignore[method-assign]
    async with open_ledger(Settings(data=tmp_path)) as ledger:
        with pytest.raises(LedgerAway, match="no answer"):
            await ledger.ask(a_gift(1))


async def test_who_asked_with_one_that_was_interrupted_is_told(
    failing: MemoryBooks, tmp_path: Path
) -> None:
    failing.gate = asyncio.Event()
    async with open_ledger(Settings(data=tmp_path)) as ledger:
        first = asyncio.create_task(ledger.ask(a_gift(1)))
        second = asyncio.create_task(ledger.ask(a_gift(2)))
        await until(lambda: failing.settling == 1)
        first.cancel()
        with pytest.raises(LedgerAway, match="interrupted"):
            await second
        assert first.cancelled()


async def test_locked_books_are_waited_for_and_then_given_up(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    holder = SqliteBooks(ledger_file(settings))
    await holder.open()
    with pytest.raises(LedgerAway, match="does not answer"):
        async with open_ledger(settings, 0.1):
            pass
    asyncio.get_running_loop().call_later(0.1, lambda: asyncio.ensure_future(holder.close()))
    async with open_ledger(settings, 5) as ledger:
        assert isinstance(await ledger.ask(AskAccount("q", 2)), AccountState)


async def test_books_that_cannot_be_opened_are_away(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(LedgerAway):
        async with open_ledger(Settings(data=tmp_path)):
            pass
