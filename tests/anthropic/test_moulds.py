"""Frames that are not read again: what the caller gets and what is metered is the same."""

import random
from typing import Any

import msgspec
import pytest

from tests.anthropic.making import STREAMS, events, message, stream
from tests.dialects.making import FREE, same
from tests.dialects.recorded import needs_recordings
from tests.dialects.test_moulds import frames_of, same_by_frames
from tests.dialects.test_mutations import mutated
from waystation.dialects.anthropic import stream as module
from waystation.dialects.anthropic.stream import MessagesStream
from waystation.dialects.operation import Target

pytestmark = pytest.mark.untraced

TARGETS = [same(), same("other")]
_START: dict[str, Any] = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "asked",
        "content": [],
        "usage": {"input_tokens": 7, "output_tokens": 1},
    },
}
_TEXTS = ("one", " two", "", "a\nb", '"q"', "港", "é", "\\", "{")


def a_reader(target: Target) -> MessagesStream:
    return message(stream=True).stream_reader(target, FREE)


@needs_recordings
@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("target", TARGETS, ids=["same", "mapped"])
def test_recorded_frames_one_by_one(name: str, target: Target) -> None:
    same_by_frames(lambda: a_reader(target), frames_of(stream(name)))


def an_event(chance: random.Random) -> bytes:
    name = chance.choice(("text", "text", "text", "thinking", "partial_json"))
    kind = "input_json_delta" if name == "partial_json" else f"{name}_delta"
    delta = {"type": kind, name: chance.choice(_TEXTS)}
    event: dict[str, Any] = {"type": "content_block_delta", "index": 0, "delta": delta}
    if chance.random() < 0.05:
        event = mutated(event, chance)
    made = b"event: content_block_delta\ndata: " + msgspec.json.encode(event) + b"\n\n"
    if chance.random() < 0.1:
        made = made.split(b"\n", 1)[1]  # without its event line
    if chance.random() < 0.03:
        at = chance.randrange(len(made) - 2)
        made = made[:at] + chance.choice((b"\xff", b'"', b"\\", b"\r")) + made[at:]
    return made


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("target", TARGETS, ids=["same", "mapped"])
def test_odd_frames_one_by_one(seed: int, target: Target) -> None:
    chance = random.Random(seed)
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
    for _ in range(10):
        middle = [an_event(chance) for _ in range(chance.randrange(2, 40))]
        frames = [events(_START), *middle, events(end), events({"type": "message_stop"})]
        same_by_frames(lambda: a_reader(target), frames)


def test_a_frame_like_the_one_before_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    decode = module.decode_event

    def counted(payload: bytes) -> Any:
        parsed.append(payload)
        return decode(payload)

    monkeypatch.setattr(module, "decode_event", counted)
    reader = a_reader(same())
    reader.feed(events(_START))
    for number in range(50):
        delta = {"type": "text_delta", "text": f" w{number}"}
        reader.feed(events({"type": "content_block_delta", "index": 0, "delta": delta}))
    assert len(parsed) == 2
    assert reader.output_seen == 50
