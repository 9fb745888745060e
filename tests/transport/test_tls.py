"""Certificates are verified, against the name that was asked for."""

import asyncio

import pytest

from tests.support.rogue import Rogue
from tests.transport.authority import Authority
from tests.transport.conftest import Line, OpenHttp1
from waystation.upstream.transport import NotSent, Origin, Outgoing

CAP = 1 << 20


async def test_a_trusted_server(line: Line, authority: Authority) -> None:
    with Rogue(tls=authority.server("127.0.0.1")) as rogue:
        for _ in range(3):
            assert await (await line.call(rogue)).read_all(CAP)
        assert len(rogue.links) == 1
        assert rogue.seen[0].headers["host"] == f"127.0.0.1:{rogue.port}"


async def test_a_trusted_name(line: Line, authority: Authority) -> None:
    with Rogue(tls=authority.server("localhost")) as rogue:
        assert (await line.call(rogue, host="localhost")).status == 200


async def test_a_long_stream(line: Line, authority: Authority) -> None:
    with Rogue(tls=authority.server("127.0.0.1")) as rogue:
        rogue.answer(rogue.stream([f"{'x' * 1000} {n}" for n in range(500)]))
        body = await (await line.call(rogue)).read_all(CAP)
        assert body.count(b"data: ") == 501


@pytest.mark.parametrize("flaw", ["another name", "expired"])
async def test_a_certificate_that_does_not_fit(line: Line, authority: Authority, flaw: str) -> None:
    name = "elsewhere.example" if flaw == "another name" else "127.0.0.1"
    with Rogue(tls=authority.server(name, expired=flaw == "expired")) as rogue:
        with pytest.raises(NotSent) as caught:
            await line.call(rogue)
        assert caught.value.kind in ("tls", "connect")
        assert caught.value.kind == "tls" or not line.is_direct
        assert not rogue.seen


async def test_an_unknown_authority(authority: Authority, open_http1: OpenHttp1) -> None:
    with Rogue(tls=authority.server("127.0.0.1")) as rogue:
        with pytest.raises(NotSent) as caught:
            await Line(open_http1()).call(rogue)
        assert caught.value.kind == "tls"
        assert not rogue.seen


async def test_plain_http_where_tls_was_expected(direct: Line, rogue: Rogue) -> None:
    origin = direct.origin(rogue)
    request = Outgoing(type(origin)("https", origin.host, origin.port, True), "GET", "/", ())
    with pytest.raises(NotSent) as caught:
        await direct.transport.send(request, direct.deadlines)
    assert caught.value.kind in ("tls", "connect")


async def test_a_handshake_that_never_ends(open_http1: OpenHttp1) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    line = Line(open_http1()).within(connect=0.2)
    request = Outgoing(Origin("https", "127.0.0.1", port, True), "GET", "/", ())
    with pytest.raises(NotSent) as caught:
        await line.transport.send(request, line.deadlines)
    assert caught.value.kind == "connect_timeout"
    server.close()
    await server.wait_closed()
