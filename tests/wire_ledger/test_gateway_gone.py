"""The gateway dies: every whole frame is decided, then its holds are resolved."""

import asyncio

from tests.wire_ledger.conftest import Bench, a_hold, a_post, until
from tests.wire_ledger.raw_peer import RawPeer
from waystation.ledger import frames
from waystation.ledger.messages import (
    Admitted,
    Checkpoint,
    Extend,
    Hello,
    Sent,
)


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
