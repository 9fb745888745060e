"""A messages request read: what money and routing need of it, and the body that goes on."""

import json

import pytest

from tests.anthropic.making import message
from tests.dialects.making import no_headers
from waystation.dialects.anthropic.request import parse
from waystation.dialects.operation import Target
from waystation.errors import Fault

SCHEMA = {"type": "object", "properties": {}}


def refused(body: bytes) -> Fault:
    with pytest.raises(Fault) as caught:
        parse(body, no_headers)
    assert caught.value.status == 400
    return caught.value


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"model":"m","max_tokens":1}', "messages"),
        (b'{"messages":[{"role":"user","content":"x"}],"max_tokens":1}', "model"),
        (b'{"model":"m","messages":[{"role":"user","content":"x"}]}', "max_tokens"),
        (b'{"model":"m","messages":[],"max_tokens":1}', "messages"),
        (b'{"model":"m","messages":"x","max_tokens":1}', "messages"),
        (b'{"model":"m","messages":[{}],"max_tokens":0}', "max_tokens"),
        (b'{"model":"m","messages":[{}],"max_tokens":1,"tools":{}}', "tools"),
        (b'{"model":"m","messages":[{}],"max_tokens":1,"stream":1}', "stream"),
    ],
)
def test_what_is_refused(body: bytes, param: str) -> None:
    assert refused(body).param == param


def test_unknown_fields_roles_and_blocks_pass_byte_for_byte() -> None:
    inner = b'[{"role":"system","content":[{"type":"new","x":1.0e2,"y":"\\u00e9"}]}, {"role":"z"}]'
    body = (
        b'{"model":"asked","max_tokens":9,"context_management":{ "edits" : [ ] },"messages":'
        + inner
        + b"}"
    )
    sent = parse(body, no_headers).body_for(Target(upstream_model="theirs"))
    assert inner in sent
    assert b'"context_management":{ "edits" : [ ] }' in sent
    assert json.loads(sent)["model"] == "theirs"


def test_the_clamp_and_the_channels_overrides_are_written_in() -> None:
    operation = message(max_tokens=500)
    assert (
        json.loads(operation.body_for(Target(upstream_model="m", output_limit=70)))["max_tokens"]
        == 70
    )
    assert (
        json.loads(operation.body_for(Target(upstream_model="m", output_limit=700)))["max_tokens"]
        == 500
    )


def test_needs() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
    picture = {"type": "image", "source": source}
    document = {"type": "document", "source": {"type": "url", "url": "https://a.example/x.pdf"}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [picture]}
    tool = {"name": "f", "input_schema": SCHEMA}
    assert message().needs == frozenset()
    assert message(tools=[]).needs == frozenset()
    assert message(tools=[tool]).needs == {"tools"}
    turns = [{"role": "user", "content": [picture, document]}]
    assert message(messages=turns).needs == {"vision", "files"}
    turns = [{"role": "user", "content": [result]}]
    assert message(messages=turns).needs == {"vision"}


def test_a_picture_is_counted_as_one_and_not_by_its_bytes() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "A" * 400_000}
    turns = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    assert message(messages=turns).prompt_tokens < 10_000


def test_affinity_is_the_named_user_or_the_first_turn() -> None:
    assert message(metadata={"user_id": "u-1"}).affinity == "u:u-1"
    first = [{"role": "user", "content": "a"}]
    more = [*first, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]
    assert message(messages=first, system="one").affinity == (
        message(messages=more, system="two").affinity
    )


@pytest.mark.parametrize(("limit", "budget"), [(5000, 2500), (1500, None), (9000, 8000)])
def test_a_clamp_takes_the_budget_of_thoughts_along(limit: int, budget: int | None) -> None:
    operation = message(max_tokens=10_000, thinking={"type": "enabled", "budget_tokens": 8000})
    body = json.loads(operation.body_for(Target(upstream_model="m", output_limit=limit)))
    assert body["max_tokens"] == limit
    assert body.get("thinking", {}).get("budget_tokens") == budget
