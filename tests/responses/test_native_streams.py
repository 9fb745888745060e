"""Responses streams in the native lane: recorded traffic at every split, meter and contract."""

import json
import random
from typing import Any

import pytest

from tests.dialects import recorded
from tests.dialects.making import FREE, body, no_headers, priced, same
from tests.responses.recorded import STREAMS, events_of, payloads
from tests.responses.recorded import stream as wire_of
from waystation.dialects.openai_responses.request import parse
from waystation.dialects.openai_responses.stream import ResponsesStream
from waystation.dialects.operation import Receipt, Target
from waystation.errors import Fault

HONEST = tuple(name for name in STREAMS if name != "openai/programmatic-tool-calling.2")
"""That one tells zero tokens for what it made; our own count stands in."""
CREATED = {"id": "resp_1", "object": "response", "status": "in_progress", "model": "up"}
USAGE = {
    "input_tokens": 7,
    "input_tokens_details": {"cached_tokens": 2},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 1},
    "total_tokens": 12,
}


def reader(target: Target | None = None, receipt: Receipt = FREE, **fields: Any) -> ResponsesStream:
    given = {"model": "asked", "input": "Hello?" * 2000, "stream": True, **fields}
    return parse(body(**given), no_headers).stream_reader(target or same(), receipt)


def run(stream: ResponsesStream, pieces: list[bytes]) -> bytes:
    return b"".join([stream.feed(piece) for piece in pieces]) + stream.close()


def frame(kind: str, number: int | None = None, **fields: Any) -> bytes:
    numbered = {} if number is None else {"sequence_number": number}
    return b"data: " + json.dumps({"type": kind, **numbered, **fields}).encode() + b"\n\n"


def simple(usage: Any = USAGE) -> list[bytes]:
    ended = {**CREATED, "status": "completed", "output": [], "usage": usage}
    return [
        frame("response.created", 0, response=CREATED),
        frame("response.in_progress", 1, response=CREATED),
        frame("response.output_item.added", 2, item={"type": "message"}, output_index=0),
        frame("response.output_text.delta", 3, delta="Hi there", output_index=0),
        frame("response.completed", 4, response=ended),
    ]


@pytest.mark.untraced
@recorded.needs_recordings
@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("target", [same(), same("other")], ids=["same", "mapped"])
def test_every_split_gives_the_same(name: str, target: Target) -> None:
    wire = wire_of(name)
    whole = reader(target)
    expected = run(whole, [wire])
    assert whole.fault is None
    assert whole.finished
    sizes = random.Random(name)
    cuts = [at for at in range(1, len(wire)) if sizes.random() < 0.01]
    pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    small = 1 if len(wire) < 40_000 else 11
    for parts in (pieces, [wire[at : at + small] for at in range(0, len(wire), small)]):
        split = reader(target)
        assert run(split, parts) == expected
        assert split.usage() == whole.usage()
        assert split.upstream_id == whole.upstream_id


@recorded.needs_recordings
@pytest.mark.parametrize("name", HONEST)
def test_recorded_streams_pass_untouched_and_are_metered(name: str) -> None:
    source = [json.loads(payload) for payload in payloads(name)]
    stream = reader()
    out = run(stream, [wire_of(name)])
    assert events_of(out) == source
    told = source[-1]["response"]["usage"]
    usage = stream.usage()
    assert usage.exact, usage.flags
    assert usage.input_tokens == told["input_tokens"]
    assert usage.input_cache_read == told["input_tokens_details"]["cached_tokens"]
    assert usage.output_tokens == told["output_tokens"]
    assert usage.output_reasoning == told["output_tokens_details"]["reasoning_tokens"]
    assert stream.started
    assert stream.has_output


@recorded.needs_recordings
@pytest.mark.parametrize("name", HONEST)
def test_a_mapped_name_and_the_cost_are_written_in_and_nothing_else(name: str) -> None:
    source = [json.loads(payload) for payload in payloads(name)]
    events = events_of(run(reader(same("other"), priced("0.25")), [wire_of(name)]))
    for event in source:
        if "response" in event:
            event["response"]["model"] = "asked"
    source[-1]["response"]["usage"]["cost"] = 0.25
    assert events == source


def test_hosted_tools_are_counted() -> None:
    items = [{"type": "web_search_call"}, {"type": "web_search_call"}, {"type": "message"}]
    pieces = simple()
    done = [
        frame("response.output_item.done", 10 + at, item=item, output_index=at)
        for at, item in enumerate(items)
    ]
    ended = frame("response.completed", 20, response={**CREATED, "usage": USAGE})
    stream = reader()
    run(stream, [*pieces[:4], *done, ended])
    assert stream.usage().units == {"web_search": 2}


def test_nothing_is_begun_before_the_first_content() -> None:
    stream = reader()
    pieces = simple()
    for piece in pieces[:3]:
        assert stream.feed(piece)
        assert not stream.started
    stream.feed(pieces[3])
    assert stream.started


def test_keep_alives_are_events_and_the_numbers_go_on_rising() -> None:
    stream = reader()
    assert stream.keep_alive().startswith(b":")  # the first event must be response.created
    pieces = simple()
    out = stream.feed(pieces[0]) + stream.feed(pieces[1]) + stream.keep_alive()
    out += b"".join(stream.feed(piece) for piece in pieces[2:])
    events = events_of(out)
    assert [event["type"] for event in events][:3] == [
        "response.created",
        "response.in_progress",
        "response.in_progress",
    ]
    assert [event["sequence_number"] for event in events] == list(range(6))
    assert events[-1]["type"] == "response.completed"


def test_missing_numbers_are_made_up() -> None:
    pieces = [frame("response.output_text.delta", delta="a", output_index=0)] * 2
    events = events_of(run(reader(), [simple()[0], *pieces, simple()[-1]]))
    assert [event["sequence_number"] for event in events] == [0, 1, 2, 4]


def test_done_is_swallowed_and_what_follows_the_end_too() -> None:
    stream = reader()
    out = run(stream, [*simple(), b"data: [DONE]\n\n", *simple()])
    assert events_of(out)[-1]["type"] == "response.completed"
    assert stream.complete


@pytest.mark.parametrize(
    ("pieces", "code", "status"),
    [
        ([b"<html>no</html>"], "bad_upstream_response", 502),
        ([b'{"error":{"message":"slow down","code":"rate_limit_exceeded"}}'],
         "upstream_saturated", 429),
        ([frame("error", 0, code="server_error", message="broken", param=None)],
         "upstream_error", 502),
        ([frame("response.failed", 0, response={"status": "failed", "error":
          {"code": "rate_limit_exceeded", "message": "slow down"}})], "upstream_saturated", 429),
        ([frame("response.failed", 0, response={"status": "failed", "error":
          {"code": "server_error", "message": "broken"}})], "upstream_error", 502),
        ([b"data: {not json}\n\n"], "bad_upstream_response", 502),
        ([b'data: {"type":"response.created","response":[]}\n\n'], "bad_upstream_response", 502),
        (simple()[:4], "bad_upstream_response", 502),
        ([], "bad_upstream_response", 502),
    ],
    ids=["html", "json error", "error event", "failed: rate", "failed", "nonsense", "shape",
         "early end", "nothing"],
)  # fmt: skip
def test_what_goes_wrong_is_a_typed_fault(pieces: list[bytes], code: str, status: int) -> None:
    stream = reader()
    run(stream, pieces)
    assert stream.fault is not None
    assert (stream.fault.code, stream.fault.status) == (code, status)
    assert not stream.finished
    assert stream.feed(b"data: {}\n\n") == b""


def test_a_failure_in_the_middle_is_told_in_the_dialect() -> None:
    stream = reader(same("up"))
    out = b"".join(stream.feed(piece) for piece in simple()[:4])
    out += stream.fail(Fault("upstream_timeout"), "en", "req1")
    events = events_of(out)
    error, failed = events[-2:]
    assert error["type"] == "error"
    assert error["code"] == "upstream_timeout"
    assert "req1" in error["message"]
    assert failed["type"] == "response.failed"
    assert failed["response"]["id"] == "resp_1"
    assert failed["response"]["model"] == "asked"
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"]["code"] == "upstream_timeout"
    assert stream.usage().output_tokens > 0
    assert not stream.usage().exact


def test_a_failure_before_anything_has_a_response_of_its_own() -> None:
    events = events_of(reader().fail(Fault("upstream_timeout"), "en"))
    assert events[-1]["response"]["status"] == "failed"
    assert events[-1]["response"]["id"].startswith("resp_")


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": -1, "output_tokens": 10**18}])
def test_lying_usage_is_replaced_by_a_count(usage: Any) -> None:
    stream = reader()
    events = events_of(run(stream, simple(usage)))
    assert not stream.usage().exact
    shown = events[-1]["response"]["usage"]
    assert shown["output_tokens"] == stream.usage().output_tokens == 2
    assert shown["total_tokens"] == shown["input_tokens"] + shown["output_tokens"]
