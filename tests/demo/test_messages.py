"""The demo in Anthropic's dialect: the same words as in chat, exact usage, the events' order."""

import json
from random import Random
from typing import Any

import pytest

from tests.lanes.test_odd_requests import MESSAGES, changed
from waystation.demo import chat, messages
from waystation.demo.others import BadRequest


def body(**more: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": "Hello there, demo"}]
    return {"model": "m", "max_tokens": 500, "messages": turns, **more}


def test_it_says_what_it_says_in_chat() -> None:
    said = messages.message(body())
    told = chat.completion({"model": "m", "messages": body()["messages"]}, 1)
    assert said["content"][0]["text"] == told["choices"][0]["message"]["content"]
    assert said["usage"]["input_tokens"] == told["usage"]["prompt_tokens"]
    assert said["usage"]["output_tokens"] == told["usage"]["completion_tokens"]
    assert messages.count(body()) == {"input_tokens": told["usage"]["prompt_tokens"]}


def test_the_stream_adds_up_to_the_message() -> None:
    asked = body(thinking={"type": "enabled", "budget_tokens": 1024}, stream=True)
    told = list(messages.events(asked))
    assert [one["type"] for one in (told[0], *told[-2:])] == [
        "message_start",
        "message_delta",
        "message_stop",
    ]
    texts = {"thinking": "", "text": ""}
    for one in told:
        for kind in texts:
            if one["type"] == "content_block_delta":
                texts[kind] += one["delta"].get(kind, "")
    whole = messages.message(asked)
    assert [block[block["type"]] for block in whole["content"]] == list(texts.values())
    assert told[-2]["usage"] == whole["usage"]


def test_a_limit_cuts() -> None:
    said = messages.message(body(max_tokens=4))
    assert said["stop_reason"] == "max_tokens"
    assert said["usage"]["output_tokens"] == 4


def test_a_stop_sequence_is_told() -> None:
    said = messages.message(body(stop_sequences=["."]))
    assert (said["stop_reason"], said["stop_sequence"]) == ("stop_sequence", ".")


def test_odd_bodies_are_refused_or_answered() -> None:
    random = Random(5)
    answered = 0
    for _ in range(2000):
        odd = changed({**MESSAGES, "max_tokens": 50}, random)
        try:
            json.dumps(messages.message(odd))
            assert list(messages.events(odd))
            messages.count(odd)
            answered += 1
        except BadRequest:
            pass
    assert answered > 200


@pytest.mark.parametrize("turns", [None, [], "x", [1], [{"role": "z", "content": "a"}]])
def test_what_is_refused(turns: Any) -> None:
    with pytest.raises(BadRequest):
        messages.message(body(messages=turns))
