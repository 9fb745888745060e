"""No byte of a refused request, nor any behind it, ever becomes a request (proof 20)."""

import json
import re

import pytest

from tests.face.corpus import BROKEN, HARMLESS, REFUSED
from tests.face.stage import Stage, own_face
from tests.face.wire import Wire, bytewise, randomly


def ways_to_say(data: bytes):
    yield iter([data])
    if len(data) < 5000:
        yield bytewise(data)
    for seed in range(4):
        yield randomly(data, seed)


def statuses(heard: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", heard)]


@pytest.mark.parametrize("name", REFUSED)
async def test_refused(name: str):
    status, data = REFUSED[name]
    stage = Stage()
    async with own_face(stage) as face:
        for pieces in ways_to_say(data):
            async with await Wire.open(face.port) as wire:
                await wire.say_pieces(pieces)
                heard = await wire.hear_all()
            assert statuses(heard) == [status]
            head, _, body = heard.partition(b"\r\n\r\n")
            assert b"\r\nconnection: close" in head
            assert json.loads(body)["code"] == "invalid_request"
            assert json.loads(body)["reason"].endswith(".")
    assert stage.seen == []


@pytest.mark.parametrize("name", BROKEN)
async def test_broken_body(name: str):
    stage = Stage()
    async with own_face(stage) as face:
        for pieces in ways_to_say(BROKEN[name]):
            async with await Wire.open(face.port) as wire:
                await wire.say_pieces(pieces)
                heard = await wire.hear_all()
            assert statuses(heard) == [400]
            assert b"\r\nconnection: close" in heard
        for pieces in ways_to_say(BROKEN[name].replace(b"/echo", b"/unread", 1)):
            async with await Wire.open(face.port) as wire:
                await wire.say_pieces(pieces)
                assert statuses(await wire.hear_all()) == [200]
    assert set(stage.seen) == {"POST /v1/echo", "POST /v1/unread"}
    assert set(stage.faults) == {"invalid_request"}
    assert stage.errors == []


@pytest.mark.parametrize("name", HARMLESS)
async def test_harmless(name: str):
    status, data = HARMLESS[name]
    stage = Stage()
    async with own_face(stage) as face:
        for count, pieces in enumerate(ways_to_say(data), start=1):
            async with await Wire.open(face.port) as wire:
                await wire.say_pieces(pieces)
                reply = await wire.hear()
            assert reply.status == status
            assert json.loads(reply.body)["path"] == "/v1/echo"
            assert len(stage.seen) == count


def test_the_corpus_is_as_large_as_promised():
    assert len(REFUSED) + len(BROKEN) >= 60
