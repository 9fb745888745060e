"""Vertex over the wire: tokens fetched once, addresses with project and location, both dialects."""

import asyncio
import json
import time
from typing import Any

import pytest

from tests.anthropic.making import check_order
from tests.dialects.recorded import FOLDER, needs_recordings
from tests.gemini.recorded import chunks_of
from tests.relay.conftest import Begin
from tests.support.gateway import INPUT_NANOS, MODEL, OUTPUT_NANOS, Station, channel, document
from tests.support.rogue import Rogue
from tests.support.script import Script, Seen, reply, stream
from tests.support.wire import Reply
from tests.text_vendors.accounts import EMAIL, PROJECT, account_file, claims_of, private_key, token
from waystation.demo import gemini, messages
from waystation.upstream.clouds.vertex import Vertex

pytestmark = pytest.mark.untraced

MESSAGES = "/v1/messages"
GENERATE = f"/v1beta/models/{MODEL}"
PLACE = f"/v1/projects/{PROJECT}/locations/global/publishers"
ASKED = {"contents": [{"role": "user", "parts": [{"text": "Name a bridge."}]}]}


def answers(seen: Seen) -> Script:
    body = {"model": "m", **json.loads(seen.body)} if seen.path != "/token" else {}
    if seen.path == "/token":
        return token()
    if seen.path.endswith(":generateContent"):
        return reply(200, json.dumps(gemini.answer(body, "m")).encode())
    if seen.path.endswith(":streamGenerateContent"):
        return stream([json.dumps(one) for one in gemini.chunks(body, "m")], done=False)
    if seen.path.endswith("/count-tokens:rawPredict"):
        return reply(200, b'{"input_tokens":42}')
    if seen.path.endswith(":rawPredict"):
        return reply(200, json.dumps(messages.message(body)).encode())
    told = [
        b"event: " + event["type"].encode() + b"\ndata: " + json.dumps(event).encode() + b"\n\n"
        for event in messages.events(body)
    ]
    return stream(told, done=False)


async def vertex(begin: Begin, rogue: Rogue, vendor: str = "vertex", **more: Any) -> Station:
    rogue.answer(answers)
    fields = {"keys": [account_file(rogue.url)], "base_url": rogue.url, **more}
    return await begin(document([channel("up", vendor=vendor, url=rogue.url, **fields)]))


async def check_charge(station: Station, answer: Reply) -> None:
    row = await station.row(answer.request_id)
    assert (row.exact, row.end) == (True, "complete")
    assert row.nanos == row.input_tokens * INPUT_NANOS + row.output_tokens * OUTPUT_NANOS > 0


async def test_gemini_with_a_service_account(begin: Begin, rogue: Rogue) -> None:
    station = await vertex(begin, rogue)
    answer = await station.request("POST", f"{GENERATE}:generateContent", ASKED)
    assert answer.status == 200
    await check_charge(station, answer)
    asked, sent = rogue.seen
    head, claims = claims_of(asked)
    assert head == {"alg": "RS256", "typ": "JWT", "kid": "kid-1"}
    assert claims["iss"] == EMAIL
    assert claims["aud"] == f"{rogue.url}/token"
    assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
    assert claims["exp"] - claims["iat"] == 3600
    assert abs(claims["iat"] - time.time()) < 60
    assert sent.target == f"{PLACE}/google/models/{MODEL}:generateContent"
    assert sent.headers["authorization"] == "Bearer ya29.token-1"
    assert "x-goog-api-key" not in sent.headers


async def test_gemini_streamed_and_translated(begin: Begin, rogue: Rogue) -> None:
    station = await vertex(begin, rogue)
    native = await station.request("POST", f"{GENERATE}:streamGenerateContent?alt=sse", ASKED)
    assert len(chunks_of(native.body)) > 1
    await check_charge(station, native)
    chat = await station.chat(stream=True)
    assert chat.events[-1] == b"[DONE]"
    await check_charge(station, chat)
    target = f"{PLACE}/google/models/{MODEL}:streamGenerateContent?alt=sse"
    assert [seen.target for seen in rogue.seen] == ["/token", target, target]


async def test_claude_whole_streamed_and_counted(begin: Begin, rogue: Rogue) -> None:
    upstream = "claude-sonnet-4-5@20250929"
    station = await vertex(begin, rogue, "vertex-claude", model_map={MODEL: upstream})
    what = {"model": MODEL, "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]}
    headers = {"anthropic-beta": "context-1m-2025-08-07"}
    whole = await station.request("POST", MESSAGES, what, headers=headers)
    assert whole.json()["model"] == MODEL
    await check_charge(station, whole)
    streamed = await station.request("POST", MESSAGES, {**what, "stream": True})
    check_order(streamed.body)
    await check_charge(station, streamed)
    del what["max_tokens"]
    counted = await station.request("POST", f"{MESSAGES}/count_tokens", what)
    assert counted.json() == {"input_tokens": 42}
    sent = [seen for seen in rogue.seen if seen.path != "/token"]
    quoted = "claude-sonnet-4-5@20250929"
    assert [seen.target for seen in sent] == [
        f"{PLACE}/anthropic/models/{quoted}:rawPredict",
        f"{PLACE}/anthropic/models/{quoted}:streamRawPredict",
        f"{PLACE}/anthropic/models/count-tokens:rawPredict",
    ]
    assert sent[0].headers["anthropic-beta"] == "context-1m-2025-08-07"
    bodies = [seen.json() for seen in sent]
    assert all(body["anthropic_version"] == "vertex-2023-10-16" for body in bodies)
    assert [body.get("model") for body in bodies] == [None, None, upstream]
    assert [body.get("stream") for body in bodies] == [None, True, None]
    assert not {"anthropic-version", "x-api-key"} & sent[0].headers.keys()


@needs_recordings
async def test_embeddings_as_recorded(begin: Begin, rogue: Rogue) -> None:
    station = await vertex(begin, rogue)
    recorded = (FOLDER / "google-vertex/google-vertex-embedding.json").read_bytes()
    vectors = [each["embeddings"] for each in json.loads(recorded)["predictions"]]
    texts = [f"text {number}" for number in range(len(vectors))]
    rogue.on(f"{PLACE}/google/models/{MODEL}:predict", reply(200, recorded))
    asked = {"model": MODEL, "input": texts, "dimensions": 768, "encoding_format": "float"}
    answer = await station.request("POST", "/v1/embeddings", asked)
    assert [one["embedding"] for one in answer.json()["data"]] == [v["values"] for v in vectors]
    assert answer.json()["model"] == MODEL
    row = await station.row(answer.request_id)
    assert (row.exact, row.input_tokens) == (
        True,
        sum(vector["statistics"]["token_count"] for vector in vectors),
    )
    assert rogue.seen[1].json() == {
        "instances": [{"content": text} for text in texts],
        "parameters": {"outputDimensionality": 768},
    }
    ids = await station.request("POST", "/v1/embeddings", {"model": MODEL, "input": [1, 2]})
    assert ids.status == 400
    assert "token ids" in ids.json()["error"]["message"]
    rogue.on(f"{PLACE}/google/models/{MODEL}:predict", reply(200, b'{"predictions":[{}]}'))
    broken = await station.request("POST", "/v1/embeddings", asked)
    assert broken.status == 502


async def test_many_at_once_ask_for_one_token(begin: Begin, rogue: Rogue) -> None:
    station = await vertex(begin, rogue)
    calls = (station.request("POST", f"{GENERATE}:generateContent", ASKED) for _ in range(12))
    assert {answer.status for answer in await asyncio.gather(*calls)} == {200}
    assert [seen.path for seen in rogue.seen].count("/token") == 1


async def test_a_new_configuration_keeps_the_token(begin: Begin, rogue: Rogue) -> None:
    station = await vertex(begin, rogue)
    await station.request("POST", f"{GENERATE}:generateContent", ASKED)
    keys = [account_file(rogue.url)]
    changed = channel("up", rogue.url, vendor="vertex", keys=keys, tags=["new"])
    await station.apply(document([changed]))
    await station.request("POST", f"{GENERATE}:generateContent", ASKED)
    assert [seen.path for seen in rogue.seen].count("/token") == 1


async def test_express_mode(begin: Begin, rogue: Rogue) -> None:
    station = await vertex(begin, rogue, keys=["AQ.express-key-of-the-tests"])
    answer = await station.request("POST", f"{GENERATE}:generateContent", ASKED)
    assert answer.status == 200
    (sent,) = rogue.seen
    assert sent.target == f"/v1/publishers/google/models/{MODEL}:generateContent"
    assert sent.headers["x-goog-api-key"] == "AQ.express-key-of-the-tests"
    assert "authorization" not in sent.headers


async def test_a_base_that_names_project_and_location(begin: Begin, rogue: Rogue) -> None:
    base = f"{rogue.url}/v1/projects/other/locations/asia-east1"
    station = await vertex(begin, rogue, base_url=base)
    await station.request("POST", f"{GENERATE}:generateContent", ASKED)
    path = "/v1/projects/other/locations/asia-east1/publishers/google"
    assert rogue.seen[1].target == f"{path}/models/{MODEL}:generateContent"


@pytest.mark.parametrize(
    ("status", "body", "shown"),
    [
        (400, b'{"error":"invalid_grant","error_description":"account gone"}', 503),
        (503, b"<html>", 503),
        (200, b"[]", 502),
        (200, b'{"access_token":"a\\r\\nhost: b"}', 502),
    ],
)
async def test_no_token_no_call_and_no_charge(
    begin: Begin, rogue: Rogue, status: int, body: bytes, shown: int
) -> None:
    station = await vertex(begin, rogue)
    rogue.on("/token", reply(status, body))
    answer = await station.request("POST", f"{GENERATE}:generateContent", ASKED)
    assert answer.status == shown
    assert {seen.path for seen in rogue.seen} == {"/token"}
    assert (await station.row(answer.request_id)).nanos == 0
    assert PROJECT not in answer.body.decode()


async def test_the_tokens_address_is_guarded(begin: Begin, rogue: Rogue) -> None:
    """A key file names an address; without consent to private ones it leads nowhere."""
    station = await vertex(
        begin, rogue, base_url="https://aiplatform.googleapis.com", allow_private=False
    )
    answer = await station.request("POST", f"{GENERATE}:generateContent", ASKED)
    assert answer.status == 503
    assert not rogue.seen


# ---- keys and places -------------------------------------------------------------------------


def target(host: str, **fields: Any) -> str:
    key = account_file("https://tokens.example", **fields)
    return Vertex(key)._target("/v1/publishers/google/models/m:generateContent", host)


@pytest.mark.parametrize(
    ("host", "location"),
    [
        ("aiplatform.googleapis.com", "global"),
        ("europe-west1-aiplatform.googleapis.com", "europe-west1"),
        ("aiplatform.us.rep.googleapis.com", "us"),
        ("relay.example", "global"),
    ],
)
def test_the_host_names_the_location(host: str, location: str) -> None:
    place = f"/v1/projects/{PROJECT}/locations/{location}"
    assert target(host) == f"{place}/publishers/google/models/m:generateContent"


def test_the_file_may_name_the_location() -> None:
    assert "/locations/asia-east1/" in target("relay.example", location="asia-east1")


def test_keys_of_another_form_are_refused_unrepeated() -> None:
    good = json.loads(account_file("https://tokens.example"))
    bad = [
        "",
        "two words",
        "{",
        "{}",
        json.dumps({**good, "private_key": "no pem"}),
        json.dumps({**good, "token_uri": "file:///etc/passwd"}),
    ]
    for key in bad:
        with pytest.raises(ValueError, match=r".") as refused:
            Vertex(key)
        assert "BEGIN" not in str(refused.value)
        assert "no pem" not in str(refused.value)


def test_the_parts_of_a_key_are_secret_by_themselves() -> None:
    secrets = Vertex(account_file("https://tokens.example")).secrets
    number = private_key().private_numbers().d
    assert number
    assert all(len(secret) > 8 for secret in secrets)
    assert len(secrets) > 20
