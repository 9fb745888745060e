"""POST /v1/moderations passes through."""

import json
from typing import Any

import pytest

from tests.dialects.making import FREE, body, no_headers, same
from waystation.dialects.openai_text.moderations import ModerationOperation, parse
from waystation.errors import Fault

RESULT = {"flagged": False, "categories": {}, "category_scores": {}}


def moderation(**fields: Any) -> ModerationOperation:
    return parse(body(**{"input": "x", **fields}), no_headers)


def test_the_body_passes_and_the_model_may_be_left_out() -> None:
    operation = moderation(input=[{"type": "text", "text": "x"}])
    assert operation.model == "omni-moderation-latest"
    told = json.loads(operation.body_for(same("up")))
    assert told == {"input": [{"type": "text", "text": "x"}], "model": "up"}
    assert moderation(model="m").model == "m"


@pytest.mark.parametrize("given_input", [None, 5, {}, True])
def test_refusals(given_input: Any) -> None:
    with pytest.raises(Fault) as caught:
        moderation(input=given_input)
    assert (caught.value.status, caught.value.param) == (400, "input")


def test_answers() -> None:
    given_body = json.dumps({"id": "modr-1", "model": "up", "results": [RESULT]}).encode()
    reader = moderation(model="up").reply_reader(same("up"), FREE)
    assert reader.read(200, "application/json", given_body) == given_body
    assert reader.has_output
    assert reader.upstream_id == "modr-1"
    assert reader.usage().output_tokens == 0
    reader = moderation(model="m").reply_reader(same("up"), FREE)
    assert json.loads(reader.read(200, "application/json", given_body))["model"] == "m"


@pytest.mark.parametrize("given_body", [b"", b"{}", b'{"results":[]}', b"<html>", b'{"results":5}'])
def test_broken_answers(given_body: bytes) -> None:
    with pytest.raises(Fault) as caught:
        moderation().reply_reader(same(), FREE).read(200, "application/json", given_body)
    assert caught.value.status == 502
