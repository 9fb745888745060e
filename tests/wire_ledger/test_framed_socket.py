import asyncio
import socket

import pytest

from tests.wire_ledger.conftest import until
from waystation.ledger import framed_socket, frames
from waystation.ledger.framed_socket import FramedSocket
from waystation.ledger.messages import Sent


class Ends:
    """A framed socket, its raw peer, and what the framed one read."""

    def __init__(self) -> None:
        ours, self.peer = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.read: list[object] = []
        self.closed = 0
        loop = asyncio.get_running_loop()
        self.framed = FramedSocket(loop, ours, self._on_payload, self._on_closed)

    def _on_payload(self, payload: memoryview) -> None:
        self.read += frames.decode_commands(payload)

    def _on_closed(self) -> None:
        self.closed += 1


async def test_the_end_of_a_peer_that_died_with_unread_data_is_seen() -> None:
    ends = Ends()
    ends.framed.send(frames.encode([Sent("the peer will not read this", True)]))
    ends.peer.send(frames.encode([Sent("last words", True)]))
    ends.peer.close()
    await until(lambda: ends.closed == 1)
    assert ends.read == [Sent("last words", True)]


async def test_a_write_that_finds_the_peer_dead_leads_to_the_end() -> None:
    ends = Ends()
    ends.peer.send(frames.encode([Sent("last words", True)]))
    ends.peer.close()
    assert not ends.framed.send(frames.encode([Sent("in vain", True)]))
    assert not ends.framed.send(frames.encode([Sent("in vain", True)]))
    await until(lambda: ends.closed == 1)
    assert ends.read == [Sent("last words", True)]


async def test_more_than_one_turn_s_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framed_socket, "_READ_BYTES", 16)
    monkeypatch.setattr(framed_socket, "_READS_PER_TURN", 2)
    ends = Ends()
    said = [Sent(f"hold-{number}", True) for number in range(50)]
    ends.peer.send(frames.encode(said))
    ends.framed.send(frames.encode([Sent("the peer will not read this", True)]))
    ends.peer.close()
    await until(lambda: ends.closed == 1)
    assert ends.read == said


async def test_what_does_not_fit_follows_when_the_peer_reads() -> None:
    ends = Ends()
    frame = frames.encode([Sent("x" * 200_000, True)])
    sent = 0
    while ends.framed.send(frame):
        sent += 1
    assert not ends.framed.send(frame)
    waiting = ends.framed.backlog_bytes
    assert waiting > len(frame)
    loop = asyncio.get_running_loop()
    ends.peer.setblocking(False)
    splitter, whole = frames.FrameSplitter(), 0
    while whole < sent + 2:
        data = await asyncio.wait_for(loop.sock_recv(ends.peer, 100_000), 5)
        whole += len(splitter.feed(memoryview(data)))
    assert ends.framed.backlog_bytes == 0
    ends.framed.close()
    ends.framed.close()
    ends.peer.close()
    assert ends.closed == 0


async def test_paused_it_reads_nothing_and_dropped_it_reads_the_rest() -> None:
    ends = Ends()
    ends.framed.pause()
    ends.peer.send(frames.encode([Sent("a", True)]))
    await asyncio.sleep(0.01)
    assert ends.read == []
    ends.framed.drop()
    assert (ends.read, ends.closed) == ([Sent("a", True)], 1)
    ends.peer.close()
