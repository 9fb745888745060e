"""Handlers that do odd things, on both faces: the client gets a sound end, the rest goes on."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from tests.face.stage import JSON, Stage, asgi_face, limits, own_face
from tests.face.wire import Eof, Wire, get
from waystation.edge.http1.heads import HeadWriter


@asynccontextmanager
async def either(kind: str, stage: Stage):
    """The port of one face or the other."""
    if kind == "own":
        async with own_face(stage) as face:
            yield face.port
    else:
        async with asgi_face(stage) as (_, port):
            yield port


both = pytest.mark.parametrize("kind", ["own", "asgi"])


@both
async def test_large_reply_is_whole(kind: str):
    stage = Stage()
    body = bytes(range(256)) * 8192

    async def large(call):
        call.reply(200, (JSON,), body)

    stage.play_large = large
    async with either(kind, stage) as port, await Wire.open(port) as wire:
        await wire.say(get("/v1/large") + get("/v1/echo"))
        assert (await wire.hear()).body == body
        assert (await wire.hear()).status == 200


@both
async def test_second_reply_is_an_error_and_the_first_stands(kind: str):
    stage = Stage()

    async def twice(call):
        call.reply(200, (JSON,), b"first")
        call.reply(500, (JSON,), b"second")

    stage.play_twice = twice
    async with either(kind, stage) as port, await Wire.open(port) as wire:
        await wire.say(get("/v1/twice") + get("/v1/echo"))
        assert (await wire.hear()).body == b"first"
        assert (await wire.hear()).status == 200
    assert [type(error) for error in stage.errors] == [RuntimeError]


@both
@pytest.mark.parametrize(
    ("name", "body"), [("ends", b"first, last"), ("sized_ends", b"0123456789")]
)
async def test_bytes_go_with_the_head_and_with_the_end(kind: str, name: str, body: bytes):
    async with either(kind, Stage()) as port, await Wire.open(port) as wire:
        for _ in range(2):
            await wire.say(get(f"/v1/{name}"))
            assert (await wire.hear()).body == body


@both
async def test_ends_that_fall_short_are_cut(kind: str):
    async with either(kind, Stage()) as port, await Wire.open(port) as wire:
        await wire.say(get("/v1/short_ends"))
        with pytest.raises(Eof):
            await wire.hear()


@both
async def test_more_than_the_declared_length_is_cut(kind: str):
    stage = Stage()

    async def longer(call):
        writer = call.stream(200, ((b"content-length", b"3"),))
        writer.write(b"0123")

    stage.play_longer = longer
    async with either(kind, stage) as port, await Wire.open(port) as wire:
        await wire.say(get("/v1/longer"))
        with pytest.raises(Eof):
            await wire.hear()
    assert [type(error) for error in stage.errors] == [RuntimeError]


@both
async def test_cancelled_handler_is_answered(kind: str):
    stage = Stage()

    async def cancelled(call):
        asyncio.current_task().cancel()
        await asyncio.sleep(1)

    stage.play_cancelled = cancelled
    async with either(kind, stage) as port, await Wire.open(port) as wire:
        await wire.say(get("/v1/cancelled"))
        assert (await wire.hear()).status == 500
    assert [type(error) for error in stage.errors] == [asyncio.CancelledError]


@both
async def test_work_after_the_reply_does_not_hold_the_next_request(kind: str):
    stage = Stage()

    async def busy(call):
        call.reply(200, (JSON,), b"{}")
        await stage.open_gate.wait()

    stage.play_busy = busy
    async with either(kind, stage) as port, await Wire.open(port) as wire:
        await wire.say(get("/v1/busy"))
        assert (await wire.hear()).status == 200
        if kind == "own":  # an ASGI server waits for its application
            await wire.say(get("/v1/echo"))
            assert (await wire.hear()).status == 200


@both
async def test_headers_are_given_as_they_came(kind: str):
    stage = Stage()

    async def headers(call):
        named = [[name.decode(), value.decode("latin-1")] for name, value in call.headers()]
        call.reply(200, (JSON,), json.dumps(named).encode())

    stage.play_headers = headers
    async with either(kind, stage) as port, await Wire.open(port) as wire:
        await wire.say(get("/v1/headers", "X-B: 2", "x-a:  1 ", "X-B: 3"))
        told = json.loads((await wire.hear()).body)
    assert told == [["host", "relay.example"], ["x-b", "2"], ["x-a", "1"], ["x-b", "3"]]


async def test_callback_that_raises_is_told_and_harms_nobody():
    stage = Stage()

    async def careless(call):
        def fail() -> None:
            raise LookupError("in on_gone")

        call.on_gone = fail
        stage.entered.set()
        await stage.open_gate.wait()

    stage.play_careless = careless
    async with own_face(stage) as face:
        wire = await Wire.open(face.port)
        await wire.say(get("/v1/careless"))
        await stage.entered.wait()
        await wire.close()
        async with asyncio.timeout(20):
            while not stage.errors:
                await asyncio.sleep(0.005)
        async with await Wire.open(face.port) as other:
            await other.say(get("/v1/echo"))
            assert (await other.hear()).status == 200
    assert [type(error) for error in stage.errors] == [LookupError]


async def test_refusals_of_connections_are_bounded_too():
    """One too many is told so; when even those to be told are many, they are cut."""
    async with own_face(Stage(), limits(connections_max=2, linger_seconds_max=5)) as face:
        wires = [await Wire.open(face.port) for _ in range(60)]
        async with asyncio.timeout(20):
            while face.open_connections > 2 + 16 + 1:
                await asyncio.sleep(0.005)
        heard = [await wire.hear_all() for wire in wires[2:]]
        assert {said[:12] for said in heard} == {b"HTTP/1.1 503", b""}
        for wire in wires:
            await wire.close()


async def test_request_behind_a_preflight_is_served():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(b"OPTIONS /v1/echo HTTP/1.1\r\nHost: x\r\n\r\n" * 3 + get("/v1/echo"))
        assert [(await wire.hear()).status for _ in range(4)] == [204, 204, 204, 200]


@pytest.mark.parametrize("bad", [b"a\r\nb", b"a\nb", b"a\rb", b"a\0b"])
def test_reply_header_never_breaks_out_of_its_line(bad: bytes):
    heads = HeadWriter()
    with pytest.raises(ValueError):
        heads.head(200, ((b"x-a", bad),), "id", b"", b"")
    with pytest.raises(ValueError):
        heads.head(200, ((bad, b"a"),), "id", b"", b"")


def test_unusual_status_has_a_status_line():
    assert HeadWriter().head(529, (), "id", b"", b"").startswith(b"HTTP/1.1 529 ")
