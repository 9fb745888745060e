"""Operations, streams and readers of Anthropic's dialect as the tests make them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tests.dialects.making import no_headers
from tests.dialects.recorded import FOLDER
from tests.dialects.recorded import payloads as recorded_payloads
from waystation.dialects.anthropic.request import MessagesOperation, parse

VENDOR = FOLDER / "anthropic"


def _turns(name: str) -> list[tuple[bytes, ...]]:
    """The streams of a recording, which may hold several turns."""
    found: list[list[bytes]] = [[]]
    for payload in recorded_payloads(name):
        found[-1].append(payload)
        if json.loads(payload)["type"] == "message_stop":
            found.append([])
    return [tuple(turn) for turn in found if turn]


def payloads(name: str) -> tuple[bytes, ...]:
    """The `data:` payloads of one turn: `anthropic/<case>`, or `anthropic/<case>#2`."""
    case, _, number = name.partition("#")
    return _turns(case)[int(number or 0)]


def _named_streams() -> Iterator[str]:
    for path in sorted(VENDOR.glob("*.chunks.txt")):
        case = f"anthropic/{path.name.removesuffix('.chunks.txt')}"
        for number in range(len(_turns(case))):
            yield f"{case}#{number}" if number else case


STREAMS = tuple(_named_streams())
REPLIES = tuple(
    sorted(
        f"anthropic/{path.stem}"
        for path in VENDOR.glob("*.json")
        if b'"type": "message"' in path.read_bytes() or b'"type":"message"' in path.read_bytes()
    )
)


def message(**fields: Any) -> MessagesOperation:
    given = {
        "model": "asked",
        "max_tokens": 20_000,
        "messages": [{"role": "user", "content": "Hello?"}],
        **fields,
    }
    return parse(msgspec.json.encode(given), no_headers)


def stream(name: str) -> bytes:
    """A recorded stream as bytes of the wire, with the event lines that the vendor sends."""
    return events(*payloads(name))


def events(*told: bytes | dict[str, Any]) -> bytes:
    out = []
    for each in told:
        payload = each if isinstance(each, bytes) else json.dumps(each).encode()
        kind = json.loads(payload)["type"]
        out.append(b"event: " + kind.encode() + b"\ndata: " + payload + b"\n\n")
    return b"".join(out)


def told(out: bytes) -> list[dict[str, Any]]:
    """The events of what a caller got; each must have its two lines, of one kind."""
    blocks = out.split(b"\n\n")
    assert blocks.pop() == b""
    found = []
    for block in blocks:
        first, second = block.split(b"\n")
        event = json.loads(second.removeprefix(b"data: "))
        assert first == b"event: " + event["type"].encode()
        found.append(event)
    return found


def recorded_path(name: str) -> Path:
    return FOLDER / f"{name}.json"


def check_order(out: bytes) -> list[dict[str, Any]]:
    """Anthropic's order of events over what a caller got."""
    found = [event for event in told(out) if event["type"] != "ping"]
    assert found[0]["type"] == "message_start"
    assert [event["type"] for event in found[-2:]] == ["message_delta", "message_stop"]
    assert found[-2]["delta"]["stop_reason"] is not None
    is_open: int | None = None
    blocks = 0
    for event in found[1:-2]:
        kind = event["type"]
        if kind == "content_block_start":
            assert is_open is None
            assert event["index"] == blocks
            is_open = blocks
        else:
            assert kind in ("content_block_delta", "content_block_stop")
            assert event["index"] == is_open
        if kind == "content_block_stop":
            is_open = None
            blocks += 1
    assert is_open is None
    return found


def content(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The message's content that the events add up to, as an SDK adds them up."""
    blocks: list[dict[str, Any]] = []
    inputs: dict[int, str] = {}
    for event in found:
        if event["type"] == "content_block_start":
            blocks.append(dict(event["content_block"]))
        elif event["type"] == "content_block_delta":
            block, delta = blocks[event["index"]], event["delta"]
            for name in ("text", "thinking", "signature"):
                if name in delta:
                    block[name] = block.get(name, "") + delta[name]
            if "partial_json" in delta:
                at = event["index"]
                inputs[at] = inputs.get(at, "") + delta["partial_json"]
    for at, text in inputs.items():
        if text:
            blocks[at]["input"] = json.loads(text)
    return blocks
