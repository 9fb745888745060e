"""Bodies as clients send them: compressed, mislabelled, broken."""

import gzip
import json
import zlib
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard

from tests.conformance.raw import BEARER, CHAT, call
from tests.conformance.serving import Server

TARGET = "/v1/chat/completions"
PLAIN = json.dumps(CHAT).encode()

CODINGS: list[tuple[str, Any]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("GZIP", gzip.compress),
    ("br", brotli.compress),
    ("zstd", zstandard.ZstdCompressor().compress),
    ("deflate", zlib.compress),
    ("identity", bytes),
]


@pytest.mark.parametrize(("coding", "pack"), CODINGS)
def test_compressed(server: Server, coding: str, pack: Any) -> None:
    headers = {**BEARER, "content-encoding": coding}
    answer = call(server, "POST", TARGET, pack(PLAIN), headers)
    assert answer.status == 200, answer
    assert "Rain" in answer.body["choices"][0]["message"]["content"]


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_what_is_not_what_it_says(server: Server, coding: str) -> None:
    headers = {**BEARER, "content-encoding": coding}
    assert call(server, "POST", TARGET, PLAIN, headers).status == 400
    pack = dict(CODINGS)[coding]
    assert call(server, "POST", TARGET, pack(PLAIN)[:-4], headers).status == 400


def test_an_unknown_coding(server: Server) -> None:
    headers = {**BEARER, "content-encoding": "lzma"}
    assert call(server, "POST", TARGET, PLAIN, headers).status == 415


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_bomb(server: Server, coding: str) -> None:
    """80 MB of blanks in some KB: refused at the cap, naming it."""
    packed = dict(CODINGS)[coding](b" " * (80 * 1024 * 1024))
    answer = call(server, "POST", TARGET, packed, {**BEARER, "content-encoding": coding})
    assert answer.status == 413
    assert answer.body["error"]["code"] == "request_too_large"
    assert str(32 * 1024 * 1024) in answer.body["error"]["message"]


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense", "*/*"],
)
def test_any_content_type_will_do(server: Server, kind: str) -> None:
    answer = call(server, "POST", TARGET, CHAT, {**BEARER, "content-type": kind})
    assert answer.status == 200, answer


def test_multipart_without_a_boundary(server: Server) -> None:
    headers = {**BEARER, "content-type": "multipart/form-data"}
    answer = call(server, "POST", TARGET, CHAT, headers)
    assert answer.status == 400
    assert answer.body["error"]["code"] == "multipart_boundary_missing"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b'{"model": "demo-chat",\n "messages": [}', "invalid_json"),
        (b"[]", "invalid_json"),
        (b'"x"', "invalid_json"),
        (b'{"model":"demo-chat","messages":[{"role":"user","content":"\xff"}]}', "invalid_json"),
        (PLAIN[:-1] + b',"temperature":NaN}', "invalid_json"),
        (PLAIN[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "invalid_json"),
        (b'{"model":"demo-chat"}', "missing_field"),
        (b'{"messages":[]}', "missing_field"),
        (b'{"model":5,"messages":[]}', "invalid_value"),
    ],
)
def test_broken_bodies(server: Server, body: bytes, code: str) -> None:
    answer = call(server, "POST", TARGET, body)
    assert answer.status == 400, answer
    assert answer.body["error"]["code"] == code, answer
    assert answer.body["error"]["type"] == "invalid_request_error"


def test_where_the_json_is_broken(server: Server) -> None:
    answer = call(server, "POST", TARGET, b'{"model": "demo-chat",\n "messages": [}')
    message = answer.body["error"]["message"]
    assert "line 2" in message
    assert "column" in message


def test_accept_does_not_switch_on_a_stream(server: Server) -> None:
    headers = {**BEARER, "accept": "text/event-stream"}
    answer = call(server, "POST", TARGET, CHAT, headers)
    assert answer.headers["content-type"].startswith("application/json")


def test_the_last_of_two_keys_wins_for_price_and_upstream(server: Server) -> None:
    body = b'{"model":"slow-chat",' + PLAIN[1:]
    answer = call(server, "POST", TARGET, body)
    assert answer.body["model"] == "demo-chat"
    assert server.receipt(answer.headers["x-request-id"])["model"] == "demo-chat"


def test_no_tools_is_an_empty_list(server: Server) -> None:
    answer = call(server, "POST", TARGET, {**CHAT, "tools": [], "tool_choice": "auto"})
    assert answer.status == 200
    assert answer.body["choices"][0]["finish_reason"] == "stop"


def test_stray_headers_have_no_effect(server: Server) -> None:
    headers = {**BEARER, "x-forwarded-host": "evil.example", "x-forwarded-for": "203.0.113.9"}
    assert call(server, "POST", TARGET, CHAT, headers).status == 200
    huge = {**BEARER, "x-codex-turn-metadata": "x" * 8000}
    assert call(server, "POST", TARGET, CHAT, huge).status == 200


def test_a_stream_by_hand(server: Server) -> None:
    answer = call(server, "POST", TARGET, {**CHAT, "stream": True})
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    frames = answer.body.decode().split("\n\n")
    assert frames[-1] == ""
    assert frames[-2] == "data: [DONE]"
    for frame in frames[:-2]:
        assert frame.startswith('data: {"id":')
        assert json.loads(frame.removeprefix("data: "))["object"] == "chat.completion.chunk"


def test_an_idempotency_key(server: Server) -> None:
    headers = {**BEARER, "idempotency-key": f"once-{server.store}"}
    first = call(server, "POST", TARGET, CHAT, headers)
    assert first.status == 200
    again = call(server, "POST", TARGET, CHAT, headers)
    assert again.status == 409
    assert again.body["error"]["code"] == "idempotency_replayed"
    assert first.headers["x-request-id"] in again.body["error"]["message"]
    other = call(server, "POST", TARGET, {**CHAT, "n": 2}, headers)
    assert other.status == 422
    assert other.body["error"]["code"] == "idempotency_key_reused"
