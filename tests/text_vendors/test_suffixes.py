"""Reasoning suffixes of model names: who is asked, with which words, at which price."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.lanes.upstream import answers
from tests.relay.conftest import Begin
from tests.support.gateway import INPUT_NANOS, MODEL, OUTPUT_NANOS, channel, document
from tests.support.rogue import Rogue
from tests.support.script import Script, Seen, reply
from waystation.demo import gemini, responses
from waystation.routing.suffixes import without_suffix

TURNS = [{"role": "user", "content": "hello there"}]
CLAUDE, OPUS, FLASH = "claude-sonnet-4-5", "claude-opus-4-6", "gemini-2.5-flash"


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-5-high", ("gpt-5", "high")),
        ("gpt-5:high", ("gpt-5", "high")),
        ("o3-mini-LOW", ("o3-mini", "low")),
        ("claude-sonnet-4-5-thinking", ("claude-sonnet-4-5", "medium")),
        ("gemini-2.5-flash-nothinking", ("gemini-2.5-flash", "none")),
        ("gpt-5-xhigh", ("gpt-5", "xhigh")),
        ("mistral-medium", None),
        ("qwen-max", None),
        ("qwen3-max", None),
        ("gpt-5", None),
        ("-high", None),
        ("high", None),
        ("", None),
    ],
)
def test_names(model: str, expected: tuple[str, str] | None) -> None:
    assert without_suffix(model) == expected


Asks = Callable[[str], tuple[str, dict[str, Any]]]


def chat(model: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "/v1/chat/completions", {"model": model, "messages": TURNS, **more}


def message(model: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "/v1/messages", {"model": model, "messages": TURNS, "max_tokens": 4000, **more}


def response(model: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "/v1/responses", {"model": model, "input": "hello", "store": False, **more}


def generate(model: str, **more: Any) -> tuple[str, dict[str, Any]]:
    contents = [{"role": "user", "parts": [{"text": "hello"}]}]
    return f"/v1beta/models/{model}:generateContent", {"contents": contents, **more}


def all_dialects(seen: Seen) -> Script:
    body = {"model": "m", **seen.json()}
    if seen.path.endswith("generateContent"):
        return reply(200, json.dumps(gemini.answer(body, "m")).encode())
    if seen.path.endswith("/responses"):
        return reply(200, json.dumps(responses.response(body, 1_700_000_000)).encode())
    return answers(seen)


CASES = [
    # native
    ("openai", "m-1-high", chat, {"reasoning_effort": "high"}),
    ("openai", "m-1-nothinking", chat, {"reasoning_effort": "none"}),
    ("openai", "m-1:low", response, {"reasoning": {"effort": "low"}}),
    ("anthropic", f"{CLAUDE}-thinking", message,
     {"thinking": {"type": "enabled", "budget_tokens": 2000}}),
    ("anthropic", f"{OPUS}-high", message,
     {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}),
    ("gemini", f"{FLASH}-nothinking", generate,
     {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0, "includeThoughts": False}}}),
    ("deepseek", "deepseek-v4-high", chat,
     {"thinking": {"type": "enabled"}, "reasoning_effort": "high"}),
    ("zhipu", "glm-4.6-nothinking", chat,
     {"thinking": {"type": "disabled"}, "reasoning_effort": None}),
    ("qwen", "qwen3-8b-thinking", chat, {"enable_thinking": True, "reasoning_effort": None}),
    ("siliconflow", "qwen3-8b:none", chat, {"enable_thinking": False, "reasoning_effort": None}),
    # translated
    ("anthropic", f"{OPUS}-low", chat, {"output_config": {"effort": "low"}}),
    ("openai-compatible", "gpt-5-high", message, {"reasoning_effort": "high"}),
    ("openai-compatible", "gpt-5-nothinking", message, {"reasoning_effort": "minimal"}),
    ("openai-compatible", "gpt-5-low", generate, {"reasoning_effort": "low"}),
]  # fmt: skip


@pytest.mark.parametrize(("vendor", "asked", "asks", "expected"), CASES)
async def test_what_the_upstream_is_told(
    begin: Begin, rogue: Rogue, vendor: str, asked: str, asks: Asks, expected: dict[str, Any]
) -> None:
    rogue.answer(all_dialects)
    bare = without_suffix(asked)
    assert bare is not None
    prices = [] if bare[0] == MODEL else [{"model": bare[0], "input": "1", "output": "2"}]
    up = channel("up", rogue.url, vendor=vendor, models=[bare[0]])
    station = await begin(document([up], prices=prices))
    answer = await station.request("POST", *asks(asked))
    assert answer.status == 200
    sent = rogue.seen[0]
    body = sent.json()
    assert body.get("model", bare[0]) == bare[0]
    if expected.get("generationConfig", {}).get("thinkingConfig"):
        config = body["generationConfig"]["thinkingConfig"]
        assert config["thinkingBudget"] == 0
    else:
        assert {name: body.get(name) for name in expected} == expected
    row = await station.row(answer.request_id)
    assert row.nanos == row.input_tokens * INPUT_NANOS + row.output_tokens * OUTPUT_NANOS > 0
    assert asked in json.dumps(answer.json())


async def test_the_bodys_own_word_wins(begin: Begin, rogue: Rogue) -> None:
    rogue.answer(all_dialects)
    station = await begin()
    await station.request("POST", *chat("m-1-high", reasoning_effort="low"))
    await station.request("POST", *response("m-1-high", reasoning={"effort": "low"}))
    await station.request("POST", *response("m-1-high", reasoning={"summary": "auto"}))
    bodies = [seen.json() for seen in rogue.seen]
    assert bodies[0]["reasoning_effort"] == "low"
    assert bodies[1]["reasoning"] == {"effort": "low"}
    assert bodies[2]["reasoning"] == {"summary": "auto", "effort": "high"}


async def test_sampling_that_thinking_forbids_is_taken_out(begin: Begin, rogue: Rogue) -> None:
    rogue.answer(answers)
    up = channel("up", rogue.url, vendor="anthropic", models=[CLAUDE])
    station = await begin(document([up], prices=[{"model": CLAUDE, "input": "1"}]))
    await station.request("POST", *message(f"{CLAUDE}-high", temperature=0.3, top_p=0.9))
    forced = message(f"{CLAUDE}-high", temperature=0.3, tool_choice={"type": "any"})
    await station.request("POST", *forced)
    first, second = (seen.json() for seen in rogue.seen)
    assert first["thinking"]["type"] == "enabled"
    assert not {"temperature", "top_p"} & first.keys()
    assert "thinking" not in second
    assert second["temperature"] == 0.3


async def test_the_operators_own_names_win(begin: Begin, rogue: Rogue) -> None:
    rogue.answer(answers)
    own = channel("up", rogue.url, models=[MODEL, "m-1-high"], model_map={"m-1-low": "other"})
    prices = [{"model": "m-1-high", "input": "5"}, {"model": "m-1-low", "input": "5"}]
    station = await begin(document([own], prices=prices))
    for name, upstream in (("m-1-high", "m-1-high"), ("m-1-low", "other")):
        answer = await station.request("POST", *chat(name))
        sent = rogue.seen[-1].json()
        assert sent["model"] == upstream
        assert "reasoning_effort" not in sent
        row = await station.row(answer.request_id)
        assert row.nanos == (row.input_tokens + row.output_tokens) * 5000


async def test_neither_name_is_served(begin: Begin, rogue: Rogue) -> None:
    station = await begin()
    answer = await station.request("POST", *chat("m-2-high"))
    assert answer.status == 404
    assert "m-2-high" in answer.json()["error"]["message"]
    embedding = await station.request("POST", "/v1/embeddings", {"model": "m-1-high", "input": "x"})
    assert embedding.status == 404


async def test_again_and_after_a_change(begin: Begin, rogue: Rogue) -> None:
    """The way is remembered, and forgotten with its configuration."""
    rogue.answer(answers)
    station = await begin()
    for _ in range(2):
        assert (await station.request("POST", *chat("m-1-high"))).status == 200
    await station.apply(document([channel("up", rogue.url, models=["m-9"])]))
    assert (await station.request("POST", *chat("m-1-high"))).status == 404
