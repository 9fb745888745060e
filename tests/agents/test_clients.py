"""What Cline, Cherry Studio and LobeChat send, by their public sources, at vendors of every other
dialect: nothing is refused, the wish arrives, and calls keep their results."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.agents.test_shapes import any_of
from tests.dialects import recorded
from tests.dialects.making import no_headers, same
from tests.relay.test_responses import PNG
from waystation.dialects.anthropic.request import parse as parse_messages
from waystation.dialects.gemini.request import parse as parse_gemini
from waystation.dialects.openai_chat.request import parse as parse_chat
from waystation.dialects.openai_responses.request import parse as parse_responses
from waystation.dialects.speakers import others, translate

MARK = {"type": "ephemeral"}
ADDRESS = f"data:image/png;base64,{PNG}"
READ = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "task_progress": {"type": "string"}},
    "required": ["path"],
    "additionalProperties": False,
}


def function(name: str, **more: Any) -> dict[str, Any]:
    inner = {"name": name, "description": "Reads a file.", "parameters": READ, **more}
    return {"type": "function", "function": inner}


def called(name: str, arguments: str, call: str = "call_1") -> dict[str, Any]:
    inner = {"name": name, "arguments": arguments}
    return {"id": call, "type": "function", "function": inner}


# Cline: one system turn, the text of a call beside it, a picture of a result told of in words and
# sent in the turn after it; forced calls over Messages and Gemini; thoughts without a signature.
CLINE_CHAT = {
    "model": "m",
    "messages": [
        {"role": "developer", "content": "You are Cline."},
        {"role": "user", "content": [
            {"type": "text", "text": "<task>Read a.png</task>"},
            {"type": "text", "text": "<environment_details/>"}]},
        {"role": "assistant", "content": "I read it.\n",
         "tool_calls": [called("read_file", '{"path":"a.png","task_progress":""}')],
         "reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "signature": None,
                                "format": "unknown", "index": 0}]},
        {"role": "tool", "tool_call_id": "call_1",
         "content": "(see following user message for image)"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": ADDRESS}}]},
    ],
    "reasoning_effort": "medium",
    "stream": True,
    "stream_options": {"include_usage": True},
    "tools": [function("read_file", strict=False), function("c3f7x0mcp0search_docs")],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
}  # fmt: skip
CLINE_MESSAGES = {
    "model": "m",
    "max_tokens": 8192,
    "temperature": 0,
    "system": [{"type": "text", "text": "You are Cline.", "cache_control": MARK}],
    "messages": [
        {"role": "user", "content": [
            {"type": "text", "text": "<task>Read a.png</task>", "cache_control": MARK}]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": ""},
            {"type": "text", "text": "I read it."},
            {"type": "tool_use", "id": "toolu_1", "name": "read_file",
             "input": {"path": "a.png"}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": [
                {"type": "text", "text": "the picture:"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png",
                                             "data": PNG}}]},
            {"type": "text", "text": "<environment_details/>", "cache_control": MARK}]},
    ],
    "stream": True,
    "tools": [{"name": "read_file", "description": "Reads.", "input_schema": READ}],
    "tool_choice": {"type": "any"},
}  # fmt: skip
CLINE_RESPONSES = {
    "model": "m",
    "instructions": "You are Cline.",
    "stream": True,
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "<task>Read a.txt</task>"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": []},
        {"type": "message", "role": "assistant",
         "content": [{"type": "output_text", "text": "I read it."}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "read_file",
         "arguments": '{"path":"a.txt"}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "[]"},
        {"role": "user", "content": [{"type": "input_text", "text": "<environment_details/>"},
                                     {"type": "input_image", "detail": "auto",
                                      "image_url": ADDRESS}]},
    ],
    "tools": [{"type": "function", "name": "read_file", "description": "Reads.",
               "parameters": READ, "strict": True}],
    "reasoning": {"effort": "medium", "summary": "auto"},
}  # fmt: skip
CLINE_GEMINI = {
    "systemInstruction": {"role": "user", "parts": [{"text": "You are Cline."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "<task>Read a.png</task>"},
                                   {"inlineData": {"data": PNG, "mimeType": "image/png"}}]},
        {"role": "model", "parts": [
            {"text": "I read it."},
            {"functionCall": {"name": "read_file", "args": {"path": "a.png"}},
             "thoughtSignature": "c2VhbA=="}]},
        {"role": "user", "parts": [
            {"functionResponse": {"name": "read_file", "response": {"result": "done"}}},
            {"text": "<environment_details/>"}]},
    ],
    "tools": [{"functionDeclarations": [
        {"name": "read_file", "description": "Reads.", "parameters": {
            "type": "OBJECT", "required": ["path"],
            "properties": {"path": {"type": "STRING", "description": "Where."}}}}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
    "generationConfig": {"temperature": 1, "thinkingConfig": {
        "thinkingBudget": -1, "includeThoughts": False}},
}  # fmt: skip

# Cherry Studio: the AI SDK's forms, tools of MCP servers, and a knob of thinking for each maker.
CHERRY_CHAT = {
    "model": "m",
    "user": "ada@example.com",
    "max_tokens": 4096,
    "temperature": 1,
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": ADDRESS}}]},
        {"role": "assistant", "content": "", "reasoning_content": "Let me look.", "tool_calls": [
            called("mcp__files__read_file", '{"path":"a.txt"}', "call_0"),
            called("mcp__files__read_file", "", "call_1")]},
        {"role": "tool", "tool_call_id": "call_0",
         "content": '{"content":[{"type":"text","text":"sun"}]}'},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"isError":true}'},
    ],
    "tools": [function("mcp__files__read_file")],
    "tool_choice": "auto",
    "stream": True,
    "stream_options": {"include_usage": True},
}  # fmt: skip
CHERRY_KNOBS: dict[str, dict[str, Any]] = {
    "cherry, a budget": {"thinking": {"type": "enabled", "budget_tokens": 2048}},
    "cherry, auto": {"thinking": {"type": "auto"}},
    "cherry, auto effort": {"reasoning_effort": "auto"},
    "cherry, gemini": {"extra_body": {"google": {"thinking_config": {
        "thinking_budget": 2048, "include_thoughts": True}}}},
    "cherry, gemini decides": {"extra_body": {"google": {"thinking_config": {
        "thinking_budget": -1, "include_thoughts": True}}}},
    "cherry, qwen": {"enable_thinking": True, "thinking_budget": 2048},
    "cherry, a template": {"chat_template_kwargs": {"enable_thinking": True,
                                                   "thinking_budget": 2048}},
    "cherry, new-api": {"extra_body": {"thinking": {"type": "enabled"}}},
    "cherry, together": {"reasoning_effort": "medium", "reasoning": {"enabled": True}},
}  # fmt: skip

# LobeChat: all knobs of sampling at their defaults, calls whose arguments are no JSON, thoughts
# without ids, results of one turn in several, tools named with four underscores.
LOBE_CHAT = {
    "model": "m",
    "user": "u",
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "temperature": 1,
    "top_p": 1,
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Search for bridges."},
        {"role": "assistant", "content": "",
         "tool_calls": [called("lobe-web-browsing____search____builtin", '{"query": "bri')]},
        {"role": "tool", "name": "lobe-web-browsing____search____builtin",
         "tool_call_id": "call_1", "content": "Stari Most"},
        {"role": "user", "content": "Go on."},
    ],
    "tools": [function("lobe-web-browsing____search____builtin")],
    "stream": True,
    "stream_options": {"include_usage": True},
}  # fmt: skip
LOBE_RESPONSES = {
    "model": "m",
    "stream": True,
    "input": [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": [{"type": "input_text", "text": "Search for bridges."},
                                     {"type": "input_image", "image_url": ADDRESS}]},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Let me."}]},
        {"type": "function_call", "call_id": "call_1",
         "name": "lobe-web-browsing____search____builtin",
         "arguments": "lobe-web-browsing____search____builtin"},
        {"type": "function_call_output", "call_id": "call_1", "output": "Stari Most"},
        {"role": "assistant", "content": "It is old."},
        {"role": "user", "content": "Go on."},
    ],
    "tools": [{"type": "function", "name": "lobe-web-browsing____search____builtin",
               "parameters": READ}],
    "reasoning": {"summary": "auto"},
    "text": {"verbosity": "medium"},
}  # fmt: skip
LOBE_GEMINI = {
    "contents": [
        {"role": "user", "parts": [{"text": "Search for two bridges."}]},
        {"role": "model", "parts": [
            {"functionCall": {"name": "search____builtin", "args": {"query": "a"}}},
            {"functionCall": {"name": "search____builtin", "args": None}}]},
        *({"role": "user", "parts": [{"functionResponse": {
            "name": "search____builtin", "response": {"result": told}}}]}
          for told in ("Stari Most", "Ponte Vecchio")),
    ],
    "tools": [{"functionDeclarations": [{"name": "search____builtin", "parameters": {
        "type": "OBJECT", "properties": {"dummy": {"type": "string"}}}}]}],
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
    "generationConfig": {"responseModalities": None, "maxOutputTokens": None, "temperature": 1,
                         "topP": 1, "thinkingConfig": {"thinkingBudget": -1,
                                                       "includeThoughts": True}},
}  # fmt: skip

CLIENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "cline, chat": ("chat", CLINE_CHAT),
    "cline, messages": ("messages", CLINE_MESSAGES),
    "cline, responses": ("responses", CLINE_RESPONSES),
    "cline, gemini": ("generate", CLINE_GEMINI),
    "lobe, chat": ("chat", LOBE_CHAT),
    "lobe, responses": ("responses", LOBE_RESPONSES),
    "lobe, gemini": ("generate", LOBE_GEMINI),
    **{name: ("chat", {**CHERRY_CHAT, **knobs}) for name, knobs in CHERRY_KNOBS.items()},
}
PARSERS: dict[str, Callable[..., Any]] = {
    "chat": parse_chat,
    "messages": parse_messages,
    "responses": parse_responses,
    "generate": partial(parse_gemini, model="m", stream=True),
}
MODELS = {
    "chat": "gpt-5",
    "responses": "gpt-5",
    "messages": "claude-sonnet-4-5",
    "generate": "gemini-2.5-pro",
}
PAIRS = [(client, spoken) for client, (own, _) in CLIENTS.items() for spoken in others(own)]
SCHEMAS = {"chat": "CreateChatCompletionRequest", "responses": "CreateResponse"}


def sent(client: str, spoken: str, model: str = "") -> tuple[dict[str, Any], set[str]]:
    """(the upstream's body, what was lost)"""
    own, given = CLIENTS[client]
    operation = translate(PARSERS[own](json.dumps(given).encode(), no_headers), spoken)
    target = same(model or MODELS[spoken])
    body: dict[str, Any] = json.loads(operation.body_for(target))
    return body, {loss.path for loss in operation.losses(target)}


def calls_in(spoken: str, body: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """(id, name, arguments as they stand there)"""
    if spoken == "generate":
        parts = [part for turn in body["contents"] for part in turn["parts"]]
        made = [part["functionCall"] for part in parts if "functionCall" in part]
        return [("", call["name"], call["args"]) for call in made]
    if spoken == "responses":
        made = [item for item in body["input"] if item.get("type") == "function_call"]
        return [(call["call_id"], call["name"], call["arguments"]) for call in made]
    if spoken == "chat":
        made = [call for turn in body["messages"] for call in turn.get("tool_calls", ())]
        return [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in made]
    turns = [turn["content"] for turn in body["messages"]]
    blocks = [block for content in turns if isinstance(content, list) for block in content]
    made = [block for block in blocks if block["type"] == "tool_use"]
    return [(block["id"], block["name"], block["input"]) for block in made]


@pytest.mark.parametrize(("client", "spoken"), PAIRS)
def test_all_of_it_arrives(client: str, spoken: str) -> None:
    own, given = CLIENTS[client]
    body, _ = sent(client, spoken)
    calls = calls_in(spoken, body)
    told = json.dumps(body, ensure_ascii=False)
    assert [name for _, name, _ in calls] == [name for _, name, _ in calls_in(own, given)]
    for identity, _, _ in calls:  # the call's, and its result's
        assert told.count(f'"{identity}"') == 2 or not identity
    assert told.count('"functionResponse"') == (len(calls) if spoken == "generate" else 0)
    for words in ("Be kind.", "You are Cline.", "I read it.", "environment_details", "Go on.",
                  "Stari Most", "What is this?", "see following user message"):  # fmt: skip
        assert (words in told) == (words in json.dumps(given)), words
    assert (PNG in told) == (PNG in json.dumps(given))
    assert all(told.count(f'"{name}"') > 1 for _, name, _ in calls)


@recorded.needs_recordings
@pytest.mark.parametrize(("client", "spoken"), [pair for pair in PAIRS if pair[1] in SCHEMAS])
def test_it_fits_the_vendor_s_schema(client: str, spoken: str) -> None:
    schema = any_of(recorded.schema(SCHEMAS[spoken]))
    errors = list(Draft202012Validator(schema).iter_errors(sent(client, spoken)[0]))
    assert not errors, errors[0]


KNOBS: dict[str, tuple[Any, Any, Any]] = {
    "cherry, a budget": (2048, 2048, "low"),
    "cherry, auto": (None, 8192, None),
    "cherry, auto effort": (None, 8192, None),
    "cherry, gemini": (2048, 2048, "low"),
    "cherry, gemini decides": (None, 8192, None),
    "cherry, qwen": (2048, 2048, "low"),
    "cherry, a template": (2048, 2048, "low"),
    "cherry, new-api": (None, 8192, None),
    "cherry, together": (8192, 8192, "medium"),
}
"""(Gemini's budget, Claude's, OpenAI's effort)"""


@pytest.mark.parametrize("client", KNOBS)
def test_each_maker_s_knob_of_thinking_turns_the_others(client: str) -> None:
    budget, claude, effort = KNOBS[client]
    body, lost = sent(client, "generate")
    assert not lost & {"extra_body", "chat_template_kwargs", "thinking_budget", "reasoning"}
    config = body["generationConfig"]["thinkingConfig"]
    assert config.get("thinkingBudget") == budget
    assert config["includeThoughts"]
    given = {**CHERRY_CHAT, "messages": CHERRY_CHAT["messages"][:2], **CHERRY_KNOBS[client]}
    operation = translate(parse_chat(json.dumps(given).encode(), no_headers), "messages")
    made = json.loads(operation.body_for(same("claude-sonnet-4-5")))
    wanted = {"type": "enabled", "budget_tokens": min(claude, 4096 // 2)}
    assert made["thinking"] == wanted
    reasoning = sent(client, "responses")[0].get("reasoning", {})
    assert reasoning.get("effort") == effort


def test_words_of_no_thinking() -> None:
    for knobs in (
        {"thinking": {"type": "disabled"}},
        {"enable_thinking": False},
        {"reasoning": {"enabled": False, "exclude": True}},
        {"reasoning_effort": "none"},
        {"chat_template_kwargs": {"thinking": False}},
        {"extra_body": {"google": {"thinking_config": {"thinking_budget": 0}}}},
        {"thinking_budget": 0},
    ):
        given = {"model": "m", "messages": CHERRY_CHAT["messages"][:2], **knobs}
        operation = translate(parse_chat(json.dumps(given).encode(), no_headers), "generate")
        made = json.loads(operation.body_for(same("gemini-2.5-flash")))
        assert made["generationConfig"]["thinkingConfig"]["thinkingBudget"] == 0, knobs


def test_nobody_s_address_reaches_a_vendor_that_refuses_it() -> None:
    """Anthropic answers an address of e-mail as its user_id with a 400."""
    body, _ = sent("cherry, auto", "messages")
    assert "@" not in body["metadata"]["user_id"]
    assert sent("cherry, auto", "messages")[0]["metadata"] == body["metadata"]
    assert sent("lobe, chat", "messages")[0]["metadata"] == {"user_id": "u"}


def test_arguments_that_are_no_json_do_not_end_a_conversation() -> None:
    """A model wrote them; its caller sends them back for ever."""
    for spoken in ("messages", "generate"):
        for client in ("lobe, chat", "lobe, responses"):
            ((_, _, arguments),) = calls_in(spoken, sent(client, spoken)[0])
            assert list(arguments) == ["arguments"]
