"""The writing half of a connection, on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from waystation.edge.http1.outlet import Outlet
from waystation.kernel.turn import ACTS_MAX, Turn


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        yield ours, theirs


@pytest.fixture
async def outlet(pair: tuple[socket.socket, socket.socket]) -> AsyncIterator[Outlet]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=pair[0])
    yield Outlet(transport, 64 * 1024, Turn())
    transport.abort()


Pair = tuple[socket.socket, socket.socket]


def taken(pair: Pair) -> bytes:
    try:
        return pair[1].recv(1 << 20)
    except BlockingIOError:
        return b""


async def test_a_late_reply_goes_at_the_end_of_the_turn(outlet: Outlet, pair: Pair) -> None:
    outlet.send_late(b"one,")
    outlet.send_late(b"two")
    assert taken(pair) == b""
    assert not outlet.is_empty
    await asyncio.sleep(0)
    assert taken(pair) == b"one,two"
    assert outlet.is_empty


async def test_nothing_overtakes_what_was_put_off(outlet: Outlet, pair: Pair) -> None:
    outlet.send_late(b"a")
    outlet.send(b"b")
    assert taken(pair) == b"ab"
    outlet.send_late(b"c")
    outlet.send_both(b"d", b"e")
    assert taken(pair) == b"cde"
    outlet.send_late(b"f")
    outlet.send_late(bytes(20_000))
    assert taken(pair) == b"f" + bytes(20_000), "much goes at once"
    await asyncio.sleep(0)
    assert taken(pair) == b""


async def test_a_reply_that_was_put_off_is_no_stall(outlet: Outlet) -> None:
    """The sweep may come before the turn's end, and nobody took anything before."""
    outlet.send_late(b"the first reply of this connection")
    assert not outlet.is_stalled(asyncio.get_running_loop().time(), 60.0)


async def test_what_is_taken_slowly_is_a_stall(outlet: Outlet, pair: Pair) -> None:
    outlet.send(bytes(8 << 20))
    now = asyncio.get_running_loop().time()
    assert not outlet.is_stalled(now, 1.0)
    assert outlet.is_stalled(now + 1.5, 1.0)
    assert taken(pair)
    await asyncio.sleep(0.01)
    assert not outlet.is_stalled(now + 3, 1.0)


async def test_the_last_that_a_turn_takes_goes_at_once(pair: Pair) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=pair[0])
    turn = Turn()
    for _ in range(ACTS_MAX - 1):
        turn.later(lambda: None)
    Outlet(transport, 64 * 1024, turn).send_late(b"now")
    assert taken(pair) == b"now"
    transport.abort()


async def test_a_connection_that_closes_meanwhile(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=pair[0])
    outlet = Outlet(transport, 64 * 1024, Turn())
    outlet.send_late(b"lost")
    transport.abort()
    for _ in range(3):
        await asyncio.sleep(0)
    assert pair[1].recv(10) == b""
    assert not caplog.records
