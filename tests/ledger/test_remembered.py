"""A hold asked for again after its end is refused, whether the books remember it or must look."""

from pathlib import Path

import msgspec

from tests.ledger.scene import Desk, facts, hold, post
from waystation.kernel.clock import now_ms
from waystation.ledger.messages import Admitted, Refused
from waystation.ledger.sqlite_books import SqliteBooks

SOON_MS = 60_000


async def test_across_a_restart(tmp_path: Path) -> None:
    """The hold is older than the books' memory, so they look into the store."""
    asked = hold("h1", 4_000, facts=facts(created_ms=now_ms()))
    first = SqliteBooks(tmp_path / "ledger.db")
    await first.open()
    desk = Desk(first)
    await desk.fund(10_000)
    await desk.one(asked)
    await desk.one(post(asked, 700))
    assert await desk.one(asked) == Refused("h1", "resolved")
    await first.close()
    again = SqliteBooks(tmp_path / "ledger.db")
    await again.open()
    assert await Desk(again).one(asked) == Refused("h1", "resolved")
    await again.close()


async def test_what_was_trimmed_is_looked_for(tmp_path: Path) -> None:
    books = SqliteBooks(tmp_path / "ledger.db", kept_max=4)
    await books.open()
    desk = Desk(books)
    await desk.fund(100_000)
    made = now_ms()
    # Made before they end, as everything is: the books go by that.
    asked = [hold(f"h{n}", 10, facts=facts(created_ms=made - 40 + n)) for n in range(40)]
    for one in asked:
        await desk.one(one)
        await desk.one(post(one, 1))
    for one in asked:
        assert await desk.one(one) == Refused(one.id, "resolved")
    await books.close()


async def test_a_new_hold_needs_no_look_into_the_store(tmp_path: Path) -> None:
    books = SqliteBooks(tmp_path / "ledger.db")
    await books.open()
    desk = Desk(books)
    await desk.fund(100_000)
    connection = books._connection
    assert connection is not None
    seen: list[str] = []
    fresh = hold("h1", 10, facts=facts(created_ms=now_ms() + SOON_MS))
    await desk.one(msgspec.structs.replace(fresh, id="h0"))  # what else is read, is read now
    connection.set_trace_callback(seen.append)
    assert await desk.one(fresh) == Admitted("h1", 10)
    assert not [sql for sql in seen if sql.startswith("SELECT")], seen
    await books.close()
