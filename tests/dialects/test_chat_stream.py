"""Chat streams held to their contract, frame by frame (relay-api 1.4 and 5.2)."""

import json
from typing import Any

import pytest

from tests.dialects import recorded
from tests.dialects.making import FREE, chat, same
from tests.dialects.streams import (
    DONE,
    HELLO,
    STOP,
    check_contract,
    frame,
    reader_for,
    run,
    texts_of,
    usage_frame,
)
from waystation.dialects.operation import Receipt
from waystation.meter.usage import Usage


def passed(*pieces: bytes, include_usage: bool = False) -> list[dict[str, Any]]:
    reader = reader_for("x", include_usage)
    out = run(reader, list(pieces))
    assert reader.fault is None
    return check_contract(out, include_usage, "chat.completion.chunk")


def test_preamble_does_not_start_the_answer() -> None:
    reader = reader_for("x", False)
    reader.feed(frame({"role": "assistant", "content": ""}))
    reader.feed(frame({"content": None}))
    reader.feed(frame({}))
    assert not reader.started
    assert not reader.has_output
    reader.feed(frame({"content": "a"}))
    assert reader.started


@pytest.mark.parametrize(
    "delta",
    [
        {"content": "x"},
        {"reasoning_content": "x"},
        {"reasoning": "x"},
        {"refusal": "x"},
        {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}]},
        {"function_call": {"name": "f"}},
        {"audio": {"data": "AAAA"}},
        {"content": [{"type": "text", "text": "x"}]},
        {"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]},
    ],
)
def test_any_content_starts_the_answer(delta: dict[str, Any]) -> None:
    reader = reader_for("x", False)
    reader.feed(frame({"role": "assistant", **delta}))
    assert reader.started
    assert reader.has_output


def test_a_missing_role_is_added_once() -> None:
    chunks = passed(frame({"content": "a"}), frame({"content": "b"}), STOP, DONE)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas == [{"role": "assistant", "content": "a"}, {"content": "b"}, {}]


def test_changing_ids_and_times_become_one() -> None:
    chunks = passed(
        frame({"role": "assistant", "content": "a"}, id="one", created=5),
        frame({"content": "b"}, id="two", created=6),
        frame(finish="stop", id="three", created=7),
        DONE,
    )
    assert {chunk["id"] for chunk in chunks} == {"one"}
    assert {chunk["created"] for chunk in chunks} == {5}


@pytest.mark.parametrize("name", ["id", "created", "object", "model"])
@pytest.mark.parametrize("value", [None, "", 0, ...])
def test_missing_names_are_made_up_for(name: str, value: Any) -> None:
    if name != "created" and value == 0:
        value = None
    wire = [HELLO, frame({"content": "b"}), STOP]
    changed = []
    for piece in wire:
        fields = json.loads(piece[6:])
        if value is ...:
            del fields[name]
        else:
            fields[name] = value
        changed.append(b"data: " + json.dumps(fields).encode() + b"\n\n")
    chunks = passed(*changed, DONE)
    assert texts_of(chunks) == {"content": "Hellob"}


def test_a_repeated_finish_is_told_once() -> None:
    chunks = passed(HELLO, STOP, STOP, frame({"content": ""}, finish="stop"), DONE)
    assert len(chunks) == 2


def test_an_empty_finish_is_none() -> None:
    pieces = [frame({"role": "assistant", "content": "a"}, finish=""), frame({}, finish=""), STOP]
    chunks = passed(*pieces, DONE)
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, "stop"]


def test_content_after_the_finish_still_passes() -> None:
    early = frame({"role": "assistant", "content": "a"}, finish="stop")
    chunks = passed(early, frame({"content": "b"}, finish="stop"), DONE)
    assert texts_of(chunks) == {"content": "ab"}


def test_a_missing_finish_is_made_up_for() -> None:
    chunks = passed(HELLO, DONE)
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    call = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    chunks = passed(frame({"role": "assistant", "tool_calls": [call]}), DONE)
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_usage_on_the_finish_gets_a_chunk_of_its_own() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    last = frame(finish="stop", usage=usage)
    chunks = passed(HELLO, last, DONE, include_usage=True)
    assert chunks[-1] == {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1731000000,
        "model": "asked",
        "choices": [],
        "usage": usage,
    }
    assert "usage" not in passed(HELLO, last, DONE)[-1]


def test_usage_in_each_chunk_counts_once() -> None:
    reader = reader_for("x", True)
    pieces = [
        frame(
            {"role": "assistant", "content": "a"},
            usage={"prompt_tokens": 9, "completion_tokens": count},
        )
        for count in range(1, 6)
    ]
    out = run(reader, [*pieces, frame(finish="stop", usage=None), DONE])
    check_contract(out, True, "chat.completion.chunk")
    assert (reader.usage().input_tokens, reader.usage().output_tokens) == (9, 5)
    assert reader.usage().exact


def test_usage_asked_for_and_never_told_is_counted() -> None:
    reader = reader_for("x", True)
    out = run(reader, [frame({"role": "assistant", "content": "word " * 40}), STOP, DONE])
    last = check_contract(out, True, "chat.completion.chunk")[-1]
    assert last["usage"]["completion_tokens"] == 50
    assert not reader.usage().exact


def test_lying_usage_is_shown_as_billed() -> None:
    reader = reader_for("x", True)
    out = run(reader, [HELLO, STOP, usage_frame(10**18, 3), DONE])
    last = check_contract(out, True, "chat.completion.chunk")[-1]
    assert last["usage"]["prompt_tokens"] == reader.usage().input_tokens < 1000
    assert reader.usage().flags == ("implausible:prompt_tokens",)


def test_nothing_follows_the_end() -> None:
    reader = reader_for("x", False)
    out = run(reader, [HELLO, STOP, DONE, DONE, HELLO])
    assert out.count(b"[DONE]") == 1
    assert out.endswith(DONE)


def test_a_finish_without_done_is_an_end() -> None:
    reader = reader_for("x", False)
    out = run(reader, [HELLO, STOP])
    assert reader.finished
    assert out.endswith(DONE)


def test_several_choices_end_when_all_do() -> None:
    reader = chat(stream=True, n=2).stream_reader(same(), FREE)
    reader.feed(HELLO + frame({"role": "assistant", "content": "b"}, index=1))
    reader.feed(STOP)
    assert not reader.finished
    reader.feed(frame(finish="length", index=1))
    assert reader.finished
    assert reader.close() == DONE


def test_one_choice_of_two_without_done_is_an_early_end() -> None:
    reader = chat(stream=True, n=2).stream_reader(same(), FREE)
    run(reader, [HELLO, STOP])
    assert reader.fault is not None


def test_comments_and_bare_events_are_dropped() -> None:
    reader = reader_for("x", False)
    assert reader.feed(b": PROCESSING\n\n") == b""
    assert reader.feed(b"data:\n\n") == b""
    assert reader.feed(b"event: ping\ndata: {}\n\n") == b""
    out = reader.feed(b"event: message\nid: 3\ndata:" + HELLO[5:])
    assert out.startswith(b'data: {"id"')
    assert reader.feed(b'data: {"type":"ping"}\n\n') == b""
    assert reader.fault is None


def test_keep_alives_are_empty_deltas_of_the_stream() -> None:
    reader = reader_for("x", False)
    reader.feed(HELLO)
    chunks, _ = recorded.chunks_of(reader.keep_alive())
    assert chunks[0]["id"] == "chatcmpl-1"
    assert chunks[0]["choices"] == [{"index": 0, "delta": {}, "finish_reason": None}]


def test_a_keep_alive_before_anything_names_the_stream() -> None:
    reader = reader_for("x", False)
    out = reader.keep_alive() + run(reader, [HELLO, STOP, DONE])
    chunks, _ = recorded.chunks_of(out)
    assert len({chunk["id"] for chunk in chunks}) == 1


def test_memory_does_not_grow_with_the_stream() -> None:
    import tracemalloc

    reader = reader_for("x", False)
    reader.feed(HELLO)
    piece = frame({"content": "word "})
    for _ in range(200):
        reader.feed(piece)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(5000):
        reader.feed(piece)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 4096


def test_a_whole_reply_where_a_stream_was_asked_for_is_cut_up() -> None:
    body = json.dumps(
        {
            "id": "chatcmpl-2",
            "object": "chat.completion",
            "created": 1731000000,
            "model": "asked",
            "choices": [
                {
                    "index": 0,
                    "message": {
                        "role": "assistant",
                        "content": "Hi.",
                        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f"}}],
                    },
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
        },
        indent=1,
    ).encode()
    reader = reader_for("x", True)
    out = run(reader, [body[at : at + 9] for at in range(0, len(body), 9)])
    chunks = check_contract(out, True, "chat.completion.chunk")
    assert chunks[0]["choices"][0]["delta"]["content"] == "Hi."
    assert chunks[0]["choices"][0]["delta"]["tool_calls"][0]["index"] == 0
    assert chunks[-1]["usage"]["total_tokens"] == 5


def test_the_receipt_is_asked_with_the_final_usage() -> None:
    asked: list[Usage] = []

    def cost_of(usage: Usage) -> str | None:
        asked.append(usage)
        return None

    reader = reader_for("x", True, receipt=Receipt(cost_of=cost_of))
    run(reader, [frame(delta={"content": "hi"}), frame(finish="stop"), usage_frame(7, 2), DONE])
    assert [(usage.input_tokens, usage.output_tokens) for usage in asked] == [(7, 2)]
