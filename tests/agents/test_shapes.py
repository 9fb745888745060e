"""What coding agents send, at vendors of every other dialect: by OpenAI's own schema where it has
one, and with names that their limits allow."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.agents.test_namespaces import AGENTS, function
from tests.dialects import recorded
from tests.dialects.making import no_headers, same
from waystation.dialects.anthropic.request import parse as parse_messages
from waystation.dialects.gemini.request import parse as parse_gemini
from waystation.dialects.openai_responses.request import parse as parse_responses
from waystation.dialects.short_ids import short_call, short_user
from waystation.dialects.speakers import translate

MARK = {"type": "ephemeral"}
USER = json.dumps({"device_id": "d" * 64, "account_uuid": "", "session_id": "5" * 36})
CALL = "call_" + "x" * 80
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"file_path": {"type": "string"}, "limit": {"type": "number"}},
    "required": ["file_path"],
    "additionalProperties": False,
}
CLAUDE_CODE: dict[str, Any] = {
    "model": "m",
    "max_tokens": 32_000,
    "stream": True,
    "system": [
        {"type": "text", "text": "x-agent-header: version=1;"},
        {"type": "text", "text": "You are an agent.", "cache_control": MARK},
    ],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "<system-reminder>today</system-reminder>"},
                {"type": "text", "text": "Read a.txt", "cache_control": MARK},
            ],
        },
        {"role": "system", "content": "Agents that there are: none."},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": CALL, "name": "Read", "input": {}}],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": CALL,
                    "content": "no such file",
                    "is_error": True,
                    "cache_control": MARK,
                }
            ],
        },
    ],
    "tools": [
        {"name": "Read", "description": "Reads.", "input_schema": SCHEMA, "defer_loading": True},
        {"name": "Later", "input_schema": {"type": "object"}, "eager_input_streaming": True},
    ],
    "metadata": {"user_id": USER},
    "thinking": {"type": "adaptive"},
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    "output_config": {"effort": "high"},
}
CODEX: dict[str, Any] = {
    "model": "m",
    "stream": True,
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "prompt_cache_key": "k",
    "client_metadata": {"session_id": "s"},
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "reasoning": {"summary": "auto", "effort": "medium"},
    "input": [
        {
            "type": "message",
            "id": "msg_1",
            "role": "developer",
            "content": [{"type": "input_text", "text": "You are an agent."}],
        },
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "List files."}],
        },
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "Let me see."}],
            "content": None,
            "encrypted_content": "c2VhbGVk",
        },
        {
            "type": "function_call",
            "status": "completed",
            "id": "fc_1",
            "name": "exec_command",
            "arguments": '{"cmd": "ls"}',
            "call_id": CALL,
        },
        {"type": "function_call_output", "id": "fco_1", "call_id": CALL, "output": "a.txt"},
    ],
    "tools": [
        function("exec_command"),
        AGENTS,
        {"type": "web_search", "external_web_access": False},
    ],
}
GEMINI_CLI: dict[str, Any] = {
    "contents": [
        {"role": "user", "parts": [{"text": "<session_context/>"}, {"text": "List files."}]},
        {
            "role": "model",
            "parts": [
                {
                    "functionCall": {"name": "ls", "args": {"dir_path": "."}, "id": CALL},
                    "thoughtSignature": "skip_thought_signature_validator",
                }
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": CALL, "name": "ls", "response": {"output": "a.txt"}}}
            ],
        },
    ],
    "systemInstruction": {"role": "user", "parts": [{"text": "You are an agent."}]},
    "tools": [{"functionDeclarations": [{"name": "ls", "parametersJsonSchema": SCHEMA}]}],
    "generationConfig": {
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 8192},
    },
}
AGENTS_BY_NAME: dict[str, tuple[str, Callable[..., Any], dict[str, Any]]] = {
    "claude code": ("messages", parse_messages, CLAUDE_CODE),
    "codex": ("responses", parse_responses, CODEX),
    "gemini cli": ("generate", partial(parse_gemini, model="m", stream=True), GEMINI_CLI),
}
MODELS = {"chat": "gpt-5", "responses": "gpt-5", "messages": "claude-opus-4-5"}


def sent(agent: str, spoken: str) -> dict[str, Any]:
    _, parse, document = AGENTS_BY_NAME[agent]
    operation = translate(parse(json.dumps(document).encode(), no_headers), spoken)
    target = same(MODELS.get(spoken, "gemini-3-pro-preview"))
    made: dict[str, Any] = json.loads(operation.body_for(target))
    return made


def any_of(schema: Any) -> Any:
    """The published schema says oneOf of forms that overlap."""
    if isinstance(schema, dict):
        return {"anyOf" if k == "oneOf" else k: any_of(v) for k, v in schema.items()}
    return [any_of(one) for one in schema] if isinstance(schema, list) else schema


@recorded.needs_recordings
@pytest.mark.parametrize("agent", AGENTS_BY_NAME)
@pytest.mark.parametrize(
    ("spoken", "name"), [("chat", "CreateChatCompletionRequest"), ("responses", "CreateResponse")]
)
def test_it_fits_the_vendor_s_schema(agent: str, spoken: str, name: str) -> None:
    if AGENTS_BY_NAME[agent][0] == spoken:
        return
    errors = list(
        Draft202012Validator(any_of(recorded.schema(name))).iter_errors(sent(agent, spoken))
    )
    assert not errors, errors[0]


@pytest.mark.parametrize("agent", AGENTS_BY_NAME)
def test_names_are_short_and_calls_keep_their_results(agent: str) -> None:
    own = AGENTS_BY_NAME[agent][0]
    chat = sent(agent, "chat") if own != "chat" else {}
    called = next(turn for turn in chat["messages"] if turn.get("tool_calls"))
    result = next(turn for turn in chat["messages"] if turn["role"] == "tool")
    assert called["tool_calls"][0]["id"] == result["tool_call_id"] == short_call(CALL)
    assert len(chat.get("user", "")) <= 64
    if own != "responses":
        items = sent(agent, "responses")["input"]
        kinds = {item["type"]: item for item in items}
        assert kinds["function_call"]["call_id"] == kinds["function_call_output"]["call_id"]
        assert len(kinds["function_call"]["call_id"]) <= 64
    if own != "generate":
        parts = [part for turn in sent(agent, "generate")["contents"] for part in turn["parts"]]
        assert sum("functionCall" in part or "functionResponse" in part for part in parts) == 2
    if own != "messages":
        blocks = [
            block for turn in sent(agent, "messages")["messages"] for block in turn["content"]
        ]
        use = next(block for block in blocks if block["type"] == "tool_use")
        assert use["id"] == next(b for b in blocks if b["type"] == "tool_result")["tool_use_id"]


def test_a_long_user_is_the_same_digest_each_time() -> None:
    assert short_user("ada") == "ada"
    assert short_user(USER) == short_user(USER) != short_user(USER + "x")
    assert len(short_user(USER)) == 64
    assert short_call("call_1") == "call_1"
    assert short_call("\ud800" * 70).startswith("call_")
    assert sent("claude code", "chat")["user"] == short_user(USER)
    assert sent("claude code", "responses")["user"] == short_user(USER)
