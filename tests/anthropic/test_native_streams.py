"""Streams of Anthropic's dialect at a caller of the same: recorded ones, and broken ones."""

import json
from typing import Any

import pytest

from tests.anthropic.making import (
    REPLIES,
    STREAMS,
    check_order,
    events,
    message,
    payloads,
    recorded_path,
)
from tests.anthropic.making import stream as recorded_stream
from tests.dialects.making import FREE, priced, same
from tests.dialects.recorded import needs_recordings
from waystation.dialects.anthropic.stream import MessagesStream
from waystation.dialects.operation import Receipt, Target
from waystation.errors import Fault

# Read off the recordings by hand: fresh input, output, units.
USAGES = {
    "anthropic/anthropic-tool-no-args": (565, 48, {}),
    "anthropic/anthropic-clear-thinking.1": (69, 53, {}),
    "anthropic/anthropic-web-search-tool.1": (15665, 795, {"web_search": 1}),
    "anthropic/anthropic-compaction.1": (60997, 3341, {}),
}
START: dict[str, Any] = {
    "type": "message_start",
    "message": {"id": "msg_1", "model": "up", "usage": {"input_tokens": 9, "output_tokens": 1}},
}
BLOCK = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
HELLO = {
    "type": "content_block_delta",
    "index": 0,
    "delta": {"type": "text_delta", "text": "Hello"},
}
STOP = {"type": "content_block_stop", "index": 0}
DELTA = {
    "type": "message_delta",
    "delta": {"stop_reason": "end_turn", "stop_sequence": None},
    "usage": {"output_tokens": 4},
}
END = {"type": "message_stop"}


def reader_of(
    target: Target | None = None, receipt: Receipt = FREE, **fields: Any
) -> MessagesStream:
    return message(stream=True, **fields).stream_reader(target or same(), receipt)


def run(reader: MessagesStream, data: bytes, size: int = 0) -> bytes:
    pieces = [data[at : at + size] for at in range(0, len(data), size)] if size else [data]
    return b"".join(map(reader.feed, pieces)) + reader.close()


@needs_recordings
@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("size", [0, 7, 1024])
def test_a_recorded_stream_passes_byte_for_byte(name: str, size: int) -> None:
    data = recorded_stream(name)
    reader = reader_of()
    assert run(reader, data, size) == data
    assert reader.fault is None


@needs_recordings
@pytest.mark.parametrize("name", STREAMS)
def test_a_recorded_stream_keeps_its_order_and_is_metered(name: str) -> None:
    reader = reader_of()
    check_order(run(reader, recorded_stream(name)))
    assert reader.complete
    assert reader.finished
    assert reader.has_output
    usage = reader.usage()
    assert usage.exact
    if name in USAGES:
        assert (usage.input_fresh, usage.output_tokens, usage.units) == USAGES[name]


@needs_recordings
@pytest.mark.parametrize("name", STREAMS)
def test_only_names_and_cost_change(name: str) -> None:
    reader = reader_of(Target(upstream_model="up"), priced())
    out = run(reader, recorded_stream(name)).split(b"\n\n")
    before = recorded_stream(name).split(b"\n\n")
    assert len(out) == len(before)
    changed = [at for at, one in enumerate(out) if one != before[at]]
    assert changed == [0, len(before) - 3]
    begun = json.loads(out[0].partition(b"data: ")[2])
    assert begun["message"].pop("model") == "asked"
    was = json.loads(payloads(name)[0])
    was["message"].pop("model")
    assert begun == was
    ended = json.loads(out[-3].partition(b"data: ")[2])
    assert ended["usage"].pop("cost") == 0.0000045
    assert ended == json.loads(payloads(name)[-2])


@needs_recordings
@pytest.mark.parametrize("name", REPLIES)
def test_a_recorded_reply_passes_or_changes_at_the_top(name: str) -> None:
    body = recorded_path(name).read_bytes()
    bare = message().reply_reader(same(), FREE)
    assert bare.read(200, "application/json", body) == body
    assert bare.usage().exact
    mapped = message().reply_reader(Target(upstream_model="up"), priced())
    out = json.loads(mapped.read(200, "application/json", body))
    assert out.pop("model") == "asked"
    assert out["usage"].pop("cost") == 0.0000045
    was = json.loads(body)
    was.pop("model")
    assert out == was


@needs_recordings
@pytest.mark.parametrize("name", REPLIES)
def test_a_whole_reply_where_a_stream_was_asked_for_becomes_one(name: str) -> None:
    body = recorded_path(name).read_bytes()
    reader = reader_of()
    found = check_order(run(reader, body))
    assert reader.complete
    blocks = json.loads(body)["content"]
    starts = [event for event in found if event["type"] == "content_block_start"]
    assert [one["content_block"]["type"] for one in starts] == [one["type"] for one in blocks]


@needs_recordings
def test_a_stream_where_a_reply_was_asked_for_becomes_one() -> None:
    reader = message().reply_reader(same(), FREE)
    data = recorded_stream("anthropic/anthropic-clear-thinking.1")
    out = json.loads(reader.read(200, "text/event-stream", data))
    assert [block["type"] for block in out["content"]] == ["thinking", "text"]
    assert out["content"][0]["signature"].startswith("EvQB")
    assert out["content"][1]["text"] == "925 ÷ 5 = 185"
    assert out["stop_reason"] == "end_turn"
    assert reader.usage().exact


def test_nothing_counts_as_content_before_the_first_word() -> None:
    reader = reader_of()
    reader.feed(events(START, BLOCK, {"type": "ping"}))
    assert not reader.started
    reader.feed(events(HELLO))
    assert reader.started


def test_frames_without_event_lines_get_them() -> None:
    bare = b"".join(
        b"data: " + json.dumps(one).encode() + b"\n\n"
        for one in (START, BLOCK, HELLO, STOP, DELTA, END)
    )
    check_order(run(reader_of(), bare))


def test_a_missing_message_stop_is_made_up_for_after_the_reason() -> None:
    reader = reader_of()
    check_order(run(reader, events(START, BLOCK, HELLO, STOP, DELTA)))
    assert reader.complete
    assert reader.fault is None


def test_an_early_end_is_a_fault() -> None:
    reader = reader_of()
    run(reader, events(START, BLOCK, HELLO))
    assert reader.fault is not None
    assert reader.fault.code == "bad_upstream_response"
    assert not reader.finished


@pytest.mark.parametrize(
    ("kind", "status"), [("overloaded_error", 503), ("rate_limit_error", 429), ("api_error", 500)]
)
def test_an_error_event_is_a_fault(kind: str, status: int) -> None:
    reader = reader_of()
    error = {"type": "error", "error": {"type": kind, "message": "no"}}
    assert run(reader, events(error)) == b""
    assert reader.fault is not None
    assert reader.fault.status in (status, 502)


@pytest.mark.parametrize(
    "data",
    [
        b"<html>no</html>",
        b'{"type":"error","error":{"type":"api_error","message":"no"}}',
        b'{"x":1}',
        b"event: message_start\ndata: {nonsense\n\n",
        b'event: x\ndata: {"type":1}\n\n',
        b'event: error\ndata: {"type":"error","message":"no"}\n\n',
        b"",
    ],
)
def test_nonsense_is_a_fault(data: bytes) -> None:
    reader = reader_of()
    assert run(reader, data) == b""
    assert reader.fault is not None


def test_our_own_events() -> None:
    reader = reader_of()
    assert reader.keep_alive() == b'event: ping\ndata: {"type": "ping"}\n\n'
    fault = Fault("upstream_error", status=529, reason="busy")
    event = json.loads(reader.fail(fault, "en", "r-1").partition(b"data: ")[2])
    assert event["type"] == "error"
    assert event["error"]["type"] == "overloaded_error"
    assert event["request_id"] == "r-1"
