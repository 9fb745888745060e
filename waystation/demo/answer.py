"""What the demo says: a short text about the request itself, or a tool call.

It reads the conversation as a vendor would (last user turn, tool results, pictures, schemas) and
builds the answer from it, so that a person who tries it sees that the right things arrived.
"""

import base64
import json
import struct
from typing import Any

import msgspec

from waystation.demo.schema import fit
from waystation.demo.words import choose, digest, is_chinese, text_of, tokens, words

_OPENINGS = (
    "This is the Waystation demo channel speaking.",
    "A demo answer, made without any model.",
    "Hello from the built-in demo.",
)
_OPENINGS_ZH = (
    "这是 Waystation 内置的演示渠道。",
    "演示回答，背后没有模型。",
    "来自内置演示渠道的问候。",
)


class Answer(msgspec.Struct, frozen=True):
    """text or tool calls (name, arguments as JSON text); reasoning when it was asked for."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[tuple[str, str], ...] = ()


def answer(body: dict[str, Any], index: int) -> Answer:
    """The answer number index to a chat body."""
    messages = [one for one in body.get("messages") or () if isinstance(one, dict)]
    prompt = _last(messages, "user")
    reasoning = f"The request has {len(messages)} messages; I restate it." if _thinks(body) else ""
    schema = _schema(body)
    if schema is not None:
        return Answer(json.dumps(fit(schema, prompt), ensure_ascii=False), reasoning)
    calls = _calls(body, messages, prompt)
    if calls:
        return Answer(reasoning=reasoning, calls=calls)
    return Answer(_text(body, messages, prompt, index), reasoning)


def _last(messages: list[dict[str, Any]], role: str) -> str:
    for message in reversed(messages):
        if message.get("role") == role:
            return text_of(message.get("content"))
    return ""


def _thinks(body: dict[str, Any]) -> bool:
    return body.get("reasoning_effort") not in (None, "none", "minimal") or bool(
        body.get("enable_thinking")
    )


def _schema(body: dict[str, Any]) -> Any:
    wanted = body.get("response_format")
    if not isinstance(wanted, dict):
        return None
    if wanted.get("type") == "json_schema":
        inner = wanted.get("json_schema")
        return inner.get("schema") or {} if isinstance(inner, dict) else {}
    if wanted.get("type") == "json_object":
        return {"type": "object", "properties": {"answer": {"type": "string"}}}
    return None


def _calls(
    body: dict[str, Any], messages: list[dict[str, Any]], prompt: str
) -> tuple[tuple[str, str], ...]:
    """Which functions to call: the forced one, else those that the prompt's words fit best.

    After a tool's result the demo speaks, so that a loop of calls comes to its end."""
    functions = [
        tool["function"]
        for tool in body.get("tools") or ()
        if isinstance(tool, dict) and isinstance(tool.get("function"), dict)
    ]
    choice = body.get("tool_choice", "auto")
    if not functions or choice == "none" or (messages and messages[-1].get("role") == "tool"):
        return ()
    if isinstance(choice, dict):
        name = (choice.get("function") or {}).get("name")
        functions = [one for one in functions if one.get("name") == name] or functions[:1]
    asked = set(words(prompt))
    scored = [(len(asked & _about(one)), -place) for place, one in enumerate(functions)]
    best = max(scored)[0]
    picked = [one for one, (score, _) in zip(functions, scored, strict=True) if score == best]
    if best == 0 or body.get("parallel_tool_calls") is False:
        picked = picked[:1]
    return tuple(
        (
            str(one.get("name", "")),
            json.dumps(fit(one.get("parameters") or {}, prompt), ensure_ascii=False),
        )
        for one in picked[:3]
    )


def _about(function: dict[str, Any]) -> set[str]:
    described = f"{function.get('name', '')} {function.get('description', '')}".replace("_", " ")
    return {word for word in words(described) if len(word) > 3}


def _text(body: dict[str, Any], messages: list[dict[str, Any]], prompt: str, index: int) -> str:
    result = _last(messages, "tool") if messages and messages[-1].get("role") == "tool" else ""
    pictures = _pictures(messages)
    variant = (prompt, body.get("seed"), index)
    if is_chinese(prompt):
        said = [choose(_OPENINGS_ZH, *variant), f"你说：“{_short(prompt)}”。"]
        if result:
            said.append(f"工具返回：{_short(result)}。")
        said += [f"收到图片：{one}。" for one in pictures]
        return "".join(said)
    said = [choose(_OPENINGS, *variant)]
    if prompt:
        said.append(f"You said: “{_short(prompt)}”.")
    if result:
        said.append(f"The tool returned: {_short(result)}.")
    said += [f"I received a picture: {one}." for one in pictures]
    count = len(tokens(prompt))
    said.append(
        f"That is {count} of my tokens, and my lucky number for it is {digest(*variant) % 97}."
    )
    return " ".join(said)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 300 else text[:297] + "…"


def _pictures(messages: list[dict[str, Any]]) -> list[str]:
    """Each picture of the last user turn in a few words, with its size where we can read it."""
    for message in reversed(messages):
        if message.get("role") == "user":
            content = message.get("content")
            parts = content if isinstance(content, list) else ()
            return [_picture(one) for one in parts if isinstance(one, dict) and "image_url" in one]
    return []


def _picture(part: dict[str, Any]) -> str:
    image = part["image_url"]
    url = str(image.get("url", "") if isinstance(image, dict) else image)
    if not url.startswith("data:"):
        return f"by address ({url[:80]})"
    head, _, data = url.partition(",")
    try:
        raw = base64.b64decode(data[:64], validate=False)
    except ValueError:
        return "as data that is not base64"
    if raw.startswith(b"\x89PNG") and len(raw) >= 24:
        width, height = struct.unpack(">II", raw[16:24])
        return f"a PNG of {width}×{height}"
    return f"as {head[5:].split(';')[0] or 'data'}"
