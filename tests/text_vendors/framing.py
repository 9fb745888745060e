"""Streams in AWS's framing, as the tests make them."""

import base64
import json
import struct
from collections.abc import Iterable, Mapping
from typing import Any
from zlib import crc32


def headers_of(headers: Mapping[str, str]) -> bytes:
    return b"".join(
        bytes([len(name)])
        + name.encode()
        + b"\x07"
        + struct.pack(">H", len(value))
        + value.encode()
        for name, value in headers.items()
    )


def framed(payload: bytes, headers: bytes = b"", total: int | None = None) -> bytes:
    """total: a lie about the message's length."""
    length = 16 + len(headers) + len(payload) if total is None else total
    prelude = struct.pack(">II", length, len(headers))
    data = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return data + struct.pack(">I", crc32(data))


def chunk(event: bytes) -> bytes:
    """An event of Anthropic's as Bedrock sends it, with its padding."""
    kind = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
    said = {"bytes": base64.b64encode(event).decode(), "p": "abcdefghij"[: len(event) % 10]}
    return framed(json.dumps(said).encode(), headers_of(kind))


def exception(name: str, message: str) -> bytes:
    kind = {":exception-type": name, ":content-type": "application/json"}
    said = {"message": message}
    return framed(json.dumps(said).encode(), headers_of({**kind, ":message-type": "exception"}))


def chunks(events: Iterable[Mapping[str, Any]]) -> list[bytes]:
    """The last event carries the cloud's own figures."""
    told = [dict(event) for event in events]
    told[-1]["amazon-bedrock-invocationMetrics"] = {"inputTokenCount": 9, "invocationLatency": 5}
    return [chunk(json.dumps(event).encode()) for event in told]
