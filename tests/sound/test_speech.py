"""POST /v1/audio/speech through the gateway to an upstream on a socket."""

import json
import threading
from base64 import b64decode
from pathlib import Path

import pytest

from tests.pictures.studio import UPSTREAM_KEY, Studio
from tests.sound.conftest import Begin
from tests.sound.sounds import delta, events, probe, sound, spoken
from tests.support.rogue import CLOSE, RESET, STALL, Gate, Pause, Rogue
from tests.support.script import LAST_CHUNK, chunk, head
from waystation.sound.formats import FORMATS

PATH = "/v1/audio/speech"
ASKED = {"model": "voice", "input": "hello there", "voice": "alloy"}
NANOS_A_CHARACTER = 10_000


async def test_each_format_passes_as_it_is(studio: Studio, tmp_path: Path) -> None:
    for form in FORMATS:
        await _passes(studio, form, tmp_path)


async def _passes(studio: Studio, form: str, tmp_path: Path) -> None:
    data = sound(form)
    studio.near.answer(spoken(data, FORMATS[form].media_type))
    reply = await studio.post(PATH, **ASKED, response_format=form)
    assert reply.status == 200
    assert reply.headers["content-type"] == FORMATS[form].media_type
    assert reply.body == data
    if form != "pcm":
        assert probe(reply.body, tmp_path, form)["codec_type"] == "audio"
    row = await studio.row(reply.request_id)
    assert (row.nanos, row.exact, row.end) == (11 * NANOS_A_CHARACTER, True, "complete")
    assert json.loads(row.parts) == [["characters", 11, "0.00001"]]
    seen = studio.near.seen[-1]
    assert json.loads(seen.body) == {**ASKED, "response_format": form}
    assert seen.headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    assert seen.headers["accept"] == "*/*"


async def test_characters_are_code_points(studio: Studio) -> None:
    studio.near.answer(spoken(sound()))
    reply = await studio.post(PATH, model="voice", input="早上好 😀", voice="nova")
    row = await studio.row(reply.request_id)
    assert row.nanos == 5 * NANOS_A_CHARACTER


async def test_by_second_of_what_was_spoken(studio: Studio) -> None:
    studio.near.answer(spoken(sound("mp3", 2.0)))
    reply = await studio.post(PATH, **{**ASKED, "model": "voice-by-second"})
    row = await studio.row(reply.request_id)
    assert row.nanos == 2 * 1_000_000


async def test_tokens_come_in_events_and_the_caller_gets_sound(studio: Studio) -> None:
    data = sound()
    done = {
        "type": "speech.audio.done",
        "usage": {"input_tokens": 5, "output_tokens": 40, "total_tokens": 45},
    }
    studio.near.answer(events(delta(data[:1000]), delta(data[1000:]), done))
    reply = await studio.post(PATH, **{**ASKED, "model": "voice-by-token"})
    assert reply.headers["content-type"] == "audio/mpeg"
    assert reply.body == data
    assert json.loads(studio.near.seen[0].body)["stream_format"] == "sse"
    row = await studio.row(reply.request_id)
    assert (row.nanos, row.exact) == (5 * 1_000 + 40 * 10_000, True)


async def test_an_upstream_that_does_not_know_events_is_asked_again(studio: Studio) -> None:
    refusal = {"error": {"message": "Unrecognized request argument: stream_format"}}
    studio.near.queue(Rogue.reply(400, json.dumps(refusal).encode()))
    studio.near.answer(spoken(sound()))
    reply = await studio.post(PATH, **{**ASKED, "model": "voice-by-token"})
    assert (reply.status, reply.body) == (200, sound())
    first, second = (json.loads(seen.body) for seen in studio.near.seen)
    assert first.pop("stream_format") == "sse"
    assert first == second
    studio.near.queue(Rogue.reply(400, b'{"error":{"message":"no such voice"}}'))
    assert (await studio.post(PATH, **{**ASKED, "model": "voice-by-token"})).status == 400


async def test_tokens_that_cannot_be_true(studio: Studio) -> None:
    data = sound("mp3", 2.0)
    for lie in (10**18, 900_000, -1, "40", None):
        done = {
            "type": "speech.audio.done",
            "usage": {"input_tokens": 5, "output_tokens": lie},
        }
        studio.near.answer(events(delta(data), done))
        reply = await studio.post(PATH, **{**ASKED, "model": "voice-by-token"})
        row = await studio.row(reply.request_id)
        if lie is not None:
            assert not row.exact
            assert row.output_tokens == pytest.approx(42, abs=2)


async def test_tokens_are_reckoned_where_nobody_tells_them(studio: Studio) -> None:
    studio.near.answer(spoken(sound("mp3", 2.0)))
    reply = await studio.post(PATH, **{**ASKED, "model": "voice-by-token"})
    assert reply.body == sound("mp3", 2.0)
    row = await studio.row(reply.request_id)
    assert not row.exact
    assert row.output_tokens == pytest.approx(42, abs=2)


async def test_events_for_the_caller_of_an_upstream_that_has_none(studio: Studio) -> None:
    data = sound()
    studio.near.answer(spoken(data))
    reply = await studio.post(PATH, **ASKED, stream_format="sse")
    assert reply.headers["content-type"].startswith("text/event-stream")
    told = reply.events()
    assert b"".join(b64decode(one["audio"]) for one in told[:-1]) == data
    assert told[-1]["type"] == "speech.audio.done"
    assert told[-1]["usage"]["cost"] == 0.00011
    assert reply.body.endswith(b"data: [DONE]\n\n")
    assert "stream_format" not in json.loads(studio.near.seen[0].body)


async def test_it_is_chunked_as_it_arrives(studio: Studio) -> None:
    data = sound()
    first, rest = data[:4000], data[4000:]
    gate = threading.Event()
    kind = {"content-type": "audio/mpeg", "transfer-encoding": "chunked"}
    studio.near.answer((head(200, kind), chunk(first), Gate(gate), chunk(rest), LAST_CHUNK))
    reader, writer = await studio.open(PATH, json.dumps(ASKED).encode(), "application/json")
    got = await reader.readuntil(b"\r\n\r\n")
    assert b"200" in got
    body = b""
    while len(body) < len(first):
        body += await reader.read(65536)
    gate.set()
    body += await reader.read()
    writer.close()
    assert body.endswith(b"0\r\n\r\n")


async def test_a_link_to_what_was_stored(studio: Studio, tmp_path: Path) -> None:
    data = sound("mp3", 2.0)
    studio.near.answer(spoken(data))
    reply = await studio.post(PATH, **ASKED, stream_format="url")
    told = reply.json()
    assert reply.status == 200
    assert (told["content_type"], told["bytes"]) == ("audio/mpeg", len(data))
    assert told["seconds"] == pytest.approx(2.0, abs=0.1)
    assert reply.headers["x-waystation-cost"] == "0.00011"
    file = await studio.file(told["url"])
    assert file.body == data
    assert file.headers["content-type"] == "audio/mpeg"
    row = await studio.row(reply.request_id)
    assert row.nanos == 11 * NANOS_A_CHARACTER


WRONG = [
    ({"input": "x" * 4097}, "input"),
    ({"input": " "}, "input"),
    ({"input": 7}, "input"),
    ({"voice": None}, "voice"),
    ({"voice": 3}, "voice"),
    ({"model": ""}, "model"),
    ({"response_format": "mid"}, "response_format"),
    ({"response_format": "pcm", "stream_format": "url"}, "stream_format"),
    ({"stream_format": "smoke"}, "stream_format"),
    ({"speed": 0.2}, "speed"),
    ({"speed": 4.1}, "speed"),
    ({"speed": "quick"}, "speed"),
    ({"speed": True}, "speed"),
    ({"instructions": 5}, "instructions"),
]


async def test_what_is_refused_before_any_hold(studio: Studio) -> None:
    for more, param in WRONG:
        reply = await studio.post(PATH, **{**ASKED, **more})
        assert (reply.status, reply.json()["error"]["param"]) == (400, param)
    assert not studio.near.seen


NO_SOUND = (
    Rogue.reply(200, b'{"error":{"message":"no voice today"}}'),
    Rogue.reply(200, b"<html>busy</html>", {"content-type": "text/html"}),
    spoken(b'{"error":{"message":"no voice today"}}'),
    spoken(b"<!DOCTYPE html><p>busy"),
    spoken(b""),
    Rogue.reply(200, b"Welcome", {"content-type": "text/plain"}),
    events({"type": "error", "error": {"message": "no voice today"}}),
    events({"type": "speech.audio.delta", "audio": "%%%"}),
    Rogue.error(500),
    (CLOSE,),
)


@pytest.mark.parametrize("script", NO_SOUND)
async def test_no_sound_is_no_answer_and_costs_nothing(
    studio: Studio, script: tuple[object, ...]
) -> None:
    """Where both channels fail so."""
    studio.near.answer(script)
    studio.far.answer(script)
    reply = await studio.post(PATH, **ASKED)
    assert reply.status in (500, 502, 503)
    assert reply.json()["error"]["message"]
    assert UPSTREAM_KEY.encode() not in reply.body
    row = await studio.row(reply.request_id)
    assert row.nanos == 0


async def test_another_channel_speaks(studio: Studio) -> None:
    studio.near.answer(NO_SOUND[0])
    studio.far.answer(spoken(sound()))
    reply = await studio.post(PATH, **ASKED)
    assert (reply.status, reply.body) == (200, sound())


@pytest.mark.parametrize("end", [RESET, CLOSE])
async def test_a_speech_that_is_cut_is_cut_for_the_caller(studio: Studio, end: object) -> None:
    """What came is billed by its share; nobody takes it for whole."""
    data = sound("mp3", 10.0)
    kind = {"content-type": "audio/mpeg", "transfer-encoding": "chunked"}
    script = (head(200, kind), chunk(data[: len(data) // 10]), Pause(0.05), end)
    studio.near.answer(script)
    text = "word " * 60
    reader, writer = await studio.open(
        PATH, json.dumps({**ASKED, "input": text}).encode(), "application/json"
    )
    try:
        raw = await reader.read()
    except ConnectionResetError:
        raw = b""
    writer.close()
    assert not raw.endswith(b"0\r\n\r\n")
    identity = raw.split(b"x-request-id: ")[1].split(b"\r\n")[0].decode()
    row = await studio.row(identity)
    assert row.end == "upstream_failed"
    assert 0 < row.nanos < 300 * NANOS_A_CHARACTER // 4
    assert not row.exact


async def test_events_that_break_off_end_with_an_error(studio: Studio) -> None:
    studio.near.answer(events(delta(sound()[:4000])))
    reply = await studio.post(PATH, **{**ASKED, "model": "voice-by-token"}, stream_format="sse")
    told = reply.events()
    assert told[0]["type"] == "speech.audio.delta"
    assert told[-1]["type"] == "error"
    assert b"[DONE]" not in reply.body
    row = await studio.row(reply.request_id)
    assert row.end == "upstream_failed"
    assert row.nanos > 0


async def test_a_client_that_leaves_pays_for_what_came(studio: Studio) -> None:
    data = sound("mp3", 10.0)
    kind = {"content-type": "audio/mpeg", "transfer-encoding": "chunked"}
    studio.near.answer((head(200, kind), chunk(data[: len(data) // 4]), STALL))
    body = json.dumps({**ASKED, "input": "word " * 40}).encode()
    reader, writer = await studio.open(PATH, body, "application/json")
    head_bytes = await reader.readuntil(b"\r\n\r\n")
    await reader.read(1000)
    writer.close()
    identity = head_bytes.split(b"x-request-id: ")[1].split(b"\r\n")[0].decode()
    row = await studio.row(identity)
    assert row.end == "client_gone"
    assert 0 < row.nanos < 200 * NANOS_A_CHARACTER
    await studio.near.until(lambda: studio.near.links[0].closed_by == "peer")


async def test_no_money_no_speech(begin: Begin) -> None:
    studio = await begin(credit="0.0001")
    reply = await studio.post(PATH, **ASKED)
    assert reply.status == 402
    assert not studio.near.seen


async def test_a_price_of_sound_alone_lets_no_chat_through(studio: Studio) -> None:
    reply = await studio.post(
        "/v1/chat/completions", model="voice", messages=[{"role": "user", "content": "hi"}]
    )
    assert (reply.status, reply.code) == (503, "price_not_configured")


async def test_fields_that_nobody_knows_travel_on(studio: Studio) -> None:
    studio.near.answer(spoken(sound()))
    more = {"speed": "1.5", "instructions": "softly", "voice": {"id": "voice_1"}, "seed": 7}
    reply = await studio.post(PATH, **{**ASKED, **more})
    assert reply.status == 200
    assert json.loads(studio.near.seen[0].body) == {**ASKED, **more, "speed": 1.5}


def _packed(*values: object, end: bytes = b"") -> tuple[object, ...]:
    """A script: events that arrive at once, and a last one without its blank line."""
    body = b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)
    return Rogue.reply(200, body + end, {"content-type": "text/event-stream"})


@pytest.mark.parametrize("end", [b"", b"\n\n"])
@pytest.mark.parametrize("form", ["sse", "audio", "url"])
async def test_an_error_that_comes_together_with_sound(
    studio: Studio, form: str, end: bytes
) -> None:
    """What is paid for has been delivered; nothing crashes."""
    error = b'data: {"type":"error","error":{"message":"busy"}}'
    studio.near.answer(_packed(delta(sound()[:4000]), end=error + end))
    studio.far.answer(RESET)
    asked = {**ASKED, "model": "voice-by-token", "stream_format": form}
    reader, writer = await studio.open(PATH, json.dumps(asked).encode(), "application/json")
    try:
        raw = await reader.read()
    except ConnectionResetError:
        raw = b""
    writer.close()
    identity = raw.split(b"x-request-id: ")[1].split(b"\r\n")[0].decode()
    row = await studio.row(identity)
    if form == "url":
        assert raw.startswith(b"HTTP/1.1 502")
        assert (row.end, row.nanos) == ("failed", 0)
        return
    assert row.end == "upstream_failed"
    assert row.nanos > 0
    assert (b"speech.audio.delta" if form == "sse" else sound()[:4000]) in raw
