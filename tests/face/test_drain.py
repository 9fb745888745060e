"""Shutting down: nothing accepted is refused, nobody is cut before their time."""

import asyncio
import socket

import pytest

from tests.face.stage import Stage, own_face
from tests.face.wire import Eof, Wire, get


async def test_announced_close_lets_each_reply_say_so():
    async with own_face(Stage()) as face, await Wire.open(face.port) as wire:
        await wire.say(get("/v1/echo"))
        assert (await wire.hear()).header("connection") is None
        face.announce_close = True
        await wire.say(get("/v1/echo"))
        assert (await wire.hear()).header("connection") == "close"
        assert await wire.hear_all() == b""
        async with await Wire.open(face.port) as late:  # still accepted
            await late.say(get("/v1/echo"))
            assert (await late.hear()).header("connection") == "close"


async def test_drain_from_notice_to_empty():
    stage = Stage()
    async with own_face(stage) as face:
        idle, busy = await Wire.open(face.port), await Wire.open(face.port)
        await idle.say(get("/v1/echo"))
        await idle.hear()
        await busy.say(get("/v1/wait"))
        async with asyncio.timeout(20):
            while face.open_calls < 1:
                await asyncio.sleep(0.005)
        face.stop_accepting()
        with pytest.raises(ConnectionRefusedError):
            await Wire.open(face.port)
        face.close_idle()
        assert await idle.hear_all() == b""
        assert not await face.wait_idle(0.05)
        waiting = asyncio.create_task(face.wait_idle(5))
        stage.open_gate.set()
        assert (await busy.hear()).header("connection") == "close"
        assert await waiting
        assert face.open_calls == 0
        for wire in (idle, busy):
            await wire.close()


async def test_who_stands_in_the_kernels_queue_is_served():
    """Connections that were made while the loop was busy: closing the listener loses none."""
    async with own_face(Stage()) as face:
        clients = [socket.create_connection(("127.0.0.1", face.port)) for _ in range(50)]
        for client in clients[:25]:
            client.sendall(get("/v1/echo"))
        face.stop_accepting()  # the loop has had no turn since they came
        for client in clients[25:]:
            client.sendall(get("/v1/echo"))
        for client in clients:
            reader, writer = await asyncio.open_connection(sock=client)
            async with asyncio.timeout(20):
                assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.close()


async def test_wait_idle_waits_for_the_last_byte():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port, limit=1024) as wire:
        await wire.say(get("/v1/flood"))
        await stage.entered.wait()
        assert not await face.wait_idle(0.05)
        received = 0
        waiting = asyncio.create_task(face.wait_idle(30))
        while received < 64 * 1024 * 1024:
            received += len(await wire.reader.read(1024 * 1024))
        assert await waiting


async def test_abort_all_cuts_and_tells_the_handlers():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(get("/v1/hold"))
        await wire.hear_until(b"first\r\n")
        face.abort_all()
        with pytest.raises(Eof):
            await wire.hear()
        assert stage.gone == ["/v1/hold"]
        stage.open_gate.set()
        assert await face.wait_idle(5)
        assert face.open_connections == 0
