"""What a good day looks like: whole and streamed answers, their receipts and their rows."""

from decimal import Decimal

import pytest

from tests.relay.conftest import Begin
from tests.support.gateway import (
    CHAT,
    INPUT_NANOS,
    KEY,
    MODEL,
    OUTPUT_NANOS,
    UPSTREAM_KEY,
    Station,
    body,
    channel,
    document,
)
from tests.support.rogue import Rogue
from tests.support.script import USAGE, chat, chat_frames, stream

COST = USAGE["prompt_tokens"] * INPUT_NANOS + USAGE["completion_tokens"] * OUTPUT_NANOS


async def test_a_whole_answer(station: Station) -> None:
    station.rogue.answer(chat(model=MODEL))
    reply = await station.chat()
    assert reply.status == 200
    said = reply.json()
    assert said["model"] == MODEL
    assert said["choices"][0]["message"]["content"] == "hello there"
    assert said["usage"]["cost"] == COST / 1e9
    assert reply.headers["x-waystation-cost"] == "0.000015"
    assert reply.headers["x-oneapi-request-id"] == reply.request_id
    assert reply.headers["server-timing"].startswith("relay;dur=")
    row = await station.row(reply.request_id)
    assert (row.nanos, row.exact, row.end) == (COST, True, "complete")
    assert (await station.account()).balance == 10_000_000_000 - COST
    sent = station.rogue.seen[0]
    assert sent.headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    assert sent.path == CHAT


async def test_a_streamed_answer(station: Station) -> None:
    station.rogue.answer(stream(chat_frames(model=MODEL)))
    reply = await station.chat(stream=True)
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.headers["x-accel-buffering"] == "no"
    assert reply.events[-1] == b"[DONE]"
    assert b"usage" not in reply.body
    row = await station.row(reply.request_id)
    assert (row.nanos, row.exact, row.end) == (COST, True, "complete")
    assert station.rogue.seen[0].json()["stream_options"] == {"include_usage": True}


async def test_usage_with_its_cost_ends_a_stream_that_asked_for_it(station: Station) -> None:
    station.rogue.answer(stream())
    reply = await station.chat(stream=True, stream_options={"include_usage": True})
    assert b'"choices":[]' in reply.events[-2].replace(b" ", b"")
    assert b'"cost":0.000015' in reply.events[-2].replace(b" ", b"")


async def test_the_story_of_a_request(station: Station) -> None:
    reply = await station.chat()
    await station.settled()
    told = await station.request("GET", f"/v1/generation?id={reply.request_id}")
    story = told.json()["data"]
    assert story["status"] == "settled"
    assert story["cost_nanos"] == str(COST)
    assert story["cost_usd"] == COST / 1e9
    assert (story["model"], story["group"], story["rate"]) == (MODEL, "default", "1")
    assert story["exact"] is True
    assert [one["kind"] for one in story["transfers"]] == ["pending", "post"]
    assert [one["outcome"] for one in story["attempts"]] == ["answered"]
    assert "channel" not in story["attempts"][0], "channels are named to operators only"
    missing = await station.request("GET", "/v1/generation?id=no-such-request")
    assert (missing.status, missing.error["code"]) == (404, "generation_not_found")


async def test_the_charge_can_be_computed_from_the_story(station: Station) -> None:
    reply = await station.chat()
    await station.settled()
    told = await station.request("GET", f"/v1/generation?id={reply.request_id}")
    story = told.json()["data"]
    sum_usd = sum(Decimal(count) * Decimal(price) for _, count, price in story["formula"])
    assert sum_usd * Decimal(story["rate"]) * 1000 == Decimal(story["cost_nanos"])


@pytest.mark.parametrize("prefix", ["/v1/dashboard", "/dashboard"])
async def test_billing_probes(station: Station, prefix: str) -> None:
    reply = await station.chat()
    assert reply.status == 200
    await station.settled()
    used = await station.request("GET", f"{prefix}/billing/usage")
    assert used.json() == {"object": "list", "total_usage": COST / 1e7}, "US cents"
    limits = await station.request("GET", f"{prefix}/billing/subscription")
    assert limits.json()["hard_limit_usd"] == 100_000_000
    assert limits.json()["object"] == "billing_subscription"


async def test_models_in_three_shapes(station: Station) -> None:
    plain = (await station.request("GET", "/v1/models")).json()
    assert plain["object"] == "list"
    assert plain["success"] is True
    assert [one["id"] for one in plain["data"]] == [MODEL]
    assert plain["data"][0]["supported_endpoint_types"] == ["openai"]
    version = {"anthropic-version": "2023-06-01"}
    named = (await station.request("GET", "/v1/models", headers=version)).json()
    assert named["data"][0]["type"] == "model"
    assert (named["first_id"], named["last_id"], named["has_more"]) == (MODEL, MODEL, False)
    google = {"x-goog-api-key": KEY}
    listed = (await station.request("GET", "/v1/models", key=None, headers=google)).json()
    assert listed["models"][0]["name"] == f"models/{MODEL}"
    beta = (await station.request("GET", f"/v1beta/models?key={KEY}", key=None)).json()
    assert beta == listed
    assert (await station.request("GET", f"/v1/models/{MODEL}")).json()["id"] == MODEL
    unknown = await station.request("GET", "/v1/models/no-such")
    assert (unknown.status, unknown.error["code"]) == (404, "model_not_found")


async def test_what_clients_ask_before_they_begin(station: Station) -> None:
    assert (await station.request("GET", "/api/hello", key=None)).status == 200
    head = await station.request("HEAD", "/api/hello", key=None)
    assert (head.status, head.body) == (200, b"")
    assert (await station.request("GET", "/livez", key=None)).status == 200
    assert (await station.request("GET", "/readyz", key=None)).status == 200
    asked = {"origin": "https://app.test", "access-control-request-method": "POST"}
    preflight = await station.request("OPTIONS", CHAT, key=None, headers=asked)
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "idempotency-key" in preflight.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize(
    "path",
    ["/v1/v1/chat/completions", "//v1//chat/completions/", "/chat/completions",
     "/v1/chat/completions/v1/chat/completions", "/openai/v1/chat/completions"],
)  # fmt: skip
async def test_addresses_as_clients_put_them_together(station: Station, path: str) -> None:
    assert (await station.request("POST", path, body())).status == 200


async def test_an_unknown_address_is_told_in_shape(station: Station) -> None:
    reply = await station.request("POST", "/v1/nothing", body())
    assert reply.status == 404
    assert reply.error["message"].startswith("Invalid URL (POST /v1/nothing)")
    assert reply.error["message"].endswith(f"(request id: {reply.request_id})")


async def test_the_other_operations(station: Station) -> None:
    rogue = station.rogue
    vector = b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],'
    rogue.on(
        "/v1/embeddings",
        rogue.reply(200, vector + b'"model":"m-1","usage":{"prompt_tokens":8,"total_tokens":8}}'),
    )
    asked = {"model": MODEL, "input": "hello"}
    reply = await station.request("POST", "/v1/embeddings", asked)
    assert reply.json()["data"][0]["embedding"] == [0.5]
    assert (await station.row(reply.request_id)).nanos == 8 * INPUT_NANOS
    text = b'{"id":"c","object":"text_completion","created":1,"model":"m-1","choices":[{"index":0,"text":" x","finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}'  # noqa: E501
    rogue.on("/v1/completions", rogue.reply(200, text))
    reply = await station.request("POST", "/v1/completions", {"model": MODEL, "prompt": "say"})
    assert reply.json()["choices"][0]["text"] == " x"
    assert (await station.row(reply.request_id)).nanos == 3 * INPUT_NANOS + OUTPUT_NANOS


async def test_names_of_prices_are_no_models(begin: Begin, rogue: Rogue) -> None:
    models = [MODEL, "mj_imagine", "suno_music", "swap_face"]
    station = await begin(document([{**channel("up", rogue.url), "models": models}]))
    reply = await station.request("GET", "/v1/models")
    assert [one["id"] for one in reply.json()["data"]] == [MODEL]
