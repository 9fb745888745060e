"""A request as the server sees it, and each way in which a reply may end."""

import asyncio
import json
import threading

import pytest

from tests.support.rogue import Rogue
from tests.support.script import CLOSE, LAST_CHUNK, Gate, chunk, head, reply
from tests.transport.conftest import Line, OpenHttp1, read_on
from waystation.upstream.egress import EgressGuard
from waystation.upstream.http1 import Http1Transport
from waystation.upstream.transport import Deadlines, MaybeSent, Outgoing, UnixOrigin

CAP = 1 << 20


async def test_a_json_reply(line: Line, rogue: Rogue) -> None:
    answer = await line.call(
        rogue,
        headers=((b"Authorization", b"Bearer sk-1"), (b"content-type", b"application/json")),
        body=b'{"model":"m"}',
    )
    assert answer.status == 200
    assert answer.header(b"content-type") == b"application/json"
    body = json.loads(await answer.read_all(CAP))
    assert body["choices"][0]["message"]["content"] == "hello there"
    seen = rogue.seen[0]
    assert (seen.method, seen.target) == ("POST", "/v1/chat/completions")
    assert seen.body == b'{"model":"m"}'
    assert seen.headers["authorization"] == "Bearer sk-1"
    assert seen.headers["host"] == f"127.0.0.1:{rogue.port}"
    assert seen.headers["content-length"] == "13"
    assert seen.headers["accept-encoding"] == "identity"
    assert "user-agent" not in seen.headers


async def test_a_stream_arrives_frame_by_frame(line: Line, rogue: Rogue) -> None:
    frames = [f"frame {number}" for number in range(5)]
    rogue.answer(rogue.stream(frames, gap_seconds=0.02, done=False))
    answer = await line.call(rogue)
    pieces = []
    while piece := await answer.read():
        pieces.append(piece)
    assert b"".join(pieces) == b"".join(f"data: {frame}\n\n".encode() for frame in frames)
    assert len(pieces) > 1
    assert await answer.read() == b""


async def test_connections_are_reused(line: Line, rogue: Rogue) -> None:
    for _ in range(5):
        await (await line.call(rogue)).read_all(CAP)
    assert len(rogue.links) == 1
    assert rogue.links[0].requests == 5


async def test_each_call_at_once_has_its_own_connection(line: Line, rogue: Rogue) -> None:
    rogue.answer(lambda seen: reply(200, seen.body))

    async def one(number: int) -> bytes:
        return await (await line.call(rogue, body=b"%d" % number)).read_all(CAP)

    assert await asyncio.gather(*map(one, range(20))) == [b"%d" % n for n in range(20)]


@pytest.mark.parametrize("status", [204, 304])
async def test_statuses_without_a_body(line: Line, rogue: Rogue, status: int) -> None:
    rogue.queue((head(status, {"etag": "x"}),))
    answer = await line.call(rogue)
    assert answer.status == status
    assert await answer.read_all(CAP) == b""
    assert (await line.call(rogue)).status == 200
    assert len(rogue.links) == 1


async def test_head_has_a_length_and_no_body(line: Line, rogue: Rogue) -> None:
    lengths = {"content-length": "1000", "content-encoding": "gzip"}
    rogue.queue((head(200, lengths),), (head(200, {"transfer-encoding": "chunked"}),))
    answer = await line.call(rogue, method="HEAD")
    assert answer.header(b"content-length") == b"1000"
    assert await answer.read_all(CAP) == b""
    answer = await line.call(rogue, method="HEAD")
    assert await answer.read() == b""
    assert (await line.call(rogue)).status == 200
    assert len(rogue.links) == 1


async def test_a_body_until_the_connection_closes(line: Line, rogue: Rogue) -> None:
    rogue.answer((head(200, {"content-type": "text/plain"}), b"to the ", b"end", CLOSE))
    answer = await line.call(rogue)
    assert await answer.read_all(CAP) == b"to the end"


async def test_a_server_that_closes_after_each_reply(line: Line, rogue: Rogue) -> None:
    rogue.answer((*reply(200, b"x", {"connection": "close"}), CLOSE))
    for _ in range(3):
        assert await (await line.call(rogue)).read_all(CAP) == b"x"
    assert len(rogue.links) == 3


async def test_early_hints_are_skipped(line: Line, rogue: Rogue) -> None:
    rogue.answer((head(103, {"link": "</x>"}), head(100, {}), *reply(200, b"real")))
    answer = await line.call(rogue)
    assert (answer.status, await answer.read_all(CAP)) == (200, b"real")
    assert answer.header(b"link") is None


async def test_chunk_extensions_and_trailers_are_ignored(line: Line, rogue: Rogue) -> None:
    start = head(200, {"transfer-encoding": "chunked"})
    rogue.queue((start, b"3;ext=1\r\nabc\r\n", b"0\r\nx-trailer: 1\r\n\r\n"))
    answer = await line.call(rogue)
    assert await answer.read_all(CAP) == b"abc"
    assert answer.header(b"x-trailer") is None
    assert (await line.call(rogue)).status == 200
    assert len(rogue.links) == 1


async def test_a_large_request_body(line: Line, rogue: Rogue) -> None:
    body = bytes(range(256)) * (16 * 1024)
    rogue.answer(lambda seen: reply(200, b"%d" % len(seen.body)))
    answer = await line.call(rogue, body=body)
    assert await answer.read_all(CAP) == b"%d" % len(body)
    assert rogue.seen[0].body == body


async def test_a_reply_before_the_request_is_whole(direct: Line, rogue: Rogue) -> None:
    """A server may refuse a body that it does not want; the connection is then spent."""
    rogue.early = True
    rogue.answer(reply(413, b"no"))
    answer = await direct.call(rogue, body=bytes(8 * 1024 * 1024))
    assert answer.status == 413
    assert await answer.read_all(CAP) == b"no"
    assert not direct.transport.ready(direct.origin(rogue))
    transport = direct.transport
    assert isinstance(transport, Http1Transport)
    await _until(lambda: transport.open_count == 0)


async def test_methods_without_a_body_have_no_length(line: Line, rogue: Rogue) -> None:
    await (await line.call(rogue, method="GET", target="/v1/models?x=1&y=%20")).read_all(CAP)
    assert rogue.seen[0].target == "/v1/models?x=1&y=%20"
    assert "content-length" not in rogue.seen[0].headers
    await (await line.call(rogue, method="POST", body=b"")).read_all(CAP)
    assert rogue.seen[1].headers["content-length"] == "0"


async def test_the_callers_accept_encoding_stands(line: Line, rogue: Rogue) -> None:
    await (await line.call(rogue, headers=((b"Accept-Encoding", b"br"),))).read_all(CAP)
    assert rogue.seen[0].headers["accept-encoding"] == "br"


BROKEN_HEADERS = [
    (b"x", b"a\r\nb: c"),
    (b"x", b"a\nb"),
    (b"x", b"a\rb"),
    (b"x", b"a\0b"),
    (b"x y", b"a"),
    (b"x:", b"a"),
    (b"", b"a"),
    (b"x\r\ny", b"a"),
    ("ü".encode(), b"a"),
    (b"Host", b"elsewhere"),
    (b"Content-Length", b"3"),
    (b"transfer-encoding", b"chunked"),
    (b"Connection", b"close"),
]


@pytest.mark.parametrize("header", BROKEN_HEADERS)
async def test_headers_that_would_break_the_head(
    line: Line, rogue: Rogue, header: tuple[bytes, bytes]
) -> None:
    with pytest.raises(ValueError):
        await line.call(rogue, headers=((b"x-fine", b"1"), header))
    assert not rogue.links


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/a b"),
        ("GET", "/a\r\nx: y"),
        ("GET", "/a\0"),
        ("GET", "//elsewhere\t"),
        ("GET", "http://elsewhere/"),
        ("GET", ""),
        ("GET", "/é"),
        ("GET /x HTTP/1.1\r\n", "/"),
        ("", "/"),
    ],
)
async def test_targets_that_would_break_the_head(
    line: Line, rogue: Rogue, method: str, target: str
) -> None:
    with pytest.raises(ValueError):
        await line.call(rogue, method=method, target=target)
    assert not rogue.links


async def test_on_sending_is_called_once_right_before(line: Line, rogue: Rogue) -> None:
    order = []

    def answer(seen: object) -> tuple[bytes, ...]:
        order.append("seen")
        return reply(200, b"x")  # type: ignore[return-value]

    rogue.answer(answer)
    request = Outgoing(line.origin(rogue), "POST", "/", (), b"{}")
    for _ in range(2):
        await line.transport.send(request, line.deadlines, lambda: order.append("sending"))
    assert order == ["sending", "seen"] * 2


async def test_on_sending_that_raises_sends_nothing(line: Line, rogue: Rogue) -> None:
    def refuse() -> None:
        raise RuntimeError("the hold is gone")

    request = Outgoing(line.origin(rogue), "POST", "/", (), b"{}")
    with pytest.raises(RuntimeError, match="the hold is gone"):
        await line.transport.send(request, line.deadlines, refuse)
    await rogue.until(lambda: not rogue.open_links)
    assert not rogue.seen


async def test_ready_tells_of_an_idle_connection(direct: Line, rogue: Rogue) -> None:
    origin = direct.origin(rogue)
    assert not direct.transport.ready(origin)
    answer = await direct.call(rogue)
    await answer.read_all(CAP)
    assert direct.transport.ready(origin)
    rogue.close_links()
    await _until(lambda: not direct.transport.ready(origin))


async def test_the_idle_are_closed_after_their_time(rogue: Rogue, open_http1: OpenHttp1) -> None:
    transport = open_http1(idle_seconds=0.05)
    await (await Line(transport).call(rogue)).read_all(CAP)
    assert transport.idle_count == 1
    await rogue.until(lambda: rogue.links[0].closed_by == "peer")
    assert transport.open_count == 0


async def test_the_idle_are_bounded_over_all_origins(rogue: Rogue, open_http1: OpenHttp1) -> None:
    transport = open_http1(idle_max=3)
    line = Line(transport)
    with Rogue() as other:
        gate = threading.Event()
        rogue.answer((Gate(gate), *rogue.chat()))
        other.answer((Gate(gate), *rogue.chat()))
        calls = [asyncio.create_task(line.call(server)) for server in (rogue, other) * 4]
        await rogue.until(lambda: len(rogue.seen) + len(other.seen) == 8)
        gate.set()
        for answer in await asyncio.gather(*calls):
            await answer.read_all(CAP)
        assert transport.idle_count == 3
        await rogue.until(lambda: rogue.open_links + other.open_links == 3)


async def test_closing_drops_idle_and_busy(line: Line, rogue: Rogue) -> None:
    rogue.queue(rogue.chat(), rogue.stream(["a"], done=False, end=("stall",)))
    await (await line.call(rogue)).read_all(CAP)
    busy = await line.call(rogue)
    await line.transport.close()
    await rogue.until(lambda: not rogue.open_links)
    with pytest.raises(MaybeSent):
        await read_on(busy)


async def test_close_gives_back_or_drops(line: Line, rogue: Rogue) -> None:
    rogue.queue(rogue.stream(["a"], done=False, end=("stall",)))
    answer = await line.call(rogue)
    answer.close()
    answer.close()
    await rogue.until(lambda: rogue.links[0].closed_by == "peer")
    assert (await line.call(rogue)).status == 200


async def test_a_whole_reply_frees_its_connection_unread(direct: Line, rogue: Rogue) -> None:
    first = await direct.call(rogue)
    await _until(lambda: direct.transport.ready(direct.origin(rogue)))
    second = await direct.call(rogue)
    assert await first.read_all(CAP) == await second.read_all(CAP) != b""
    assert len(rogue.links) == 1


async def test_a_unix_socket(socket_path: str, open_http1: OpenHttp1) -> None:
    with Rogue(path=socket_path) as rogue:
        transport = open_http1()
        request = Outgoing(UnixOrigin(socket_path), "GET", "/console", ())
        for _ in range(2):
            answer = await transport.send(request, Deadlines())
            assert answer.status == 200
            assert await answer.read_all(CAP)
        assert len(rogue.links) == 1
        assert rogue.seen[0].headers["host"] == "localhost"


async def test_keep_encoding_passes_the_body_as_it_is(line: Line, rogue: Rogue) -> None:
    rogue.answer(rogue.gzipped(b"hello" * 100))
    answer = await line.call(rogue, keep_encoding=True)
    assert answer.header(b"content-encoding") == b"gzip"
    assert (await answer.read_all(CAP))[:2] == b"\x1f\x8b"


def test_on_asyncios_own_loop(rogue: Rogue) -> None:
    async def talk() -> int:
        transport = Http1Transport(EgressGuard())
        line = Line(transport)
        rogue.queue(
            rogue.chat(),
            (head(200, {"transfer-encoding": "chunked"}), chunk(b"x" * 300_000), LAST_CHUNK),
        )
        await (await line.call(rogue)).read_all(CAP)
        size = len(await (await line.call(rogue)).read_all(CAP))
        await transport.close()
        return size

    with asyncio.Runner() as runner:
        assert runner.run(talk()) == 300_000


async def _until(condition: object) -> None:
    async with asyncio.timeout(20):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.002)
