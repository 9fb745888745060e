"""The ledger dies and returns: what it had not acknowledged is said again."""

import asyncio
import socket
from pathlib import Path

import pytest

from tests.wire_ledger.conftest import Bench, a_hold, a_post, a_row, until
from tests.wire_ledger.raw_peer import RawPeer
from waystation.ledger import writer
from waystation.ledger.books import BooksLocked
from waystation.ledger.messages import (
    Admitted,
    Extend,
    Granted,
    Hello,
    TakeSlot,
)
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AskAccount
from waystation.ledger.server import LedgerServer
from waystation.ledger.socket_address import AddressTaken


async def test_a_restarted_ledger_hears_what_it_had_not_acknowledged(bench: Bench) -> None:
    client = await bench.client()
    ended, running, withdrawn = a_hold(), a_hold(), a_hold(sent=True)
    for hold in (ended, running, withdrawn):
        await client.admit(hold)
    await bench.stop()
    await until(lambda: not client.present)
    client.checkpoint(running.id, 42)
    client.unsent(withdrawn.id)
    client.resolve(a_post(ended.id, 7))
    client.note(a_row())
    with pytest.raises(LedgerAway):
        await client.admit(a_hold())
    with pytest.raises(LedgerAway):
        client.sent(running.id)
    extending = asyncio.create_task(client.extend(Extend(running.id, 1, 100)))
    await asyncio.sleep(0)
    await bench.serve()
    assert await extending == Admitted(running.id, 1_100)
    await client.settled(5)
    books = bench.books
    assert books.holds[ended.id].resolved.nanos == 7
    assert books.holds[running.id].metered == 42
    assert not books.holds[withdrawn.id].sent
    assert books.open_holds == [running.id, withdrawn.id]
    assert len(books.notes) == 1
    client.sent(running.id)
    await client.admit(a_hold())
    assert books.holds[running.id].sent


async def test_slots_are_taken_again_after_a_restart(bench: Bench) -> None:
    client = await bench.client()
    slots = [TakeSlot(name, 1, 1, 9, 9, 60, 60) for name in ("kept", "given")]
    for slot in slots:
        assert await client.take_slot(slot) == Granted(slot.slot_id)
    await bench.stop()
    await until(lambda: not client.present)
    client.give_slot("given")
    bench.books.slots.clear()
    await bench.serve()
    await client.wait_present(5)
    await client.ask(AskAccount("q", 1))
    assert list(bench.books.slots) == ["kept"]


async def test_an_admission_whose_answer_was_lost_is_voided(bench: Bench) -> None:
    client = await bench.client()
    bench.books.gate = asyncio.Event()
    hold = a_hold(sent=True)
    waiting = asyncio.create_task(client.admit(hold))
    await until(lambda: bench.books.settling == 1)
    client.link.reset()  # the answer will find nobody
    with pytest.raises(LedgerAway):
        await waiting
    bench.books.gate.set()
    await client.settled(5)
    held = bench.books.holds[hold.id]
    assert (held.resolved.kind, held.resolutions) == ("void", 1)


async def test_holds_that_were_swept_meanwhile_are_told(bench: Bench) -> None:
    client = await bench.client()
    told: list[str] = []
    client.on_swept = told.append
    swept, ending, kept = a_hold(), a_hold(), a_hold()
    for hold in (swept, ending, kept):
        await client.admit(hold)
    await bench.stop()
    bench.books._sweep(lambda held: held.hold.id in (swept.id, ending.id))
    await until(lambda: not client.present)
    client.resolve(a_post(ending.id))
    extending = asyncio.create_task(client.extend(Extend(swept.id, 1, 5)))
    await asyncio.sleep(0)
    await bench.serve()
    assert (await extending).reason in ("resolved", "hold_unknown")
    await client.settled(5)
    assert told == [swept.id]
    assert client.holds_open == 1
    client.resolve(a_post(swept.id))  # a late post loses
    await client.settled(5)
    assert bench.books.holds[swept.id].resolved.kind == "expire"


async def test_gateways_that_do_not_return_are_taken_for_dead(bench: Bench) -> None:
    stays, goes = await bench.client("gw-stays"), await bench.client("gw-goes")
    kept, lost = a_hold(), a_hold(sent=True)
    await stays.admit(kept)
    await goes.admit(lost)
    await bench.stop()
    goes.close()
    await bench.serve(return_seconds_max=0.2)
    await until(lambda: bench.books.holds[lost.id].resolved is not None)
    assert bench.books.holds[lost.id].resolved.kind == "post"
    assert bench.books.open_holds == [kept.id]


async def test_a_new_serve_sweeps_the_earlier_boot_at_once(bench: Bench) -> None:
    client = await bench.client(boot="boot-1")
    hold, task = a_hold(), a_hold(owner="task")
    await client.admit(hold)
    await client.admit(task)
    client.close()
    await bench.stop()
    await bench.serve(boot="boot-2")
    await until(lambda: bench.books.open_holds == [task.id])


async def test_stop_settles_what_came(bench: Bench) -> None:
    peer = RawPeer(bench.path)
    peer.send(Hello("gw-raw", "boot-1"))
    hold = a_hold()
    peer.send(hold)
    await bench.stop()
    assert bench.books.open_holds == [hold.id]
    assert not bench.books.opened
    assert not bench.path.exists()
    peer.close()


async def test_stop_does_not_wait_for_ever_for_the_store(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LAST_TRIES", 2)
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    bench.books.away = True
    client.resolve(a_post(hold.id))
    await until(lambda: bench.server.writer.inbox_count > 0)
    await asyncio.wait_for(bench.stop(), 5)
    assert client.unacknowledged == 1


async def test_a_second_ledger_on_the_same_socket_is_refused(bench: Bench) -> None:
    with pytest.raises(AddressTaken):
        await LedgerServer(type(bench.books)(), bench.path, "b").start()
    assert isinstance(await (await bench.client()).admit(a_hold()), Admitted)


async def test_a_socket_left_behind_is_replaced(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "left.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    other = LedgerServer(bench.books, path, "")
    await other.start()
    await other.stop()
    bench.books.opened = True


async def test_locked_books_are_told(bench: Bench, tmp_path: Path) -> None:
    class Locked(type(bench.books)):
        async def open(self) -> None:
            raise BooksLocked("another has them")

    with pytest.raises(BooksLocked):
        await LedgerServer(Locked(), tmp_path / "x.sock", "b").start()


async def test_what_the_books_die_of_ends_the_server(bench: Bench) -> None:
    client = await bench.client()

    async def settle(*_: object) -> list:
        raise ZeroDivisionError

    bench.books.settle = settle
    with pytest.raises(LedgerAway):
        await asyncio.gather(client.admit(a_hold()), _died(bench))


async def _died(bench: Bench) -> None:
    with pytest.raises(ZeroDivisionError):
        await bench.server.run()
    with pytest.raises(ZeroDivisionError):
        await bench.stop()
