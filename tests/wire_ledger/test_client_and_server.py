import asyncio
import stat

import pytest

from tests.wire_ledger.conftest import Bench, a_hold, a_post, a_row, until
from waystation.ledger.client import LedgerClient
from waystation.ledger.messages import (
    Admitted,
    Extend,
    Granted,
    Hold,
    Refused,
    Resolve,
    Sent,
    TakeSlot,
    Transfer,
)
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AccountState, AskAccount, AskFigures


def a_slot(name: str) -> TakeSlot:
    return TakeSlot(name, 1, 1, 1, 0, 0, 0)


async def test_a_hold_is_admitted_extended_and_resolved_once(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold(1_000)
    assert await client.admit(hold) == Admitted(hold.id, 1_000)
    client.checkpoint(hold.id, 300)
    assert await client.extend(Extend(hold.id, 1, 500)) == Admitted(hold.id, 1_500)
    client.resolve(a_post(hold.id, 700))
    client.resolve(a_post(hold.id, 900))
    await client.settled(5)
    held = bench.books.holds[hold.id]
    assert (held.resolved.kind, held.resolved.nanos, held.metered) == ("post", 700, 300)
    assert client.holds_open == 0


async def test_a_second_end_of_a_hold_is_not_told(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    client.resolve(a_post(hold.id, 400))
    client.resolve(a_post(hold.id, 500))
    assert client.unacknowledged == 1
    await client.settled(5)
    told = [p.command for batch in bench.books.batches for p in batch]
    assert [one.nanos for one in told if isinstance(one, Resolve)] == [400]


async def test_a_refused_hold_is_none_of_ours(bench: Bench) -> None:
    client = await bench.client()
    bench.books.balance = 10
    answer = await client.admit(a_hold(1_000))
    assert isinstance(answer, Refused)
    assert (answer.reason, answer.available) == ("balance", 10)
    assert client.holds_open == 0


async def test_commands_of_one_turn_ride_together_eight_to_a_frame(bench: Bench) -> None:
    client = await bench.client()
    frames = client.link.frames_sent
    await asyncio.gather(*(client.admit(a_hold()) for _ in range(7)))
    assert client.link.frames_sent == frames + 1
    assert max(len(batch) for batch in bench.books.batches) == 7
    await asyncio.gather(*(client.admit(a_hold()) for _ in range(50)))
    assert client.link.frames_sent == frames + 1 + 7


async def test_what_arrives_during_a_commit_is_the_next_batch(bench: Bench) -> None:
    client = await bench.client()
    bench.books.gate = asyncio.Event()
    first = asyncio.create_task(client.admit(a_hold()))
    await until(lambda: bench.books.settling == 1)
    rest = [asyncio.create_task(client.admit(a_hold())) for _ in range(20)]
    await until(lambda: bench.server.writer.inbox_count == 20)
    bench.books.gate.set()
    await asyncio.gather(first, *rest)
    assert [len(batch) for batch in bench.books.batches[-2:]] == [1, 20]


async def test_sent_has_left_when_the_call_returns(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    frames = client.link.frames_sent
    client.sent(hold.id)
    assert client.link.frames_sent == frames + 1
    client.unsent(hold.id)
    client.resolve(a_post(hold.id))
    await client.settled(5)
    kinds = [posted.command for batch in bench.books.batches for posted in batch]
    assert [kind.sent for kind in kinds if isinstance(kind, Sent)] == [True, False]


async def test_a_cancelled_admission_is_voided(bench: Bench) -> None:
    client = await bench.client()
    bench.books.gate = asyncio.Event()
    hold = a_hold(sent=True)
    task = asyncio.create_task(client.admit(hold))
    await until(lambda: bench.books.settling == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    bench.books.gate.set()
    await client.settled(5)
    held = bench.books.holds[hold.id]
    assert (held.resolved.kind, held.resolved.nanos, held.resolutions) == ("void", 0, 1)
    assert (client.holds_open, client.voided) == (0, 1)


async def test_a_cancelled_admission_that_was_refused_leaves_nothing(bench: Bench) -> None:
    client = await bench.client()
    bench.books.gate = asyncio.Event()
    bench.books.balance = 0
    task = asyncio.create_task(client.admit(a_hold()))
    await until(lambda: bench.books.settling == 1)
    task.cancel()
    await asyncio.wait([task])
    bench.books.gate.set()
    await client.settled(5)
    assert client.holds_open == 0
    assert bench.books.holds == {}


@pytest.mark.parametrize("turns", range(12))
async def test_cancelled_at_any_turn_of_the_loop(bench: Bench, turns: int) -> None:
    client = await bench.client()
    hold = a_hold(sent=True)
    task = asyncio.create_task(client.admit(hold))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        assert isinstance(task.result(), Admitted)
        client.resolve(a_post(hold.id))
    await client.settled(5)
    await client.ask(AskAccount("1", 1))
    held = bench.books.holds.get(hold.id)
    assert held is None or held.resolutions == 1
    assert client.holds_open == 0


async def test_two_questions_about_one_hold_are_answered_in_order(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold(100)
    await client.admit(hold)
    answers = await asyncio.gather(
        client.extend(Extend(hold.id, 1, 10)), client.extend(Extend(hold.id, 2, 5))
    )
    assert [answer.nanos for answer in answers] == [110, 115]


async def test_a_young_hold_needs_no_confirmation(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    commands = client.link.commands_sent
    assert await client.confirm(hold.id)
    assert client.link.commands_sent == commands


async def test_an_old_hold_is_confirmed_with_the_ledger(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waystation.ledger.client.CONFIRM_AFTER_SECONDS", 0.0)
    client = await bench.client()
    kept, swept = a_hold(), a_hold()
    await client.admit(kept)
    await client.admit(swept)
    bench.books._sweep(lambda held: held.hold.id == swept.id)
    assert await client.confirm(kept.id)
    assert not await client.confirm(swept.id)
    assert not await client.confirm("never heard of")


async def test_slots_are_taken_refused_and_given_back(bench: Bench) -> None:
    client = await bench.client()
    bench.books.slots_max = 1
    assert await client.take_slot(a_slot("a")) == Granted("a")
    assert await client.take_slot(a_slot("b")) == Refused("b", "slot")
    client.give_slot("a")
    assert await client.take_slot(a_slot("c")) == Granted("c")


async def test_a_cancelled_slot_is_given_back(bench: Bench) -> None:
    client = await bench.client()
    bench.books.gate = asyncio.Event()
    task = asyncio.create_task(client.take_slot(a_slot("a")))
    await until(lambda: bench.books.settling == 1)
    task.cancel()
    await asyncio.wait([task])
    bench.books.gate.set()
    await client.ask(AskAccount("1", 1))
    assert bench.books.slots == {}


async def test_tools_ask_and_transfer(bench: Bench) -> None:
    tool = await bench.client(gateway="")
    bench.books.balance = 0
    done, state = await asyncio.gather(
        tool.ask(Transfer(1, "apply:credit:1", "grant", 77)), tool.ask(AskAccount("q", 1))
    )
    assert (done.applied, done.nanos) == (True, 77)
    assert state == AccountState("q", True, balance=77)


async def test_the_ledger_tells_its_figures(bench: Bench) -> None:
    client = await bench.client()
    await asyncio.gather(*(client.admit(a_hold()) for _ in range(3)))
    figures = await client.ask(AskFigures("f"))
    assert (figures.connections, figures.inbox, figures.log_dropped) == (1, 0, 0)
    assert sum(figures.batch_size_counts) == figures.batches == sum(figures.commit_seconds_counts)
    assert figures.batch_size_counts[figures.batch_size_bounds.index(4)] == 1
    assert figures.commands == bench.server.writer.counters.commands
    bench.books.away = True
    with pytest.raises(LedgerAway):
        await client.ask(AskFigures("f"))


async def test_a_task_s_hold_is_not_the_gateway_s(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold(owner="task")
    await client.admit(hold)
    assert client.holds_open == 0
    client.close()
    await until(lambda: not bench.server.gateways)
    control = await bench.client(gateway="")
    assert bench.books.open_holds == [hold.id]
    control.resolve(a_post(hold.id))
    await control.settled(5)
    assert bench.books.open_holds == []


async def test_notes_are_written(bench: Bench) -> None:
    client = await bench.client()
    client.note(a_row())
    await client.ask(AskAccount("q", 1))
    assert len(bench.books.notes) == 1


async def test_the_same_hold_is_not_asked_for_twice(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    with pytest.raises(ValueError, match="asked for before"):
        await client.admit(hold)


async def test_no_answer_in_time_is_ledger_away_and_the_hold_is_voided(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waystation.ledger.client.ANSWER_SECONDS_MAX", 0.05)
    client = await bench.client()
    bench.books.gate = asyncio.Event()
    hold = a_hold(sent=True)
    with pytest.raises(LedgerAway):
        await client.admit(hold)
    with pytest.raises(LedgerAway):
        await client.take_slot(a_slot("a"))
    with pytest.raises(LedgerAway):
        await client.ask(AskAccount("q", 1))
    bench.books.gate.set()
    await client.settled(5)
    assert bench.books.holds[hold.id].resolved.kind == "void"
    await until(lambda: bench.books.slots == {})
    monkeypatch.undo()
    state = await client.ask(AskAccount("later", 1))
    assert state.id == "later"


async def test_a_huge_row_is_slimmed_rather_than_never_acknowledged(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    row = a_row()
    import msgspec

    huge = msgspec.structs.replace(row, usage=b"x" * 70_000_000)
    client.resolve(Resolve(hold.id, "post", 5, True, 1, huge))
    await client.settled(5)
    assert bench.books.holds[hold.id].resolved.nanos == 5


async def test_the_socket_is_for_its_owner_only(bench: Bench) -> None:
    assert stat.S_IMODE(bench.path.stat().st_mode) == 0o600


async def test_nobody_listens(bench: Bench) -> None:
    lone = LedgerClient(bench.path.with_name("nobody.sock"), "gw", "boot")
    lone.start()
    with pytest.raises(LedgerAway):
        await lone.wait_present(0.05)
    with pytest.raises(LedgerAway):
        await lone.admit(a_hold())
    with pytest.raises(LedgerAway):
        lone.sent("x")
    assert not lone.present
    lone.close()


async def test_a_data_folder_with_a_very_long_name(tmp_path) -> None:
    folder = tmp_path / ("long-" * 30)
    folder.mkdir()
    long = Bench(folder)
    await long.serve()
    client = await long.client()
    assert isinstance(await client.admit(a_hold()), Admitted)
    client.close()
    await long.stop()
    assert isinstance(a_hold(), Hold)
