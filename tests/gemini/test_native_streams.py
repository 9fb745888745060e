"""Gemini streams in the native lane: recorded traffic at every split, both forms, the meter."""

import json
import random
from typing import Any

import pytest

from tests.dialects import recorded
from tests.dialects.making import FREE, body, no_headers, same
from tests.gemini.recorded import STREAMS, chunks_of
from waystation.dialects.gemini.request import parse
from waystation.dialects.gemini.stream import GeminiStream
from waystation.dialects.operation import Target
from waystation.errors import Fault

CONTENTS = [{"role": "user", "parts": [{"text": "Hello?" * 2000}]}]


def reader(target: Target | None = None, as_array: bool = False) -> GeminiStream:
    operation = parse(
        body(contents=CONTENTS), no_headers, model="asked", stream=True, as_array=as_array
    )
    return operation.stream_reader(target or same(), FREE)


def run(stream: GeminiStream, pieces: list[bytes]) -> bytes:
    return b"".join([stream.feed(piece) for piece in pieces]) + stream.close()


def chunk(text: str = "", finish: str | None = None, index: int = 0, **more: Any) -> bytes:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": text}]}}
    candidate["index"] = index
    if finish:
        candidate["finishReason"] = finish
    return b"data: " + json.dumps({"candidates": [candidate], **more}).encode() + b"\r\n\r\n"


USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 4, "totalTokenCount": 13}


@recorded.needs_recordings
@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("target", [same(), same("other")], ids=["same", "mapped"])
@pytest.mark.parametrize("as_array", [False, True], ids=["sse", "array"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_every_split_gives_the_same(name: str, target: Target, as_array: bool, end: bytes) -> None:
    wire = recorded.stream(name, end, done=False)
    whole = reader(target, as_array)
    expected = run(whole, [wire])
    assert whole.fault is None
    assert whole.finished
    sizes = random.Random(name)
    cuts = [at for at in range(1, len(wire)) if sizes.random() < 0.02]
    pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    for parts in (pieces, [wire[at : at + 1] for at in range(len(wire))]):
        split = reader(target, as_array)
        assert run(split, parts) == expected
        assert split.usage() == whole.usage()


@recorded.needs_recordings
@pytest.mark.parametrize("name", STREAMS)
def test_recorded_streams_pass_untouched_and_are_metered(name: str) -> None:
    source = [json.loads(payload) for payload in recorded.payloads(name)]
    stream = reader()
    assert chunks_of(run(stream, [recorded.stream(name, done=False)])) == source
    told = source[-1]["usageMetadata"]
    usage = stream.usage()
    assert usage.exact, usage.flags
    assert usage.input_tokens == told["promptTokenCount"]
    assert usage.output_reasoning == told["thoughtsTokenCount"]
    assert usage.output_text == told.get("candidatesTokenCount", 0)
    assert usage.input_tokens + usage.output_tokens == told["totalTokenCount"]
    assert stream.upstream_id == source[0]["responseId"]


@recorded.needs_recordings
@pytest.mark.parametrize("name", STREAMS)
def test_as_an_array_with_a_mapped_name(name: str) -> None:
    source = [json.loads(payload) for payload in recorded.payloads(name)]
    out = run(reader(same("other"), as_array=True), [recorded.stream(name, done=False)])
    assert json.loads(out) == [{**one, "modelVersion": "asked"} for one in source]


def test_an_upstream_s_own_array_is_read_too() -> None:
    stream = reader()
    elements = b",\r\n".join(one[6:].strip() for one in (chunk("Hi"), chunk("", "STOP")))
    out = run(stream, [b"[", elements, b"]"])
    assert len(chunks_of(out)) == 2
    assert stream.finished


def test_a_blocked_prompt_is_a_whole_answer_that_is_billed() -> None:
    stream = reader()
    blocked = {
        "promptFeedback": {"blockReason": "SAFETY"},
        "usageMetadata": {"promptTokenCount": 9},
    }
    out = run(stream, [b"data: " + json.dumps(blocked).encode() + b"\n\n"])
    assert chunks_of(out) == [blocked]
    assert stream.finished
    assert stream.fault is None
    assert stream.has_output  # what the vendor counted
    assert stream.usage().output_tokens == 0


def test_each_candidate_must_finish() -> None:
    stream = reader()
    run(stream, [chunk("a", "STOP", 0), chunk("b", None, 1)])
    assert stream.fault is not None
    stream = reader()
    run(stream, [chunk("a", "STOP", 0), chunk("b", None, 1), chunk("", "MAX_TOKENS", 1)])
    assert stream.finished


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        ([b"<html>no</html>"], "bad_upstream_response"),
        ([b'{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED"}}'],
         "upstream_saturated"),
        ([b'[{"error":{"code":500,"message":"broken","status":"INTERNAL"}}]'], "upstream_error"),
        ([b'data: {"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}\n\n'],
         "upstream_error"),
        ([b'data: {"candidates":3}\n\n'], "bad_upstream_response"),
        ([b"data: {nonsense}\n\n"], "bad_upstream_response"),
        ([chunk("Hi")], "bad_upstream_response"),
        ([], "bad_upstream_response"),
    ],
    ids=["html", "json error", "array error", "error event", "shape", "nonsense", "early end",
         "nothing"],
)  # fmt: skip
def test_what_goes_wrong_is_a_typed_fault(pieces: list[bytes], code: str) -> None:
    stream = reader()
    run(stream, pieces)
    assert stream.fault is not None
    assert stream.fault.code == code
    assert not stream.finished


@pytest.mark.parametrize("as_array", [False, True])
def test_a_failure_in_the_middle_is_told_in_the_dialect(as_array: bool) -> None:
    stream = reader(as_array=as_array)
    out = stream.feed(chunk("Hi")) + stream.fail(Fault("upstream_timeout"), "en", "req1")
    told = json.loads(out) if as_array else chunks_of(out)
    assert told[-1]["error"]["status"] == "DEADLINE_EXCEEDED"
    assert told[-1]["error"]["code"] == 504
    assert "req1" in told[-1]["error"]["message"]


def test_keep_alives_say_nothing() -> None:
    stream = reader()
    out = stream.keep_alive() + run(stream, [chunk("Hi"), chunk("", "STOP", usageMetadata=USAGE)])
    assert chunks_of(out)[0]["candidates"][0]["content"]["parts"] == [{"text": ""}]
    array = reader(as_array=True)
    out = array.keep_alive() + array.feed(chunk("Hi")) + array.keep_alive()
    assert len(json.loads(out + array.feed(chunk("", "STOP")) + array.close())) == 2


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"promptTokenCount": -1, "candidatesTokenCount": 3},
        {"promptTokenCount": 9, "candidatesTokenCount": 10**17},
        {"promptTokenCount": 1.5, "candidatesTokenCount": "3"},
    ],
)
def test_lying_usage_is_flagged(usage: Any) -> None:
    stream = reader()
    run(stream, [chunk("Hello there"), chunk("", "STOP", usageMetadata=usage)])
    assert not stream.usage().exact
    assert 0 < stream.usage().output_tokens < 100


def test_tools_caches_and_pictures_have_kinds_of_their_own() -> None:
    usage = {
        "promptTokenCount": 1000,
        "cachedContentTokenCount": 300,
        "toolUsePromptTokenCount": 50,
        "candidatesTokenCount": 1300,
        "thoughtsTokenCount": 20,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 742},
            {"modality": "IMAGE", "tokenCount": 258},
        ],
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1290}],
        "totalTokenCount": 2370,
    }
    stream = reader()
    run(stream, [chunk("Here"), chunk("", "STOP", usageMetadata=usage)])
    found = stream.usage()
    assert found.exact
    assert (found.input_fresh, found.input_cache_read, found.image_in) == (492, 300, 258)
    assert (found.output_text, found.output_reasoning, found.image_out) == (10, 20, 1290)
