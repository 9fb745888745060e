"""n answers from n calls: merged, or interleaved as one stream."""

import json
import random
from typing import Any

import pytest

from tests.dialects import recorded
from tests.dialects.making import FREE, chat, priced, same
from tests.dialects.streams import DONE, check_contract, frame, texts_of, usage_frame
from tests.dialects.test_chat_reply import answer
from waystation.dialects.openai_chat.fan_out import FanOutStream, merged, summed
from waystation.dialects.operation import Receipt


def test_replies_are_merged() -> None:
    operation = chat(n=3)
    readers = [operation.reply_reader(same("up", n=1), FREE) for _ in range(3)]
    bodies = [answer({"content": word}, id=f"id-{word}") for word in ("one", "two", "three")]
    parts = [r.read(200, "", body) for r, body in zip(readers, bodies, strict=True)]
    usage = summed([reader.usage() for reader in readers])
    told = json.loads(merged(parts, usage, "0.003"))
    assert told["id"] == "id-one"
    assert told["model"] == "asked"
    assert [choice["index"] for choice in told["choices"]] == [0, 1, 2]
    texts = [choice["message"]["content"] for choice in told["choices"]]
    assert texts == ["one", "two", "three"]
    assert told["usage"] == {
        "prompt_tokens": 27,
        "completion_tokens": 12,
        "total_tokens": 39,
        "cost": 0.003,
    }
    assert usage.exact


def test_one_doubtful_part_makes_the_sum_doubtful() -> None:
    operation = chat(n=2)
    readers = [operation.reply_reader(same(n=1), FREE) for _ in range(2)]
    readers[0].read(200, "", answer())
    readers[1].read(200, "", answer(usage={"prompt_tokens": -1, "completion_tokens": 4}))
    usage = summed([reader.usage() for reader in readers])
    assert not usage.exact
    assert "negative:prompt_tokens" in usage.flags


def part_frames(number: int) -> list[bytes]:
    name = f"upstream-{number}"
    return [
        frame({"role": "assistant", "content": ""}, id=name, created=number + 1),
        frame({"content": f"{number}a"}, id=name, created=number + 1),
        frame({"content": f"{number}b"}, id=name, created=number + 1),
        frame(finish="stop", id=name, created=number + 1),
        usage_frame(10, number + 1, id=name, created=number + 1),
        DONE,
    ]


def fan(n: int, include_usage: bool = True, receipt: Receipt = FREE) -> FanOutStream:
    operation = chat(n=n, stream=True, stream_options={"include_usage": include_usage})
    return operation.fan_out_stream(same("up", n=1), receipt)


def interleaved(stream: FanOutStream, frames: list[list[bytes]], seed: int) -> bytes:
    chance = random.Random(seed)
    rest = [list(part) for part in frames]
    out = []
    while any(rest):
        part = chance.choice([number for number, left in enumerate(rest) if left])
        out.append(stream.feed(part, rest[part].pop(0)))
        if not rest[part]:
            out.append(stream.close(part))
    return b"".join(out)


@pytest.mark.parametrize("seed", range(10))
def test_streams_are_interleaved(seed: int) -> None:
    stream = fan(3, receipt=priced("0.1"))
    chunks = check_contract(
        interleaved(stream, [part_frames(number) for number in range(3)], seed),
        True,
        "chat.completion.chunk",
    )
    for index in range(3):
        own = [
            {"choices": [choice]}
            for chunk in chunks
            for choice in chunk["choices"]
            if choice["index"] == index
        ]
        assert texts_of(own) == {"content": f"{index}a{index}b"}
    assert chunks[-1]["usage"] == {
        "prompt_tokens": 30,
        "completion_tokens": 6,
        "total_tokens": 36,
        "cost": 0.1,
    }
    assert {chunk["model"] for chunk in chunks} == {"asked"}
    assert stream.finished
    assert stream.fault is None
    assert stream.usage().exact


def test_usage_only_when_asked() -> None:
    stream = fan(2, include_usage=False)
    frames = [part_frames(number) for number in range(2)]
    check_contract(interleaved(stream, frames, 0), False, "chat.completion.chunk")


def test_a_part_that_failed_early_can_be_begun_anew() -> None:
    stream = fan(2)
    assert stream.feed(0, part_frames(0)[0]) == b""
    assert stream.feed(0, b"data: {oops}\n\n") == b""
    assert stream.part_fault(0) is not None
    assert not stream.part_started(0)
    stream.restart(0)
    assert stream.part_fault(0) is None
    assert stream.fault is None
    out = interleaved(stream, [part_frames(number) for number in range(2)], 1)
    chunks = check_contract(out, True, "chat.completion.chunk")
    roles = [
        choice["index"]
        for chunk in chunks
        for choice in chunk["choices"]
        if choice["delta"].get("role")
    ]
    assert sorted(roles) == [0, 1]


def test_a_part_that_ends_early_fails_the_whole() -> None:
    stream = fan(2)
    out = interleaved(stream, [part_frames(0), part_frames(1)[:2]], 3)
    assert stream.fault is not None
    assert not stream.finished
    assert b"[DONE]" not in out
    assert b"error" in stream.fail(stream.fault, "en")


@recorded.needs_recordings
def test_recorded_streams_side_by_side() -> None:
    names = [name for name in recorded.CHAT_STREAMS if "tool" not in name][:4]
    stream = fan(len(names))
    wires: list[list[bytes]] = []
    for name in names:
        wire = recorded.stream(name)
        wires.append([wire[at : at + 997] for at in range(0, len(wire), 997)])
    chunks = check_contract(interleaved(stream, wires, 5), True, "chat.completion.chunk")
    for index, name in enumerate(names):
        own: list[dict[str, Any]] = [
            {"choices": [choice]}
            for chunk in chunks
            for choice in chunk["choices"]
            if choice["index"] == index
        ]
        source = [json.loads(payload) for payload in recorded.payloads(name)]
        assert texts_of(own) == texts_of(source)
