"""Gemini's calls on the demo's wire."""

import json
from collections.abc import Iterator
from typing import Any

from waystation.demo import chat
from waystation.demo.chat import Choice
from waystation.demo.embedding import DIMENSIONS_DEFAULT, DIMENSIONS_MAX, embed
from waystation.demo.others import BadRequest
from waystation.demo.words import digest

_CHOICES_MAX = 8
_MODES = {"NONE": "none", "ANY": "required"}


def either(fields: Any, camel: str, snake: str) -> Any:
    if not isinstance(fields, dict):
        return None
    return fields.get(camel, fields.get(snake))


def as_chat(body: dict[str, Any]) -> dict[str, Any]:
    """The request as the demo's chat reads it."""
    messages: list[dict[str, Any]] = []
    system = either(body, "systemInstruction", "system_instruction")
    if isinstance(system, dict):
        messages.append({"role": "system", "content": _text(system)})
    contents = body.get("contents")
    for content in [contents] if isinstance(contents, dict) else contents or ():
        messages += _turns(content)
    config = either(body, "generationConfig", "generation_config") or {}
    found: dict[str, Any] = {"messages": messages}
    found["n"] = min(either(config, "candidateCount", "candidate_count") or 1, _CHOICES_MAX)
    found["max_completion_tokens"] = either(config, "maxOutputTokens", "max_output_tokens")
    found["stop"] = either(config, "stopSequences", "stop_sequences")
    found["seed"] = config.get("seed")
    found |= _tools(body)
    schema = either(config, "responseSchema", "response_schema") or either(
        config, "responseJsonSchema", "response_json_schema"
    )
    if schema is not None:
        wanted = {"schema": _lowered(schema)}
        found["response_format"] = {"type": "json_schema", "json_schema": wanted}
    elif either(config, "responseMimeType", "response_mime_type") == "application/json":
        found["response_format"] = {"type": "json_object"}
    thinking = either(config, "thinkingConfig", "thinking_config")
    if either(thinking, "includeThoughts", "include_thoughts"):
        found["enable_thinking"] = True
    return found


def _tools(body: dict[str, Any]) -> dict[str, Any]:
    declared = []
    for tool in body.get("tools") or ():
        for one in either(tool, "functionDeclarations", "function_declarations") or ():
            schema = one.get("parameters") or either(
                one, "parametersJsonSchema", "parameters_json_schema"
            )
            declared.append({**one, "parameters": _lowered(schema or {})})
    if not declared:
        return {}
    choice = either(body, "toolConfig", "tool_config")
    calling = either(choice, "functionCallingConfig", "function_calling_config") or {}
    names = either(calling, "allowedFunctionNames", "allowed_function_names") or ()
    kept = [one for one in declared if not names or one.get("name") in names]
    return {
        "tools": [{"type": "function", "function": one} for one in kept],
        "tool_choice": _MODES.get(str(calling.get("mode")), "auto"),
    }


def _lowered(schema: Any) -> Any:
    """Google's schemas write their types in capitals."""
    if isinstance(schema, list):
        return [_lowered(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: value.lower() if name == "type" and isinstance(value, str) else _lowered(value)
        for name, value in schema.items()
    }


def _turns(content: Any) -> list[dict[str, Any]]:
    if not isinstance(content, dict):
        return []
    role = "assistant" if content.get("role") == "model" else "user"
    parts: list[dict[str, Any]] = []
    turns: list[dict[str, Any]] = []
    for part in content.get("parts") or ():
        call = either(part, "functionCall", "function_call")
        result = either(part, "functionResponse", "function_response")
        if isinstance(part.get("text"), str) and not part.get("thought"):
            parts.append({"type": "text", "text": part["text"]})
        elif isinstance(call, dict):
            function = {"name": call.get("name"), "arguments": json.dumps(call.get("args") or {})}
            said = {"id": call.get("id"), "type": "function", "function": function}
            turns.append({"role": "assistant", "content": None, "tool_calls": [said]})
        elif isinstance(result, dict):
            answer = json.dumps(result.get("response"), ensure_ascii=False)
            turns.append({"role": "tool", "tool_call_id": result.get("id"), "content": answer})
        else:
            parts += _media(part)
    return [*([{"role": role, "content": parts}] if parts else ()), *turns]


def _media(part: Any) -> list[dict[str, Any]]:
    inline = either(part, "inlineData", "inline_data")
    named = either(part, "fileData", "file_data")
    url = ""
    if isinstance(inline, dict):
        url = f"data:{either(inline, 'mimeType', 'mime_type')};base64,{inline.get('data')}"
    elif isinstance(named, dict):
        url = str(either(named, "fileUri", "file_uri"))
    return [{"type": "image_url", "image_url": {"url": url}}] if url else []


def _text(content: dict[str, Any]) -> str:
    parts = content.get("parts") or ()
    parts = [parts] if isinstance(parts, dict) else parts
    return " ".join(str(one.get("text", "")) for one in parts if isinstance(one, dict))


def _head(body: dict[str, Any], model: str) -> dict[str, Any]:
    identity = f"demo{digest(json.dumps(body, sort_keys=True)):016x}"
    return {"modelVersion": model, "responseId": identity}


def _usage(said: dict[str, Any], made: list[Choice]) -> dict[str, Any]:
    prompt = chat.prompt_tokens(said)
    thoughts = sum(len(one.reasoning) for one in made)
    output = sum(one.output_tokens for one in made) - thoughts
    fields = {"promptTokenCount": prompt, "candidatesTokenCount": output}
    if thoughts:
        fields["thoughtsTokenCount"] = thoughts
    details = {"promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}]}
    return {**fields, "totalTokenCount": prompt + output + thoughts, **details}


def _finish(one: Choice) -> str:
    return "MAX_TOKENS" if one.finish == "length" else "STOP"


def _calls(one: Choice, index: int) -> Iterator[dict[str, Any]]:
    for place, (name, arguments) in enumerate(one.answer.calls):
        try:
            args = json.loads(arguments)
        except ValueError:
            args = {}  # cut at the limit
        identity = f"demo{digest(name, arguments, index, place):012x}"[:16]
        yield {"functionCall": {"id": identity, "name": name, "args": args}}


def answer(body: dict[str, Any], model: str) -> dict[str, Any]:
    """The whole answer as one object."""
    said = as_chat(body)
    made = chat.choices(said)
    candidates = []
    for index, one in enumerate(made):
        parts: list[dict[str, Any]] = []
        if one.reasoning:
            parts.append({"text": "".join(one.reasoning), "thought": True})
        if one.pieces:
            parts.append({"text": "".join(one.pieces)})
        parts += _calls(one, index)
        content = {"role": "model", "parts": parts}
        candidates.append({"content": content, "finishReason": _finish(one), "index": index})
    return {"candidates": candidates, "usageMetadata": _usage(said, made), **_head(body, model)}


def chunks(body: dict[str, Any], model: str) -> Iterator[dict[str, Any]]:
    """The same as a stream: usage in each chunk, the whole of it in the last."""
    said = as_chat(body)
    made = chat.choices(said)
    head = _head(body, model)
    prompt = {"promptTokenCount": chat.prompt_tokens(said)}

    def chunk(index: int, part: dict[str, Any]) -> dict[str, Any]:
        content = {"role": "model", "parts": [part]}
        candidate = {"content": content, "index": index}
        return {"candidates": [candidate], "usageMetadata": prompt, **head}

    for index, one in enumerate(made):
        for piece in one.reasoning:
            yield chunk(index, {"text": piece, "thought": True})
        for piece in one.pieces:
            yield chunk(index, {"text": piece})
        for part in _calls(one, index):
            yield chunk(index, part)
    ends = [
        {
            "content": {"role": "model", "parts": [{"text": ""}]},
            "finishReason": _finish(one),
            "index": index,
        }
        for index, one in enumerate(made)
    ]
    yield {"candidates": ends, "usageMetadata": _usage(said, made), **head}


def counted(body: dict[str, Any]) -> dict[str, Any]:
    inner = either(body, "generateContentRequest", "generate_content_request")
    return {"totalTokens": chat.prompt_tokens(as_chat(inner or body))}


def embedding(body: dict[str, Any]) -> dict[str, Any]:
    return {"embedding": {"values": _vector(body)}}


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    return {"embeddings": [{"values": _vector(one)} for one in body.get("requests") or ()]}


def _vector(body: dict[str, Any]) -> list[float]:
    dimensions = either(body, "outputDimensionality", "output_dimensionality")
    dimensions = dimensions or DIMENSIONS_DEFAULT
    if type(dimensions) is not int or not 1 <= dimensions <= DIMENSIONS_MAX:
        raise BadRequest(f"outputDimensionality must be between 1 and {DIMENSIONS_MAX}")
    content = body.get("content")
    return embed(_text(content) if isinstance(content, dict) else "", dimensions)
