"""The recorded vendor traffic, found beside the project or by WAYSTATION_WIRE_FIXTURES."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(
    os.environ.get("WAYSTATION_WIRE_FIXTURES")
    or Path(__file__).parents[2].parent / "shared" / "fixtures" / "wire"
)
SPEC = FOLDER.parent / "specs" / "openai-openapi.json"

needs_recordings = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"no recorded vendor traffic in {FOLDER}"
)

CHAT_STREAMS = (
    "alibaba/alibaba-tool-call",
    "deepseek/deepseek-reasoning",
    "deepseek/deepseek-text",
    "deepseek/deepseek-tool-call",
    "groq/groq-reasoning",
    "mistral/mistral-reasoning",
    "mistral/mistral-text",
    "mistral/mistral-tool-call",
    "openai-compatible/xai-tool-call",
    "xai/xai-tool-call",
    "openai/azure-model-router.1",
)
TEXT_STREAMS = ("openai/openai-completion-text",)
CHAT_REPLIES = (
    "alibaba/alibaba-tool-call",
    "deepseek/deepseek-reasoning",
    "deepseek/deepseek-text",
    "deepseek/deepseek-tool-call",
    "groq/groq-reasoning",
    "mistral/mistral-reasoning",
    "mistral/mistral-text",
    "mistral/mistral-tool-call",
    "moonshotai/moonshotai-reasoning",
    "moonshotai/moonshotai-text",
    "openai-compatible/xai-tool-call",
    "xai/xai-tool-call",
)


@cache
def payloads(name: str) -> tuple[bytes, ...]:
    """The `data:` payloads of a recorded stream."""
    return tuple((FOLDER / f"{name}.chunks.txt").read_bytes().splitlines())


def stream(name: str, end: bytes = b"\n", done: bool = True) -> bytes:
    """A recorded stream as bytes of the wire."""
    lines = [*payloads(name), b"[DONE]"] if done else list(payloads(name))
    return b"".join(b"data: " + line + end + end for line in lines)


@cache
def reply(name: str) -> bytes:
    """A recorded body."""
    return (FOLDER / f"{name}.json").read_bytes()


def chunks_of(out: bytes) -> tuple[list[dict[str, Any]], bool]:
    """(chunks, whether `[DONE]` came last) of what a caller got; anything else fails."""
    events = out.split(b"\n\n")
    assert events.pop() == b""
    assert all(event.startswith(b"data: ") and b"\n" not in event for event in events)
    is_done = bool(events) and events[-1] == b"data: [DONE]"
    if is_done:
        events.pop()
    return [json.loads(event[6:]) for event in events], is_done


@cache
def schema(name: str) -> dict[str, Any]:
    """A component schema of the vendor's OpenAPI document, `nullable` told as a type."""
    document = json.loads(SPEC.read_text())
    _nullable(document["components"]["schemas"])
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}


def _nullable(node: Any) -> None:
    if isinstance(node, list):
        for item in node:
            _nullable(item)
    elif isinstance(node, dict):
        if node.pop("nullable", False) is True and isinstance(node.get("type"), str):
            node["type"] = [node["type"], "null"]
            if "enum" in node:
                node["enum"] = [*node["enum"], None]
        for value in node.values():
            _nullable(value)
