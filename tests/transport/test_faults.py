"""Servers that break off, stall, lie about lengths and never end: a typed fault each time,
within its deadline and in bounded memory."""

import asyncio
import contextlib
import socket
import threading
import time
import tracemalloc

import pytest

from tests.support.rogue import Rogue
from tests.support.script import (
    CLOSE,
    RESET,
    STALL,
    Drip,
    Endless,
    Pause,
    Script,
    chunk,
    head,
    reply,
)
from tests.transport.conftest import Line, OpenHttp1, read_on
from waystation.upstream.egress import EgressGuard
from waystation.upstream.transport import MaybeSent, NotSent, Origin, Outgoing

CAP = 1 << 20
CHUNKED = {"transfer-encoding": "chunked"}
FRAME = chunk(b'data: {"x": 1}\n\n')


async def fault_of(line: Line, rogue: Rogue) -> tuple[MaybeSent, bytes]:
    """The fault that a call ends in, and the body that came before it."""
    body = b""
    try:
        answer = await line.call(rogue)
        while piece := await answer.read():
            body += piece
    except MaybeSent as fault:
        return fault, body
    raise AssertionError("no fault")


BROKEN_OFF: dict[str, Script] = {
    "before the reply": (CLOSE,),
    "before the reply, reset": (RESET,),
    "inside the head": (b"HTTP/1.1 200 OK\r\ncontent-", CLOSE),
    "after the headers": (head(200, CHUNKED), Pause(0.02), CLOSE),
    "after the headers, reset": (head(200, CHUNKED), Pause(0.02), RESET),
    "in half a frame": (head(200, CHUNKED), FRAME, FRAME[:9], Pause(0.02), CLOSE),
    "in half a frame, reset": (head(200, CHUNKED), FRAME, FRAME[:9], Pause(0.02), RESET),
    "before the end": (head(200, CHUNKED), FRAME, FRAME, Pause(0.02), CLOSE),
    "before the end, reset": (head(200, CHUNKED), FRAME, FRAME, Pause(0.02), RESET),
    "short of its length": (*reply(200, b"0123456789", content_length=11), CLOSE),
}


@pytest.mark.parametrize("where", BROKEN_OFF)
async def test_a_connection_that_breaks_off(line: Line, rogue: Rogue, where: str) -> None:
    rogue.answer(BROKEN_OFF[where])
    fault, body = await fault_of(line, rogue)
    assert fault.kind == "reset" or (where == "inside the head" and fault.kind == "protocol")
    frames = BROKEN_OFF[where].count(FRAME)
    if "reset" not in where and frames:
        assert body.count(b"data: ") >= frames
    await rogue.until(lambda: not rogue.open_links)
    rogue.answer(rogue.chat())
    assert (await line.call(rogue)).status == 200


NOT_HTTP: dict[str, Script] = {
    "another protocol": (b"SSH-2.0-OpenSSH_9.6\r\n", STALL),
    "version 2": (b"HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n", STALL),
    "odd status": (b"HTTP/1.1 abc OK\r\n\r\n", STALL),
    "odd length": (b"HTTP/1.1 200 OK\r\ncontent-length: 5x\r\n\r\n12345", STALL),
    "two lengths": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n12345",
        STALL,
    ),
    "length and chunks": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        STALL,
    ),
    "odd chunk size": (head(200, CHUNKED), b"xyz\r\nabc\r\n", STALL),
    "switching protocols": (head(101, {"upgrade": "websocket", "connection": "upgrade"}), STALL),
    "an unknown encoding": reply(200, b"abc", {"content-encoding": "rot13"}),
    "not really gzip": reply(200, b"abcdefghijkl", {"content-encoding": "gzip"}),
    "gzip cut short": reply(200, b"\x1f\x8b\x08\x00\x00\x00\x00\x00", {"content-encoding": "gzip"}),
}


@pytest.mark.parametrize("what", NOT_HTTP)
async def test_what_is_not_http(line: Line, rogue: Rogue, what: str) -> None:
    rogue.answer(NOT_HTTP[what])
    if not line.is_direct and what in ("version 2", "two lengths"):
        pytest.skip("aiohttp takes these")
    fault, _ = await fault_of(line, rogue)
    assert fault.kind == "protocol" or (not line.is_direct and fault.kind == "reset")
    if "gzip" not in what and (line.is_direct or what in ("another protocol", "odd chunk size")):
        await rogue.until(lambda: not rogue.open_links)


async def test_bytes_beyond_the_length_are_not_the_next_reply(line: Line, rogue: Rogue) -> None:
    evil = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"
    rogue.queue((reply(200, b"0123456789", content_length=4)[0] + evil,))  # type: ignore[operator]
    with contextlib.suppress(MaybeSent):
        assert await (await line.call(rogue)).read_all(CAP) == b"0123"
    rogue.answer(reply(200, b"good"))
    assert await (await line.call(rogue)).read_all(CAP) == b"good"
    assert len(rogue.links) == 2


async def test_an_idle_connection_that_speaks_is_dropped(direct: Line, rogue: Rogue) -> None:
    rogue.queue((*reply(200, b"x"), Pause(0.02), *reply(200, b"unasked")))
    await (await direct.call(rogue)).read_all(CAP)
    await rogue.until(lambda: rogue.links[0].closed_by == "peer")
    assert not direct.transport.ready(direct.origin(rogue))


ENDLESS: dict[str, Script] = {
    "headers": (b"HTTP/1.1 200 OK\r\n", Endless(b"x-more: " + b"m" * 4000 + b"\r\n")),
    "one header": (b"HTTP/1.1 200 OK\r\nx-more: ", Endless(b"m" * 4096)),
    "many small headers": (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 300, b"\r\n", STALL),
    "early hints": (Endless(b"HTTP/1.1 103 Hint\r\nlink: </x>\r\n\r\n"),),
    "the status line": (b"HTTP/1.1 200 ", Endless(b"O" * 4096)),
    "trailers": (head(200, CHUNKED), b"0\r\n", Endless(b"x-more: " + b"m" * 4000 + b"\r\n")),
    "one trailer": (head(200, CHUNKED), b"0\r\nx-more: ", Endless(b"m" * 4096)),
    "a chunk's extension": (head(200, CHUNKED), b"5;x=", Endless(b"m" * 4096)),
}


@pytest.mark.parametrize("what", ENDLESS)
async def test_endless_heads(line: Line, rogue: Rogue, what: str) -> None:
    if not line.is_direct and what in ("early hints", "a chunk's extension", "one trailer"):
        pytest.skip("aiohttp reads these until the deadline")
    rogue.answer(ENDLESS[what])
    fault, _ = await fault_of(line.within(first_byte=10, idle=10), rogue)
    assert fault.kind in ("protocol", "reset")
    await rogue.until(lambda: not rogue.open_links)
    assert rogue.links[0].sent_bytes < 32 * 1024 * 1024


async def test_an_endless_body_meets_the_cap(line: Line, rogue: Rogue) -> None:
    rogue.answer((head(200, CHUNKED), Endless(chunk(b"z" * 4096))))
    with pytest.raises(MaybeSent) as caught:
        await (await line.call(rogue)).read_all(CAP)
    assert caught.value.kind == "too_large"
    await rogue.until(lambda: not rogue.open_links)


async def test_a_body_larger_than_the_cap_that_is_already_here(direct: Line, rogue: Rogue) -> None:
    rogue.answer(reply(200, b"z" * 1000))
    answer = await direct.call(rogue)
    with pytest.raises(MaybeSent, match="too_large"):
        await answer.read_all(999)


async def test_not_reading_pauses_the_server(direct: Line, rogue: Rogue) -> None:
    """What the server can push is what the kernel's buffers and ours take, and no more."""
    rogue.answer((head(200, CHUNKED), Endless(chunk(b"z" * 65536))))
    answer = await direct.call(rogue)
    link = rogue.links[0]
    before = -1
    async with asyncio.timeout(10):
        while link.sent_bytes != before:
            before = link.sent_bytes
            await asyncio.sleep(0.05)
    tracemalloc.start()
    try:
        await asyncio.sleep(0.05)
        assert link.sent_bytes == before < 16 * 1024 * 1024
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()
    while link.sent_bytes == before:
        assert len(await answer.read()) <= 3 * 64 * 1024
    answer.close()


async def test_a_stall_before_the_reply(line: Line, rogue: Rogue) -> None:
    rogue.answer((STALL,))
    fault, _ = await fault_of(line.within(first_byte=0.1), rogue)
    assert fault.kind == "first_byte_timeout"
    await rogue.until(lambda: not rogue.open_links)


async def test_a_stall_after_the_headers(line: Line, rogue: Rogue) -> None:
    rogue.answer((head(200, CHUNKED), FRAME, STALL))
    fault, body = await fault_of(line.within(idle=0.1), rogue)
    assert (fault.kind, body.count(b"data")) == ("idle_timeout", 1)
    await rogue.until(lambda: not rogue.open_links)


async def test_a_byte_at_a_time_meets_the_total(line: Line, rogue: Rogue) -> None:
    rogue.answer((head(200, CHUNKED), Drip(chunk(b"x" * 500), 0.02)))
    fault, _ = await fault_of(line.within(idle=5, total=0.3), rogue)
    assert fault.kind == "total_timeout"


async def test_the_total_holds_while_nobody_reads(line: Line, rogue: Rogue) -> None:
    rogue.answer((head(200, CHUNKED), Endless(FRAME)))
    answer = await line.within(total=0.5).call(rogue)
    await rogue.until(lambda: not rogue.open_links)
    with pytest.raises(MaybeSent) as caught:
        await read_on(answer)
    assert caught.value.kind == "total_timeout"


async def test_the_total_is_over_before_the_head(line: Line, rogue: Rogue) -> None:
    rogue.answer((STALL,))
    fault, _ = await fault_of(line.within(first_byte=5, total=0.5), rogue)
    assert fault.kind == "total_timeout"


async def test_a_slow_reader_is_not_an_idle_server(line: Line, rogue: Rogue) -> None:
    rogue.answer(rogue.stream([f"{n}" for n in range(3)]))
    answer = await line.within(idle=0.05).call(rogue)
    await asyncio.sleep(0.15)
    assert (await answer.read_all(CAP)).endswith(b"data: [DONE]\n\n")


async def test_a_server_that_does_not_take_the_request(direct: Line, rogue: Rogue) -> None:
    rogue.early = True
    rogue.answer((STALL,))
    with pytest.raises(MaybeSent) as caught:
        await direct.within(idle=0.1).call(rogue, body=bytes(16 * 1024 * 1024))
    assert caught.value.kind == "idle_timeout"


async def test_others_do_not_feel_a_stalled_server(line: Line, rogue: Rogue) -> None:
    rogue.on("/stall", (head(200, CHUNKED), Drip(chunk(b"x" * 1000), 0.5)))
    stalled = [await line.call(rogue, target="/stall") for _ in range(20)]
    begun = time.monotonic()
    for _ in range(20):
        assert (await line.call(rogue)).status == 200
    assert time.monotonic() - begun < 10
    for answer in stalled:
        answer.close()
    await rogue.until(lambda: rogue.open_links <= 1)


async def test_a_used_connection_that_the_server_closed(line: Line, rogue: Rogue) -> None:
    """The request is sent again, once, on a fresh connection; `on_sending` stays at one."""
    rogue.queue(rogue.chat(), (CLOSE,), rogue.chat())
    await (await line.call(rogue)).read_all(CAP)
    calls: list[int] = []
    request = Outgoing(line.origin(rogue), "POST", "/again", (), b"{}")
    answer = await line.transport.send(request, line.deadlines, lambda: calls.append(1))
    assert answer.status == 200
    assert calls == [1]
    assert [seen.link for seen in rogue.seen] == [0, 0, 1]


FAREWELL = (b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n", CLOSE)


async def test_a_farewell_is_no_answer(direct: Line, rogue: Rogue) -> None:
    """What an idle connection still says when the next request is about to be sent on it."""
    rogue.queue((*rogue.chat(), Pause(0.05), *FAREWELL), rogue.chat())
    await (await direct.call(rogue)).read_all(CAP)
    time.sleep(0.3)  # noqa: ASYNC251 - the loop is busy, so it has not seen it yet
    assert (await direct.call(rogue)).status == 200
    assert [seen.link for seen in rogue.seen] == [0, 1]


async def test_a_fresh_connection_that_is_turned_away(direct: Line) -> None:
    """Its answer counts though it came before the question, and nothing follows it there."""
    refusal = b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n"
    asked: list[bytes] = []

    def turn_away(listener: socket.socket) -> None:
        for _ in range(2):
            with listener.accept()[0] as link:
                time.sleep(0.1)  # or it would be there before anything is about to be sent
                link.sendall(refusal)
                asked.append(link.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=turn_away, args=(listener,))
        server.start()
        origin = Origin("http", "127.0.0.1", listener.getsockname()[1], True)
        request = Outgoing(origin, "POST", "/", (), b"{}")
        for _ in range(2):
            sending = direct.transport.send(request, direct.deadlines, lambda: time.sleep(0.3))
            assert (await sending).status == 429
        await asyncio.to_thread(server.join)
    assert asked == [b"", b""]


async def test_a_fresh_connection_is_not_tried_again(line: Line, rogue: Rogue) -> None:
    rogue.answer((CLOSE,))
    fault, _ = await fault_of(line, rogue)
    assert fault.kind == "reset"
    assert len(rogue.seen) == 1


async def test_sending_again_can_be_forbidden(rogue: Rogue, open_http1: OpenHttp1) -> None:
    line = Line(open_http1(retry_stale=False))
    rogue.queue(rogue.chat(), (CLOSE,))
    await (await line.call(rogue)).read_all(CAP)
    fault, _ = await fault_of(line, rogue)
    assert fault.kind == "reset"
    assert len(rogue.seen) == 2


async def test_a_reply_that_began_is_not_asked_for_again(line: Line, rogue: Rogue) -> None:
    rogue.queue(rogue.chat(), (b"HTTP/1.1 2", Pause(0.02), CLOSE))
    await (await line.call(rogue)).read_all(CAP)
    if line.is_direct:
        fault, _ = await fault_of(line, rogue)
        assert fault.kind == "reset"
        assert len(rogue.seen) == 2


async def test_the_second_try_finds_nobody(direct: Line, rogue: Rogue) -> None:
    """The first try may have been read: so this is no `NotSent` any more."""
    rogue.queue(rogue.chat(), (Pause(0.05), CLOSE))
    await (await direct.call(rogue)).read_all(CAP)
    rogue.stop_listening()
    fault, _ = await fault_of(direct, rogue)
    assert fault.kind == "connect"


async def test_nobody_listens(direct: Line, rogue: Rogue) -> None:
    rogue.stop_listening()
    with pytest.raises(NotSent) as caught:
        await direct.call(rogue)
    assert caught.value.kind == "connect"


async def test_a_name_without_an_address(direct: Line) -> None:
    origin = Origin("http", "nothing.invalid", 80)
    with pytest.raises(NotSent) as caught:
        await direct.transport.send(Outgoing(origin, "GET", "/", ()), direct.deadlines)
    assert caught.value.kind == "resolve"


async def test_a_server_that_does_not_accept(open_http1: OpenHttp1) -> None:
    """Its queue is full, so the kernel leaves us waiting for an answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        line = Line(open_http1()).within(connect=0.2)
        request = Outgoing(Origin("http", *address, True), "GET", "/", ())
        with pytest.raises(NotSent) as caught:
            await line.transport.send(request, line.deadlines)
        assert caught.value.kind == "connect_timeout"
        for filler in fillers:
            filler.close()


class TwoAddresses(EgressGuard):
    """A name with an address where nobody listens before the right one."""

    async def resolve(self, host: str, port: int, allow_private: bool = False):  # type: ignore[no-untyped-def]
        return [("127.0.0.2", port), ("127.0.0.1", port)]


async def test_the_next_address_is_tried(rogue: Rogue, open_http1: OpenHttp1) -> None:
    line = Line(open_http1(TwoAddresses()))
    assert (await line.call(rogue, host="two.example")).status == 200
    assert rogue.seen[0].headers["host"] == f"two.example:{rogue.port}"


@pytest.mark.parametrize(
    "mebibytes", [1, 8, pytest.param(64, marks=pytest.mark.soak)], ids=lambda size: f"{size} MiB"
)
async def test_a_very_long_line(line: Line, rogue: Rogue, mebibytes: int) -> None:
    """It passes in pieces; what is held of it at any time is bounded."""
    size = mebibytes * 1024 * 1024
    rogue.answer((head(200, {"content-length": str(size)}), *(b"z" * 65536,) * (size // 65536)))
    answer = await line.call(rogue)
    left, largest = size, 0
    while piece := await answer.read():
        left -= len(piece)
        largest = max(largest, len(piece))
    assert left == 0
    assert largest <= (128 if line.is_direct else 512) * 1024


@pytest.mark.soak
async def test_a_byte_a_second(line: Line, rogue: Rogue) -> None:
    rogue.answer((head(200, {"content-length": "500"}), Drip(b"x" * 500, 1.0)))
    fault, _ = await fault_of(line.within(idle=5, total=20), rogue)
    assert fault.kind == "total_timeout"
