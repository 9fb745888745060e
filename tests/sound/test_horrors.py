"""Clients and upstreams at their worst, on the audio routes."""

import asyncio
import gzip
import json

import pytest

from tests.pictures.studio import Form, Studio
from tests.sound.conftest import Begin
from tests.sound.sounds import sound, spoken, written
from tests.sound.test_hearing import PATH, hear
from tests.sound.test_speech import ASKED
from tests.support.rogue import STALL
from tests.support.script import LAST_CHUNK, chunk, head

pytestmark = pytest.mark.untraced

SPEECH = "/v1/audio/speech"
QUICK = "deadlines = { first_byte = 0.4, idle = 0.4 }"
KIND = {"content-type": "audio/mpeg", "transfer-encoding": "chunked"}


async def test_forms_that_break_off_and_bombs(studio: Studio) -> None:
    form = Form([("model", None, b"ear"), ("file", "a.mp3", sound())])
    body, kind = form.body(), form.content_type
    for cut in (0, 20, len(body) // 2, len(body) - 10):
        reply = await studio.raw(PATH, body[:cut], kind)
        assert reply.status == 400, cut
    studio.near.answer(written())
    packed = {"content-encoding": "gzip"}
    assert (await studio.raw(PATH, gzip.compress(body), kind, packed)).status == 200
    much = Form([("model", None, b"ear"), ("file", "a.mp3", sound() + bytes(27_000_000))])
    bomb = gzip.compress(much.body(), 1)
    assert len(bomb) < 200_000
    assert (await studio.raw(PATH, bomb, kind, packed)).status == 413
    assert (await studio.raw(SPEECH, body, kind)).status == 415
    assert len(studio.near.seen) == 1


async def test_bodies_that_are_no_request(studio: Studio) -> None:
    for body in (
        b"",
        b"[]",
        b"{",
        b'{"input":NaN}',
        b'{"speed":1e999}',
        b"\xff\xfe{}",
        b"[" * 9999,
    ):
        reply = await studio.raw(SPEECH, body, "application/json")
        assert reply.status == 400, body
        assert reply.json()["error"]["type"] == "invalid_request_error"


async def test_a_sender_that_dawdles(begin: Begin) -> None:
    studio = await begin(upload_seconds_max=0.3)
    form = Form([("model", None, b"ear"), ("file", "a.mp3", sound())])
    length = {"content-length": str(len(form.body()))}
    reply = await studio.raw(PATH, form.body()[:100], form.content_type, length)
    assert (reply.status, reply.code) == (408, "body_too_slow")


async def test_an_upstream_that_stalls(begin: Begin) -> None:
    """Before its answer: another is asked. In the middle: the caller's connection is cut."""
    studio = await begin(more=QUICK)
    studio.near.answer((STALL,))
    studio.far.answer(written())
    assert (await hear(studio)).json()["text"] == "the door is open"
    studio.far.answer(spoken(sound()))
    assert (await studio.post(SPEECH, **ASKED)).body == sound()


async def test_an_upstream_that_stalls_in_the_middle(begin: Begin) -> None:
    studio = await begin(more=QUICK)
    data = sound("mp3", 10.0)
    studio.near.answer((head(200, KIND), chunk(data[:8000]), STALL))
    body = json.dumps({**ASKED, "input": "word " * 50}).encode()
    reader, writer = await studio.open(SPEECH, body, "application/json")
    raw = b""
    try:
        while piece := await reader.read(65536):
            raw += piece
    except ConnectionResetError:
        pass
    writer.close()
    assert not raw.endswith(b"0\r\n\r\n")
    row = await studio.row(raw.split(b"x-request-id: ")[1].split(b"\r\n")[0].decode())
    assert (row.end, row.code) == ("upstream_failed", "upstream_timeout")
    assert 0 < row.nanos < 250 * 10_000


async def test_a_reader_that_reads_nothing_pauses_the_speaker(studio: Studio) -> None:
    """A speech of 48 MB: what lies between is what the kernel takes, and no more."""
    frames = sound("mp3", 10.0)
    megabyte = frames * (1_000_000 // len(frames) + 1)
    studio.near.answer((head(200, KIND), *[chunk(megabyte)] * 48, LAST_CHUNK))
    body = json.dumps({**ASKED, "input": "word " * 800}).encode()
    reader, writer = await studio.open(SPEECH, body, "application/json")
    assert b" 200 OK" in await reader.readuntil(b"\r\n\r\n")
    link = studio.near.links[0]
    sent = -1
    while sent != link.sent_bytes:
        sent = link.sent_bytes
        await asyncio.sleep(0.3)
    assert 0 < sent < 24_000_000
    writer.transport.abort()
    await studio.near.until(lambda: link.closed_by == "peer")
    await studio.settled()


async def test_a_body_cannot_choose_who_pays_or_where_it_goes(studio: Studio) -> None:
    studio.near.answer(spoken(sound()))
    more = {"api_key": "sk-mine", "base_url": "http://127.0.0.2/", "organization": "org-1"}
    assert (
        await studio.post(SPEECH, {"openai-organization": "org-2"}, **ASKED, **more)
    ).status == 200
    seen = studio.near.seen[0]
    assert "openai-organization" not in seen.headers
    assert "sk-mine" not in seen.headers["authorization"]
    studio.near.answer(written())
    assert (await hear(studio, url="http://127.0.0.2/a.mp3", response_format="json")).status == 200
    assert b"127.0.0.2" not in studio.near.seen[1].body
