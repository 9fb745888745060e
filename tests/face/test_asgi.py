"""What the differential test cannot see of the ASGI face: leaving, back-pressure, lifespan."""

import asyncio

import pytest

from tests.face.stage import Stage, asgi_face, limits, refuse
from tests.face.wire import Eof, Wire, get, post
from waystation.edge.asgi import AsgiFace


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("path", ["/v1/wait", "/v1/hold"])
async def test_client_that_leaves_is_told_once(path: str):
    stage = Stage()
    async with asgi_face(stage) as (app, port):
        wire = await Wire.open(port)
        await wire.say(get(path))
        await until(lambda: app.open_calls)
        await wire.close()
        await until(lambda: stage.gone)
        assert app.open_calls == 1, "the handler was cancelled"
        app.loop.call_soon_threadsafe(stage.open_gate.set)
        await until(lambda: not app.open_calls)
    assert stage.gone == [path]
    assert stage.errors == []


async def test_client_that_leaves_in_the_body_gives_a_fault():
    stage = Stage()
    async with asgi_face(stage) as (app, port):
        wire = await Wire.open(port)
        await wire.say(post("/v1/echo", b"x" * 100)[:-40])
        await until(lambda: app.open_calls)
        await wire.close()
        await until(lambda: stage.faults)
    assert stage.faults == ["client_closed_request"]


async def test_slow_body_is_a_fault():
    stage = Stage(body_seconds_max=0.1)
    async with asgi_face(stage) as (_, port), await Wire.open(port) as wire:
        await wire.say(post("/v1/echo", b"x" * 100)[:-40])
        reply = await wire.hear()
        assert reply.status == 408
        assert reply.header("connection") == "close"


async def test_continue_is_sent_when_the_handler_reads():
    async with asgi_face(Stage()) as (_, port), await Wire.open(port) as wire:
        await wire.say(post("/v1/echo", b"", "Expect: 100-continue").replace(b": 0", b": 5"))
        assert await wire.hear_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await wire.say(b"12345")
        assert (await wire.hear()).status == 200


async def test_continue_is_not_sent_by_who_does_not_read():
    async with asgi_face(Stage()) as (_, port), await Wire.open(port) as wire:
        await wire.say(post("/v1/unread", b"", "Expect: 100-continue").replace(b": 0", b": 5000"))
        reply = await wire.hear()
        assert reply.status == 200
        assert reply.header("connection") == "close"


async def test_reader_that_takes_nothing_pauses_the_writer_then_is_gone():
    stage = Stage()
    async with (
        asgi_face(stage, limits(write_seconds_max=0.3)) as (_, port),
        await Wire.open(port, limit=1024) as wire,
    ):
        await wire.say(get("/v1/flood"))
        await until(lambda: stage.gone)
    assert 0 < stage.written_bytes < 16 * 1024 * 1024
    assert stage.errors == []


async def test_flood_arrives_whole():
    stage = Stage()
    async with asgi_face(stage) as (_, port), await Wire.open(port) as wire:
        await wire.say(get("/v1/flood"))
        reply = await wire.hear()
        assert len(reply.body) == stage.written_bytes == 64 * 1024 * 1024


async def test_aborted_stream_cannot_pass_for_whole():
    stage = Stage()
    async with asgi_face(stage) as (app, port), await Wire.open(port) as wire:
        await wire.say(get("/v1/cut"))
        await until(lambda: app.open_calls)
        app.loop.call_soon_threadsafe(stage.open_gate.set)
        with pytest.raises(Eof):
            await wire.hear()


async def test_announced_close_and_wait_idle():
    stage = Stage()
    async with asgi_face(stage) as (app, port), await Wire.open(port) as wire:
        app.announce_close = True
        await wire.say(get("/v1/echo"))
        assert (await wire.hear()).header("connection") == "close"

        async def wait(seconds: float) -> bool:
            future = asyncio.run_coroutine_threadsafe(app.wait_idle(seconds), app.loop)
            return await asyncio.wrap_future(future)

        async with await Wire.open(port) as busy:
            await busy.say(get("/v1/wait"))
            await until(lambda: app.open_calls)
            assert not await wait(0.05)
            app.loop.call_soon_threadsafe(stage.open_gate.set)
            assert await wait(5)


async def test_a_callback_that_raises_is_told_and_harms_nobody():
    stage = Stage()

    async def careless(call):
        def fail() -> None:
            raise LookupError("in on_gone")

        call.on_gone = fail
        await stage.open_gate.wait()

    stage.play_careless = careless
    async with asgi_face(stage) as (app, port):
        wire = await Wire.open(port)
        await wire.say(get("/v1/careless"))
        await until(lambda: app.open_calls)
        await wire.close()
        await until(lambda: stage.errors)
        app.loop.call_soon_threadsafe(stage.open_gate.set)
        await until(lambda: not app.open_calls)
        async with await Wire.open(port) as other:
            await other.say(get("/v1/echo"))
            assert (await other.hear()).status == 200
    assert [type(error) for error in stage.errors] == [LookupError]


async def test_lifespan_runs_its_steps_and_tells_failure():
    said: list[str] = []
    incoming = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive():
        return next(incoming)

    async def send(message):
        said.append(message["type"])

    async def step() -> None:
        said.append("step")

    async def fail() -> None:
        raise OSError("no ledger")

    def face(**steps) -> AsgiFace:
        stage = Stage()
        return AsgiFace(
            stage,
            limits(),
            refuse,
            request_id=stage.request_id,
            on_error=stage.on_error,
            **steps,
        )

    await face(startup=step, shutdown=step)({"type": "lifespan"}, receive, send)
    assert said == ["step", "lifespan.startup.complete", "step", "lifespan.shutdown.complete"]
    incoming = iter([{"type": "lifespan.startup"}])
    with pytest.raises(OSError, match="no ledger"):
        await face(startup=fail)({"type": "lifespan"}, receive, send)
    assert said[-1] == "lifespan.startup.failed"
    with pytest.raises(RuntimeError, match="websocket"):
        await face()({"type": "websocket"}, receive, send)
