"""The recorded streams and replies of this dialect."""

import json
from typing import Any

from tests.dialects import recorded

STREAMS = (
    "openai/openai-apply-patch-tool.1",
    "openai/openai-code-interpreter-tool.1",
    "openai/openai-compaction.1",
    "openai/openai-file-search-tool.1",
    "openai/openai-file-search-tool.2",
    "azure/openai-file-search-tool.1",
    "openai/openai-image-generation-tool.1",
    "openai/openai-mcp-tool.1",
    "openai/openai-reasoning-encrypted-content.1",
    "openai/openai-shell-container-multiturn.1",
    "openai/openai-shell-local-multiturn.1",
    "openai/openai-shell-skills.1",
    "openai/openai-shell-tool.1",
    "openai/openai-web-search-tool.1",
    "openai/programmatic-tool-calling.1",
    "openai/programmatic-tool-calling.2",
    "openai/programmatic-tool-calling.3",
    "azure/azure-code-interpreter-tool.1",
    "azure/azure-text.1",
    "azure/azure-tool-call.1",
    "azure/openai-file-search-tool.2",
    "open-responses/openai-pdf-input-file.1",
    "xai/xai-text-streaming.1",
    "xai/xai-text-with-reasoning-streaming.1",
)
BROKEN = "openai/parallel-tool-call-wrapper.1"
"""Its first line lacks a brace."""
REPLIES = (
    "openai/openai-apply-patch-tool.1",
    "openai/openai-code-interpreter-tool.1",
    "openai/openai-file-search-tool.1",
    "openai/openai-file-search-tool.2",
    "openai/openai-image-generation-tool.1",
    "openai/openai-mcp-tool.1",
    "openai/openai-reasoning-encrypted-content.1",
    "openai/openai-shell-container-multiturn.1",
    "openai/openai-shell-local-multiturn.1",
    "openai/openai-shell-skills.1",
    "openai/openai-shell-tool.1",
    "openai/openai-web-search-tool.1",
    "openai/parallel-tool-call-wrapper.1",
    "openai/programmatic-tool-calling.1",
    "openai/programmatic-tool-calling.2",
    "openai/programmatic-tool-calling.3",
    "azure/azure-code-interpreter-tool.1",
    "azure/azure-text.1",
    "azure/azure-tool-call.1",
    "open-responses/openai-pdf-input-file.1",
    "xai/xai-code-execution-tool.1",
)


def events_of(out: bytes) -> list[dict[str, Any]]:
    """What a caller got; the contract of the form is checked on the way."""
    frames = out.split(b"\n\n")
    assert frames.pop() == b""
    events = []
    for frame in frames:
        head, _, data = frame.partition(b"\n")
        assert head.startswith(b"event: "), frame
        assert data.startswith(b"data: "), frame
        assert b"\n" not in data
        event = json.loads(data[6:])
        assert event["type"] == head[7:].decode()
        events.append(event)
    numbers = [event["sequence_number"] for event in events]
    assert numbers == sorted(set(numbers))
    return events


def payloads(name: str) -> list[bytes]:
    """Of the first response; some recordings hold several, one after the other."""
    found = []
    for payload in recorded.payloads(name):
        found.append(payload)
        if json.loads(payload)["type"] == "response.completed":
            break
    return found


def stream(name: str, end: bytes = b"\n") -> bytes:
    """The same as bytes of the wire."""
    return b"".join(b"data: " + payload + end + end for payload in payloads(name))
