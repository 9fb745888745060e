"""Completions where only chats are served: one text goes, its answer comes back as text."""

import json
from typing import Any

import pytest

from tests.dialects.making import completion
from tests.lanes.making import lost, read, reader, run, sent
from tests.lanes.test_relay import charged
from tests.lanes.upstream import answers
from tests.relay.conftest import Begin
from tests.support.gateway import MODEL, Station, channel, document
from tests.support.rogue import Rogue
from tests.support.script import USAGE, chat, chat_frames, error, reply, stream
from waystation.dialects.ir import Finished, PartDelta, PartStarted, Reasoning, Text
from waystation.dialects.lanes import Bill
from waystation.dialects.openai_text.as_chat import TextWriter
from waystation.dialects.speakers import translate
from waystation.dialects.translated import Translated
from waystation.errors import Fault
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally

COMPLETIONS = "/v1/completions"


def as_chat(spoken: str = "chat", **fields: Any) -> Translated:
    return translate(completion(**fields), spoken)


def reply_of(script: Any) -> bytes:
    return bytes(script[0].split(b"\r\n\r\n", 1)[1])


# ---- the request -----------------------------------------------------------------------------


@pytest.mark.parametrize("prompt", ["Once upon", ["Once upon"]])
def test_a_text_becomes_one_turn(prompt: Any) -> None:
    asked = as_chat(
        prompt=prompt, temperature=0.5, top_p=0.9, stop=["\n", "END"], seed=7, user="u1",
        presence_penalty=0.1, frequency_penalty=-0.1, logit_bias={"50256": -100},
        echo=False, best_of=1, suffix=None, logprobs=None,
    )  # fmt: skip
    assert sent(asked) == {
        "model": "up",
        "messages": [{"role": "user", "content": "Once upon"}],
        "max_tokens": 16,
        "temperature": 0.5,
        "top_p": 0.9,
        "seed": 7,
        "presence_penalty": 0.1,
        "frequency_penalty": -0.1,
        "stop": ["\n", "END"],
        "user": "u1",
        "logit_bias": {"50256": -100},
    }
    assert lost(asked) == set()


def test_the_callers_limit_goes_on() -> None:
    assert sent(as_chat(max_tokens=300))["max_tokens"] == 300


def test_settings_without_a_word_for_them_are_told() -> None:
    assert lost(as_chat("messages", seed=7, logit_bias={"1": 2}, min_p=0.1)) == {
        "seed", "logit_bias", "min_p",
    }  # fmt: skip
    assert lost(as_chat(min_p=0.1)) == {"min_p"}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"echo": True}, "echo"),
        ({"suffix": "the end"}, "suffix"),
        ({"logprobs": 0}, "logprobs"),
        ({"best_of": 2}, "best_of"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"prompt": ["one", "two"]}, "prompt"),
        ({"prompt": [1, 2]}, "prompt"),
        ({"prompt": [[1, 2]]}, "prompt"),
        ({"prompt": ""}, "prompt"),
    ],
)
def test_what_a_chat_cannot_do_is_refused(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(Fault) as caught:
        as_chat(**fields)
    assert (caught.value.status, caught.value.param) == (400, param)


# ---- the answer ------------------------------------------------------------------------------


def test_the_answer_is_text() -> None:
    said = read(as_chat(), reply_of(chat("a time")))
    assert said["id"].startswith("cmpl-")
    assert said["usage"] == USAGE
    assert (said["object"], said["model"]) == ("text_completion", "asked")
    choice = {"index": 0, "text": "a time", "logprobs": None, "finish_reason": "stop"}
    assert said["choices"] == [choice]


@pytest.mark.parametrize("size", [0, 1, 7])
@pytest.mark.parametrize("include_usage", [False, True])
def test_the_stream_has_bare_text(size: int, include_usage: bool) -> None:
    asked = as_chat(stream=True, stream_options={"include_usage": include_usage})
    frames = b"".join(b"data: %b\n\n" % json.dumps(each).encode() for each in chat_frames())
    out = run(reader(asked), frames + b"data: [DONE]\n\n", size)
    *events, end = [line[6:] for line in out.split(b"\n\n") if line]
    assert end == b"[DONE]"
    chunks = [json.loads(event) for event in events]
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert {chunk["object"] for chunk in chunks} == {"text_completion"}
    if include_usage:
        last = chunks.pop()
        assert (last["choices"], last["usage"]) == ([], USAGE)
    choices = [chunk["choices"][0] for chunk in chunks]
    assert "".join(choice["text"] for choice in choices) == "hello there"
    assert [choice["finish_reason"] for choice in choices] == [None] * (len(choices) - 1) + ["stop"]


def test_thoughts_are_not_text() -> None:
    tally = Tally(Limits(9, 9, 1), lambda: 9)
    writer = TextWriter("m", Bill(tally, None), include_usage=False)
    out = writer.write(
        [
            PartStarted(0, Reasoning("hm")),
            PartDelta(0, "let me think"),
            PartStarted(1, Text("so")),
            PartDelta(1, " it is"),
            Finished("length"),
        ]
    )
    assert b"think" not in out
    assert out.count(b'"text":"so"') == out.count(b'"text":" it is"') == 1
    assert b'"finish_reason":"length"' in out
    assert b'"text":""' in writer.keep_alive()
    failed = writer.fail(Fault("bad_upstream_response", reason="x"), "en")
    assert failed.startswith(b'data: {"error":{')


# ---- over the wire ---------------------------------------------------------------------------


@pytest.fixture(params=["deepseek", "anthropic"])
async def chats(request: pytest.FixtureRequest, begin: Begin, rogue: Rogue) -> Station:
    """One channel, which continues no texts."""
    rogue.answer(answers)
    return await begin(document([channel("up", rogue.url, vendor=request.param)]))


async def ask(station: Station, **fields: Any) -> Any:
    what = {"model": MODEL, "prompt": "Once upon", "max_tokens": 60, **fields}
    return await station.request("POST", COMPLETIONS, what)


async def test_a_chat_channel_serves_it_at_the_price_of_the_chat(chats: Station) -> None:
    answer = await ask(chats, echo=False)
    said = answer.json()
    assert said["object"] == "text_completion"
    assert said["choices"][0]["text"]
    assert said["usage"]["cost"] == await charged(chats, answer) / 1e9
    row = await chats.row(answer.request_id)
    assert row.facts.operation == "completion"
    assert row.attempts[0].reason.startswith("asked as ")


@pytest.mark.parametrize("n", [1, 3])
async def test_streamed(chats: Station, n: int) -> None:
    answer = await ask(chats, stream=True, n=n, stream_options={"include_usage": True})
    *events, end = answer.events
    assert end == b"[DONE]"
    chunks = [json.loads(event) for event in events]
    row = await chats.row(answer.request_id)
    assert chunks[-1]["usage"]["completion_tokens"] == row.output_tokens > 0
    texts = [""] * n
    for chunk in chunks[:-1]:
        for choice in chunk["choices"]:
            texts[choice["index"]] += choice["text"]
    assert all(texts)
    assert len(chats.rogue.seen) == n
    await charged(chats, answer)


async def test_several_answers_are_several_calls(chats: Station) -> None:
    answer = await ask(chats, n=2)
    assert [choice["index"] for choice in answer.json()["choices"]] == [0, 1]
    assert answer.json()["object"] == "text_completion"
    assert len(chats.rogue.seen) == 2
    await charged(chats, answer)


async def test_a_refusal_costs_nothing_and_asks_nobody(chats: Station) -> None:
    answer = await ask(chats, echo=True)
    assert (answer.status, answer.error["param"]) == (400, "echo")
    assert not chats.rogue.seen
    assert (await chats.row(answer.request_id)).nanos == 0


async def test_a_channel_of_completions_comes_to_its_turn(begin: Begin, rogue: Rogue) -> None:
    """What the first channel cannot be told, the next one can; and a failure moves on likewise."""
    text = {
        "id": "cmpl-1", "object": "text_completion", "created": 1, "model": "up",
        "choices": [{"index": 0, "text": "Once upon a time", "finish_reason": "stop"}],
        "usage": USAGE,
    }  # fmt: skip

    def answer(seen: Any) -> Any:
        if seen.path.endswith("/chat/completions"):
            return error(500)
        return reply(200, json.dumps(text).encode())

    rogue.answer(answer)
    station = await begin(
        document(
            [
                channel("chats", rogue.url, vendor="deepseek", priority=1),
                channel("continues", rogue.url, vendor="openai", priority=2),
            ]
        )
    )
    echoed = await ask(station, echo=True)
    assert echoed.json()["choices"][0]["text"] == "Once upon a time"
    assert [seen.path for seen in rogue.seen] == [COMPLETIONS]
    moved = await ask(station)
    assert moved.status == 200
    assert [seen.path for seen in rogue.seen][1:] == ["/chat/completions", COMPLETIONS]


async def test_one_answer_a_call_where_the_channel_gives_no_more(
    begin: Begin, rogue: Rogue
) -> None:
    """Completions fan out at their own channels too."""
    frame = {
        "id": "cmpl-1", "object": "text_completion", "created": 1, "model": "up",
        "choices": [{"index": 0, "text": "a time", "finish_reason": None}],
    }  # fmt: skip
    last = {**frame, "choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}
    rogue.answer(stream([frame, last, {**frame, "choices": [], "usage": USAGE}]))
    station = await begin(document([channel("up", rogue.url, vendor="openai-compatible")]))
    answer = await ask(station, n=3, stream=True)
    finished = [
        choice["index"]
        for event in answer.events[:-1]
        for choice in json.loads(event)["choices"]
        if choice["finish_reason"]
    ]
    assert sorted(finished) == [0, 1, 2]
    assert [seen.json()["n"] for seen in rogue.seen] == [1, 1, 1]
    await charged(station, answer)
