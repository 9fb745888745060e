"""Requests of every dialect with values of other types anywhere, through every pair: a 400 or a
body, never another exception."""

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

import pytest

from tests.dialects.making import no_headers, same
from tests.lanes.test_odd_requests import CHAT as CHAT_TURNS
from tests.lanes.test_odd_requests import places
from tests.relay.test_responses import PNG
from waystation.dialects.anthropic.request import parse as parse_messages
from waystation.dialects.gemini.request import parse as parse_gemini
from waystation.dialects.openai_chat.request import parse as parse_chat
from waystation.dialects.openai_responses.request import parse as parse_responses
from waystation.dialects.operation import beside_of
from waystation.dialects.server_tools import stripped
from waystation.dialects.speakers import others, translate
from waystation.errors import Fault

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
}
CHAT: dict[str, Any] = {
    "model": "m", **CHAT_TURNS, "web_search_options": {}, "service_tier": "flex",
}  # fmt: skip
RESPONSES: dict[str, Any] = {
    "model": "m",
    "input": [
        {"role": "developer", "content": "s"},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "t"},
                {
                    "type": "input_image",
                    "image_url": f"data:image/png;base64,{PNG}",
                    "detail": "auto",
                },
                {"type": "input_file", "filename": "f", "file_data": "data:text/plain;base64,YQ=="},
            ],
        },
        {
            "type": "reasoning",
            "id": "rs",
            "summary": [{"type": "summary_text", "text": "r"}],
            "encrypted_content": "x",
        },
        {
            "type": "function_call",
            "call_id": "c",
            "namespace": "ns",
            "name": "f",
            "arguments": "{}",
        },
        {
            "type": "function_call_output",
            "call_id": "c",
            "output": [{"type": "input_text", "text": "o"}],
        },
        {"type": "custom_tool_call", "call_id": "d", "name": "g", "input": "i"},
        {"type": "custom_tool_call_output", "call_id": "d", "output": "o"},
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "a", "annotations": []},
                {"type": "refusal", "refusal": "n"},
            ],
        },
        {"type": "web_search_call", "id": "w", "status": "completed"},
    ],
    "instructions": "i",
    "tools": [
        {
            "type": "function",
            "name": "f",
            "parameters": {
                "type": "object",
                "properties": {"a": {"type": "string"}},
                "required": ["a"],
            },
            "strict": True,
        },
        {"type": "custom", "name": "g", "format": {"type": "text"}},
        {
            "type": "namespace",
            "name": "ns",
            "tools": [
                {
                    "type": "function",
                    "name": "f",
                    "parameters": {
                        "type": "object",
                        "properties": {"a": {"type": "string"}},
                        "required": ["a"],
                    },
                }
            ],
        },
        {"type": "web_search"},
    ],
    "tool_choice": {"type": "function", "name": "f"},
    "parallel_tool_calls": True,
    "reasoning": {"effort": "low", "summary": "auto"},
    "text": {
        "format": {
            "type": "json_schema",
            "name": "n",
            "schema": {
                "type": "object",
                "properties": {"a": {"type": "string"}},
                "required": ["a"],
            },
            "strict": True,
        },
        "verbosity": "low",
    },
    "max_output_tokens": 100,
    "temperature": 0.5,
    "top_p": 0.9,
    "metadata": {"a": "b"},
    "service_tier": "flex",
    "include": ["reasoning.encrypted_content"],
    "store": False,
    "user": "u",
}
GENERATE: dict[str, Any] = {
    "contents": [
        {
            "role": "user",
            "parts": [
                {"text": "t"},
                {"inlineData": {"mimeType": "image/png", "data": PNG}},
                {"fileData": {"mimeType": "image/png", "fileUri": "https://x/y"}},
            ],
        },
        {
            "role": "model",
            "parts": [
                {"text": "th", "thought": True, "thoughtSignature": "c2ln"},
                {
                    "functionCall": {"name": "f", "args": {"a": 1}, "id": "c"},
                    "thoughtSignature": "c2ln",
                },
                {"executableCode": {"code": "1"}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {
                    "functionResponse": {
                        "name": "f",
                        "id": "c",
                        "response": {"result": "r"},
                        "parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}}],
                    }
                }
            ],
        },
    ],
    "systemInstruction": {"parts": [{"text": "s"}]},
    "tools": [
        {
            "functionDeclarations": [
                {
                    "name": "f",
                    "description": "d",
                    "parameters": {
                        "type": "OBJECT",
                        "properties": {
                            "a": {"type": "STRING", "nullable": True, "enum": ["x"]},
                            "b": {"type": "ARRAY", "items": {"type": "INTEGER"}},
                            "c": {"anyOf": [{"type": "STRING"}]},
                        },
                    },
                },
                {
                    "name": "h",
                    "parametersJsonSchema": {
                        "type": "object",
                        "properties": {"a": {"type": "string"}},
                        "required": ["a"],
                    },
                },
            ]
        },
        {"googleSearch": {}},
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    "generationConfig": {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 4,
        "candidateCount": 1,
        "maxOutputTokens": 100,
        "stopSequences": ["a"],
        "seed": 1,
        "responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
        "thinkingConfig": {"thinkingBudget": 100, "includeThoughts": True, "thinkingLevel": "LOW"},
    },
    "safetySettings": [],
    "serviceTier": "flex",
}
MESSAGES: dict[str, Any] = {
    "model": "m",
    "max_tokens": 2000,
    "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "t"},
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": PNG},
                },
                {
                    "type": "document",
                    "source": {"type": "text", "media_type": "text/plain", "data": "x"},
                    "title": "d",
                    "citations": {"enabled": True},
                },
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "x", "signature": "s"},
                {"type": "redacted_thinking", "data": "d"},
                {"type": "text", "text": "t", "citations": []},
                {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}},
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
                {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "c",
                    "content": [
                        {"type": "text", "text": "r"},
                        {"type": "image", "source": {"type": "url", "url": "https://x/y"}},
                    ],
                    "is_error": True,
                }
            ],
        },
    ],
    "tools": [
        {
            "name": "f",
            "description": "d",
            "input_schema": {
                "type": "object",
                "properties": {"a": {"type": "string"}},
                "required": ["a"],
            },
            "cache_control": {"type": "ephemeral"},
        },
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
        {"type": "computer_20250124", "name": "computer", "display_width_px": 1},
    ],
    "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True},
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "metadata": {"user_id": "u"},
    "stop_sequences": ["a"],
    "temperature": 1,
    "top_k": 4,
    "output_config": {
        "effort": "low",
        "format": {
            "type": "json_schema",
            "schema": {
                "type": "object",
                "properties": {"a": {"type": "string"}},
                "required": ["a"],
            },
        },
    },
    "speed": "fast",
    "service_tier": "auto",
    "mcp_servers": [{"type": "url", "url": "u", "name": "n"}],
    "context_management": {"edits": []},
}
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, "", "x", [], [None], ["x"], [[]], {}, {"x": 1}, [{}],
    {"type": "text"}, {"type": None}, "data:,x", [{"type": "function"}],
    {"functionDeclarations": 3},
)  # fmt: skip
PARSES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "chat": (parse_chat, CHAT),
    "messages": (parse_messages, MESSAGES),
    "responses": (parse_responses, RESPONSES),
    "generate": (partial(parse_gemini, model="m"), GENERATE),
}
STRIP = ("server_tools", "service_tier")
ODD_EACH = 3


def put(document: dict[str, Any], path: tuple[Any, ...], odd: Any) -> bytes:
    made = copy.deepcopy(document)
    holder: Any = made
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = odd
    return json.dumps(made).encode()


@pytest.mark.parametrize("caller", PARSES)
def test_an_odd_value_anywhere(caller: str) -> None:
    parse, document = PARSES[caller]
    chance = Random(caller)
    written = 0
    for path in places(document):
        for odd in chance.sample(ODD, ODD_EACH):
            body = put(document, path, odd)
            for spoken in (caller, *others(caller)):
                with suppress(Fault):
                    operation = parse(body, no_headers)
                    beside_of(operation)
                    made = operation if spoken == caller else translate(operation, spoken)
                    out, _ = stripped(spoken, made.body_for(same()), STRIP)
                    assert isinstance(json.loads(out), dict)
                    written += 1
    assert written > 200


@pytest.mark.parametrize("caller", PARSES)
def test_the_document_itself_is_good(caller: str) -> None:
    parse, document = PARSES[caller]
    body = json.dumps(document).encode()
    assert json.loads(parse(body, no_headers).body_for(same()))
