"""The demo's completions, embeddings and moderations."""

import base64
import struct
from typing import Any

import pytest

from waystation.demo import moderation, others


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def vectors(*texts: str, **more: Any) -> list[list[float]]:
    made = others.embeddings({"model": "demo-embedding", "input": list(texts), **more})
    return [item["embedding"] for item in made["data"]]


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("the red apple on the table", "a red apple", "trains leave at noon"),
        ("how do I cap a coding agent", "cap the agent", "weather in Oslo"),
        ("今天奥斯陆的天气怎么样", "奥斯陆天气", "红色的苹果很好吃"),
        ("包裹在哪里", "包裹在哪", "weather in Oslo"),
    ],
)
def test_the_cosine_follows_the_words(text: str, near: str, far: str) -> None:
    for dimensions in (64, 256, 1024):
        own, close, distant = vectors(text, near, far, dimensions=dimensions)
        assert cosine(own, own) == pytest.approx(1)
        assert cosine(own, close) > cosine(own, distant) + 0.2


def test_more_words_in_common_are_nearer() -> None:
    whole, three, two, one = vectors("a b c d", "a b c x", "a b x y", "a x y z")
    assert cosine(whole, three) > cosine(whole, two) > cosine(whole, one)
    again, reordered = vectors("a b c d", "d c b a")
    assert cosine(again, reordered) == pytest.approx(1)


def test_forms_of_the_input() -> None:
    def of(value: Any, **more: Any) -> dict[str, Any]:
        return others.embeddings({"model": "m", "input": value, **more})

    assert len(of("one")["data"]) == 1
    assert [item["index"] for item in of(["a", "b", "c"])["data"]] == [0, 1, 2]
    assert of([1, 2, 3])["usage"]["prompt_tokens"] == 3
    assert len(of([[1, 2], [3]])["data"]) == 2
    assert of("a b c")["usage"] == {"prompt_tokens": 3, "total_tokens": 3}
    packed = of("rain", encoding_format="base64", dimensions=8)["data"][0]["embedding"]
    plain = of("rain", dimensions=8)["data"][0]["embedding"]
    assert struct.unpack("<8f", base64.b64decode(packed)) == pytest.approx(plain, abs=1e-6)
    for odd in ([], None, 5, [None], ["a", 5], [[1], "a"], [["a"]], [[]], [True]):
        with pytest.raises(others.BadRequest):
            of(odd)
    for dimensions in (-1, 5000, "8", True, 1.5):
        with pytest.raises(others.BadRequest):
            of("x", dimensions=dimensions)


def completed(**more: Any) -> dict[str, Any]:
    return others.completion({"model": "demo-completion", "prompt": "It rained", **more}, 1)


def test_completions() -> None:
    assert completed() == completed()
    assert completed()["usage"]["completion_tokens"] == 16
    assert completed()["choices"][0]["finish_reason"] == "length"
    whole = completed(max_tokens=100)["choices"][0]
    assert whole["finish_reason"] == "stop"
    assert "demo" in whole["text"]
    assert completed(echo=True)["choices"][0]["text"].startswith("It rained")
    several = completed(prompt=["One", "Two"], n=2)["choices"]
    assert [one["index"] for one in several] == [0, 1, 2, 3]
    assert completed(max_tokens=0, echo=True)["choices"][0]["text"] == "It rained"


def test_completions_stop() -> None:
    text = completed(max_tokens=100)["choices"][0]["text"]
    word = text.split()[4]
    cut = completed(max_tokens=100, stop=[word])["choices"][0]
    assert word not in cut["text"]
    assert text.startswith(cut["text"])
    assert cut["finish_reason"] == "stop"


def test_completion_logprobs() -> None:
    choice = completed(logprobs=2)["choices"][0]
    told = choice["logprobs"]
    assert "".join(told["tokens"]) == choice["text"]
    assert len(told["token_logprobs"]) == len(told["top_logprobs"]) == len(told["tokens"])
    assert all(len(one) == 2 for one in told["top_logprobs"])
    assert told["text_offset"][0] == 0
    assert completed()["choices"][0]["logprobs"] is None
    body = {"model": "m", "prompt": "It rained", "logprobs": 2, "echo": True}
    whole = others.completion(body, 1)["choices"][0]["logprobs"]
    pieces = [one["choices"][0]["logprobs"] for one in others.completion_chunks(body, 1)]
    for name, values in whole.items():
        assert [value for piece in pieces if piece for value in piece[name]] == values


def test_completions_streamed() -> None:
    for more in ({}, {"echo": True}, {"n": 2, "prompt": ["a", "b"]}, {"max_tokens": 3}):
        body = {"model": "m", "prompt": "It rained", "stream_options": {"include_usage": True}}
        whole = others.completion({**body, **more}, 1)
        made = list(others.completion_chunks({**body, **more}, 1))
        assert made[-1]["usage"] == whole["usage"]
        for choice in whole["choices"]:
            own = [
                one["choices"][0]
                for one in made[:-1]
                if one["choices"][0]["index"] == choice["index"]
            ]
            assert "".join(one["text"] for one in own) == choice["text"]
            assert own[-1]["finish_reason"] == choice["finish_reason"]


def test_moderations() -> None:
    made = moderation.moderations({"model": "m", "input": ["rain", "I will kill you"]})
    assert [one["flagged"] for one in made["results"]] == [False, True]
    assert made["results"][1]["categories"]["violence"]
    parts = [{"type": "text", "text": "I hate it"}, {"type": "image_url", "image_url": {}}]
    [result] = moderation.moderations({"model": "m", "input": parts})["results"]
    assert result["categories"]["hate"]
    assert result["category_applied_input_types"]["violence"] == ["text", "image"]
    for odd in (None, 5, [], [5.5]):
        with pytest.raises(others.BadRequest):
            moderation.moderations({"model": "m", "input": odd})
