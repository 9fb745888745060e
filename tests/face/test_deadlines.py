"""Slow and silent clients: each is ended at its deadline, in bounded memory (proof 17)."""

import asyncio
import json
import resource
import time

import pytest

from tests.face.stage import Stage, limits, own_face
from tests.face.wire import Wire, chunked, get, post


async def gone_soon(stage: Stage) -> None:
    async with asyncio.timeout(10):
        while not stage.gone:
            await asyncio.sleep(0.01)


async def test_silent_connection_is_closed():
    async with own_face(Stage(), limits(head_seconds_max=0.1)) as face:
        async with await Wire.open(face.port) as wire:
            assert await wire.hear_all() == b""
        assert face.open_connections == 0


async def test_slow_head_gets_408_however_it_dribbles():
    stage = Stage()
    async with (
        own_face(stage, limits(head_seconds_max=0.2)) as face,
        await Wire.open(face.port) as wire,
    ):

        async def dribble():
            for at in range(1000):
                await wire.say(get("/v1/echo")[at : at + 1] or b"a")
                await asyncio.sleep(0.01)

        dribbling = asyncio.create_task(dribble())
        reply = await wire.hear()
        assert reply.status == 408
        assert reply.header("connection") == "close"
        dribbling.cancel()
        await asyncio.wait([dribbling])
    assert stage.seen == []


async def test_idle_connection_is_closed_without_a_word():
    async with (
        own_face(Stage(), limits(idle_seconds_max=0.1)) as face,
        await Wire.open(face.port) as wire,
    ):
        await wire.say(get("/v1/echo"))
        assert (await wire.hear()).status == 200
        assert await wire.hear_all() == b""


async def test_slow_body_is_a_fault_at_the_handlers_deadline():
    stage = Stage(body_seconds_max=0.1)
    async with own_face(stage) as face:
        for said in (post("/v1/echo", b"x" * 100)[:-1], chunked("/v1/echo", b"x")[:-1]):
            async with await Wire.open(face.port) as wire:
                await wire.say(said)
                reply = await wire.hear()
                assert reply.status == 408
                assert json.loads(reply.body) == {
                    "fault": "body_too_slow",
                    "text": "The body did not arrive within 0.1 s.",
                }
                assert await wire.hear_all() == b""


async def test_slow_rest_of_an_unread_body_is_ended():
    async with (
        own_face(Stage(), limits(body_seconds_max=0.1)) as face,
        await Wire.open(face.port) as wire,
    ):
        await wire.say(post("/v1/unread", b"x" * 100)[:-1])
        assert (await wire.hear()).status == 200
        assert await wire.hear_all() == b""


async def test_long_handler_is_not_timed_out():
    stage = Stage()
    bounds = limits(head_seconds_max=0.05, idle_seconds_max=0.05, body_seconds_max=0.05)
    async with own_face(stage, bounds) as face, await Wire.open(face.port) as wire:
        await wire.say(post("/v1/wait", b"abc"))
        await asyncio.sleep(0.2)
        stage.open_gate.set()
        assert (await wire.hear()).status == 200


async def test_lingering_after_a_refusal_ends():
    async with (
        own_face(Stage(), limits(linger_seconds_max=0.1)) as face,
        await Wire.open(face.port) as wire,
    ):
        await wire.say(b"NOT HTTP\r\n\r\n")
        assert (await wire.hear()).status == 400
        async with asyncio.timeout(20):
            while face.open_connections:
                await asyncio.sleep(0.01)


async def test_reader_that_takes_nothing_pauses_the_writer_then_is_gone():
    stage = Stage()
    async with (
        own_face(stage, limits(write_seconds_max=0.3)) as face,
        await Wire.open(face.port, limit=1024) as wire,
    ):
        await wire.say(get("/v1/flood"))
        await gone_soon(stage)
        await stage.left.wait()
        assert 0 < stage.written_bytes < 16 * 1024 * 1024
        assert face.open_calls == 0
    assert stage.errors == []


async def test_slow_reader_that_takes_something_lives():
    stage = Stage()
    async with (
        own_face(stage, limits(write_seconds_max=0.5)) as face,
        await Wire.open(face.port, limit=65536) as wire,
    ):
        await wire.say(get("/v1/flood"))
        received = 0
        async with asyncio.timeout(30):
            while received < 64 * 1024 * 1024:
                piece = await wire.reader.read(1024 * 1024)
                assert piece
                received += len(piece)
    assert stage.gone == []


async def test_pipelining_without_reading_replies_is_bounded():
    """Requests whose replies nobody takes are not served on and on."""
    stage = Stage()
    async with (
        own_face(stage, limits(write_seconds_max=0.5)) as face,
        await Wire.open(face.port, limit=1024) as wire,
    ):
        request = get("/v1/" + "a" * 4000)
        async with asyncio.timeout(30):
            await wire.say_pieces(request for _ in range(20_000))
            while face.open_connections:
                await asyncio.sleep(0.01)
    assert 0 < len(stage.seen) < 10_000


async def test_body_that_nobody_reads_yet_pauses_the_sender():
    stage = Stage(body_bytes_max=8_000_000)

    async def later(call):
        await stage.open_gate.wait()
        await stage.play_echo(call)

    stage.play_later = later
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        body = b"x" * 8_000_000
        wire.writer.write(post("/v1/later", body))
        await stage.entered.wait()
        await asyncio.sleep(0.05)
        (connection,) = face._connections
        assert connection._exchange.inbox.held_bytes < 3_000_000
        stage.open_gate.set()
        assert json.loads((await wire.hear()).body)["bytes"] == len(body)


async def test_hundred_slow_clients_do_not_harm_others():
    """The light form of the thousand below."""
    await slow_clients(100)


@pytest.mark.soak
async def test_thousand_slow_clients_do_not_harm_others():
    await slow_clients(1000)


async def slow_clients(count: int) -> None:
    """Slow heads, slow bodies and deaf readers, a third each; quick calls go on meanwhile."""
    stage = Stage(body_seconds_max=1.0)
    bounds = limits(head_seconds_max=1.0, write_seconds_max=1.0, linger_seconds_max=0.3)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * count + 200)), hard))
    async with own_face(stage, bounds) as face:
        wires = [await Wire.open(face.port, limit=1024) for _ in range(count)]
        for number, wire in enumerate(wires):
            said = (get("/v1/echo")[:-3], post("/v1/echo", b"x" * 99)[:-5], get("/v1/flood"))
            await wire.say(said[number % 3])
        slowest = 0.0
        async with await Wire.open(face.port) as quick:
            async with asyncio.timeout(30):
                while face.open_connections > 1:
                    began = time.perf_counter()
                    await quick.say(get("/v1/quick"))
                    assert (await quick.hear()).status == 200
                    slowest = max(slowest, time.perf_counter() - began)
                    await asyncio.sleep(0.02)
                    for wire in wires[0::3] + wires[1::3]:
                        if wire.reader.at_eof():
                            wire.writer.close()
        assert slowest < 2.0
        assert stage.written_bytes < count * 8 * 1024 * 1024
        assert len(stage.gone) == len(range(2, count, 3))
        for wire in wires:
            await wire.close()
