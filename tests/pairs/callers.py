"""One request in each dialect, and the contract of each dialect's answers."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.dialects.making import body, no_headers
from tests.dialects.streams import check_contract
from tests.gemini.recorded import chunks_of
from tests.responses.recorded import events_of
from waystation.dialects.anthropic.request import parse as parse_messages
from waystation.dialects.gemini.request import parse as parse_gemini
from waystation.dialects.openai_chat.request import parse as parse_chat
from waystation.dialects.openai_responses.request import parse as parse_responses
from waystation.dialects.operation import Operation

LONG = "Hello? " * 4000
"""So that recorded prompts are plausible."""

TOOLS = ("weather", "cityAttractions")
_SCHEMA = {"type": "object", "properties": {"location": {"type": "string"}}}


def chat(stream: bool) -> Operation:
    tools = [{"type": "function", "function": {"name": n, "parameters": _SCHEMA}} for n in TOOLS]
    messages = [{"role": "user", "content": LONG}]
    options = {"stream_options": {"include_usage": True}} if stream else {}
    given = body(model="asked", messages=messages, tools=tools, stream=stream, **options)
    return parse_chat(given, no_headers)


def messages(stream: bool) -> Operation:
    tools = [{"name": name, "input_schema": _SCHEMA} for name in TOOLS]
    turns = [{"role": "user", "content": LONG}]
    given = body(model="asked", messages=turns, tools=tools, max_tokens=64_000, stream=stream)
    return parse_messages(given, no_headers)


def responses(stream: bool) -> Operation:
    tools = [{"type": "function", "name": name, "parameters": _SCHEMA} for name in TOOLS]
    return parse_responses(body(model="asked", input=LONG, tools=tools, stream=stream), no_headers)


def gemini(stream: bool) -> Operation:
    declared = [{"name": name, "parameters": _SCHEMA} for name in TOOLS]
    contents = [{"role": "user", "parts": [{"text": LONG}]}]
    given = body(contents=contents, tools=[{"functionDeclarations": declared}])
    return parse_gemini(given, no_headers, model="asked", stream=stream)


CALLERS: Mapping[str, Callable[[bool], Operation]] = {
    "chat": chat,
    "messages": messages,
    "responses": responses,
    "generate": gemini,
}


class Said:
    """What an answer says, whatever its dialect."""

    def __init__(self) -> None:
        self.text = ""
        self.calls: list[tuple[str, Any]] = []
        self.input_tokens = 0
        self.output_tokens = 0
        self.finish = ""

    def facts(self) -> tuple[Any, ...]:
        return self.text, self.calls, self.output_tokens


def said_in(dialect: str, out: bytes) -> Said:
    """A stream's contract is checked, and what it says is told."""
    return {
        "chat": _chat,
        "messages": _messages,
        "responses": _responses,
        "generate": _gemini,
    }[dialect](out)


def _chat(out: bytes) -> Said:
    chunks = check_contract(out, True, "chat.completion.chunk")
    said = Said()
    calls: dict[int, list[str]] = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            delta = choice["delta"]
            said.text += delta.get("content") or ""
            for call in delta.get("tool_calls") or ():
                known = calls.setdefault(call["index"], ["", ""])
                known[0] += call["function"].get("name") or ""
                known[1] += call["function"].get("arguments") or ""
            said.finish = choice.get("finish_reason") or said.finish
    said.calls = [(name, json.loads(arguments or "{}")) for name, arguments in calls.values()]
    usage = chunks[-1]["usage"]
    said.input_tokens, said.output_tokens = usage["prompt_tokens"], usage["completion_tokens"]
    return said


def _messages(out: bytes) -> Said:
    frames = out.split(b"\n\n")
    assert frames.pop() == b""
    events = [json.loads(frame.partition(b"\ndata: ")[2]) for frame in frames]
    kinds = [event["type"] for event in events]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    said = Said()
    open_block: dict[str, Any] | None = None
    arguments = ""
    for event in events[1:-2]:
        if event["type"] == "content_block_start":
            assert open_block is None
            open_block, arguments = event["content_block"], ""
        elif event["type"] == "content_block_delta":
            assert open_block is not None
            said.text += event["delta"].get("text") or ""
            arguments += event["delta"].get("partial_json") or ""
        elif event["type"] == "content_block_stop":
            assert open_block is not None
            if open_block["type"] == "tool_use":
                said.calls.append((open_block["name"], json.loads(arguments or "{}")))
            open_block = None
    assert open_block is None
    said.output_tokens = events[-2]["usage"]["output_tokens"]
    said.finish = events[-2]["delta"]["stop_reason"]
    return said


def _responses(out: bytes) -> Said:
    events = events_of(out)
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    last = events[-1]
    assert last["type"] in ("response.completed", "response.incomplete")
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    response = last["response"]
    done = [event for event in events if event["type"] == "response.output_item.done"]
    done.sort(key=lambda event: int(event["output_index"]))
    assert [event["item"] for event in done] == response["output"]
    said = Said()
    deltas = [e["delta"] for e in events if e["type"] == "response.output_text.delta"]
    for item in response["output"]:
        if item["type"] == "message":
            said.text += "".join(part.get("text", "") for part in item["content"])
        elif item["type"] == "function_call":
            said.calls.append((item["name"], json.loads(item["arguments"])))
    assert "".join(deltas) == said.text
    usage = response["usage"]
    said.input_tokens, said.output_tokens = usage["input_tokens"], usage["output_tokens"]
    said.finish = response["status"]
    return said


def _gemini(out: bytes) -> Said:
    chunks = chunks_of(out)
    said = Said()
    for chunk in chunks:
        candidate = chunk["candidates"][0]
        assert chunk["modelVersion"] == "asked"
        for part in candidate["content"]["parts"]:
            if "functionCall" in part:
                said.calls.append((part["functionCall"]["name"], part["functionCall"]["args"]))
            elif not part.get("thought"):
                said.text += part.get("text", "")
        said.finish = candidate.get("finishReason") or said.finish
    usage = chunks[-1]["usageMetadata"]
    said.input_tokens = usage["promptTokenCount"]
    said.output_tokens = usage["candidatesTokenCount"] + usage.get("thoughtsTokenCount", 0)
    return said
