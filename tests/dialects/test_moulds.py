"""Frames that are not read again because they differ from the one before in a text alone: what the
caller gets and what is metered must not know the difference."""

import random
from typing import Any

import msgspec
import pytest

from tests.dialects import recorded
from tests.dialects.making import same
from tests.dialects.streams import DONE, HELLO, STOP, chunk, frame, reader_for, run, usage_frame
from tests.dialects.test_mutations import mutated
from tests.dialects.test_recorded_streams import ALL, facts
from waystation.dialects.openai_chat import stream as module
from waystation.dialects.openai_chat.stream import ChatStream
from waystation.dialects.operation import Target

pytestmark = pytest.mark.untraced

TARGETS = [same(), same("other"), same(think_tags=True)]
_TEXTS = ("one", " two", "", "a\nb", '"q"', "港", "é", "\\", "<think>", "{", None)
_MORE: tuple[dict[str, Any], ...] = (
    {}, {}, {}, {"usage": None}, {"service_tier": "flex"}, {"id": "chatcmpl-2"}, {"model": ""},
    {"usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}, {"error": None},
)  # fmt: skip


def frames_of(wire: bytes) -> list[bytes]:
    return [part + b"\n\n" for part in wire.split(b"\n\n") if part.strip()]


def same_by_frames(make: Any, frames: list[bytes]) -> None:
    """At once, where no frame has a piece of its own and each is read, and one by one."""
    whole, singly = make(), make()
    assert run(singly, frames) == run(whole, [b"".join(frames)])
    told, expected = facts(singly), facts(whole)
    assert [str(one) for one in told] == [str(one) for one in expected]
    assert singly.output_seen == whole.output_seen


@recorded.needs_recordings
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("target", TARGETS, ids=["same", "mapped", "thoughts"])
def test_recorded_frames_one_by_one(name: str, target: Target) -> None:
    frames = frames_of(recorded.stream(name))
    same_by_frames(lambda: reader_for(name, True, target), frames)


def a_frame(chance: random.Random) -> bytes:
    delta: dict[str, Any] = {}
    for name in ("content", "reasoning_content", "role", "refusal"):
        if chance.random() < {"content": 0.9, "reasoning_content": 0.15}.get(name, 0.04):
            delta[name] = "assistant" if name == "role" else chance.choice(_TEXTS)
    more = chance.choice(_MORE) if chance.random() < 0.3 else {}
    finish = "stop" if chance.random() < 0.03 else None
    made = frame(delta, finish, int(chance.random() < 0.05), **more)
    if chance.random() < 0.05:
        fields = mutated(msgspec.json.decode(made[6:]), chance)
        made = b"data: " + msgspec.json.encode(fields) + b"\n\n"
    if chance.random() < 0.05:
        made = made.replace(b'"content"', b'"content": "first", "content"')
    if chance.random() < 0.03:
        at = chance.randrange(len(made) - 2)
        made = made[:at] + chance.choice((b"\xff", b'"', b"\\", b"\r")) + made[at:]
    return made


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("target", TARGETS, ids=["same", "mapped", "thoughts"])
def test_odd_frames_one_by_one(seed: int, target: Target) -> None:
    chance = random.Random(seed)
    for _ in range(10):
        frames = [HELLO, *(a_frame(chance) for _ in range(chance.randrange(2, 40))), STOP, DONE]
        same_by_frames(lambda: reader_for("x", True, target), frames)


def read_once(monkeypatch: pytest.MonkeyPatch, target: Target, frames: list[bytes]) -> int:
    """How many of the frames were parsed."""
    parsed: list[bytes] = []
    decode = module.decode_chunk

    def counted(payload: bytes) -> Any:
        parsed.append(payload)
        return decode(payload)

    monkeypatch.setattr(module, "decode_chunk", counted)
    reader: ChatStream = reader_for("x", False, target)
    for piece in frames:
        reader.feed(piece)
    assert reader.fault is None
    return len(parsed)


@pytest.mark.parametrize("target", [same(), same("other")], ids=["same", "mapped"])
@pytest.mark.parametrize("name", ["content", "reasoning_content"])
def test_a_frame_like_the_one_before_is_not_parsed(
    monkeypatch: pytest.MonkeyPatch, target: Target, name: str
) -> None:
    frames = [HELLO, *(frame({name: f" w{number}"}) for number in range(50))]
    assert read_once(monkeypatch, target, frames) == 2


def test_where_frames_are_all_different_no_more_moulds_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames = [HELLO, *(frame({"content": "x"}, obfuscation=str(n)) for n in range(50))]
    assert read_once(monkeypatch, same(), [*frames, HELLO, HELLO]) == 53


def test_a_frame_behind_a_half_one_is_read() -> None:
    reader = reader_for("x", False)
    word = frame({"content": "word"})
    assert reader.feed(HELLO) + reader.feed(word) == HELLO + word
    assert reader.feed(word[:20]) == b""
    reader.feed(word)
    assert reader.fault is not None  # a half frame and a whole one in one line are no JSON


def test_a_mould_does_not_outlive_a_frame_of_another() -> None:
    """The last tier that was told is the one that served."""
    words = [frame({"content": word}, service_tier="flex") for word in ("a", "b")]
    between = chunk(choices=[], service_tier="priority")
    frames = [HELLO, words[0], between, words[1], STOP, usage_frame(3, 2), DONE]
    same_by_frames(lambda: reader_for("x", True, same()), frames)
