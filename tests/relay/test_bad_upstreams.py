"""Upstreams that break, lie and flood: a typed fault in the caller's dialect, the right money, and
nothing of ours in any reply or log."""

import asyncio
import json
import time
from typing import Any

import pytest

from tests.relay.conftest import Begin
from tests.support.gateway import (
    INPUT_NANOS,
    OUTPUT_NANOS,
    UPSTREAM_KEY,
    Station,
    channel,
    document,
)
from tests.support.rogue import Rogue
from tests.support.script import (
    CLOSE,
    JSON_HEADERS,
    LAST_CHUNK,
    RESET,
    SSE_HEADERS,
    STALL,
    USAGE,
    Answer,
    Drip,
    Endless,
    chat,
    chat_frames,
    chunk,
    echo_key,
    error,
    gzip_bomb,
    head,
    reply,
    stream,
)
from waystation.routing.health import Health

EXACT = USAGE["prompt_tokens"] * INPUT_NANOS + USAGE["completion_tokens"] * OUTPUT_NANOS
WORDS = [" one", " two", " three"]
HALF = b'data: {"id":"x","choices":[{"index":0,"del'


def forget(station: Station) -> None:
    """What routing has learnt of earlier failures would keep it from trying again."""
    station.gateway.site.router.health = Health()


# ---- connections that break -----------------------------------------------------------------

BROKEN_BEFORE: dict[str, Answer] = {
    "at once": (RESET,),
    "after the head": (head(200, SSE_HEADERS), RESET),
    "after the preamble": stream(chat_frames()[:1], done=False, end=(RESET,)),
    "in half of the first frame": (head(200, SSE_HEADERS), chunk(HALF), RESET),
}
BROKEN_AFTER: dict[str, Answer] = {
    "in half a frame": (*stream(chat_frames(WORDS)[:3], done=False, end=()), chunk(HALF), RESET),
    "in half a chunk": (*stream(chat_frames(WORDS)[:3], done=False, end=()), b"ff\r\ndata", RESET),
    "before the end": stream(chat_frames(WORDS)[:4], done=False, end=(RESET,)),
    "a clean end before the end": stream(chat_frames(WORDS)[:4], done=False),
    "an error event": stream([*chat_frames(WORDS)[:3], {"error": {"message": "no"}}], done=False),
}


async def test_broken_before_the_first_content_is_a_real_status_and_free(station: Station) -> None:
    for name, script in BROKEN_BEFORE.items():
        forget(station)
        station.rogue.answer(script)
        got = await station.chat(stream=True)
        assert got.status == 502, name
        assert got.error["code"] in ("upstream_error", "bad_upstream_response"), name
        row = await station.row(got.request_id)
        assert (row.nanos, row.end, row.status) == (0, "failed", 502), name


async def test_broken_after_it_is_told_in_the_stream_and_paid_in_part(station: Station) -> None:
    for name, script in BROKEN_AFTER.items():
        forget(station)
        station.rogue.answer(script)
        got = await station.chat(stream=True)
        assert got.status == 200, name
        assert json.loads(got.events[-1])["error"]["code"], name
        assert b"[DONE]" not in got.body, name
        row = await station.row(got.request_id)
        assert (row.end, row.exact) == ("upstream_failed", False), name
        assert 0 < row.nanos < 100_000, name


async def test_failover_only_before_the_first_content(begin: Begin, rogue: Rogue) -> None:
    bad, good = channel("bad", f"{rogue.url}/bad"), channel("good", f"{rogue.url}/good")
    station = await begin(document([{**bad, "priority": 0}, {**good, "priority": 1}]))
    rogue.on("/good/v1/chat/completions", stream())
    for name, script in BROKEN_BEFORE.items():
        forget(station)
        rogue.on("/bad/v1/chat/completions", script)
        got = await station.chat(stream=True)
        assert got.events[-1] == b"[DONE]", name
        row = await station.row(got.request_id)
        assert [one.outcome for one in row.attempts][1:] == ["answered"], name
        assert row.nanos == EXACT, name
    for name, script in BROKEN_AFTER.items():
        forget(station)
        rogue.on("/bad/v1/chat/completions", script)
        calls = len(rogue.seen)
        await station.chat(stream=True)
        assert len(rogue.seen) == calls + 1, name


# ---- answers that are none ------------------------------------------------------------------

NONSENSE: dict[str, Answer] = {
    "html with status 200": reply(200, b"<html>hi</html>", {"content-type": "text/html"}),
    "a json error with status 200": reply(200, b'{"error":{"message":"broken","code":null}}'),
    "invalid json": reply(200, b'{"id":"x","choices":[{'),
    "an empty body": reply(200, b""),
    "an array": reply(200, b"[1,2]"),
    "not utf-8": reply(200, b'{"id":"\xff\xfe"}'),
    "a body shorter than told": (*reply(200, b'{"id":', content_length=400), CLOSE),
    "no http at all": (b"SSH-2.0-OpenSSH_9.2\r\n", CLOSE),
    "a gzip bomb": gzip_bomb(64),
    "an endless head": (b"HTTP/1.1 200 OK\r\n", Endless(b"x-more: " + b"y" * 1000 + b"\r\n")),
    "an endless body": (
        head(200, {**JSON_HEADERS, "transfer-encoding": "chunked"}), Endless(chunk(b"a" * 65536)),
    ),
}  # fmt: skip
NONSENSE_STREAMS: dict[str, Answer] = {
    **NONSENSE,
    "a line without an end": (head(200, SSE_HEADERS), Endless(chunk(b"data: " + b"a" * 65536))),
    "no data at all": stream([], done=False),
    "only DONE": stream([], done=True),
    "a frame of nonsense": stream([b"data: {nonsense\n\n"], done=False),
}


async def test_nonsense_is_a_fault_and_free(begin: Begin) -> None:
    station = await begin(reply_bytes_max=4 * 1024 * 1024)
    for name, script in NONSENSE.items():
        forget(station)
        station.rogue.answer(script)
        got = await station.chat()
        assert got.status == 502, name
        assert got.error["message"], name
        assert (await station.row(got.request_id)).nanos == 0, name


async def test_nonsense_in_place_of_a_stream_is_a_fault_and_free(begin: Begin) -> None:
    station = await begin(reply_bytes_max=4 * 1024 * 1024)
    for name, script in NONSENSE_STREAMS.items():
        forget(station)
        station.rogue.answer(script)
        got = await station.chat(stream=True)
        assert got.status >= 500, f"{name}: {got.body[:200]!r}"
        assert got.error["message"], name
        assert (await station.row(got.request_id)).nanos == 0, name


@pytest.mark.parametrize("ending", [b"\n\n", b"\r\n\r\n", b"\r\r"], ids=["lf", "crlf", "cr"])
async def test_streams_in_odd_spelling_are_understood(station: Station, ending: bytes) -> None:
    data = b"\xef\xbb\xbf: a comment" + ending
    for frame in chat_frames():
        data += b"event: message" + ending[: len(ending) // 2] + b"data:"
        data += json.dumps(frame).encode() + ending
    data += b"data: [DONE]" + ending
    station.rogue.answer((head(200, SSE_HEADERS), chunk(data), LAST_CHUNK))
    got = await station.chat(stream=True)
    texts = [json.loads(event)["choices"][0]["delta"].get("content") for event in got.events[:-2]]
    assert [text for text in texts if text] == ["hello", " there"]
    assert (await station.row(got.request_id)).nanos == EXACT


async def test_slow_upstreams_meet_their_deadlines_and_others_do_not_feel_it(
    begin: Begin, rogue: Rogue
) -> None:
    slow = {"first_byte": 0.3, "idle": 0.3, "connect": 1, "total": 2}
    station = await begin(
        document(
            [
                channel("slow", f"{rogue.url}/slow", deadlines=slow, models=["slow"]),
                channel("up", rogue.url),
            ],
            prices=[{"model": "slow", "input": "1", "output": "2"}],
        )
    )
    data = b"".join(b"data: " + json.dumps(frame).encode() + b"\n\n" for frame in chat_frames())
    scripts: dict[str, tuple[Answer, bool]] = {
        "nothing": ((STALL,), False),
        "a head only": ((head(200, SSE_HEADERS), STALL), True),
        "half a body": (reply(200, b'{"id"', content_length=99), False),
        "a preamble only": (stream(chat_frames()[:1], done=False, end=(STALL,)), True),
        "a byte now and then": ((head(200, SSE_HEADERS), Drip(chunk(data), 0.05)), True),
    }
    for name, (script, streamed) in scripts.items():
        forget(station)
        rogue.on("/slow/v1/chat/completions", script)
        waiting = asyncio.create_task(station.chat(model="slow", stream=streamed))
        began = time.monotonic()
        assert (await station.chat()).status == 200
        assert not waiting.done(), f"{name}: others wait"
        got = await waiting
        if got.status == 200:
            assert json.loads(got.events[-1])["error"]["code"] == "upstream_timeout", name
        else:
            assert (got.status, got.error["code"]) == (504, "upstream_timeout"), name
        assert time.monotonic() - began < 12, name


# ---- usage that lies ------------------------------------------------------------------------

LIES: dict[str, Any] = {
    "missing": None,
    "empty": {},
    "zero": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    "negative": {"prompt_tokens": -5, "completion_tokens": -9, "total_tokens": -14},
    "a float": {"prompt_tokens": 9.5, "completion_tokens": 3.25, "total_tokens": 12.75},
    "a string": {"prompt_tokens": "9", "completion_tokens": "many", "total_tokens": "x"},
    "huge": {"prompt_tokens": 10**18, "completion_tokens": 10**18, "total_tokens": 2 * 10**18},
    "beyond 64 bits": {"prompt_tokens": 10**30, "completion_tokens": 1, "total_tokens": 1},
    "nested wrongly": {"prompt_tokens": {"a": 1}, "completion_tokens": [3]},
    "more cached than there is": {
        "prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 900},
    },
}  # fmt: skip


async def test_lying_usage_is_clamped_and_flagged(station: Station) -> None:
    for streamed in (False, True):
        for name, lie in LIES.items():
            text = ["It was", " a dark", " and stormy night"]
            frames = chat_frames(text, usage=lie)
            station.rogue.answer(stream(frames) if streamed else chat("".join(text), usage=lie))
            got = await station.chat(stream=streamed)
            assert got.status == 200, (name, streamed)
            row = await station.row(got.request_id)
            assert 0 < row.nanos < 1_000_000, (name, streamed, row.nanos)
            assert not row.exact, (name, streamed)


async def test_usage_told_again_and_again_is_charged_once(station: Station) -> None:
    one, *middle, last = chat_frames(WORDS)
    shrunk = {**last, "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
    for frames in ([one, *middle, last, last, last], [one, last, *middle, last, shrunk]):
        station.rogue.answer(stream(frames))
        got = await station.chat(stream=True)
        assert 0 < (await station.row(got.request_id)).nanos <= EXACT


# ---- error statuses -------------------------------------------------------------------------

STATUSES = {
    400: 400, 401: 503, 402: 503, 403: 503, 404: 404, 408: 504, 409: 409, 413: 413, 422: 422,
    429: 429, 500: 502, 501: 502, 502: 502, 503: 503, 504: 504, 529: 503,
}  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True], ids=["json", "stream"])
async def test_each_error_status_in_each_form(
    begin: Begin, streamed: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    station = await begin(log_lines="stdout")
    for status, expected in STATUSES.items():
        forms = {form: error(status, form) for form in ("json", "html", "empty")}
        for name, script in {**forms, "echo": echo_key(status)}.items():
            forget(station)
            station.rogue.answer(script)
            got = await station.chat(stream=streamed)
            assert got.status == expected, (status, name)
            assert set(got.error) >= {"message", "type", "param", "code"}, (status, name)
            assert ("retry-after" in got.headers) == (expected in (429, 503)), (status, name)
            told = got.body + repr(got.headers).encode()
            assert UPSTREAM_KEY.encode() not in told, (status, name)
            assert b"<html>" not in told, (status, name)
            row = await station.row(got.request_id)
            assert row.nanos == 0, (status, name)
            assert UPSTREAM_KEY not in repr(row), (status, name)
    await asyncio.sleep(0.3)  # the lines are written in the background
    out = "".join(capfd.readouterr())
    assert out.count("\n") >= 4 * len(STATUSES)
    assert UPSTREAM_KEY not in out
