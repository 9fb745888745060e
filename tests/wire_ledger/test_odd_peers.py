"""Peers that send nonsense, too much, or do not read."""

import asyncio

import pytest

from tests.wire_ledger.conftest import Bench, a_hold, a_post, a_row, until
from tests.wire_ledger.raw_peer import RawPeer
from waystation.ledger import frames, writer
from waystation.ledger.messages import (
    Admitted,
    Granted,
    Hello,
    Refused,
    Resolved,
    Sent,
    Swept,
)
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AskAccount


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
