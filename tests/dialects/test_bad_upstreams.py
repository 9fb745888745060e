"""Upstreams that break: a typed fault, never silence, never a key of ours (proofs 9, 11, 15)."""

import json
from typing import Any

import pytest

from tests.dialects.making import FREE, chat, same
from tests.dialects.streams import DONE, HELLO, STOP, chunk, frame, run
from waystation.dialects.faults import read_error, write_error
from waystation.dialects.openai_chat.stream import ChatStream
from waystation.errors import Fault

KEY = "sk-proj-Zz9Yy8Xx7Ww6Vv5Uu4Tt3Ss2"


def reader() -> ChatStream:
    return chat(stream=True).stream_reader(same(secrets=(KEY,)), FREE)


MALFORMED = {
    "no blank line": b'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\ndata: {"a":1}\n\n',
    "invalid json": b"data: {oops}\n\n",
    "cut json": b'data: {"id":"x","choices":[{"ind\n\n',
    "array": b"data: [1,2]\n\n",
    "a word": b"data: hello\n\n",
    "nan": b'data: {"choices":[{"index":NaN}]}\n\n',
    "choices of numbers": b'data: {"choices":[1]}\n\n',
    "choices an object": b'data: {"choices":{}}\n\n',
    "content a number": b'data: {"choices":[{"index":0,"delta":{"content":5}}]}\n\n',
    "a negative index": b'data: {"choices":[{"index":-1,"delta":{"content":"x"}}]}\n\n',
    "invalid utf-8": b'data: {"choices":[{"index":0,"delta":{"content":"\xff"}}]}\n\n',
    "lone surrogate": b'data: {"choices":[{"index":0,"delta":{"content":"\\ud800"}}]}\n\n',
    "deep": b'data: {"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n\n",
    "html": b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
    "html later": b"\n <html>\n\nBad Gateway</html>\n\n",
    "plain text": b"upstream connect error or disconnect/reset before headers",
    "nothing": b"",
    "blank": b"\n\n\n",
    "only done": b"data: [DONE]\n\n",
    "only comments": b": one\n\n: two\n\n",
    "only a role": b'data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n',
    "a json array": b"[]",
    "json without choices": b'{"result":"ok"}',
    "cut json body": b'{"id":"x","choices":[',
    "too many choices": b"".join(frame({"content": "x"}, index=index) for index in range(200)),
    "an endless frame": b"data: " + b"x" * (9 * 1024 * 1024),
}


@pytest.mark.parametrize("wire", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("step", [None, 1, 4096])
def test_a_malformed_stream_is_a_typed_fault(wire: bytes, step: int | None) -> None:
    if step == 1 and len(wire) > 5000:
        step = 1000
    stream = reader()
    size = step or max(len(wire), 1)
    out = run(stream, [wire[at : at + size] for at in range(0, len(wire), size)])
    assert stream.fault is not None
    assert stream.fault.status == 502
    assert stream.fault.code in ("bad_upstream_response", "upstream_error")
    assert b"[DONE]" not in out
    assert not stream.finished
    assert b"<html" not in out.lower()


@pytest.mark.parametrize(
    "prefix", [b"\xef\xbb\xbf", b": hello\n\n", b"\n\n", b"retry: 5\n\n", b"event: x\n\n"]
)
@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_odd_but_proper_streams_are_read(prefix: bytes, end: bytes) -> None:
    wire = (prefix + HELLO + STOP + DONE).replace(b"\n", end)
    stream = reader()
    out = run(stream, [wire[at : at + 1] for at in range(len(wire))])
    assert stream.fault is None
    assert out == HELLO + STOP + DONE


def test_what_came_before_the_nonsense_is_passed_on() -> None:
    stream = reader()
    out = stream.feed(HELLO + b"data: {oops}\n\n" + HELLO)
    assert out == HELLO
    assert stream.fault is not None
    assert stream.feed(HELLO) == b""
    assert stream.close() == b""
    assert stream.usage().output_tokens > 0


def test_an_early_end_is_a_fault_with_its_partial_count() -> None:
    stream = reader()
    out = run(stream, [HELLO, frame({"content": " world, half"})[:-20]])
    assert stream.fault is not None
    assert stream.fault.code == "bad_upstream_response"
    assert out == HELLO
    assert (stream.usage().exact, stream.usage().output_tokens > 0) == (False, True)


def error(**fields: Any) -> bytes:
    return b"data: " + json.dumps({"error": fields}).encode() + b"\n\n"


ERRORS = [
    (error(message="slow down", code="rate_limit_exceeded"), 429, "upstream_saturated"),
    (error(message="busy", type="overloaded_error"), 503, "upstream_error"),
    (error(message="quota", code="insufficient_quota"), 503, "upstream_account_unavailable"),
    (error(message="bad key", code=401), 503, "upstream_account_unavailable"),
    (error(message="too long", type="invalid_request_error"), 400, "invalid_request"),
    (error(message="oops", type="server_error"), 502, "upstream_error"),
    (error(message="?"), 502, "upstream_error"),
    (b'data: {"error":"it broke"}\n\n', 502, "upstream_error"),
    (b'event: error\ndata: {"message":"it broke"}\n\n', 502, "upstream_error"),
    (b'data: {"code":"InvalidParameter","message":"it broke"}\n\n', 502, "upstream_error"),
    (b'{"error":{"message":"slow down","code":429}}', 429, "upstream_saturated"),
    (b'{"error":{"message":"bad","type":"invalid_request_error"}}', 400, "invalid_request"),
]


@pytest.mark.parametrize(("wire", "status", "code"), ERRORS)
@pytest.mark.parametrize("after", [b"", HELLO])
def test_an_error_inside_a_good_answer(wire: bytes, status: int, code: str, after: bytes) -> None:
    if after and wire.startswith(b"{"):
        wire = b"data: " + wire + b"\n\n"
    stream = reader()
    out = run(stream, [after + wire])
    assert stream.fault is not None
    assert (stream.fault.status, stream.fault.code) == (status, code)
    assert out == after
    assert not stream.finished


def test_an_empty_error_is_none() -> None:
    stream = reader()
    wire = chunk(choices=[{"index": 0, "delta": {"content": "x"}}], error=None)
    assert b'"content"' in stream.feed(wire)
    assert stream.fault is None


def test_the_error_event_ends_without_done() -> None:
    stream = reader()
    stream.feed(HELLO)
    out = stream.fail(Fault("upstream_timeout"), "en", "R1")
    told = json.loads(out.removeprefix(b"data: "))
    assert told["error"]["code"] == "upstream_timeout"
    assert told["error"]["message"].endswith("(request id: R1)")
    assert stream.feed(HELLO) == stream.close() == b""


# ---- whole answers -----------------------------------------------------------------------------

BAD_REPLIES = {
    "empty": b"",
    "html": b"<html>502</html>",
    "text": b"Internal Server Error",
    "cut": b'{"id":"x","choices":[{"message":',
    "array": b"[]",
    "no choices": b'{"id":"x"}',
    "choices null": b'{"choices":null}',
    "choices of numbers": b'{"choices":[1]}',
    "nan": b'{"choices":[],"x":NaN}',
    "invalid utf-8": b'{"choices":[{"message":{"content":"\xff"}}]}',
    "deep": b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "trailing": b'{"choices":[]} {}',
    "cut stream": HELLO,
    "broken stream": HELLO + b"data: {oops}\n\n",
}


@pytest.mark.parametrize("body", BAD_REPLIES.values(), ids=BAD_REPLIES.keys())
def test_nonsense_with_status_200(body: bytes) -> None:
    for content_type in ("application/json", "text/html", ""):
        with pytest.raises(Fault) as caught:
            chat().reply_reader(same(), FREE).read(200, content_type, body)
        assert caught.value.status == 502


def test_an_error_with_status_200() -> None:
    body = b'{"error":{"message":"slow down","code":"rate_limit_exceeded"}}'
    with pytest.raises(Fault) as caught:
        chat().reply_reader(same(), FREE).read(200, "application/json", body)
    assert caught.value.status == 429


# ---- error statuses ----------------------------------------------------------------------------

BODIES = {
    "json": json.dumps({"error": {"message": f"No: {KEY}", "type": "t", "code": None}}).encode(),
    "masked key": b'{"error":{"message":"Incorrect API key provided: sk-proj-********Ss2."}}',
    "html": b"<html><body>nginx " + KEY.encode() + b"</body></html>",
    "text": b"no " + KEY.encode(),
    "empty": b"",
    "key everywhere": json.dumps(
        {"error": {"message": KEY, "type": KEY, "code": KEY, "param": KEY}}
    ).encode(),
    "key as detail": json.dumps({"detail": [{"input": {"key": KEY}}]}).encode(),
    "array": json.dumps([{"error": {"message": KEY, "code": 7}}]).encode(),
    "string": json.dumps(f"Bearer {KEY}").encode(),
    "deep": b"[" * 10000,
}
STATUSES = [*range(400, 406), 408, 409, 413, 415, 422, 429, *range(500, 505), 520, 524, 529]
SHOWN = {
    401: (503, "upstream_account_unavailable"),
    402: (503, "upstream_account_unavailable"),
    403: (503, "upstream_account_unavailable"),
    408: (504, "upstream_timeout"),
    429: (429, "upstream_saturated"),
    503: (503, "upstream_error"),
    504: (504, "upstream_timeout"),
    529: (529, "upstream_error"),
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_each_status_with_each_body(status: int, body: bytes) -> None:
    fault = read_error(status, body, (KEY,))
    default = (status, "invalid_request") if status < 500 else (502, "upstream_error")
    assert (fault.status, fault.code) == SHOWN.get(status, default)
    for dialect in ("openai", "anthropic", "gemini", "midjourney", "suno", "management", "console"):
        for language in ("en", "zh"):
            shown, headers, out = write_error(fault, dialect, "R7", language)  # type: ignore[arg-type]
            assert json.loads(out)
            assert KEY.encode() not in out
            assert b"Ss2" not in out
            assert b"(request id: R7)" in out
            assert b"nginx" not in out
            if fault.retry_after:
                assert (b"retry-after", str(fault.retry_after).encode()) in headers
            if dialect == "openai":
                assert shown == (503 if fault.status == 529 else fault.status)
