"""Bodies sent piece by piece, through both clients: whole, in order, again when asked again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.support.proxies import Proxy
from tests.support.rogue import Rogue
from tests.support.script import CLOSE, STALL
from waystation.upstream.egress import EgressGuard
from waystation.upstream.http1.client import Http1Transport
from waystation.upstream.proxied import ProxiedTransport
from waystation.upstream.transport import Deadlines, MaybeSent, Origin, Outgoing

SIZES = (0, 1, 65_536, 300_000, 3_000_000)


class Pieces:
    """A body that tells how often it was begun; broken: reading it fails there."""

    def __init__(self, size: int, piece: int = 100_000, broken: int | None = None) -> None:
        self.whole = bytes(range(256)) * (size // 256) + bytes(size % 256)
        self.piece = piece
        self.broken = broken
        self.begun = 0

    def __len__(self) -> int:
        return len(self.whole)

    def __bytes__(self) -> bytes:
        return self.whole

    def __iter__(self) -> Iterator[bytes]:
        self.begun += 1
        for at in range(0, len(self.whole), self.piece):
            if self.broken is not None and at >= self.broken:
                raise OSError("the disk is gone")
            yield self.whole[at : at + self.piece]


@pytest.fixture
def rogue() -> Iterator[Rogue]:
    with Rogue() as one:
        yield one


@pytest.fixture(params=["http1", "proxied"])
async def line(request: pytest.FixtureRequest, rogue: Rogue) -> AsyncIterator[Any]:
    """(transport, origin)"""
    guard = EgressGuard()
    if request.param == "http1":
        transport: Any = Http1Transport(guard)
        yield transport, Origin("http", rogue.host, rogue.port, allow_private=True)
        await transport.close()
        return
    async with Proxy() as proxy:
        transport = ProxiedTransport(guard)
        yield (
            transport,
            Origin("http", rogue.host, rogue.port, allow_private=True, proxy=proxy.http_url),
        )
        await transport.close()


def outgoing(origin: Origin, body: Any) -> Outgoing:
    kind = (b"content-type", b"application/octet-stream")
    return Outgoing(origin, "POST", "/up", (kind,), body)


async def test_whole_and_in_order_on_one_connection(rogue: Rogue, line: Any) -> None:
    transport, origin = line
    for size in SIZES:
        body = Pieces(size)
        incoming = await transport.send(outgoing(origin, body), Deadlines())
        await incoming.read_all(10**6)
        seen = rogue.seen[-1]
        assert seen.body == body.whole
        assert int(seen.headers.get("content-length", "0")) == size
        assert "transfer-encoding" not in seen.headers


async def test_sent_again_from_the_front_when_the_connection_was_stale(rogue: Rogue) -> None:
    transport = Http1Transport(EgressGuard())
    origin = Origin("http", rogue.host, rogue.port, allow_private=True)
    first = await transport.send(outgoing(origin, b"x"), Deadlines())
    await first.read_all(10**6)
    rogue.queue((CLOSE,))
    body = Pieces(400_000)
    await rogue.until(lambda: transport.idle_count == 1)
    again = await transport.send(outgoing(origin, body), Deadlines())
    await again.read_all(10**6)
    assert rogue.seen[-1].body == rogue.seen[-2].body == body.whole
    assert body.begun == 2
    await transport.close()


async def test_a_body_that_cannot_be_read_ends_the_exchange(rogue: Rogue) -> None:
    transport = Http1Transport(EgressGuard())
    origin = Origin("http", rogue.host, rogue.port, allow_private=True)
    with pytest.raises(MaybeSent):
        await transport.send(outgoing(origin, Pieces(2_000_000, broken=400_000)), Deadlines())
    await rogue.until(lambda: rogue.open_links == 0)
    await rogue.until(lambda: transport.open_count == 0)
    await transport.close()


async def test_an_upstream_that_stops_reading_is_waited_for_once(rogue: Rogue) -> None:
    rogue.early = True
    rogue.answer((STALL,))
    transport = Http1Transport(EgressGuard())
    origin = Origin("http", rogue.host, rogue.port, allow_private=True)
    began = asyncio.get_running_loop().time()
    with pytest.raises(MaybeSent) as stalled:
        await transport.send(
            outgoing(origin, Pieces(20_000_000)), Deadlines(idle_seconds=0.3, total_seconds=20)
        )
    assert stalled.value.kind == "idle_timeout"
    assert asyncio.get_running_loop().time() - began < 10
    await transport.close()


async def test_an_early_answer_keeps_no_connection(rogue: Rogue) -> None:
    rogue.early = True
    rogue.answer(rogue.reply(413, b"{}"))
    transport = Http1Transport(EgressGuard())
    origin = Origin("http", rogue.host, rogue.port, allow_private=True)
    incoming = await transport.send(outgoing(origin, Pieces(20_000_000)), Deadlines())
    assert incoming.status == 413
    await incoming.read_all(10**6)
    assert transport.idle_count == 0
    await transport.close()
