"""Recorded traffic with bytes and values changed at random: output or a typed fault, no crash."""

import json
import random
from typing import Any

import pytest

from tests.dialects import recorded
from tests.dialects.making import FREE, chat, completion, same
from waystation.dialects.openai_chat.stream import ChatStream
from waystation.errors import Fault
from waystation.meter.usage import TOKEN_KINDS, Usage

ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**30, 0.5, 1e300, "", "x", "0", [], [None], ["x"],
    [{}], {}, {"x": 1}, {"text": "x"}, [{"type": "text", "text": "x"}], "<think>x",
)  # fmt: skip


def mutated(value: Any, chance: random.Random) -> Any:
    """The value with one place changed."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        name = chance.choice(list(value))
        if chance.random() < 0.1:
            return {key: kept for key, kept in value.items() if key != name}
        return {**value, name: mutated(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.85:
        at = chance.randrange(len(value))
        return [*value[:at], mutated(value[at], chance), *value[at + 1 :]]
    return chance.choice(ODD_VALUES)


def check(reader: ChatStream, out: bytes) -> None:
    assert reader.fault is None or 400 <= reader.fault.status < 600
    check_usage(reader.usage())
    _, is_done = recorded.chunks_of(out)
    assert is_done == (reader.fault is None)


def check_usage(usage: Usage) -> None:
    assert all(0 <= getattr(usage, kind) < 2**40 for kind in TOKEN_KINDS)


@recorded.needs_recordings
@pytest.mark.parametrize("name", [*recorded.CHAT_STREAMS, *recorded.TEXT_STREAMS])
@pytest.mark.parametrize("think_tags", [False, True])
def test_streams_with_odd_values(name: str, think_tags: bool) -> None:
    chance = random.Random(name)
    payloads = recorded.payloads(name)
    picked = [*payloads[:4], *payloads[-4:]] if len(payloads) > 8 else list(payloads)
    make = completion if name in recorded.TEXT_STREAMS else chat
    options = {"stream_options": {"include_usage": True}}
    for _ in range(150):
        lines = list(picked)
        at = chance.randrange(len(lines))
        lines[at] = json.dumps(mutated(json.loads(lines[at]), chance)).encode()
        reader = make(stream=True, **options).stream_reader(
            same("other", think_tags=think_tags), FREE
        )
        wire = b"".join(b"data: " + line + b"\n\n" for line in lines) + b"data: [DONE]\n\n"
        check(reader, reader.feed(wire) + reader.close())


@recorded.needs_recordings
@pytest.mark.parametrize("name", [*recorded.CHAT_STREAMS, *recorded.TEXT_STREAMS])
def test_streams_with_odd_bytes(name: str) -> None:
    chance = random.Random(name)
    wire = recorded.stream(name)[:6000] + recorded.stream(name)[-2000:]
    make = completion if name in recorded.TEXT_STREAMS else chat
    for _ in range(100):
        changed = bytearray(wire)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(changed))
            changed[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        reader = make(stream=True).stream_reader(same(), FREE)
        check(reader, reader.feed(bytes(changed)) + reader.close())


@recorded.needs_recordings
@pytest.mark.parametrize("name", recorded.CHAT_REPLIES)
def test_replies_with_odd_values(name: str) -> None:
    chance = random.Random(name)
    source = json.loads(recorded.reply(name))
    for _ in range(150):
        body = json.dumps(mutated(source, chance)).encode()
        reader = chat().reply_reader(same("other", think_tags=True), FREE)
        try:
            told = json.loads(reader.read(200, "application/json", body))
        except Fault as fault:
            if not 400 <= fault.status < 600:
                raise
        else:
            assert told["usage"]
            assert told["model"] == "asked"
        check_usage(reader.usage())


@recorded.needs_recordings
@pytest.mark.parametrize("name", recorded.CHAT_STREAMS)
def test_assembled_streams_with_odd_values(name: str) -> None:
    chance = random.Random(name)
    payloads = recorded.payloads(name)
    picked = [*payloads[:4], *payloads[-4:]] if len(payloads) > 8 else list(payloads)
    for _ in range(100):
        lines = list(picked)
        at = chance.randrange(len(lines))
        lines[at] = json.dumps(mutated(json.loads(lines[at]), chance)).encode()
        wire = b"".join(b"data: " + line + b"\n\n" for line in lines) + b"data: [DONE]\n\n"
        reader = chat().reply_reader(same("other"), FREE)
        try:
            assert json.loads(reader.read(200, "text/event-stream", wire))["choices"]
        except Fault as fault:
            if not 400 <= fault.status < 600:
                raise
        check_usage(reader.usage())
