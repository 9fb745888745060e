"""Server tools and service tiers through the whole relay: what they cost, in every dialect and
lane, and that a channel which strips them is not asked for them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.relay.conftest import Begin
from tests.support.gateway import INPUT_NANOS, OUTPUT_NANOS, channel, document
from tests.support.rogue import Rogue
from tests.support.script import stream

pytestmark = pytest.mark.untraced

PRICED = {"model": "p", "input": "1", "output": "2"}
TOOLS = {"web_search": "0.01", "code_interpreter": "0.03", "maps": "0.02"}
TOKENS = 100 * INPUT_NANOS + 10 * OUTPUT_NANOS
SEARCH_NANOS = 10_000_000
CHAT_USAGE = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
USAGE = {"input_tokens": 100, "output_tokens": 10}
GEMINI_USAGE = {"promptTokenCount": 100, "candidatesTokenCount": 10, "totalTokenCount": 110}


def priced(**more: Any) -> list[dict[str, Any]]:
    return [{**PRICED, "tools": TOOLS, **more}]


def chat_reply(**more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "hello"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    told = {"id": "c1", "object": "chat.completion", "created": 1, "model": "p"}
    return {**told, "choices": [choice], "usage": CHAT_USAGE, **more}


def message_reply(usage: Mapping[str, Any] = USAGE, blocks: Any = ()) -> dict[str, Any]:
    content = [*blocks, {"type": "text", "text": "hello"}]
    told = {"id": "msg_1", "type": "message", "role": "assistant", "model": "p"}
    return {**told, "content": content, "stop_reason": "end_turn", "usage": usage}


def response_reply(items: Any = (), **more: Any) -> dict[str, Any]:
    text = {"type": "output_text", "text": "hello", "annotations": []}
    said = {"id": "m", "type": "message", "role": "assistant", "content": [text]}
    told = {"id": "resp_1", "object": "response", "status": "completed", "model": "p"}
    return {**told, "output": [*items, said], "usage": {**USAGE, "total_tokens": 110}, **more}


def gemini_reply(grounding: Any = None, usage: Mapping[str, Any] = GEMINI_USAGE) -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": "hello"}]}
    candidate: dict[str, Any] = {"content": content, "finishReason": "STOP", "index": 0}
    if grounding is not None:
        candidate["groundingMetadata"] = grounding
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "p"}


def tiered(**told: str) -> dict[str, Any]:
    return gemini_reply(usage={**GEMINI_USAGE, **told})


CHAT = {"model": "p", "messages": [{"role": "user", "content": "hi"}]}
MESSAGES = {**CHAT, "max_tokens": 50}
RESPONSES = {"model": "p", "input": "hi", "store": False}
GENERATE = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
PATHS = {
    "chat": "/v1/chat/completions",
    "messages": "/v1/messages",
    "responses": "/v1/responses",
    "generate": "/v1beta/models/p:generateContent",
}
VENDORS = {"chat": "openai-compatible", "messages": "anthropic", "responses": "openai"}
VENDORS["generate"] = "gemini"
BODIES: dict[str, dict[str, Any]] = {
    "chat": CHAT,
    "messages": MESSAGES,
    "responses": RESPONSES,
    "generate": GENERATE,
}
REPLIES: dict[str, Any] = {
    "chat": chat_reply,
    "messages": message_reply,
    "responses": response_reply,
    "generate": gemini_reply,
}


def up(rogue: Rogue, spoken: str, **more: Any) -> dict[str, Any]:
    only = {"operations": ["responses"]} if spoken == "responses" else {}
    return channel("up", rogue.url, vendor=VENDORS[spoken], models=["p"], **only, **more)


def answer(rogue: Rogue, reply: Mapping[str, Any]) -> None:
    rogue.answer(rogue.reply(200, json.dumps(reply).encode()))


CALLS: dict[str, list[tuple[dict[str, Any], int]]] = {
    "messages": [
        (message_reply({**USAGE, "server_tool_use": {"web_search_requests": 3}}), 3),
    ],
    "responses": [
        (response_reply([{"type": "web_search_call", "id": "w"}] * 2), 2),
    ],
    "generate": [
        (gemini_reply({"webSearchQueries": ["a", "", "b", "a", " ", None, 3]}), 2),
        (gemini_reply({"groundingChunks": [{"web": {"uri": "x"}}]}), 1),
        (gemini_reply({"webSearchQueries": None}), 0),
        (gemini_reply({"webSearchQueries": 7}), 0),
    ],
    "chat": [
        (chat_reply(usage={**CHAT_USAGE, "num_search_queries": 4}), 4),
        (chat_reply(usage={**CHAT_USAGE, "server_tool_use": {"web_search_requests": 5}}), 5),
    ],
}


@pytest.mark.parametrize("spoken", CALLS)
async def test_each_call_is_charged(begin: Begin, rogue: Rogue, spoken: str) -> None:
    """In the native lane and in every translated one."""
    station = await begin(document([up(rogue, spoken)], prices=priced()))
    for reply, calls in CALLS[spoken]:
        answer(rogue, reply)
        for caller, path in PATHS.items():
            got = await station.request("POST", path, BODIES[caller])
            assert got.status == 200, got.body
            row = await station.row(got.headers["x-request-id"])
            assert row.nanos == TOKENS + calls * SEARCH_NANOS
            usage = json.loads(row.usage)
            assert usage.get("units", {}).get("web_search", 0) == calls
            assert usage["exact"]


async def test_streams_count_calls_too(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([up(rogue, "generate")], prices=priced()))
    parts: list[Any] = [gemini_reply({"webSearchQueries": ["a"]}), gemini_reply()]
    parts[0]["candidates"][0].pop("finishReason")
    parts[1]["candidates"][0]["groundingMetadata"] = {
        "webSearchQueries": ["a", "b"],
        "groundingChunks": [{"maps": {"uri": "x"}}],
    }
    frames = [b"data: " + json.dumps(part).encode() + b"\n\n" for part in parts]
    for caller, path in (("generate", PATHS["generate"][:-15] + "streamGenerateContent?alt=sse"),):
        rogue.answer(stream(frames, done=False))
        got = await station.request("POST", path, BODIES[caller])
        row = await station.row(got.headers["x-request-id"])
        assert row.nanos == TOKENS + 2 * SEARCH_NANOS + 20_000_000
    rogue.answer(stream(frames, done=False))
    got = await station.request("POST", PATHS["chat"], {**CHAT, "stream": True})
    row = await station.row(got.headers["x-request-id"])
    assert row.nanos == TOKENS + 2 * SEARCH_NANOS + 20_000_000


async def test_a_search_of_an_older_gemini_is_charged_once(begin: Begin, rogue: Rogue) -> None:
    mapped = up(rogue, "generate", model_map={"p": "gemini-2.5-flash"})
    station = await begin(document([mapped], prices=priced()))
    answer(rogue, gemini_reply({"webSearchQueries": ["a", "b", "c"]}))
    got = await station.request("POST", PATHS["generate"], GENERATE)
    assert (await station.row(got.headers["x-request-id"])).nanos == TOKENS + SEARCH_NANOS


async def test_code_that_ran_is_counted(begin: Begin, rogue: Rogue) -> None:
    """By its blocks: no usage object tells of it. What has no price costs nothing but tokens."""
    prices = [{**PRICED, "tools": {"code_execution": "0.05"}}]
    station = await begin(document([up(rogue, "messages")], prices=prices))
    ran = {"type": "server_tool_use", "id": "s", "name": "bash_code_execution", "input": {}}
    answer(rogue, message_reply(blocks=[ran, ran]))
    for caller in ("messages", "chat"):
        got = await station.request("POST", PATHS[caller], BODIES[caller])
        row = await station.row(got.headers["x-request-id"])
        assert row.nanos == TOKENS + 2 * 50_000_000


async def test_a_price_that_does_not_name_a_tool_does_not_give_it_away(
    begin: Begin, rogue: Rogue
) -> None:
    station = await begin(document([up(rogue, "responses")], prices=[PRICED]))
    answer(rogue, response_reply([{"type": "file_search_call"}, {"type": "mcp_call"}]))
    got = await station.request("POST", PATHS["responses"], RESPONSES)
    row = await station.row(got.headers["x-request-id"])
    assert row.nanos == TOKENS + 2_500_000
    assert ["file_search", 1, "0.0025"] in json.loads(row.parts)
    free = [{**PRICED, "tools": {"file_search": "0"}}]
    await station.apply(document([up(rogue, "responses")], prices=free))
    got = await station.request("POST", PATHS["responses"], RESPONSES)
    assert (await station.row(got.headers["x-request-id"])).nanos == TOKENS


async def test_a_model_that_searches_unasked_costs_a_search(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([up(rogue, "chat")], prices=priced()))
    answer(rogue, chat_reply())
    got = await station.request("POST", PATHS["chat"], {**CHAT, "web_search_options": {}})
    assert (await station.row(got.headers["x-request-id"])).nanos == TOKENS + SEARCH_NANOS


async def test_lying_counts_are_not_charged(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([up(rogue, "messages")], prices=priced()))
    for count in (10**18, 5000, -3, "many", 1.5, True, None):
        answer(rogue, message_reply({**USAGE, "server_tool_use": {"web_search_requests": count}}))
        got = await station.request("POST", PATHS["messages"], MESSAGES)
        row = await station.row(got.headers["x-request-id"])
        assert row.nanos == TOKENS
        assert row.exact is (count is None)


Asked = dict[str, Any]
TIERS: dict[str, list[tuple[str, Asked, Asked]]] = {
    "chat": [
        ("priority", {"service_tier": "priority"}, chat_reply(service_tier="priority")),
        ("flex", {"service_tier": "flex"}, chat_reply(service_tier="flex")),
        ("", {"service_tier": "priority"}, chat_reply(service_tier="default")),
        ("priority", {"service_tier": "priority"}, chat_reply()),
        ("", {"service_tier": "flex"}, chat_reply()),
        ("scale", {}, chat_reply(service_tier="scale")),
    ],
    "responses": [
        ("priority", {"service_tier": "auto"}, response_reply(service_tier="priority")),
        ("priority", {"service_tier": "priority"}, response_reply(service_tier="auto")),
    ],
    "messages": [
        ("fast", {"speed": "fast"}, message_reply({**USAGE, "speed": "fast"})),
        ("", {"speed": "fast"}, message_reply({**USAGE, "speed": "standard"})),
        ("fast", {"speed": "fast"}, message_reply()),
        ("committed", {}, message_reply({**USAGE, "service_tier": "priority"})),
    ],
    "generate": [
        ("priority", {"serviceTier": "priority"}, tiered(serviceTier="priority")),
        ("flex", {"serviceTier": "flex"}, tiered(trafficType="ON_DEMAND_FLEX")),
        ("", {"serviceTier": "priority"}, tiered(serviceTier="standard")),
    ],
}
FACTORS = {"priority": "1.75", "flex": "0.5", "fast": "3", "scale": "1.1", "committed": "0.9"}


@pytest.mark.parametrize("spoken", TIERS)
async def test_a_tier_is_a_factor_of_what_was_served(
    begin: Begin, rogue: Rogue, spoken: str
) -> None:
    prices = priced(service_tiers=FACTORS)
    station = await begin(document([up(rogue, spoken)], prices=prices))
    for tier, asked, reply in TIERS[spoken]:
        answer(rogue, reply)
        got = await station.request("POST", PATHS[spoken], {**BODIES[spoken], **asked})
        row = await station.row(got.headers["x-request-id"])
        assert row.nanos == round(TOKENS * float(FACTORS.get(tier, "1"))), (tier, asked)
        sent = rogue.seen[-1].json()
        assert all(sent[name] == value for name, value in asked.items()), "untouched"
        if tier:
            kind, count, factor = json.loads(row.parts)[-1]
            assert kind.removesuffix("?") == f"service_tier:{tier}"
            assert (count, factor) == (1, FACTORS[tier])


async def test_dearer_tiers_without_a_factor_are_not_given_away(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([up(rogue, "messages")], prices=[PRICED]))
    answer(rogue, message_reply({**USAGE, "speed": "fast", "service_tier": "standard"}))
    got = await station.request("POST", PATHS["messages"], {**MESSAGES, "speed": "fast"})
    assert (await station.row(got.headers["x-request-id"])).nanos == 6 * TOKENS
    assert got.headers["x-waystation-cost"] == "0.00072"


@pytest.mark.parametrize(("spoken", "factor"), [("responses", 2), ("messages", 1), ("generate", 1)])
async def test_translated_a_tier_counts_only_where_it_went_along(
    begin: Begin, rogue: Rogue, spoken: str, factor: int
) -> None:
    """The upstream tells none: what was asked for is believed where it was asked for."""
    station = await begin(document([up(rogue, spoken)], prices=[PRICED]))
    answer(rogue, REPLIES[spoken]())
    got = await station.request("POST", PATHS["chat"], {**CHAT, "service_tier": "priority"})
    assert (await station.row(got.headers["x-request-id"])).nanos == factor * TOKENS
    is_dropped = "service_tier" in got.headers.get("x-waystation-dropped", "")
    assert is_dropped is (factor == 1)


async def test_the_hold_covers_tier_and_tools(begin: Begin, rogue: Rogue) -> None:
    """A balance that would pay the tokens, and not the rest, is not enough."""
    station = await begin(document([up(rogue, "responses")], prices=priced(), credit="0.018"))
    answer(rogue, response_reply())
    plain = await station.request("POST", PATHS["responses"], {**RESPONSES, "max_output_tokens": 9})
    assert plain.status == 200
    search = {**RESPONSES, "max_output_tokens": 9, "tools": [{"type": "web_search"}]}
    got = await station.request("POST", PATHS["responses"], search)
    assert (got.status, got.error["code"]) == (402, "insufficient_user_quota")
    assert len(rogue.seen) == 1


STRIPS: list[tuple[str, dict[str, Any], str]] = [
    ("chat", {"service_tier": "priority", "web_search_options": {}}, "web_search_options"),
    ("messages", {"speed": "fast", "tools": [{"type": "web_search_20250305"}]}, "tools[0]"),
    ("responses", {"service_tier": "flex", "tools": [{"type": "web_search"}]}, "tools[0]"),
    ("generate", {"serviceTier": "flex", "tools": [{"googleSearch": {}}]}, "tools[0]"),
]


@pytest.mark.parametrize(("spoken", "asked", "place"), STRIPS)
async def test_a_channel_that_strips(
    begin: Begin, rogue: Rogue, spoken: str, asked: dict[str, Any], place: str
) -> None:
    stripping = up(rogue, spoken, strip=["server_tools", "service_tier"])
    station = await begin(document([stripping], prices=priced()))
    answer(rogue, REPLIES[spoken]())
    got = await station.request("POST", PATHS[spoken], {**BODIES[spoken], **asked})
    assert got.status == 200
    sent = rogue.seen[0].json()
    assert not asked.keys() & sent.keys()
    dropped = got.headers["x-waystation-dropped"].split(", ")
    assert place in dropped
    assert len(dropped) == 2
    assert (await station.row(got.headers["x-request-id"])).nanos == TOKENS


async def test_an_override_s_tier_stays_and_is_charged(begin: Begin, rogue: Rogue) -> None:
    own = up(rogue, "chat", strip=["service_tier"], body_overrides={"service_tier": "flex"})
    prices = priced(service_tiers={"flex": "0.5"})
    station = await begin(document([own], prices=prices))
    answer(rogue, chat_reply(service_tier="flex"))
    got = await station.request("POST", PATHS["chat"], {**CHAT, "service_tier": "priority"})
    assert rogue.seen[0].json()["service_tier"] == "flex"
    assert (await station.row(got.headers["x-request-id"])).nanos == TOKENS // 2


async def test_streams_tell_their_tier(begin: Begin, rogue: Rogue) -> None:
    prices = priced(service_tiers={"flex": "0.5"})
    station = await begin(document([up(rogue, "chat")], prices=prices))
    told = chat_reply(service_tier="flex")
    chunk = {**told, "choices": [{"index": 0, "delta": {"content": "hello"}}]}
    last = {**told, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    frames = [b"data: " + json.dumps(each).encode() + b"\n\n" for each in (chunk, last)]
    for caller in ("chat", "messages", "responses"):
        rogue.answer(stream(frames))
        body = {**BODIES[caller], "stream": True, "service_tier": "flex"}
        got = await station.request("POST", PATHS[caller], body)
        assert (await station.row(got.headers["x-request-id"])).nanos == TOKENS // 2
