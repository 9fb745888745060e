"""Old log rows go, page by page, while money moves on; the audit is clean at every moment."""

from tests.ledger.scene import NOW_MS, USD, Desk, facts, hold, post, void
from waystation.control.log_retention import tidy_log
from waystation.ledger.log_upkeep import Tidied, TidyLog
from waystation.ledger.messages import Note
from waystation.ledger.questions import AskAccount, AskPage, AskRow, AskToken, PageState, RowState

HOUR_MS = 3_600_000
FIRST_MS = NOW_MS // HOUR_MS * HOUR_MS - 100 * HOUR_MS


async def fill(desk: Desk, hours: int, each: int = 3) -> list[str]:
    """Posts, a void and a note in each hour; the requests' ids."""
    ids = []
    for hour in range(hours):
        for number in range(each):
            told = facts(created_ms=FIRST_MS + hour * HOUR_MS + number)
            ids.append(told.request_id)
            desk.now_ms = told.created_ms
            asked = hold(f"h{hour}-{number}", facts=told)
            end = void(asked) if number == 1 else post(asked, 10)
            await desk.say(asked, end)
        refused = hold("refused", facts=facts(created_ms=FIRST_MS + hour * HOUR_MS + 9))
        await desk.say(Note(void(refused).row))
    return ids


async def kept(desk: Desk) -> int:
    told = await desk.one(AskPage("q", 1, 10, 100))
    assert isinstance(told, PageState)
    return len(told.rows)


async def test_rows_of_old_hours_go_and_their_totals_stay(desk: Desk) -> None:
    await desk.fund(USD)
    ids = await fill(desk, hours=4)
    before = [await desk.one(AskToken("t", 1, 10)), await desk.one(AskAccount("a", 1))]
    report = await desk.assert_clean()
    before_ms = FIRST_MS + 2 * HOUR_MS + 5  # amid the third hour, which stays whole
    pages = []
    after_n = 0
    while True:
        told = await desk.one(TidyLog("q", before_ms, after_n, 3))
        assert isinstance(told, Tidied)
        pages.append(told.gone)
        assert await desk.assert_clean() == report
        after_n = told.after_n
        if not after_n:
            break
    assert pages == [3, 3, 2, 0]
    assert await kept(desk) == 8
    assert [await desk.one(AskToken("t", 1, 10)), await desk.one(AskAccount("a", 1))] == before
    states = [await desk.one(AskRow("r", 1, one)) for one in ids]
    assert [isinstance(one, RowState) and one.row is not None for one in states] == (
        [False] * 6 + [True] * 6
    )
    assert await desk.one(TidyLog("q", before_ms, 0, 3)) == Tidied("q")


async def test_a_page_of_young_rows_ends_it(desk: Desk) -> None:
    await desk.fund(USD)
    await fill(desk, hours=1)
    assert await desk.one(TidyLog("q", FIRST_MS + HOUR_MS - 1, 0, 2)) == Tidied("q")
    assert await kept(desk) == 4
    report = await desk.assert_clean()
    assert report["posted"] == 2


async def test_what_is_settled_in_an_hour_that_is_retired_counts_there(desk: Desk) -> None:
    """A task that took longer than rows are kept."""
    await desk.fund(USD)
    late = hold("late", owner="task", facts=facts(created_ms=FIRST_MS + 1))
    await desk.say(late)
    await fill(desk, hours=1)
    before_ms = FIRST_MS + HOUR_MS
    assert await desk.one(TidyLog("q", before_ms, 0, 100)) == Tidied("q", 4)
    desk.now_ms = NOW_MS
    await desk.say(post(late, 700))
    await desk.assert_clean()
    assert await kept(desk) == 1
    assert await desk.one(TidyLog("q", before_ms, 0, 100)) == Tidied("q", 1)
    await desk.assert_clean()


async def test_the_job_goes_page_by_page(desk: Desk) -> None:
    await desk.fund(USD)
    await fill(desk, hours=3)
    gone = await tidy_log(desk.one, FIRST_MS + 3 * HOUR_MS, rows=5, pause_seconds=0)
    assert (gone, await kept(desk)) == (12, 0)
    await desk.assert_clean()
    await fill_again(desk)


async def fill_again(desk: Desk) -> None:
    """Numbers of rows may be used anew once the last one is gone."""
    asked = hold("again")
    await desk.say(asked, post(asked, 5))
    assert await kept(desk) == 1
    await desk.assert_clean()
