"""The disk is full, the file locked, a commit's outcome unknown: nothing is lost or invented."""

import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.scene import USD, Desk, hold, post
from waystation.ledger.books import BooksAway, BooksLocked
from waystation.ledger.messages import Admitted, Granted, Refused, Resolved, TakeSlot
from waystation.ledger.questions import AccountState, AskAccount
from waystation.ledger.sqlite_books import SqliteBooks


@pytest.fixture
async def desk(tmp_path: Path) -> Any:
    books = SqliteBooks(tmp_path / "ledger.db")
    await books.open()
    told = Desk(books)
    await told.fund()
    yield told
    await books.close()


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Any]:
    """Call it: no file may grow beyond what the largest one has now. Call it with False: may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(full: bool = True) -> None:
        size = max(path.stat().st_size for path in tmp_path.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 4_096 if full else soft, hard))

    yield fill
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_refuses_and_heals_without_a_restart(desk: Desk, full_disk: Any) -> None:
    kept = hold("kept")
    await desk.one(kept)
    full_disk()
    admitted, refused = [], []
    for number in range(40):
        asked = hold(f"h{number}")
        try:
            assert await desk.one(asked) == Admitted(asked.id, 1_000)
            admitted.append(asked)
        except BooksAway:
            refused.append(asked)
    assert refused
    full_disk(False)
    state = await desk.one(AskAccount("q", 1))
    assert isinstance(state, AccountState)
    assert state.held == 1_000 * (1 + len(admitted))
    for asked in [kept, *admitted]:
        assert await desk.one(post(asked, 10)) == Resolved(asked.id, "post", 10)
    for asked in refused:
        assert await desk.one(asked) == Admitted(asked.id, 1_000)
    await desk.assert_clean()


async def test_slots_of_a_failed_batch_are_free(faulty: Desk) -> None:
    first, second = TakeSlot("s1", 1, 1, 1, 0, 0, 0), TakeSlot("s2", 1, 1, 1, 0, 0, 0)
    Faulty.when = "before"
    with pytest.raises(BooksAway):
        await faulty.say(first, hold("h1"))
    assert await faulty.say(second, hold("h1")) == [Granted("s2"), Admitted("h1", 1_000)]


async def test_a_second_opener_is_refused(desk: Desk, tmp_path: Path) -> None:
    other = SqliteBooks(tmp_path / "ledger.db")
    with pytest.raises(BooksLocked, match="in use"):
        await other.open()
    await desk.one(hold("h1"))
    await desk.books.close()
    await other.open()
    assert await Desk(other).one(post(hold("h1"), 5)) == Resolved("h1", "post", 5)
    await other.close()


class Faulty(sqlite3.Connection):
    """Fails at the next COMMIT, before or after it is done; then opening fails `away` times."""

    when = ""
    away = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        if Faulty.away and not Faulty.when:
            Faulty.away -= 1
            raise sqlite3.OperationalError("unable to open database file")
        super().__init__(*arguments, **options)

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql == "COMMIT" and Faulty.when:
            when, Faulty.when = Faulty.when, ""
            if when == "after":
                super().execute(sql)
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *parameters)


@pytest.fixture
async def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    connect = sqlite3.connect
    monkeypatch.setattr(
        "waystation.ledger.sqlite_books.sqlite3.connect",
        lambda *a, **o: connect(*a, **o, factory=Faulty),
    )
    monkeypatch.setattr(Faulty, "when", "")
    monkeypatch.setattr(Faulty, "away", 0)
    books = SqliteBooks(tmp_path / "ledger.db")
    await books.open()
    desk = Desk(books)
    await desk.fund()
    yield desk
    await books.close()


async def test_a_commit_that_failed_did_not_happen(faulty: Desk) -> None:
    Faulty.when = "before"
    with pytest.raises(BooksAway):
        await faulty.one(hold("h1"))
    state = await faulty.one(AskAccount("q", 1))
    assert state == AccountState("q", True, USD, 0, 0, 1)
    assert await faulty.one(hold("h1")) == Admitted("h1", 1_000)
    await faulty.assert_clean()


async def test_a_commit_that_happened_although_it_failed_is_told(faulty: Desk) -> None:
    Faulty.when = "after"
    asked = hold("h1")
    assert await faulty.one(asked) == Admitted("h1", 1_000)
    assert await faulty.one(post(asked, 9)) == Resolved("h1", "post", 9)
    await faulty.assert_clean()


async def test_holds_that_nobody_was_told_of_are_voided_later(faulty: Desk) -> None:
    Faulty.when = "after"
    Faulty.away = 2
    told, other = hold("h1"), hold("h2")
    with pytest.raises(BooksAway):
        await faulty.say(told, other)
    with pytest.raises(BooksAway):
        await faulty.one(hold("h3"))
    assert await faulty.one(hold("h3")) == Admitted("h3", 1_000)
    assert await faulty.one(told) == Refused("h1", "resolved")
    assert await faulty.one(post(other, 500)) == Resolved("h2", "void", 0)
    report = await faulty.assert_clean()
    assert (report["open_holds"], report["voided"]) == (1, 2)


async def test_a_locked_file_is_away_until_it_is_free(faulty: Desk, tmp_path: Path) -> None:
    asked = hold("h1")
    await faulty.one(asked)
    Faulty.when = "before"
    Faulty.away = 1
    with pytest.raises(BooksAway):
        await faulty.one(hold("x1"))
    thief = sqlite3.Connection(tmp_path / "ledger.db", isolation_level=None)
    thief.execute("BEGIN EXCLUSIVE")
    for _ in range(2):
        with pytest.raises(BooksLocked):
            await faulty.one(hold("h2"))
    thief.execute("ROLLBACK")
    thief.close()
    assert await faulty.one(hold("h2")) == Admitted("h2", 1_000)
    assert await faulty.one(post(asked, 3)) == Resolved("h1", "post", 3)
    await faulty.assert_clean()


async def test_slots_need_no_store(desk: Desk) -> None:
    assert await desk.one(TakeSlot("s1", 1, 1, 1, 0, 0, 0)) == Granted("s1")
    assert (await desk.one(TakeSlot("s2", 1, 1, 1, 0, 0, 0))).reason == "slot"
