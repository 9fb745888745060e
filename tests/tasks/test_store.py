"""Rows of tasks: what goes in comes out, and two writers of one version never both win."""

import asyncio

import pytest

from tests.tasks.making import task
from waystation.storage.database import Database
from waystation.tasks.limits import Limit
from waystation.tasks.store import Overtaken, TaskExists, TaskStore
from waystation.tasks.task import Bill, Change, Request


@pytest.fixture
def tasks(store: Database) -> TaskStore:
    return TaskStore(store)


async def test_what_goes_in_comes_out(tasks: TaskStore) -> None:
    made = task(action="IMAGINE", memo={"a": [1, None, "é"]}, artefacts=("x", "y"), parent_id="p")
    await tasks.insert(made, Request(b'{"prompt":"\x00"}', b'{"model":"m"}'))
    assert await tasks.get(made.id) == made
    assert await tasks.get(made.id, account_id=1) == made
    assert await tasks.get(made.id, account_id=2) is None
    assert await tasks.request_of(made.id) == Request(b'{"prompt":"\x00"}', b'{"model":"m"}')
    assert await tasks.children("p") == [made]
    with pytest.raises(TaskExists):
        await tasks.insert(made, Request(b""))
    with pytest.raises(TaskExists):
        await tasks.insert(task(hold_id=made.hold_id), Request(b""))
    with pytest.raises(LookupError):
        await tasks.request_of("unknown")


async def test_a_change_is_written_whole(tasks: TaskStore) -> None:
    made = task()
    await tasks.insert(made, Request(b"{}"))
    bill = Bill(nanos=7, group="g", rate="1.5", price_version="v", exact=False, usage={"n": 1})
    sent = await tasks.change(made, Change(state="SUBMITTING", channel_id=3, key_id=4, bill=bill))
    await tasks.change(
        sent,
        Change(state="IN_PROGRESS", upstream_id="u\x00", progress=40, result={"url": "x"}),
    )
    read = await tasks.get(made.id)
    assert read is not None
    assert (read.nanos, read.exact, read.rate, read.usage) == (7, False, "1.5", {"n": 1})
    assert read.upstream_id == "u\ufffd"
    assert await tasks.change(read, Change(progress=40)) is read
    done = await tasks.change(read, Change(state="SUCCESS"))
    assert (done.settle, done.progress, done.due_at_ms) == ("post", 100, None)
    assert await tasks.get(made.id) == done


async def test_of_many_writers_of_one_version_one_wins(tasks: TaskStore) -> None:
    made = task()
    await tasks.insert(made, Request(b"{}"))

    async def write(number: int) -> bool:
        try:
            await tasks.change(made, Change(memo={"who": number}))
        except Overtaken:
            return False
        return True

    won = await asyncio.gather(*(write(number) for number in range(20)))
    assert sum(won) == 1
    read = await tasks.get(made.id)
    assert read is not None
    assert read.memo == {"who": won.index(True)}


async def test_pages_go_from_the_newest_to_the_oldest_without_gaps(tasks: TaskStore) -> None:
    made = [task(f"t{n:02}", created_ms=100 + n // 3, state="MODAL" if n % 2 else "NOT_START")
            for n in range(12)]  # fmt: skip
    await asyncio.gather(*(tasks.insert(each, Request(b"{}")) for each in made))
    await tasks.insert(task("foreign", account_id=2), Request(b"{}"))
    await tasks.insert(task("grave", kind="void"), Request(b"{}"))
    seen: list[str] = []
    before = None
    while page := await tasks.page(1, before=before, count=5):
        seen += [each.id for each in page]
        before = (page[-1].created_ms, page[-1].id)
    assert seen == [each.id for each in reversed(made)]
    modal = await tasks.page(1, states=("MODAL",), kinds=("slow",))
    assert {each.state for each in modal} == {"MODAL"}
    assert await tasks.counted(Limit("", "account", 1, 9, kind="slow")) == 6


async def test_two_of_one_id_in_one_batch_make_one(tasks: TaskStore) -> None:
    outcomes = await asyncio.gather(
        *(tasks.insert(task("same"), Request(b"%d" % n)) for n in range(5)), return_exceptions=True
    )
    assert [type(each) for each in outcomes].count(type(None)) == 1
