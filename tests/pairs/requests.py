"""One request a feature in each dialect, and how a body that went out is read back."""

import json
from typing import Any

from tests.relay.test_responses import PNG

ASK = "Name a bridge."
SYSTEM = "Be brief."
SCHEMA = {
    "type": "object",
    "properties": {"open": {"type": "boolean"}},
    "required": ["open"],
    "additionalProperties": False,
}
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = ("weather", "tides")
CALLS = (("weather", {"city": "Bari"}), ("weather", {"city": "Trani"}))
RESULTS = ("sun", "fog")
MARK = {"type": "ephemeral"}
DATA_URL = f"data:image/png;base64,{PNG}"

Body = dict[str, Any]


def request(dialect: str, feature: str, model: str) -> Body:
    """Of a feature that wants something; of all others a plain one."""
    return _MAKERS[dialect](feature, model)


def path(dialect: str, model: str, streamed: bool) -> str:
    if dialect == "generate":
        verb = "streamGenerateContent?alt=sse" if streamed else "generateContent"
        return f"/v1beta/models/{model}:{verb}"
    return {
        "chat": "/v1/chat/completions",
        "messages": "/v1/messages",
        "responses": "/v1/responses",
    }[dialect]


def as_stream(dialect: str, body: Body) -> Body:
    if dialect == "generate":
        return body
    more = {"stream_options": {"include_usage": True}} if dialect == "chat" else {}
    return {**body, "stream": True, **more}


def next_turn(dialect: str, body: Body, turn: Any, results: tuple[str, ...]) -> Body:
    """The conversation goes on: the answer as it came, then what the tools gave."""
    made = json.loads(json.dumps(body))
    if dialect == "chat":
        calls = turn.get("tool_calls") or ()
        told = [
            {"role": "tool", "tool_call_id": call["id"], "content": result}
            for call, result in zip(calls, results, strict=True)
        ]
        made["messages"] += [turn, *told]
    elif dialect == "messages":
        calls = [block for block in turn if block["type"] == "tool_use"]
        told = [
            {"type": "tool_result", "tool_use_id": call["id"], "content": result}
            for call, result in zip(calls, results, strict=True)
        ]
        made["messages"] += [{"role": "assistant", "content": turn},
                             {"role": "user", "content": told}]  # fmt: skip
    elif dialect == "responses":
        calls = [item for item in turn if item["type"] == "function_call"]
        told = [
            {"type": "function_call_output", "call_id": call["call_id"], "output": result}
            for call, result in zip(calls, results, strict=True)
        ]
        made["input"] += [*turn, *told]
    else:
        calls = [part["functionCall"] for part in turn if "functionCall" in part]
        told = [
            {"functionResponse": {**({"id": call["id"]} if "id" in call else {}),
                                  "name": call["name"], "response": {"result": result}}}
            for call, result in zip(calls, results, strict=True)
        ]  # fmt: skip
        made["contents"] += [{"role": "model", "parts": turn}, {"role": "user", "parts": told}]
    return made


def _chat(feature: str, model: str) -> Body:
    content: Any = ASK
    turns: list[Body] = []
    if feature == "vision":
        content = [{"type": "text", "text": ASK},
                   {"type": "image_url", "image_url": {"url": DATA_URL}}]  # fmt: skip
    if feature == "caching":
        content = [{"type": "text", "text": ASK, "cache_control": MARK}]
    if feature == "system":
        turns.append({"role": "system", "content": SYSTEM})
    body: Body = {"model": model, "messages": [*turns, {"role": "user", "content": content}]}
    if feature in WITH_TOOLS:
        body["tools"] = [
            {"type": "function", "function": {"name": name, "parameters": CITY}} for name in TOOLS
        ]
    if feature == "structured output":
        form = {"name": "bridge", "schema": SCHEMA, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    if feature in WITH_THOUGHTS:
        body["reasoning_effort"] = "high"
    return body


def _messages(feature: str, model: str) -> Body:
    content: Any = ASK
    if feature == "vision":
        source = {"type": "base64", "media_type": "image/png", "data": PNG}
        content = [{"type": "text", "text": ASK}, {"type": "image", "source": source}]
    if feature == "caching":
        content = [{"type": "text", "text": ASK, "cache_control": MARK}]
    turns = [{"role": "user", "content": content}]
    body: Body = {"model": model, "max_tokens": 20_000, "messages": turns}
    if feature == "system":
        body["system"] = SYSTEM
    if feature in WITH_TOOLS:
        body["tools"] = [{"name": name, "input_schema": CITY} for name in TOOLS]
    if feature == "structured output":
        body["output_config"] = {"format": {"type": "json_schema", "schema": SCHEMA}}
    if feature in WITH_THOUGHTS:
        body["thinking"] = {"type": "enabled", "budget_tokens": 16_000}
    return body


def _responses(feature: str, model: str) -> Body:
    content: Any = [{"type": "input_text", "text": ASK}]
    if feature == "vision":
        content.append({"type": "input_image", "image_url": DATA_URL})
    body: Body = {"model": model, "input": [{"role": "user", "content": content}], "store": False}
    if feature == "system":
        body["instructions"] = SYSTEM
    if feature in WITH_TOOLS:
        body["tools"] = [{"type": "function", "name": name, "parameters": CITY} for name in TOOLS]
    if feature == "structured output":
        form = {"type": "json_schema", "name": "bridge", "schema": SCHEMA, "strict": True}
        body["text"] = {"format": form}
    if feature in WITH_THOUGHTS:
        body["reasoning"] = {"effort": "high", "summary": "auto"}
        body["include"] = ["reasoning.encrypted_content"]
    return body


def _gemini(feature: str, model: str) -> Body:
    parts: list[Body] = [{"text": ASK}]
    if feature == "vision":
        parts.append({"inlineData": {"mimeType": "image/png", "data": PNG}})
    body: Body = {"contents": [{"role": "user", "parts": parts}]}
    if feature == "system":
        body["systemInstruction"] = {"parts": [{"text": SYSTEM}]}
    if feature in WITH_TOOLS:
        declared = [{"name": name, "parametersJsonSchema": CITY} for name in TOOLS]
        body["tools"] = [{"functionDeclarations": declared}]
    if feature == "structured output":
        config = {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
        body["generationConfig"] = config
    if feature in WITH_THOUGHTS:
        config = {"thinkingConfig": {"thinkingBudget": 16_000, "includeThoughts": True}}
        body["generationConfig"] = config
    return body


WITH_TOOLS = frozenset(("tools", "parallel tools", "tool results", "signatures"))
WITH_THOUGHTS = frozenset(("reasoning", "signatures"))
_MAKERS = {"chat": _chat, "messages": _messages, "responses": _responses, "generate": _gemini}


# ---- what an upstream was asked -----------------------------------------------------------------


def asks(dialect: str, body: Body, feature: str) -> Any:
    """What the body says of the feature, told alike for all dialects; a falsy value: nothing."""
    return _READERS[dialect](body).get(feature)


def _of_chat(body: Body) -> dict[str, Any]:
    turns = body["messages"]
    users = [turn["content"] for turn in turns if turn["role"] == "user"]
    parts = [p for c in users for p in ([{"type": "text", "text": c}] if isinstance(c, str) else c)]
    schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema")
    tools = [tool["function"] for tool in body.get("tools", ())]
    calls = [call["function"] for turn in turns for call in turn.get("tool_calls") or ()]
    return {
        "plain text": [p["text"] for p in parts if p["type"] == "text"],
        "system": [t["content"] for t in turns if t["role"] in ("system", "developer")],
        "tools": [(tool["name"], set(tool["parameters"]["properties"])) for tool in tools],
        "tool results": [_text(turn["content"]) for turn in turns if turn["role"] == "tool"],
        "calls": [(call["name"], json.loads(call["arguments"])) for call in calls],
        "vision": [p["image_url"]["url"] for p in parts if p["type"] == "image_url"],
        "structured output": set((schema or {}).get("properties", ())),
        "reasoning": bool(body.get("reasoning_effort")),
        "caching": "cache_control" in json.dumps(body),
    }  # fmt: skip


def _of_messages(body: Body) -> dict[str, Any]:
    blocks = [b for turn in body["messages"] for b in _blocks(turn["content"])]
    form = (body.get("output_config") or {}).get("format") or {}
    schema = form.get("schema")
    answer_tool = (body.get("tool_choice") or {}).get("name")
    for tool in body.get("tools", ()):
        if tool["name"] == answer_tool:
            schema = tool["input_schema"]
    tools = [tool for tool in body.get("tools", ()) if tool["name"] != answer_tool]
    images = [b["source"] for b in blocks if b["type"] == "image"]
    thinking = body.get("thinking") or {}
    results = [_text(b["content"]) for b in blocks if b["type"] == "tool_result"]
    return {
        "plain text": [b["text"] for b in blocks if b["type"] == "text"],
        "system": [block["text"] for block in _blocks(body.get("system", []))],
        "tools": [(tool["name"], set(tool["input_schema"]["properties"])) for tool in tools],
        "tool results": results,
        "calls": [(b["name"], b["input"]) for b in blocks if b["type"] == "tool_use"],
        "vision": [f"data:{one['media_type']};base64,{one['data']}" for one in images],
        "structured output": schema and set(schema["properties"]),
        "reasoning": thinking.get("type") in ("enabled", "adaptive"),
        "caching": "cache_control" in json.dumps(body),
    }


def _of_responses(body: Body) -> dict[str, Any]:
    items = body["input"]
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    turns = [item for item in items if item.get("type", "message") == "message"]
    instructions = [body["instructions"]] if body.get("instructions") else []
    instructions += [_text(t["content"]) for t in turns if t["role"] in ("system", "developer")]
    users = [t["content"] for t in turns if t["role"] == "user"]
    parts = [
        p for c in users for p in ([{"type": "input_text", "text": c}] if isinstance(c, str) else c)
    ]
    form = (body.get("text") or {}).get("format") or {}
    calls = [item for item in items if item.get("type") == "function_call"]
    results = [item for item in items if item.get("type") == "function_call_output"]
    tools = body.get("tools", ())
    return {
        "plain text": [p["text"] for p in parts if p["type"] == "input_text"],
        "system": instructions,
        "tools": [(tool["name"], set(tool["parameters"]["properties"])) for tool in tools],
        "tool results": [_text(item["output"]) for item in results],
        "calls": [(call["name"], json.loads(call["arguments"])) for call in calls],
        "vision": [p["image_url"] for p in parts if p["type"] == "input_image"],
        "structured output": "schema" in form and set(form["schema"]["properties"]),
        "reasoning": bool((body.get("reasoning") or {}).get("effort")),
        "caching": "cache_control" in json.dumps(body),
    }  # fmt: skip


def _of_gemini(body: Body) -> dict[str, Any]:
    users = [turn for turn in body["contents"] if turn.get("role", "user") == "user"]
    parts = [part for turn in users for part in turn["parts"]]
    every = [part for turn in body["contents"] for part in turn["parts"]]
    config = body.get("generationConfig") or {}
    schema = config.get("responseSchema") or config.get("responseJsonSchema")
    declared = [d for tool in body.get("tools", ()) for d in tool.get("functionDeclarations", ())]
    images = [part["inlineData"] for part in parts if "inlineData" in part]
    system = (body.get("systemInstruction") or {}).get("parts", ())
    answers = [p["functionResponse"] for p in parts if "functionResponse" in p]
    calls = [p["functionCall"] for p in every if "functionCall" in p]
    return {
        "plain text": [part["text"] for part in parts if "text" in part],
        "system": [part["text"] for part in system],
        "tools": [(d["name"], set(_schema(d)["properties"])) for d in declared],
        "tool results": [one["response"]["result"] for one in answers],
        "calls": [(call["name"], call["args"]) for call in calls],
        "vision": [f"data:{one['mimeType']};base64,{one['data']}" for one in images],
        "structured output": schema and set(schema["properties"]),
        "reasoning": bool(config.get("thinkingConfig")),
        "caching": False,
    }


def _schema(declared: Body) -> Body:
    found: Body = declared.get("parameters") or declared["parametersJsonSchema"]
    return found


def _blocks(content: Any) -> list[Body]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


_READERS = {
    "chat": _of_chat,
    "messages": _of_messages,
    "responses": _of_responses,
    "generate": _of_gemini,
}
