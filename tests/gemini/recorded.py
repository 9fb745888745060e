"""The recorded streams and replies of this dialect."""

import json
from typing import Any

STREAMS = (
    "google/google-reasoning-gemini3",
    "google/google-stream-no-args-tool-call",
    "google/google-stream-tool-call-array-arguments-missing-terminal-function-call",
    "google/google-text",
    "google/google-tool-call",
)
REPLIES = (
    "google/google-reasoning-gemini3",
    "google/google-text",
    "google/google-tool-call",
)


def chunks_of(out: bytes) -> list[dict[str, Any]]:
    """What a caller got as events."""
    frames = out.split(b"\n\n")
    assert frames.pop() == b""
    assert all(frame.startswith(b"data: ") and b"\n" not in frame for frame in frames)
    return [json.loads(frame[6:]) for frame in frames]
