"""What a dialect costs: native and translated, a whole answer and a frame, without any socket.

    python -m bench.lanes

Microseconds of one core. A whole answer: the request read, the body written, the answer read and
written. The relay's other work (face, ledger, routing, upstream) comes on top of either lane.
"""

import json
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from waystation.dialects.anthropic.request import parse as parse_messages
from waystation.dialects.openai_chat import parse as parse_chat
from waystation.dialects.operation import Receipt, Target
from waystation.dialects.speakers import translate

_TARGET = Target(upstream_model="upstream")
_RECEIPT = Receipt(lambda usage: "0.001")
_WORDS = 200
_ASKED: dict[str, Any] = {
    "model": "m",
    "max_tokens": 1000,
    "temperature": 0.5,
    "messages": [{"role": "user", "content": "hello there " * 20}],
}
_CHAT_REPLY: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_731_000_000,
    "model": "upstream",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello there"},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
}
_MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "upstream",
    "content": [{"type": "text", "text": "Hello there"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 100, "output_tokens": 10},
}


def _chat_frames() -> list[bytes]:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        told = {**_CHAT_REPLY, "object": "chat.completion.chunk", "choices": [choice]}
        del told["usage"]
        return b"data: " + json.dumps(told).encode() + b"\n\n"

    words = [chunk({"content": " word"}) for _ in range(_WORDS)]
    return [chunk({"role": "assistant"}), *words, chunk({}, "stop"), b"data: [DONE]\n\n"]


def _message_frames() -> list[bytes]:
    def event(kind: str, **fields: Any) -> bytes:
        payload = json.dumps({"type": kind, **fields}).encode()
        return b"event: " + kind.encode() + b"\ndata: " + payload + b"\n\n"

    delta = {"type": "text_delta", "text": " word"}
    return [
        event("message_start", message={**_MESSAGE, "content": []}),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *(event("content_block_delta", index=0, delta=delta) for _ in range(_WORDS)),
        event("content_block_stop", index=0),
        event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 200}),
        event("message_stop"),
    ]


def _operation(parse: Callable[..., Any], spoken: str, stream: bool) -> Any:
    body = json.dumps({**_ASKED, "stream": stream}).encode()
    operation = parse(body, lambda name: None)
    return operation if spoken == operation.name else translate(operation, spoken)


def _whole(parse: Callable[..., Any], spoken: str, reply: bytes) -> float:
    def once() -> None:
        operation = _operation(parse, spoken, stream=False)
        operation.body_for(_TARGET)
        reader = operation.reply_reader(_TARGET, _RECEIPT)
        reader.read(200, "application/json", reply)
        reader.usage()

    def rounds(count: int = 1000) -> float:
        began = perf_counter()
        for _ in range(count):
            once()
        return (perf_counter() - began) / count

    return min(rounds() for _ in range(7))


def _frame(parse: Callable[..., Any], spoken: str, frames: Sequence[bytes]) -> float:
    def once() -> float:
        reader = _operation(parse, spoken, stream=True).stream_reader(_TARGET, _RECEIPT)
        began = perf_counter()
        for frame in frames:
            reader.feed(frame)
        spent = perf_counter() - began
        assert reader.complete
        return spent / len(frames)

    return min(once() for _ in range(60))


def main() -> None:
    replies = {"chat": _CHAT_REPLY, "messages": _MESSAGE}
    frames = {"chat": _chat_frames(), "messages": _message_frames()}
    callers: dict[str, Callable[..., Any]] = {"chat": parse_chat, "messages": parse_messages}
    for caller, parse in callers.items():
        for spoken in frames:
            whole = _whole(parse, spoken, json.dumps(replies[spoken]).encode()) * 1e6
            frame = _frame(parse, spoken, frames[spoken]) * 1e6
            lane = "native" if caller == spoken else "translated"
            print(f"{caller:>8} at {spoken:<8} {lane:<10} {whole:6.1f} whole {frame:6.2f} a frame")


if __name__ == "__main__":
    main()
