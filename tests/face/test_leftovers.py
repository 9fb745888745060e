"""What a closed connection leaves behind: nothing that only the collector of cycles would find."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from tests.face.stage import JSON, Stage, own_face
from tests.face.wire import Wire, get
from waystation.edge.call import Call
from waystation.edge.http1.connection import Connection
from waystation.edge.http1.exchange import Exchange
from waystation.edge.http1.intake import Intake


class Plain(Stage):
    """Ties no knots of its own."""

    async def __call__(self, call: Call) -> None:
        call.reply(200, (JSON,), b"{}")


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def left_over() -> list[str]:
    kinds = (Connection, Exchange, Intake)
    return [type(one).__name__ for one in gc.get_objects() if isinstance(one, kinds)]


@pytest.mark.usefixtures("uncollected")
async def test_connections_leave_no_cycles() -> None:
    async with own_face(Plain()) as face:
        async with await Wire.open(face.port) as wire:
            await wire.say(get("/v1/echo"))
            assert (await wire.hear()).status == 200
            assert left_over()
        async with await Wire.open(face.port) as wire:
            await wire.say(b"GET /v1/echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
            assert (await wire.hear()).status == 400
        async with await Wire.open(face.port) as wire:
            await wire.say(get("/v1/echo")[:20])
            wire.reset()
        async with asyncio.timeout(5):
            while face.open_connections:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        assert left_over() == []
