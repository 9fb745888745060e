"""Requests with values of other types anywhere: a 400 or a body, never another exception."""

import copy
import json
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from tests.anthropic.making import message
from tests.dialects.making import chat
from waystation.dialects.operation import Target
from waystation.dialects.speakers import translate
from waystation.errors import Fault

pytestmark = pytest.mark.untraced

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
CHAT: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "s"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}},
                {
                    "type": "image_url",
                    "image_url": {"url": "data:image/png;base64,AA", "detail": "low"},
                },
                {
                    "type": "file",
                    "file": {"filename": "f", "file_data": "data:text/plain;base64,YQ=="},
                },
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "r",
            "reasoning_details": [
                {"type": "reasoning.text", "text": "r", "signature": "s", "format": "x", "index": 0}
            ],
            "tool_calls": [
                {
                    "id": "c",
                    "type": "function",
                    "function": {"name": "f", "arguments": "{}"},
                    "extra_content": {"google": {"thought_signature": "g"}},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c", "content": "r", "name": "f"},
    ],
    "tools": [
        {"type": "function", "function": {"name": "f", "parameters": SCHEMA, "strict": True}}
    ],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "parallel_tool_calls": True,
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
    "reasoning_effort": "low",
    "thinking": {"type": "enabled", "budget_tokens": 2000},
    "stop": ["a"],
    "temperature": 0.5,
    "seed": 1,
    "user": "u",
}
MESSAGES: dict[str, Any] = {
    "system": [{"type": "text", "text": "s"}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}},
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": "A"},
                },
                {"type": "document", "title": "d", "source": {"type": "text", "data": "x"}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "r", "signature": "ws1.gemini.ImEi"},
                {"type": "redacted_thinking", "data": "ws1.gemini.ImEi"},
                {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "c",
                    "is_error": True,
                    "content": [{"type": "text", "text": "x"}],
                }
            ],
        },
    ],
    "tools": [
        {"name": "f", "description": "d", "input_schema": SCHEMA},
        {"type": "web", "name": "w"},
    ],
    "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True},
    "thinking": {"type": "enabled", "budget_tokens": 2000},
    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
    "stop_sequences": ["a"],
    "metadata": {"user_id": "u"},
    "temperature": 0.5,
}
ODD = (
    None,
    True,
    -1,
    1.5,
    1e300,
    "",
    "x",
    "data:",
    [],
    [None],
    [[]],
    {},
    {"type": 1},
    "é",
)
ROUNDS = 4000


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = enumerate(value)
    for name, inner in items:
        found += places(inner, (*path, name))
    return found


def changed(document: dict[str, Any], random: Random) -> dict[str, Any]:
    made = copy.deepcopy(document)
    for _ in range(random.randint(1, 3)):
        *above, last = random.choice(places(made))
        holder: Any = made
        for name in above:
            holder = holder[name]
        if random.random() < 0.2:
            del holder[last]
        else:
            holder[last] = copy.deepcopy(random.choice(ODD))
        if not made:
            return {}
    return made


@pytest.mark.parametrize(
    ("make", "document", "spoken"), [(chat, CHAT, "messages"), (message, MESSAGES, "chat")]
)
def test_odd_values(make: Any, document: dict[str, Any], spoken: str) -> None:
    random = Random(11)
    written = 0
    for model in ("up", "claude-sonnet-4-5", "claude-opus-5", "gpt-5"):
        assert json.loads(
            translate(make(**document), spoken).body_for(Target(upstream_model=model))
        )
        for _ in range(ROUNDS // 4):
            with suppress(Fault):
                body = translate(make(**changed(document, random)), spoken).body_for(
                    Target(upstream_model=model, reasoning_field="reasoning_content")
                )
                assert isinstance(json.loads(body), dict)
                written += 1
    assert written > ROUNDS // 10


@pytest.mark.parametrize("levels", [100, 700])
def test_depth(levels: int) -> None:
    block: dict[str, Any] = {"type": "text", "text": "x"}
    for _ in range(levels // 2):
        block = {"type": "tool_result", "tool_use_id": "c", "content": [block]}
    with suppress(Fault):
        turns = [{"role": "user", "content": [block]}]
        translate(message(messages=turns), "chat").body_for(Target(upstream_model="up"))
