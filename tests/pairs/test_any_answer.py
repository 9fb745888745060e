"""Answers that nobody thought of, through every pair of dialects: arbitrary words and arguments,
split at every byte, cut at every event. Nothing is lost, nothing is made up, nothing crashes."""

import json
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dialects.making import FREE, same
from tests.pairs.answers import Say, frames_of, whole
from tests.pairs.callers import CALLERS
from tests.pairs.heard import Heard, heard_in
from waystation.dialects.speakers import translate
from waystation.errors import Fault

JSON = "application/json"
PAIRS = [(caller, spoken) for caller in CALLERS for spoken in CALLERS if caller != spoken]
WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
NAMES = st.sampled_from(["weather", "cityAttractions", "x", "a_b-c"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(WORDS, VALUES, max_size=4)
CALLS = st.lists(st.tuples(NAMES, ARGUMENTS), max_size=4).map(tuple)


@st.composite
def says(draw: st.DrawFn) -> Say:
    calls = draw(CALLS)
    text = draw(WORDS)
    if not calls and not text:
        text = "something"
    finish = "tool_calls" if calls else draw(st.sampled_from(["stop", "length"]))
    return Say(
        text, calls, thought=draw(WORDS), seal=draw(st.sampled_from(["", "seal"])), finish=finish
    )


def pieces_of(wire: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(wire), *(cut % (len(wire) + 1) for cut in cuts)})
    return [wire[a:b] for a, b in pairwise(places)]


def streamed(caller: str, spoken: str, pieces: list[bytes]) -> tuple[Any, bytes]:
    reader = translate(CALLERS[caller](True), spoken).stream_reader(same(), FREE)
    return reader, b"".join([reader.feed(piece) for piece in pieces]) + reader.close()


def check(made: Heard, say: Say) -> None:
    assert made.text == say.text
    assert [name for name, _ in made.calls] == [name for name, _ in say.calls]
    assert [arguments for _, arguments in made.calls] == [arguments for _, arguments in say.calls]
    assert made.finish == say.finish
    assert made.output == say.output


@pytest.mark.parametrize(("caller", "spoken"), PAIRS)
@settings(max_examples=10, deadline=None, derandomize=True)
@given(say=says(), cuts=st.lists(st.integers(0, 10**6), max_size=12))
def test_a_stream(caller: str, spoken: str, say: Say, cuts: list[int]) -> None:
    wire = b"".join(frames_of(spoken, say))
    reader, out = streamed(caller, spoken, pieces_of(wire, cuts))
    assert reader.fault is None
    assert reader.finished
    check(heard_in(caller, out), say)


@pytest.mark.parametrize(("caller", "spoken"), PAIRS)
@settings(max_examples=10, deadline=None, derandomize=True)
@given(say=says())
def test_a_whole_answer(caller: str, spoken: str, say: Say) -> None:
    reader = translate(CALLERS[caller](False), spoken).reply_reader(same(), FREE)
    body = json.dumps(whole(spoken, say)).encode()
    check(heard_in(caller, reader.read(200, JSON, body), streamed=False), say)


RICH = Say(
    'Mostar’s 🌉 \u2028 bridge\u0000 "quoted" \\ data: \n\nevent: x',
    (("weather", {"c": "Ōsaka 🌧", "n": [1, None, {"": ""}]}), ("x", {}), ("weather", {"c": 2})),
    thought="Hm — 橋…",
    seal="s",
    finish="tool_calls",
)


@pytest.mark.untraced
@pytest.mark.parametrize(("caller", "spoken"), PAIRS)
def test_split_at_every_byte(caller: str, spoken: str) -> None:
    wire = b"".join(frames_of(spoken, RICH))
    _, expected = streamed(caller, spoken, [wire])
    check(heard_in(caller, expected), RICH)
    _, out = streamed(caller, spoken, [wire[at : at + 1] for at in range(len(wire))])
    check(heard_in(caller, out), RICH)
    for at in range(1, len(wire), 17):
        _, out = streamed(caller, spoken, [wire[:at], wire[at:]])
        assert heard_in(caller, out).text == RICH.text


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("spoken", CALLERS)
def test_cut_at_every_event(caller: str, spoken: str) -> None:
    """The connection ends there: a fault, or an answer that was whole; the bill is what came."""
    frames = frames_of(spoken, RICH)
    output = 0
    for kept in range(len(frames)):
        wire = b"".join(frames[:kept])
        operation = CALLERS[caller](True)
        made = operation if caller == spoken else translate(operation, spoken)
        reader = made.stream_reader(same(), FREE)
        out = reader.feed(wire) + reader.close()
        assert (reader.fault is None) == reader.finished, kept
        if reader.fault is not None:
            ending = reader.fail(reader.fault, "en", "r")
            assert ending.startswith((b"data: ", b"event: "))
            assert b"[DONE]" not in out + ending
        usage = reader.usage()
        assert usage.output_tokens >= output or usage.exact
        output = max(output, 0 if usage.exact else usage.output_tokens)


def test_calls_that_are_told_in_turns() -> None:
    """Chat's parallel calls may come interleaved; each keeps its own arguments."""
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}

    def chunk(*calls: dict[str, Any], finish: str | None = None) -> bytes:
        delta = {"tool_calls": list(calls)} if calls else {}
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return b"data: " + json.dumps({**head, "choices": [choice]}).encode() + b"\n\n"

    def call(index: int, text: str, **more: Any) -> dict[str, Any]:
        return {"index": index, **more, "function": {"arguments": text, **more.get("f", {})}}

    starts = [call(n, "", id=f"c{n}", type="function", f={"name": f"t{n}"}) for n in range(3)]
    for each in starts:
        each.pop("f")
    wire = b"".join(
        [
            chunk(*starts),
            *(chunk(call(n, piece)) for piece in ('{"a":', '"', "é", '"}') for n in (2, 0, 1)),
            chunk(finish="tool_calls"),
            b'data: {"id":"c","object":"chat.completion.chunk","choices":[],'
            b'"usage":{"prompt_tokens":9,"completion_tokens":9,"total_tokens":18}}\n\n',
            b"data: [DONE]\n\n",
        ]
    )
    for caller in ("messages", "responses", "generate"):
        reader, out = streamed(caller, "chat", [wire])
        assert reader.fault is None
        made = heard_in(caller, out).calls
        assert sorted(made) == [(f"t{n}", {"a": "é"}) for n in range(3)]


@pytest.mark.parametrize(("caller", "spoken"), PAIRS)
def test_huge_arguments(caller: str, spoken: str) -> None:
    huge = {"rows": [{"n": n, "t": "x" * 50} for n in range(4000)]}
    say = Say("", (("weather", huge),), finish="tool_calls")
    reader, out = streamed(caller, spoken, [b"".join(frames_of(spoken, say))])
    assert reader.fault is None
    assert heard_in(caller, out).calls == [("weather", huge)]


def nulled(value: Any) -> list[Any]:
    """The value, each time with one place of it null."""
    if isinstance(value, dict):
        made: list[Any] = [{**value, name: None} for name in value]
        return made + [{**value, k: each} for k, v in value.items() for each in nulled(v)]
    if isinstance(value, list):
        made = [[*value[:at], None, *value[at + 1 :]] for at in range(len(value))]
        return made + [
            [*value[:at], each, *value[at + 1 :]]
            for at in range(len(value))
            for each in nulled(value[at])
        ]
    return []


@pytest.mark.parametrize("spoken", CALLERS)
def test_null_anywhere(spoken: str) -> None:
    for body in nulled(whole(spoken, RICH)):
        for caller in CALLERS:
            operation = CALLERS[caller](False)
            made = operation if caller == spoken else translate(operation, spoken)
            reader = made.reply_reader(same(), FREE)
            with suppress(Fault):
                json.loads(reader.read(200, JSON, json.dumps(body).encode()))


@pytest.mark.parametrize("spoken", CALLERS)
def test_null_anywhere_in_a_stream(spoken: str) -> None:
    frames = frames_of(spoken, RICH)
    for place, frame in enumerate(frames):
        name, _, data = frame.rpartition(b"data: ")
        if not data.startswith(b"{"):
            continue
        for value in nulled(json.loads(data)):
            odd = name + b"data: " + json.dumps(value).encode() + b"\n\n"
            wire = b"".join([*frames[:place], odd, *frames[place + 1 :]])
            for caller in CALLERS:
                operation = CALLERS[caller](True)
                made = operation if caller == spoken else translate(operation, spoken)
                reader = made.stream_reader(same(), FREE)
                reader.feed(wire)
                reader.close()
                assert reader.fault is not None or reader.finished
                assert reader.usage().output_tokens >= 0
