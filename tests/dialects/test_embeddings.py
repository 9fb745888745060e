"""POST /v1/embeddings: input forms, both encodings in both directions, split batches."""

import base64
import json
import struct
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.dialects import recorded
from tests.dialects.making import FREE, body, no_headers, priced, same
from waystation.dialects.openai_text.embedding_format import as_base64, as_numbers
from waystation.dialects.openai_text.embeddings import EmbeddingOperation, joined, parse
from waystation.errors import Fault


def embedding(**fields: Any) -> EmbeddingOperation:
    return parse(body(**{"model": "asked", "input": "Hello?", **fields}), no_headers)


def answer(*vectors: Any, **more: Any) -> bytes:
    data = [
        {"object": "embedding", "index": index, "embedding": vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 8, "total_tokens": 8}
    base = {"object": "list", "data": data, "model": "up", "usage": usage}
    return json.dumps({**base, **more}, separators=(",", ":")).encode()


def packed(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


@pytest.mark.parametrize(
    ("given_input", "items"),
    [("x", 1), (["x", "y"], 2), ([1, 2, 3], 1), ([[1], [2, 3]], 2), (["x"] * 2048, 2048)],
)
def test_input_forms(given_input: Any, items: int) -> None:
    operation = embedding(input=given_input, dimensions=256, user="u")
    assert operation.items == items
    assert json.loads(operation.body_for(same("up"))) == {
        "model": "up",
        "input": given_input,
        "dimensions": 256,
        "user": "u",
    }
    assert (operation.output_limit, operation.stream, operation.choices) == (0, False, 1)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": None}, "input"),
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["x"] * 2049}, "input"),
        ({"input": 5}, "input"),
        ({"input": ["x", 5]}, "input"),
        ({"input": {"text": "x"}}, "input"),
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"encoding_format": 5}, "encoding_format"),
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": 1.5}, "dimensions"),
        ({"model": None}, "model"),
    ],
)
def test_refusals(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(Fault) as caught:
        embedding(**fields)
    assert (caught.value.status, caught.value.param) == (400, param)


def read(operation: EmbeddingOperation, given_body: bytes, model: str = "up") -> dict[str, Any]:
    reader = operation.reply_reader(same(model), FREE)
    told: dict[str, Any] = json.loads(reader.read(200, "application/json", given_body))
    assert reader.has_output
    assert reader.usage().output_tokens == 0
    return told


def test_floats_become_base64_when_asked_for() -> None:
    told = read(embedding(encoding_format="base64"), answer([0.5, -1.25, 3]))
    assert told["data"] == [{"object": "embedding", "index": 0, "embedding": packed(0.5, -1.25, 3)}]
    assert told["model"] == "asked"


def test_base64_becomes_floats_when_asked_for() -> None:
    told = read(embedding(), answer(packed(0.5, -1.25, 0.1)))
    assert told["data"][0]["embedding"] == [0.5, -1.25, 0.100000001]


def test_what_is_right_passes_byte_for_byte() -> None:
    given_body = answer([0.0023, -0.0093], model="asked")
    reader = embedding().reply_reader(same(), FREE)
    assert reader.read(200, "application/json", given_body) == given_body
    assert reader.usage().exact
    assert reader.usage().input_tokens == 8


def test_cost_and_missing_usage() -> None:
    reader = embedding().reply_reader(same(), priced("0.002"))
    assert json.loads(reader.read(200, "", answer([1.0])))["usage"]["cost"] == 0.002
    reader = embedding().reply_reader(same(), FREE)
    told = json.loads(reader.read(200, "", answer([1.0], usage=None)))
    assert told["usage"]["prompt_tokens"] > 0
    assert not reader.usage().exact


@pytest.mark.parametrize(
    "given_body",
    [
        answer(),
        answer([1.0], [2.0]),
        answer("not base64!"),
        answer("AAA="),
        answer(packed(float("nan"))),
        answer(5),
        answer(None),
        b'{"data":[{}],"usage":{}}',
        b'{"data":{}}',
        b"{}",
        b"<html>",
        b"",
    ],
)
def test_broken_answers(given_body: bytes) -> None:
    with pytest.raises(Fault) as caught:
        embedding().reply_reader(same(), FREE).read(200, "application/json", given_body)
    assert caught.value.status == 502


@pytest.mark.parametrize("vector", [["x"], [None], [1e300], [[1.0]]])
def test_numbers_that_no_float32_holds(vector: Any) -> None:
    operation = embedding(encoding_format="base64")
    with pytest.raises(Fault) as caught:
        operation.reply_reader(same(), FREE).read(200, "application/json", answer(vector))
    assert caught.value.status == 502


@settings(deadline=None, derandomize=True)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=20))
def test_there_and_back_is_the_same(numbers: list[float]) -> None:
    numbers = [number + 0.0 for number in numbers]  # no negative zero: JSON tells it as 0
    text = msgspec.Raw(b'"' + packed(*numbers).encode() + b'"')
    assert bytes(as_base64(as_numbers(text))) == bytes(text)


@pytest.mark.parametrize("items_most", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("given_input", [["a", "b", "c", "d", "e"], [[1], [2], [3], [4], [5]]])
def test_split_batches_are_joined_in_order(items_most: int, given_input: list[Any]) -> None:
    operation = embedding(input=given_input)
    replies = []
    for part in operation.bodies_for(same("up"), items_most):
        items = json.loads(part)["input"]
        assert len(items) <= items_most
        vectors = [[float(given_input.index(item))] for item in items]
        reader = operation.reply_reader(same("up"), FREE, part_items=len(items))
        replies.append(reader.read(200, "", answer(*vectors)))
    told = json.loads(joined(replies))
    assert [item["embedding"] for item in told["data"]] == [[0.0], [1.0], [2.0], [3.0], [4.0]]
    assert [item["index"] for item in told["data"]] == [0, 1, 2, 3, 4]
    assert told["usage"] == {"prompt_tokens": 8 * len(replies), "total_tokens": 8 * len(replies)}


def test_one_text_of_token_ids_is_not_split() -> None:
    operation = embedding(input=[1, 2, 3])
    assert operation.bodies_for(same("up"), 1) == [operation.body_for(same("up"))]


@recorded.needs_recordings
def test_answers_fit_the_vendors_schema() -> None:
    validator = Draft202012Validator(recorded.schema("CreateEmbeddingResponse"))
    validator.validate(read(embedding(), answer(packed(1.0))))
