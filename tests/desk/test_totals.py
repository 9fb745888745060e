"""The house's totals: asked hour by hour, the past once."""

from typing import Any

import pytest

from waystation.control import totals
from waystation.control.totals import HOUR_MS, Totals
from waystation.kernel.clock import now_ms
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AskSums, Sum, Sums


class Books:
    """Answers with one request an hour."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def ask(self, question: AskSums) -> Any:
        assert question.to_ms - question.from_ms == HOUR_MS
        self.asked.append(question.from_ms)
        one = Sum(("m", "default", 1), 1, 0, 5, 0, 0, 1, 1)
        return Sums(question.id, (one,))


async def test_the_past_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    books: Any = Books()
    told = Totals(books)
    now = now_ms()
    first = (now // HOUR_MS - 47) * HOUR_MS
    found = await told.between(first, now + 1)
    assert len(found) == len(books.asked) == 48
    assert found[0][0] == first
    await told.between(first, now + 1)
    assert len(books.asked) == 48
    later = totals.monotonic() + totals.FRESH_SECONDS + 1
    monkeypatch.setattr(totals, "monotonic", lambda: later)
    await told.between(first, now + 1)
    recent = books.asked[48:]
    assert 0 < len(recent) <= 28
    assert min(recent) >= now - totals.SETTLED_MS - HOUR_MS


async def test_this_hour_is_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has just sent a first request looks for it."""
    books: Any = Books()
    told = Totals(books)
    now = (now_ms() // HOUR_MS) * HOUR_MS + HOUR_MS // 2
    monkeypatch.setattr(totals, "now_ms", lambda: now)
    await told.between(now - 5 * HOUR_MS, now + 1)
    first = len(books.asked)
    later = totals.monotonic() + totals.THIS_HOUR_SECONDS + 0.1
    monkeypatch.setattr(totals, "monotonic", lambda: later)
    await told.between(now - 5 * HOUR_MS, now + 1)
    assert books.asked[first:] == [now - HOUR_MS // 2]


async def test_it_never_asks_for_too_much() -> None:
    books: Any = Books()
    found = await Totals(books).between(0, now_ms())
    assert len(found) == totals.HOURS_MAX


async def test_another_answer_is_none() -> None:
    class Odd:
        async def ask(self, question: AskSums) -> Any:
            return None

    odd: Any = Odd()
    with pytest.raises(LedgerAway):
        await Totals(odd).between(now_ms() - HOUR_MS, now_ms())
