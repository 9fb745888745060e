"""Streams read and passed on: recorded traffic at every split (proof 10) and the contract."""

import json
import random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.dialects import recorded
from tests.dialects.making import FREE, chat, completion, priced, same
from waystation.dialects.openai_chat.stream import ChatStream
from waystation.dialects.operation import Receipt, Target
from waystation.meter.usage import Usage

ALL = (*recorded.CHAT_STREAMS, *recorded.TEXT_STREAMS)


def reader_for(
    name: str, include_usage: bool, target: Target | None = None, receipt: Receipt = FREE
) -> ChatStream:
    options = {"stream_options": {"include_usage": True}} if include_usage else {}
    make = completion if name in recorded.TEXT_STREAMS else chat
    extra = {"max_tokens": 5000} if name in recorded.TEXT_STREAMS else {}
    operation = make(stream=True, **options, **extra)
    return operation.stream_reader(target or same(), receipt)


def run(reader: ChatStream, pieces: list[bytes]) -> bytes:
    out = [reader.feed(piece) for piece in pieces]
    return b"".join(out) + reader.close()


def facts(reader: ChatStream) -> tuple[Any, ...]:
    return (
        reader.usage(),
        reader.started,
        reader.finished,
        reader.fault,
        reader.upstream_id,
        reader.has_output,
    )


def split_randomly(data: bytes, seed: int) -> list[bytes]:
    chance = random.Random(seed)
    pieces, at = [], 0
    while at < len(data):
        size = chance.choice((1, 2, 3, 7, 50, 400, 3000))
        pieces.append(data[at : at + size])
        at += size
    return pieces


@recorded.needs_recordings
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("target", [same(), same("other")], ids=["same", "mapped"])
def test_every_split_gives_the_same(name: str, end: bytes, target: Target) -> None:
    wire = recorded.stream(name, end)
    whole = reader_for(name, True, target)
    expected = run(whole, [wire])
    assert whole.fault is None
    cuts = [split_randomly(wire, seed) for seed in range(3)]
    if len(wire) < 150_000:
        cuts.append([wire[at : at + 1] for at in range(len(wire))])
    else:
        cuts.append([wire[at : at + 3] for at in range(0, len(wire), 3)])
    for pieces in cuts:
        reader = reader_for(name, True, target)
        assert run(reader, pieces) == expected
        assert facts(reader) == facts(whole)


def texts_of(chunks: list[dict[str, Any]]) -> dict[str, str]:
    """Everything that the deltas add up to, told apart by field."""
    found: dict[str, str] = {}
    for chunk in chunks:
        for choice in chunk.get("choices", ()):
            parts = {**(choice.get("delta") or {}), "text": choice.get("text")}
            for name, value in parts.items():
                if name != "role" and value:
                    written = value if isinstance(value, str) else json.dumps(_bare(value))
                    found[name] = found.get(name, "") + written
    return found


def _bare(calls: Any) -> Any:
    """Tool calls without what a reader may add."""
    if isinstance(calls, list):
        return [
            {k: v for k, v in call.items() if k not in ("index", "type")}
            if "function" in call
            else call
            for call in calls
        ]
    return calls


def check_contract(out: bytes, include_usage: bool, object_name: str) -> list[dict[str, Any]]:
    """relay-api 1.4 over what a caller got."""
    chunks, is_done = recorded.chunks_of(out)
    assert is_done
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert chunks[0]["id"]
    assert len({chunk["created"] for chunk in chunks}) == 1
    assert {chunk["object"] for chunk in chunks} == {object_name}
    assert all(chunk["model"] for chunk in chunks)
    seen: set[int] = set()
    finishes: list[int] = []
    for position, chunk in enumerate(chunks):
        if not chunk["choices"]:
            assert include_usage
            assert position == len(chunks) - 1
        for choice in chunk["choices"]:
            index = choice["index"]
            if index not in seen and "delta" in choice:
                assert choice["delta"]["role"] == "assistant"
            seen.add(index)
            if choice.get("finish_reason") is not None:
                finishes.append(index)
    assert sorted(finishes) == sorted(seen)
    with_usage = [chunk for chunk in chunks if chunk.get("usage") is not None]
    assert len(with_usage) == int(include_usage)
    if include_usage:
        assert with_usage[0] is chunks[-1]
    return chunks


@recorded.needs_recordings
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("include_usage", [True, False])
@pytest.mark.parametrize("target", [same(), same("other")], ids=["same", "mapped"])
@pytest.mark.parametrize("done", [True, False], ids=["done", "no done"])
def test_the_contract_over_recorded_streams(
    name: str, include_usage: bool, target: Target, done: bool
) -> None:
    reader = reader_for(name, include_usage, target)
    out = run(reader, [recorded.stream(name, done=done)])
    is_text = name in recorded.TEXT_STREAMS
    object_name = "text_completion" if is_text else "chat.completion.chunk"
    chunks = check_contract(out, include_usage, object_name)
    source = [json.loads(payload) for payload in recorded.payloads(name)]
    assert texts_of(chunks) == texts_of(source)
    assert reader.finished
    assert reader.started
    assert reader.fault is None
    told = [chunk["usage"] for chunk in source if chunk.get("usage")][-1]
    assert reader.usage().raw == told
    assert reader.usage().exact
    assert reader.usage().input_tokens + reader.usage().output_tokens == told["total_tokens"]
    if include_usage:
        assert chunks[-1]["usage"] == told
    if target.upstream_model == "other":
        assert {chunk["model"] for chunk in chunks} == {"asked"}


UNTOUCHED = ("alibaba/alibaba-tool-call", "deepseek/deepseek-text", "openai/openai-completion-text")


@recorded.needs_recordings
@pytest.mark.parametrize("name", UNTOUCHED)
def test_frames_pass_byte_for_byte(name: str) -> None:
    reader = reader_for(name, True)
    payloads = recorded.payloads(name)
    out = b"".join(reader.feed(b"data: " + payload + b"\n\n") for payload in payloads)
    plain = [payload for payload in payloads if json.loads(payload).get("usage") is None]
    assert out.startswith(b"".join(b"data: " + payload + b"\n\n" for payload in plain))


@recorded.needs_recordings
@pytest.mark.parametrize("name", ALL)
def test_chunks_fit_the_vendors_schema(name: str) -> None:
    is_text = name in recorded.TEXT_STREAMS
    schema_name = "CreateCompletionResponse" if is_text else "CreateChatCompletionStreamResponse"
    validator = Draft202012Validator(recorded.schema(schema_name))
    chunks, _ = recorded.chunks_of(run(reader_for(name, True), [recorded.stream(name)]))
    for chunk in chunks:
        _forget_vendor_liberties(chunk)
        errors = [error.message for error in validator.iter_errors(chunk)]
        assert errors == []


def _forget_vendor_liberties(chunk: dict[str, Any]) -> None:
    """What vendors send that the published schema does not know, and that passes untouched."""
    for choice in chunk["choices"]:
        choice.setdefault("finish_reason", None)
        delta = choice.get("delta", {})
        if isinstance(delta.get("content"), list):
            delta["content"] = ""
        if "text" in choice and choice["finish_reason"] is None:
            choice["finish_reason"] = "stop"
    for name in [name for name, value in chunk.items() if value is None]:
        del chunk[name]


@recorded.needs_recordings
def test_a_tool_call_without_index_gets_one() -> None:
    name = "mistral/mistral-tool-call"
    chunks, _ = recorded.chunks_of(run(reader_for(name, False), [recorded.stream(name)]))
    calls = [
        call
        for chunk in chunks
        for choice in chunk["choices"]
        for call in choice["delta"].get("tool_calls") or ()
    ]
    assert [(call["index"], call["type"]) for call in calls] == [(0, "function")]


@recorded.needs_recordings
def test_cost_is_shown_in_the_usage_chunk() -> None:
    name = "deepseek/deepseek-text"
    reader = reader_for(name, True, receipt=priced("0.00012"))
    out = run(reader, [recorded.stream(name)])
    assert b'"cost":0.00012}' in out.split(b"\n\n")[-3]


def test_the_receipt_is_asked_with_the_final_usage() -> None:
    asked: list[Usage] = []

    def cost_of(usage: Usage) -> str | None:
        asked.append(usage)
        return None

    reader = reader_for("x", True, receipt=Receipt(cost_of=cost_of))
    run(reader, [frame(delta={"content": "hi"}), frame(finish="stop"), usage_frame(7, 2), DONE])
    assert [(usage.input_tokens, usage.output_tokens) for usage in asked] == [(7, 2)]


# ---- made streams ------------------------------------------------------------------------------

DONE = b"data: [DONE]\n\n"


def frame(
    delta: dict[str, Any] | None = None, finish: str | None = None, index: int = 0, **more: Any
) -> bytes:
    choice = {"index": index, "delta": delta or {}, "finish_reason": finish}
    return chunk(choices=[choice], **more)


def chunk(**fields: Any) -> bytes:
    base = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1731000000,
        "model": "asked",
    }
    return b"data: " + json.dumps({**base, **fields}).encode() + b"\n\n"


def usage_frame(prompt: int, completion_tokens: int, **more: Any) -> bytes:
    usage = {"prompt_tokens": prompt, "completion_tokens": completion_tokens}
    total = {"total_tokens": prompt + completion_tokens}
    return chunk(choices=[], usage={**usage, **total, **more})


HELLO = frame({"role": "assistant", "content": "Hello"})
STOP = frame(finish="stop")


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
