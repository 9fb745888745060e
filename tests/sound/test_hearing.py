"""POST /v1/audio/transcriptions and /v1/audio/translations to an upstream on a socket."""

import json
import re
from typing import Any

import pytest

from tests.pictures.studio import UPSTREAM_KEY, Form, Reply, Studio
from tests.sound.conftest import Begin
from tests.sound.sounds import events, sound, written
from tests.support.rogue import RESET, STALL, Rogue
from tests.support.script import chunk, head

PATH = "/v1/audio/transcriptions"
SEGMENTS = [
    {"id": 0, "start": 0.0, "end": 1.25, "text": " the door"},
    {"id": 1, "start": 1.25, "end": 2.0, "text": " is <open>"},
]


async def hear(
    studio: Studio, data: bytes | None = None, path: str = PATH, name: str = "a.mp3", **more: Any
) -> Reply:
    given = {"model": "ear", **more}
    parts = [(n, None, str(v).encode()) for n, v in given.items()]
    return await studio.upload(path, ("file", name, data or sound()), *parts)


def form_of(body: bytes) -> dict[str, str]:
    """The texts of a form that was sent on, and its file's head."""
    found = re.findall(rb'name="([^"]+)"(?:; filename="([^"]*)")?\r\n(.*?)\r\n--', body, re.S)
    return {
        name.decode(): (file or value.partition(b"\r\n")[2]).decode("utf-8", "replace")
        for name, file, value in found
    }


async def test_it_is_sent_on_as_it_came(studio: Studio) -> None:
    studio.near.answer(written())
    reply = await hear(studio, name="日本 voice.mp3", language="en", prompt="names", temperature=0)
    assert reply.status == 200
    assert reply.json()["text"] == "the door is open"
    assert reply.json()["usage"] == {"type": "duration", "seconds": 2, "cost": 0.002}
    seen = studio.near.seen[0]
    assert seen.path == "/v1/audio/transcriptions"
    assert seen.headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    assert seen.body.count(sound()) == 1
    assert form_of(seen.body) == {
        "model": "ear",
        "response_format": "json",
        "language": "en",
        "prompt": "names",
        "temperature": "0",
        "file": "日本 voice.mp3",
    }
    row = await studio.row(reply.request_id)
    assert (row.nanos, row.exact) == (2_000_000, True)
    assert json.loads(row.parts) == [["seconds", 2, "0.001"]]


async def test_each_form_of_reply(studio: Studio) -> None:
    studio.near.answer(written(duration=2.0, segments=SEGMENTS, language="english"))
    types = {
        "json": "application/json",
        "text": "text/plain",
        "srt": "application/x-subrip",
        "vtt": "text/vtt",
        "verbose_json": "application/json",
    }
    asked = {"json": "json", "text": "json"}
    for path in (PATH, "/v1/audio/translations"):
        for form, content_type in types.items():
            reply = await hear(studio, path=path, response_format=form)
            assert reply.status == 200
            assert reply.headers["content-type"].startswith(content_type)
            sent = form_of(studio.near.seen[-1].body)["response_format"]
            assert sent == asked.get(form, "verbose_json")
            assert studio.near.seen[-1].path == path
            _check(form, reply.body)


def _check(form: str, body: bytes) -> None:
    if form == "text":
        assert body == b"the door is open\n"
    elif form == "srt":
        assert body.decode() == (
            "1\n00:00:00,000 --> 00:00:01,250\nthe door\n\n"
            "2\n00:00:01,250 --> 00:00:02,000\nis <open>\n\n"
        )
    elif form == "vtt":
        assert body.decode() == (
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nthe door\n\n"
            "00:00:01.250 --> 00:00:02.000\nis &lt;open&gt;\n\n"
        )
    else:
        assert json.loads(body)["text"] == "the door is open"


async def test_an_upstream_without_times(studio: Studio) -> None:
    """Subtitles of one line, and what verbose_json must have."""
    studio.near.answer(written())
    lines = (await hear(studio, response_format="srt")).body.decode().splitlines()
    assert lines[0] == "1"
    assert lines[1].startswith("00:00:00,000 --> 00:00:02,0")
    told = (await hear(studio, response_format="verbose_json")).json()
    assert told["task"] == "transcribe"
    assert told["duration"] == pytest.approx(2.0, abs=0.1)
    assert told["segments"][0]["text"] == "the door is open"


async def test_an_upstream_that_answers_in_plain_text(studio: Studio) -> None:
    studio.near.answer(Rogue.reply(200, b"the door is open\n", {"content-type": "text/plain"}))
    assert (await hear(studio)).json()["text"] == "the door is open"


async def test_the_seconds_are_the_upstreams_where_they_can_be(studio: Studio) -> None:
    cases = [
        ({"duration": 2.6}, 3, True),
        ({"usage": {"type": "duration", "seconds": 4}}, 4, True),
        ({"usage": {"type": "duration", "seconds": 4000}}, 2, False),
        ({"usage": {"type": "duration", "seconds": -4}}, 2, True),
        ({"usage": {"type": "duration", "seconds": "4"}}, 2, True),
        ({"usage": {"type": "duration", "seconds": True}}, 2, True),
        ({"usage": 5}, 2, True),
        ({"duration": "nonsense"}, 2, True),
        ({}, 2, True),
    ]
    for more, seconds, exact in cases:
        studio.near.answer(written(**more))
        row = await studio.row((await hear(studio)).request_id)
        assert (row.nanos, row.exact) == (seconds * 1_000_000, exact), more


async def test_tokens(studio: Studio) -> None:
    usage = {
        "type": "tokens",
        "input_tokens": 24,
        "input_token_details": {"text_tokens": 4, "audio_tokens": 20},
        "output_tokens": 7,
        "total_tokens": 31,
    }
    studio.near.answer(written(usage=usage))
    charged = 4 * 1_000 + 20 * 5_000 + 7 * 10_000
    for model in ("ear-by-token", "ear-by-both"):
        reply = await hear(studio, model=model)
        row = await studio.row(reply.request_id)
        assert (row.nanos, row.exact) == (charged, True)
        assert reply.json()["usage"] == {**usage, "cost": charged / 1e9}
    studio.near.answer(written())
    row = await studio.row((await hear(studio, model="ear-by-both")).request_id)
    assert (row.nanos, row.exact) == (2_000_000, True)
    row = await studio.row((await hear(studio, model="ear-by-token")).request_id)
    assert not row.exact
    assert row.nanos == pytest.approx(20 * 5_000 + 4 * 10_000, rel=0.1)
    for lie in (10**18, 900_000, -5, "7", True, 7.5):
        studio.near.answer(written(usage={**usage, "output_tokens": lie}))
        row = await studio.row((await hear(studio, model="ear-by-token")).request_id)
        assert not row.exact, lie
        assert row.nanos == pytest.approx(20 * 5_000 + 4 * 10_000, rel=0.1), lie


async def test_silence_is_an_answer_where_its_maker_listened(studio: Studio) -> None:
    studio.near.answer(Rogue.reply(200, b'{"text":""}'))
    reply = await hear(studio)
    assert reply.status == 200
    assert (await studio.row(reply.request_id)).nanos == 0


@pytest.mark.parametrize(
    "script",
    [
        Rogue.reply(200, b'{"error":{"message":"busy"}}'),
        Rogue.reply(200, b"<html>busy</html>", {"content-type": "text/plain"}),
        Rogue.reply(200, b""),
        Rogue.reply(200, b'{"segments":[]}'),
        (*Rogue.reply(200, b'{"text":"x"', content_length=5000), RESET),
        Rogue.reply(200, b'{"text":7}'),
    ],
)
async def test_no_transcript_costs_nothing(studio: Studio, script: tuple[object, ...]) -> None:
    studio.near.answer(script)
    studio.far.answer(written())
    reply = await hear(studio)
    assert reply.json()["text"] == "the door is open"
    row = await studio.row(reply.request_id)
    assert row.nanos == 1_000_000  # at half the rate
    assert studio.near.seen[0].body.count(sound()) == studio.far.seen[0].body.count(sound()) == 1


async def test_what_is_refused(studio: Studio) -> None:
    async def code(*parts: tuple[str, str | None, bytes], path: str = PATH) -> tuple[int, str, str]:
        reply = await studio.upload(path, *parts)
        error = reply.json()["error"]
        return reply.status, error["code"], error["param"]

    file, model = ("file", "a.mp3", sound()), ("model", None, b"ear")
    assert await code(model) == (400, "missing_field", "file")
    assert await code(file) == (400, "missing_field", "model")
    assert await code(model, ("file", None, b"data:")) == (400, "invalid_value", "file")
    assert await code(model, file, file) == (400, "invalid_value", "file")
    assert await code(model, file, ("cover", "a.png", b"x")) == (400, "invalid_value", "cover")
    for data in (b"", b"hello", b"\x89PNG\r\n\x1a\n", b"#EXTM3U\nfile:///etc/passwd", sound()[:3]):
        assert await code(model, ("file", "a.mp3", data)) == (400, "invalid_audio", "file")
    for name, value in (
        ("response_format", b"docx"),
        ("temperature", b"2"),
        ("temperature", b"warm"),
        ("prompt", b"x" * 9000),
        ("stream", b"perhaps"),
    ):
        got = await code(model, file, (name, None, value))
        assert got == (400, "invalid_value", name)
    granular = ("timestamp_granularities[]", None, b"word")
    assert (await code(model, file, granular))[2] == "timestamp_granularities"
    assert not studio.near.seen


async def test_forms_that_are_none(studio: Studio) -> None:
    reply = await studio.raw(PATH, b"{}", "application/json")
    assert reply.status == 415
    reply = await studio.raw(PATH, b"x", "multipart/form-data")
    assert (reply.status, reply.code) == (400, "multipart_boundary_missing")
    parts = [("model", None, b"ear"), *(("x", None, b"") for _ in range(100))]
    assert (await studio.upload(PATH, *parts)).status == 413


async def test_bounds_of_bytes_and_seconds(begin: Begin) -> None:
    studio = await begin(sound_bytes_max=30_000, sound_seconds_max=1.5)
    assert (await hear(studio, data=sound("wav"))).status == 413
    reply = await hear(studio, data=sound("opus"))
    assert (reply.status, reply.code) == (400, "invalid_audio")
    assert "longer than 1.5 seconds" in reply.body.decode()


async def test_a_file_keeps_a_name_that_upstreams_know(studio: Studio) -> None:
    studio.near.answer(written())
    cases = {
        "C:\\tmp\\a.mp3": "a.mp3",
        "../../b.mpga": "b.mpga",
        "blob": "blob.mp3",
        "": "audio.mp3",
        "a.txt": "a.txt.mp3",
        'q".mp3': "q%22.mp3",
    }
    for given, kept in cases.items():
        reply = await hear(studio, name=given.replace('"', '\\"').replace("C:\\", "C:\\\\"))
        assert reply.status == 200
        assert form_of(studio.near.seen[-1].body)["file"] == kept


async def test_a_stream_of_an_upstream_that_streams(studio: Studio) -> None:
    done = {
        "type": "transcript.text.done",
        "text": "the door",
        "usage": {"type": "tokens", "input_tokens": 20, "output_tokens": 2},
    }
    deltas = [{"type": "transcript.text.delta", "delta": each} for each in ("the", " door")]
    studio.near.answer(events(*deltas, done))
    reply = await hear(studio, model="ear-by-token", stream="true")
    told = reply.events()
    assert told[:2] == deltas
    assert told[2]["text"] == "the door"
    assert told[2]["usage"]["cost"] == (20 * 5_000 + 2 * 10_000) / 1e9
    assert reply.body.endswith(b"data: [DONE]\n\n")
    assert form_of(studio.near.seen[0].body)["stream"] == "true"
    row = await studio.row(reply.request_id)
    assert (row.nanos, row.exact) == (120_000, True)


async def test_a_stream_of_an_upstream_that_does_not(studio: Studio) -> None:
    studio.near.answer(written())
    told = (await hear(studio, stream="true")).events()
    assert [one["type"] for one in told] == ["transcript.text.delta", "transcript.text.done"]
    assert told[1]["text"] == "the door is open"


async def test_a_stream_that_breaks_off(studio: Studio) -> None:
    deltas = [{"type": "transcript.text.delta", "delta": each} for each in ("the", " door")]
    studio.near.answer(events(*deltas))
    reply = await hear(studio, stream="true", data=sound("mp3", 10.0))
    assert [one["type"] for one in reply.events()] == ["transcript.text.delta"] * 2 + ["error"]
    row = await studio.row(reply.request_id)
    assert row.end == "upstream_failed"
    assert 0 < row.nanos < 10_000_000


async def test_a_client_that_leaves_pays_what_was_heard(studio: Studio) -> None:
    studio.near.answer((STALL,))
    form = Form([("model", None, b"ear"), ("file", "a.mp3", sound())])
    _, writer = await studio.open(PATH, form.body(), form.content_type)
    await studio.near.until(lambda: studio.near.seen)
    writer.close()
    await studio.near.until(lambda: studio.near.links[0].closed_by == "peer")
    await studio.settled()


async def test_a_balance_that_does_not_reach(begin: Begin) -> None:
    studio = await begin(credit="0.001")
    assert (await hear(studio)).status == 402
    assert not studio.near.seen


async def test_a_stalled_stream_is_cut(studio: Studio) -> None:
    kind = {"content-type": "text/event-stream", "transfer-encoding": "chunked"}
    first = b'data: {"type":"transcript.text.delta","delta":"the"}\n\n'
    studio.near.answer((head(200, kind), chunk(first), RESET))
    reply = await hear(studio, stream="true")
    assert reply.events()[-1]["type"] == "error"


async def test_vendors_of_their_own_addresses(begin: Begin) -> None:
    studio = await begin(vendor="azure-openai")
    studio.near.answer(written())
    await hear(studio)
    assert studio.near.seen[0].target == "/openai/v1/audio/transcriptions?api-version=preview"
    assert studio.near.seen[0].headers["api-key"] == UPSTREAM_KEY


@pytest.mark.parametrize("end", [b"", b"\n\n"])
async def test_an_error_that_comes_together_with_words(studio: Studio, end: bytes) -> None:
    """The words that are paid for have been delivered."""
    words = b'data: {"type":"transcript.text.delta","delta":"the"}\n\n'
    error = b'data: {"type":"error","error":{"message":"busy"}}'
    kind = {"content-type": "text/event-stream"}
    studio.near.answer(Rogue.reply(200, words + error + end, kind))
    reply = await hear(studio, stream="true")
    assert [one["type"] for one in reply.events()] == ["transcript.text.delta", "error"]
    row = await studio.row(reply.request_id)
    assert (row.end, row.nanos) == ("upstream_failed", 1_000_000)


@pytest.mark.parametrize("form", ["text", "srt", "vtt", "verbose_json"])
async def test_a_stream_whatever_the_form(studio: Studio, form: str) -> None:
    studio.near.answer(written(segments=SEGMENTS))
    reply = await hear(studio, stream="true", response_format=form)
    told = reply.events()
    assert told[1]["text"] == "the door is open"
    assert told[1]["usage"] == {"type": "duration", "seconds": 2, "cost": 0.002}
    assert (await studio.row(reply.request_id)).end == "complete"


@pytest.mark.parametrize("form", ["srt", "vtt"])
async def test_times_that_cannot_be(studio: Studio, form: str) -> None:
    segments = [{"start": -1e308, "end": 1e308, "text": "the door is open"}]
    studio.near.answer(written(segments=segments))
    reply = await hear(studio, response_format=form)
    assert reply.status == 200
    line = reply.body.decode().replace(",", ".")
    assert "00:00:00.000 --> 99:59:59.999\nthe door is open" in line


async def test_a_file_type_with_a_line_end_in_it(studio: Studio) -> None:
    """It would stand in the head of the part that is sent on."""
    studio.near.answer(written())
    plain = Form([("model", None, b"ear"), ("file", "a.mp3", sound())])
    types = (b"content-type: audio/mpeg\nx-more: y", b"content-type: audio/mpeg\n\nz")
    for said in types:
        body = _typed(plain.body(), said)
        reader, writer = await studio.open(PATH, body, plain.content_type)
        assert b" 200 OK" in await reader.readuntil(b"\r\n\r\n")
        writer.close()
        head_of_file = studio.near.seen[-1].body.split(b'name="file"')[1][:100]
        assert b"content-type: audio/mpeg\r\n\r\nID3" in head_of_file


def _typed(body: bytes, header: bytes) -> bytes:
    """A form whose file has this header besides its name."""
    before, after = body.split(b'filename="a.mp3"')
    return before + b'filename="a.mp3"\r\n' + header + after[after.index(b"\r\n\r\n") :]
