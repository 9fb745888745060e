"""Bedrock over the wire: what it is sent, and its streams in both lanes."""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from tests.anthropic.making import check_order, content
from tests.relay.conftest import Begin
from tests.support.gateway import INPUT_NANOS, MODEL, OUTPUT_NANOS, Station, channel, document
from tests.support.rogue import Rogue
from tests.support.script import Script, Seen, reply, stream
from tests.support.wire import Reply
from tests.text_vendors.framing import chunk, chunks, exception
from waystation.demo import messages as demo
from waystation.upstream.clouds.bedrock import Bedrock
from waystation.upstream.transport import Origin, Outgoing

pytestmark = pytest.mark.untraced

KEY = "AKIAEXAMPLE00001:c2VjcmV0/of+the=tests@eu-west-1"
SESSION = "ASIAEXAMPLE00001:secret/of+it:session+token/of=it@us-gov-west-1"
BEARER = "ABSKexampleexampleexample"
UPSTREAM_MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
FRAMES = {"content-type": "application/vnd.amazon.eventstream", "transfer-encoding": "chunked"}
MESSAGES = "/v1/messages"


def events(pieces: Sequence[bytes]) -> Script:
    return stream(pieces, done=False, headers=FRAMES)


def answers(seen: Seen) -> Script:
    """The demo's answers as Bedrock gives them."""
    body = {"model": "claude", **json.loads(seen.body)}
    if seen.path.endswith("/invoke"):
        return reply(200, json.dumps(demo.message(body)).encode())
    return events(chunks(demo.events(body)))


async def bedrock(begin: Begin, rogue: Rogue, key: str = KEY) -> Station:
    rogue.answer(answers)
    up = channel("up", rogue.url, vendor="bedrock", keys=[key], model_map={MODEL: UPSTREAM_MODEL})
    return await begin(document([up]))


def asked(**fields: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": "hello there"}]
    return {"model": MODEL, "max_tokens": 2000, "messages": turns, **fields}


async def check_charge(station: Station, answer: Reply) -> None:
    row = await station.row(answer.request_id)
    assert (row.exact, row.end) == (True, "complete")
    assert row.nanos == row.input_tokens * INPUT_NANOS + row.output_tokens * OUTPUT_NANOS > 0


async def test_whole(begin: Begin, rogue: Rogue) -> None:
    station = await bedrock(begin, rogue)
    answer = await station.request("POST", MESSAGES, asked(metadata={"user_id": "u"}))
    assert answer.status == 200
    assert answer.json()["model"] == MODEL
    await check_charge(station, answer)
    sent = rogue.seen[0]
    assert sent.target == "/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke"
    body = sent.json()
    assert body["anthropic_version"] == "bedrock-2023-05-31"
    assert body["metadata"] == {"user_id": "u"}
    assert not {"model", "stream", "anthropic_beta"} & body.keys()
    assert not {"x-api-key", "anthropic-version"} & sent.headers.keys()
    assert re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE00001/\d{8}/eu-west-1/bedrock/aws4_request, "
        r"SignedHeaders=content-type;host;x-amz-date, Signature=[0-9a-f]{64}",
        sent.headers["authorization"],
    )


async def test_streamed_at_its_own_callers(begin: Begin, rogue: Rogue) -> None:
    station = await bedrock(begin, rogue)
    thinking = {"type": "enabled", "budget_tokens": 1024}
    answer = await station.request("POST", MESSAGES, asked(stream=True, thinking=thinking))
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    found = check_order(answer.body)
    assert [block["type"] for block in content(found)] == ["thinking", "text"]
    assert found[0]["message"]["model"] == MODEL
    assert b"invocationMetrics" not in answer.body
    assert rogue.seen[0].target.endswith("/invoke-with-response-stream")
    await check_charge(station, answer)


async def test_streamed_at_chat_callers(begin: Begin, rogue: Rogue) -> None:
    station = await bedrock(begin, rogue)
    answer = await station.chat(stream=True, stream_options={"include_usage": True})
    assert answer.events[-1] == b"[DONE]"
    assert json.loads(answer.events[-2])["usage"]["prompt_tokens"] > 0
    await check_charge(station, answer)


async def test_betas_that_it_knows_go_into_the_body(begin: Begin, rogue: Rogue) -> None:
    station = await bedrock(begin, rogue)
    headers = {"anthropic-beta": "claude-code-20250219, context-1m-2025-08-07,oauth-2025-04-20"}
    await station.request("POST", MESSAGES, asked(), headers=headers)
    sent = rogue.seen[0]
    assert sent.json()["anthropic_beta"] == ["context-1m-2025-08-07"]
    assert "anthropic-beta" not in sent.headers


async def test_a_header_that_is_no_text_is_no_trouble(begin: Begin, rogue: Rogue) -> None:
    station = await bedrock(begin, rogue)
    headers = {"anthropic-beta": "\xff,context-1m-2025-08-07"}
    answer = await station.request("POST", MESSAGES, asked(), headers=headers)
    assert answer.status == 200
    assert rogue.seen[0].json()["anthropic_beta"] == ["context-1m-2025-08-07"]


async def test_an_api_key_is_sent_as_it_is(begin: Begin, rogue: Rogue) -> None:
    station = await bedrock(begin, rogue, f"{BEARER}@us-west-2")
    answer = await station.request("POST", MESSAGES, asked())
    assert answer.status == 200
    assert rogue.seen[0].headers["authorization"] == f"Bearer {BEARER}"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("throttlingException", "rate_limit_error"),
        ("serviceUnavailableException", "overloaded_error"),
        ("modelStreamErrorException", "api_error"),
    ],
)
async def test_exceptions_inside_a_stream(
    begin: Begin, rogue: Rogue, name: str, shown: str
) -> None:
    station = await bedrock(begin, rogue)
    said = [json.dumps(event).encode() for event in demo.events(asked(stream=True))]
    begun = [chunk(event) for event in said[:4]]
    rogue.answer(events([*begun, exception(name, "not now")]))
    answer = await station.request("POST", MESSAGES, asked(stream=True))
    last = answer.body.rstrip(b"\n").split(b"\n\n")[-1]
    assert last.startswith(b"event: error\n")
    assert json.loads(last.split(b"data: ")[1])["error"]["type"] == shown
    row = await station.row(answer.request_id)
    assert row.end == "upstream_failed"


async def test_an_exception_before_the_first_word_is_tried_elsewhere(
    begin: Begin, rogue: Rogue
) -> None:
    rogue.answer(answers)
    both = [
        channel("one", rogue.url, vendor="bedrock", keys=[KEY], priority=1),
        channel("two", rogue.url, vendor="anthropic", priority=2),
    ]
    station = await begin(document(both))
    path = f"/model/{MODEL}/invoke-with-response-stream"
    rogue.on(path, events([exception("throttlingException", "slow down")]))
    rogue.on(MESSAGES, _plain)
    answer = await station.request("POST", MESSAGES, asked(stream=True))
    check_order(answer.body)
    row = await station.row(answer.request_id)
    assert [attempt.channel for attempt in row.attempts] == ["one", "two"]


def _plain(seen: Seen) -> Script:
    told = [
        b"event: " + event["type"].encode() + b"\ndata: " + json.dumps(event).encode() + b"\n\n"
        for event in demo.events(seen.json())
    ]
    return stream(told, done=False)


async def test_a_damaged_stream_is_a_failure_not_an_answer(begin: Begin, rogue: Rogue) -> None:
    station = await bedrock(begin, rogue)
    pieces = chunks(demo.events(asked(stream=True)))
    damaged = bytearray(pieces[5])
    damaged[-20] ^= 1
    rogue.answer(events([*pieces[:5], bytes(damaged), *pieces[6:]]))
    answer = await station.request("POST", MESSAGES, asked(stream=True))
    assert b"event: error" in answer.body
    assert b"message_stop" not in answer.body
    row = await station.row(answer.request_id)
    assert row.end == "upstream_failed"
    assert row.nanos > 0


async def test_a_stream_that_ends_inside_a_message(begin: Begin, rogue: Rogue) -> None:
    station = await bedrock(begin, rogue)
    pieces = chunks(demo.events(asked(stream=True)))
    rogue.answer(events([*pieces[:5], pieces[5][:30]]))
    answer = await station.request("POST", MESSAGES, asked(stream=True))
    assert b"event: error" in answer.body


async def test_a_refused_signature_is_our_trouble_and_tells_no_secret(
    begin: Begin, rogue: Rogue
) -> None:
    station = await bedrock(begin, rogue, SESSION)
    told = "The Canonical String was 'x-amz-security-token:session+token/of=it' secret/of+it"
    rogue.answer(reply(403, json.dumps({"message": told}).encode()))
    answer = await station.request("POST", MESSAGES, asked())
    assert answer.status == 503
    assert rogue.seen[0].headers["x-amz-security-token"] == "session+token/of=it"
    row = await station.row(answer.request_id)
    for shown in (answer.body.decode(), repr(row)):
        assert "session+token" not in shown
        assert "secret/of+it" not in shown


# ---- keys and places -------------------------------------------------------------------------


def sent_to(key: str, host: str) -> str:
    origin = Origin("https", host, 443)
    request = Outgoing(origin, "POST", "/model/m/invoke", (), b"{}")
    from datetime import UTC, datetime

    prepared = Bedrock(key).prepared(request, datetime.now(UTC))
    assert isinstance(prepared.origin, Origin)
    return prepared.origin.host


@pytest.mark.parametrize(
    ("key", "host", "expected"),
    [
        (KEY, "bedrock-runtime.us-east-1.amazonaws.com", "bedrock-runtime.eu-west-1.amazonaws.com"),
        (KEY, "vpce-1.example.internal", "vpce-1.example.internal"),
        (BEARER, "bedrock-runtime.ap-south-1.amazonaws.com",
         "bedrock-runtime.ap-south-1.amazonaws.com"),
        (SESSION, "bedrock-runtime-fips.us-gov-east-1.amazonaws.com",
         "bedrock-runtime-fips.us-gov-west-1.amazonaws.com"),
    ],
)  # fmt: skip
def test_where_the_keys_region_is(key: str, host: str, expected: str) -> None:
    assert sent_to(key, host) == expected


@pytest.mark.parametrize(
    "key",
    ["", "@us-east-1", "AKIA:secret@", "AKIAEXAMPLE00001:@us-east-1", "low:secret@us-east-1",
     "AKIAEXAMPLE00001:a:b:c@us-east-1", "AKIAEXAMPLE00001:a@here", "two words"],
)  # fmt: skip
def test_keys_of_another_form_are_refused_unrepeated(key: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        Bedrock(key)
    assert not key or key not in str(refused.value)


def test_the_host_that_is_signed_is_the_one_that_is_sent() -> None:
    """With its port, where that is not the usual one: the digest covers it."""
    from datetime import UTC, datetime

    at = datetime(2026, 1, 1, tzinfo=UTC)
    request = Outgoing(Origin("http", "127.0.0.1", 8080), "POST", "/model/m/invoke", (), b"{}")
    usual = Outgoing(Origin("http", "127.0.0.1", 80), "POST", "/model/m/invoke", (), b"{}")
    signed = [dict(Bedrock(KEY).prepared(each, at).headers) for each in (request, usual)]
    assert signed[0][b"authorization"] != signed[1][b"authorization"]
    assert len({hashlib.sha256(each[b"authorization"]).digest() for each in signed}) == 2


async def test_tokens_are_counted_there(begin: Begin, rogue: Rogue) -> None:
    station = await bedrock(begin, rogue, SESSION)
    rogue.answer(reply(200, b'{"inputTokens":42}'))
    counting = {**asked(), "stream": None}
    counting.pop("max_tokens", None)
    path = f"{MESSAGES}/count_tokens"
    answer = await station.request("POST", path, counting)
    assert answer.json() == {"input_tokens": 42}
    assert "x-waystation-estimate" not in answer.headers
    seen = rogue.seen[0]
    assert seen.path.endswith("/count-tokens")
    assert "x-amz-security-token;" in seen.headers["authorization"].replace(",", ";")
    invoked = json.loads(base64.b64decode(seen.json()["input"]["invokeModel"]["body"]))
    assert invoked["anthropic_version"] == "bedrock-2023-05-31"
    assert invoked["messages"] == counting["messages"]
    assert invoked["max_tokens"] == 1
    assert "model" not in invoked
    for status, body in ((400, b'{"message":"no profile"}'), (200, b"{}"), (200, b"<html>")):
        rogue.answer(reply(status, body))
        answer = await station.request("POST", path, counting)
        assert answer.json()["input_tokens"] > 0
        assert answer.headers["x-waystation-estimate"] == "1"
