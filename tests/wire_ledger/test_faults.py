import asyncio
import socket
from pathlib import Path

import pytest

from tests.wire_ledger.conftest import Bench, a_hold, a_post, a_row, until
from tests.wire_ledger.raw_peer import RawPeer
from waystation.ledger import frames, writer
from waystation.ledger.books import BooksLocked, Lose
from waystation.ledger.messages import (
    Admitted,
    Checkpoint,
    Extend,
    Granted,
    Hello,
    Refused,
    Resolved,
    Sent,
    Swept,
    TakeSlot,
)
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AskAccount
from waystation.ledger.server import LedgerServer
from waystation.ledger.socket_address import AddressTaken

# ---- the store is away ---------------------------------------------------------------------


async def test_without_a_store_nothing_is_admitted_and_nothing_is_forgotten(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    bench.books.away = True
    refused = a_hold()
    for question in (
        client.admit(refused),
        client.extend(Extend(hold.id, 1, 5)),
        client.take_slot(TakeSlot("a", 1, 1, 1, 1, 0, 0)),
        client.ask(AskAccount("q", 1)),
    ):
        with pytest.raises(LedgerAway):
            await asyncio.wait_for(question, 2)
    client.resolve(a_post(hold.id, 250))
    with pytest.raises(LedgerAway):
        await client.admit(a_hold())
    assert client.unacknowledged == 1
    bench.books.away = False
    await client.settled(5)
    assert bench.books.holds[hold.id].resolved.nanos == 250
    assert refused.id not in bench.books.holds
    assert isinstance(await client.admit(a_hold()), Admitted)
    assert bench.books.slots == {}


async def test_a_resolution_outlives_every_try_that_failed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "RETRY_SECONDS", 0.01)
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    bench.books.away = True
    client.resolve(a_post(hold.id, 250))
    await until(lambda: bench.books.failures >= 3)
    bench.books.away = False
    await client.settled(5)
    assert bench.books.holds[hold.id].resolved.nanos == 250
    assert bench.books.holds[hold.id].resolutions == 1


async def test_while_the_store_is_away_callers_do_not_wait_for_it(bench: Bench) -> None:
    client = await bench.client()
    bench.books.away = True
    with pytest.raises(LedgerAway):
        await client.admit(a_hold())
    bench.books.gate = asyncio.Event()
    await until(lambda: bench.books.settling == 1)  # trying again, which takes long
    with pytest.raises(LedgerAway):
        await asyncio.wait_for(client.admit(a_hold()), 1)
    bench.books.away = False
    bench.books.gate.set()
    await until(lambda: not bench.server.writer._is_away)
    assert isinstance(await client.admit(a_hold()), Admitted)


async def test_a_store_that_is_away_keeps_a_bounded_number_of_rows(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "NOTES_KEPT_MAX", 10)
    client = await bench.client()
    bench.books.away = True
    for _ in range(25):
        client.note(a_row())
    await until(lambda: bench.server.writer.counters.log_dropped == 15)
    bench.books.away = False
    await until(lambda: len(bench.books.notes) == 10)


async def test_a_gateway_that_is_back_before_the_store_is_not_lost(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    bench.books.away = True
    bench.server._lose_after_seconds = 0.0
    client.link.close()
    await until(lambda: not bench.server.gateways and not bench.server._losses)
    assert bench.server.writer.inbox_count >= 1
    client.link.start()
    await until(lambda: bench.server.gateways == ("gw-1",))
    bench.books.away = False
    client.resolve(a_post(hold.id))
    await client.settled(5)
    commands = [posted.command for batch in bench.books.batches for posted in batch]
    assert Lose("gw-1") not in commands
    assert bench.books.holds[hold.id].resolved.kind == "post"


# ---- the ledger dies and returns -----------------------------------------------------------


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


# ---- the gateway dies ----------------------------------------------------------------------


async def test_every_whole_frame_of_a_dead_gateway_is_decided_first(bench: Bench) -> None:
    peer = RawPeer(bench.path)
    sent, unsent = a_hold(), a_hold()
    peer.send(Hello("gw-raw", "boot-1"))
    peer.send(sent, unsent)
    peer.send(Sent(sent.id, True), Checkpoint(sent.id, 77))
    peer.send_bytes(bytes(frames.encode([Checkpoint(sent.id, 99)]))[:-1])  # torn
    peer.close()  # with answers unread
    await until(lambda: not bench.books.open_holds and len(bench.books.holds) == 2)
    held = bench.books.holds
    assert (held[sent.id].resolved.kind, held[sent.id].resolved.nanos) == ("post", 77)
    assert held[unsent.id].resolved.kind == "expire"


async def test_a_write_to_a_dead_gateway_does_not_lose_what_it_had_written(bench: Bench) -> None:
    peer = RawPeer(bench.path)
    peer.send(Hello("gw-raw", "boot-1"))
    hold = a_hold()
    peer.send(hold)
    await until(lambda: bench.books.open_holds == [hold.id])
    await peer.receive()
    bench.books.gate = asyncio.Event()
    peer.send(Extend(hold.id, 1, 5))
    await until(lambda: bench.books.settling == 1)
    (connection,) = bench.server._connections
    connection.pause()  # the next frame stays in the kernel …
    peer.send(Sent(hold.id, True))
    peer.close()
    bench.books.gate.set()
    await until(lambda: connection._socket._broken)  # … while our answer meets a closed socket
    connection.resume()
    await until(lambda: not bench.books.open_holds)
    assert bench.books.holds[hold.id].resolved.kind == "post"


async def test_a_connection_that_is_back_in_time_keeps_its_holds(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    client.link.reset()
    await client.wait_present(5)
    client.resolve(a_post(hold.id))
    await client.settled(5)
    assert bench.books.holds[hold.id].resolved.kind == "post"
    assert client.link.connections == 2


async def test_a_gateway_that_forgot_a_hold_has_it_resolved(bench: Bench) -> None:
    first = await bench.client("gw-1")
    hold = a_hold()
    await first.admit(hold)
    second = await bench.client("gw-1")  # the process was started anew under the same name
    assert bench.books.open_holds == []
    assert isinstance(await second.admit(a_hold()), Admitted)


# ---- odd peers -----------------------------------------------------------------------------


async def test_frames_in_any_pieces(bench: Bench) -> None:
    for cut in (1, 2, 3, 5, 7, 100, 1_000):
        said = ((Hello("gw-raw", "b"), a_hold()), (a_hold(),), ())
        data = b"".join(bytes(frames.encode(list(commands))) for commands in said)
        peer = RawPeer(bench.path)
        for start in range(0, len(data), cut):
            peer.send_bytes(data[start : start + cut])
            await asyncio.sleep(0)
        replies = []
        while len(replies) < 3:
            replies += await peer.receive()
        assert [type(reply) for reply in replies] == [Swept, Admitted, Admitted]
        peer.close()


def test_a_stream_of_frames_split_at_each_byte() -> None:
    sent = [[Sent(f"h{n}", True)] * n for n in (0, 1, 2, 30)]
    data = b"".join(bytes(frames.encode(commands)) for commands in sent)
    for cut in range(len(data) + 1):
        splitter = frames.FrameSplitter()
        payloads = [
            bytes(payload)
            for piece in (data[:cut], data[cut:])
            for payload in splitter.feed(memoryview(piece))
        ]
        assert [frames.decode_commands(payload) for payload in payloads] == sent
    splitter = frames.FrameSplitter()
    read = []
    for number in range(len(data)):
        payloads = splitter.feed(memoryview(data)[number : number + 1])
        read += [frames.decode_commands(payload) for payload in payloads]
    assert read == sent


@pytest.mark.parametrize(
    "data",
    [
        (frames.FRAME_BYTES_MAX + 1).to_bytes(4, "big"),
        b"\x00\x00\x00\x01\xc1",
        b"\x00\x00\x00\x05hello",
        bytes(frames.encode([])),
        bytes(frames.encode([Sent("before hello", True)])),
        bytes(frames.encode([Hello("g", "b"), Resolved("h", "post", 1)])),
    ],
    ids=["too large", "no msgpack", "no array", "empty", "no hello", "a decision"],
)
async def test_nonsense_closes_the_connection_and_harms_nobody(bench: Bench, data: bytes) -> None:
    client = await bench.client()
    peer = RawPeer(bench.path)
    peer.send_bytes(data)
    assert await peer.receive() is None
    assert isinstance(await client.admit(a_hold()), Admitted)
    peer.close()


def test_a_frame_above_the_cap_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "FRAME_BYTES_MAX", 10)
    with pytest.raises(frames.FrameTooLarge):
        frames.encode([Hello("a long name of a gateway", "b")])


async def test_a_peer_that_does_not_read_is_dropped(bench: Bench) -> None:
    client = await bench.client()
    bench.server._backlog_bytes_max = 64 * 1024
    peer = RawPeer(bench.path)
    peer.send(Hello("gw-deaf", "boot-1"))
    questions = [AskAccount(f"{n:0>200}", 1) for n in range(500)]
    for _ in range(1_000):
        try:
            peer.send(*questions)
        except (BrokenPipeError, ConnectionResetError):
            break
        await client.ask(AskAccount("meanwhile", 1))
    await until(lambda: "gw-deaf" not in bench.server.gateways)
    assert isinstance(await client.admit(a_hold()), Admitted)
    peer.close()


async def test_too_many_connections_are_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waystation.ledger.server.CONNECTIONS_MAX", 1)
    client = await bench.client()
    peer = RawPeer(bench.path)
    assert await peer.receive() is None
    assert bench.server.dropped == 1
    assert isinstance(await client.admit(a_hold()), Admitted)
    peer.close()


async def test_a_full_inbox_is_felt_by_the_gateways_and_empties(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "INBOX_MAX", 50)
    monkeypatch.setattr(writer, "BATCH_MAX", 20)
    client = await bench.client()
    bench.books.gate = asyncio.Event()
    waiting = [asyncio.create_task(client.admit(a_hold())) for _ in range(200)]
    await until(lambda: bench.server._paused)
    bench.books.gate.set()
    assert all(isinstance(answer, Admitted) for answer in await asyncio.gather(*waiting))
    assert not bench.server._paused
    assert max(len(batch) for batch in bench.books.batches) <= 20


async def test_a_ledger_that_does_not_read_is_away_for_sending(bench: Bench) -> None:
    client = await bench.client()
    hold = a_hold()
    await client.admit(hold)
    gone = a_hold()
    await client.admit(gone)
    (connection,) = bench.server._connections
    connection.pause()
    row = a_row()
    while not client.link.congested:
        client.note(row)
        client.link.flush()
    client.checkpoint(hold.id, 5)
    client.note(row)
    assert client.log_queue == 1
    with pytest.raises(LedgerAway):
        client.sent(hold.id)
    connection.resume()
    client.resolve(a_post(gone.id))
    await client.settled(5)
    assert not bench.books.holds[hold.id].sent
    await until(lambda: client.log_queue == 0)


async def test_rows_that_wait_for_the_ledger_are_bounded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waystation.ledger.client.NOTES_MAX", 3)
    client = await bench.client()
    await bench.stop()
    await until(lambda: not client.present)
    for _ in range(5):
        client.note(a_row())
    assert (client.log_queue, client.log_dropped) == (3, 2)
    await bench.serve()
    await until(lambda: len(bench.books.notes) == 3)


async def test_answers_for_nobody_are_ignored(bench: Bench) -> None:
    client = await bench.client()
    for reply in (
        Admitted("nobody", 1),
        Refused("nobody", "balance"),
        Resolved("nobody", "post", 1),
        Granted("nobody"),
        frames.Away("hold", "nobody"),
        frames.Away("slot", "nobody"),
        frames.Away("ask", "nobody"),
        Swept(("nobody",)),
    ):
        client.on_payload(memoryview(frames.encode([reply]))[4:])
    assert client.holds_open == 0
