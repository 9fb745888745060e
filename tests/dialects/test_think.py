"""Thoughts inside content, moved at any split."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dialects.making import FREE, chat, same
from tests.dialects.streams import DONE, check_contract, frame, texts_of
from waystation.dialects.openai_chat.think import ThinkMover

CASES = [
    ("<think>hmm</think>Yes.", "hmm", "Yes."),
    ("<think>hmm</think>\n\nYes.", "hmm", "Yes."),
    ("  \n<think>a < b </thin k></think>ok", "a < b </thin k>", "ok"),
    ("<think></think>Yes.", "", "Yes."),
    ("No tag.", "", "No tag."),
    ("A <think>later</think> tag.", "", "A <think>later</think> tag."),
    ("<thinker>no</thinker>", "", "<thinker>no</thinker>"),
    ("<thi", "", "<thi"),
    ("<think>never closed </thi", "never closed </thi", ""),
    ("<think>x</think>y<think>z</think>", "x", "y<think>z</think>"),
    ("<think>你好</think>再见", "你好", "再见"),
    ("", "", ""),
    ("\n\n", "", "\n\n"),
]


def moved(pieces: list[str]) -> tuple[str, str]:
    mover = ThinkMover()
    told = [mover.feed(piece) for piece in pieces] + [mover.close()]
    return "".join(r for r, _ in told), "".join(c for _, c in told)


@pytest.mark.parametrize(("text", "reasoning", "content"), CASES)
def test_whole_and_by_the_letter(text: str, reasoning: str, content: str) -> None:
    assert moved([text]) == (reasoning, content)
    assert moved(list(text)) == (reasoning, content)


@settings(deadline=None, derandomize=True)
@given(st.sampled_from(CASES), st.data())
def test_at_random_splits(case: tuple[str, str, str], data: st.DataObject) -> None:
    text = case[0]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert moved(pieces) == case[1:]


@pytest.mark.parametrize(("text", "reasoning", "content"), CASES)
@pytest.mark.parametrize("finish_apart", [True, False])
def test_in_a_stream(text: str, reasoning: str, content: str, finish_apart: bool) -> None:
    reader = chat(stream=True).stream_reader(same(think_tags=True), FREE)
    frames = [frame({"role": "assistant", "content": letter}) for letter in text or [""]]
    if finish_apart:
        frames.append(frame(finish="stop"))
    else:
        last = json.loads(frames[-1][6:])
        last["choices"][0]["finish_reason"] = "stop"
        frames[-1] = b"data: " + json.dumps(last).encode() + b"\n\n"
    out = b"".join(reader.feed(piece) for piece in [*frames, DONE])
    told = texts_of(check_contract(out, False, "chat.completion.chunk"))
    assert told.get("reasoning_content", "") == reasoning
    assert told.get("content", "") == content


def test_what_is_held_comes_out_without_a_finish() -> None:
    reader = chat(stream=True).stream_reader(same(think_tags=True), FREE)
    out = reader.feed(frame({"role": "assistant", "content": "<think>a</thi"}) + DONE)
    told = texts_of(check_contract(out, False, "chat.completion.chunk"))
    assert told == {"reasoning_content": "a</thi"}
