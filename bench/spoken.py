"""An upstream that answers at once in three dialects, as its own process: `python -m bench.spoken
PORT`. The path says which one, the body whether it streams; a stream comes in one piece, so that
the relay alone sets the pace."""

import asyncio
import json
import sys
from typing import Any

import uvloop

WORDS = 64
_TEXT = "The harbour is quiet this morning."
_MODEL = "gpt-4o-mini"
_CHAT: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_731_000_000,
    "model": _MODEL,
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": _TEXT},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 12, "completion_tokens": 8, "total_tokens": 20},
}
_MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": _MODEL,
    "content": [{"type": "text", "text": _TEXT}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 12, "output_tokens": 8},
}
_USAGE = {"promptTokenCount": 12, "candidatesTokenCount": 8, "totalTokenCount": 20}


def _generated(text: str, **more: Any) -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": text}]}
    candidate = {"content": content, "index": 0, **more}
    return {"candidates": [candidate], "usageMetadata": _USAGE, "modelVersion": _MODEL}


def _event(payload: dict[str, Any], kind: str = "") -> bytes:
    head = f"event: {kind}\n".encode() if kind else b""
    return head + b"data: " + json.dumps(payload, separators=(",", ":")).encode() + b"\n\n"


def _chat_stream() -> bytes:
    def chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
        told = {**_CHAT, "object": "chat.completion.chunk", "choices": choices}
        del told["usage"]
        return _event(told)

    words = [chunk({"content": " word"}) for _ in range(WORDS)]
    usage = _event({**_CHAT, "object": "chat.completion.chunk", "choices": []})
    first = chunk({"role": "assistant", "content": ""})
    return b"".join([first, *words, chunk({}, "stop"), usage, b"data: [DONE]\n\n"])


def _message_stream() -> bytes:
    def event(kind: str, **fields: Any) -> bytes:
        return _event({"type": kind, **fields}, kind)

    delta = {"type": "text_delta", "text": " word"}
    return b"".join(
        [
            event("message_start", message={**_MESSAGE, "content": []}),
            event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
            *(event("content_block_delta", index=0, delta=delta) for _ in range(WORDS)),
            event("content_block_stop", index=0),
            event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 8}),
            event("message_stop"),
        ]
    )


def _generate_stream() -> bytes:
    words = [_event(_generated(" word")) for _ in range(WORDS)]
    return b"".join([*words, _event(_generated("", finishReason="STOP"))])


def _reply(kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


_WHOLE = {
    b"chat": _reply("application/json", json.dumps(_CHAT).encode()),
    b"messages": _reply("application/json", json.dumps(_MESSAGE).encode()),
    b"generate": _reply(
        "application/json", json.dumps(_generated(_TEXT, finishReason="STOP")).encode()
    ),
}
_STREAMS = {
    b"chat": _reply("text/event-stream", _chat_stream()),
    b"messages": _reply("text/event-stream", _message_stream()),
    b"generate": _reply("text/event-stream", _generate_stream()),
}


class Spoken(asyncio.Protocol):
    """One connection; requests are taken one after another."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        place = head.lower().find(b"content-length:")
        length = int(head[place + 15 :].split(b"\r\n", 1)[0])
        if len(rest) < length:
            return
        body, self._buffer = rest[:length], rest[length:]
        line = head.split(b"\r\n", 1)[0]
        spoken = next(each for each in _WHOLE if each in line.lower())
        streams = b'"stream":true' in body or b"streamGenerate" in line
        self._transport.write((_STREAMS if streams else _WHOLE)[spoken])


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Spoken, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
