"""A stub upstream that can stream and wait, as its own process: `python -m bench.stub PORT`.

nginx answers the plain JSON rows; this one is for what nginx cannot do. The path decides:
  …/stream   64 chat chunks, 20 ms apart (the request header x-frames says another number)
  …/idle     one chunk, then silence
  …/slow     a JSON answer after 20 ms
  …/flood    chunks without end, as fast as they are taken
Frames are made once and shared, and written by a wheel of 2 ms slots, so that the stub costs less
than what it measures.
"""

import asyncio
import json
import sys

import uvloop

FRAMES = 64
GAP_SECONDS = 0.020
SLOTS = 10

JSON_BODY = json.dumps(
    {
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "created": 1731000000,
        "model": "gpt-4o-mini",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "The harbour is quiet this morning."},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 12, "completion_tokens": 8, "total_tokens": 20},
    },
    separators=(",", ":"),
).encode()


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    value = {
        "id": "chatcmpl-stub",
        "object": "chat.completion.chunk",
        "created": 1731000000,
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    body = b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(body), body)


def frames() -> list[bytes]:
    """Numbered, so that the reader can tell whole and in order."""
    made = [_chunk({"role": "assistant", "content": "w000"})]
    made += [_chunk({"content": f" w{number:03d}"}) for number in range(1, FRAMES - 1)]
    made.append(_chunk({}, "stop"))
    return made


_FRAMES = frames()
_USAGE = (
    b'data: {"id":"chatcmpl-stub","object":"chat.completion.chunk","created":1731000000,'
    b'"model":"gpt-4o-mini","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":63,'
    b'"total_tokens":75}}\n\ndata: [DONE]\n\n'
)
_LAST = b"%x\r\n%s\r\n0\r\n\r\n" % (len(_USAGE), _USAGE)
_SSE_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)
_JSON_REPLY = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
    % (
        len(JSON_BODY),
        JSON_BODY,
    )
)


class Wheel:
    """Streams sorted into slots of a 20 ms turn; each slot's tick writes one frame to each."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots: list[dict[Stub, int]] = [{} for _ in range(SLOTS)]
        self._now = 0
        self._start = loop.time()
        self._ticks = 0
        self._tick()

    def add(self, stub: "Stub") -> None:
        self._slots[(self._now - 1) % SLOTS][stub] = 1

    def _tick(self) -> None:
        slot = self._slots[self._now]
        finished = []
        for stub, place in slot.items():
            if place < FRAMES:
                stub.transport.write(_FRAMES[place])
                slot[stub] = place + 1
            else:
                stub.transport.write(_LAST)
                finished.append(stub)
        for stub in finished:
            del slot[stub]
        self._now = (self._now + 1) % SLOTS
        self._ticks += 1
        self._loop.call_at(self._start + self._ticks * GAP_SECONDS / SLOTS, self._tick)

    def drop(self, stub: "Stub") -> None:
        for slot in self._slots:
            slot.pop(stub, None)


class Stub(asyncio.Protocol):
    """One connection; requests are taken one after another."""

    transport: asyncio.Transport

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel
        self._buffer = b""
        self._floods = False
        self._is_full = False

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        while self._floods and not self._is_full and not self.transport.is_closing():
            self.transport.write(_FRAMES[1] * 64)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        self._wheel.drop(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lower = head.lower()
        place = lower.find(b"content-length:")
        length = int(lower[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        self._answer(head.split(b" ", 2)[1])

    def _answer(self, path: bytes) -> None:
        if path.startswith(b"/stream"):
            self.transport.write(_SSE_HEAD + _FRAMES[0])
            self._wheel.add(self)
        elif path.startswith(b"/flood"):
            self.transport.write(_SSE_HEAD + _FRAMES[0])
            self._floods = True
            self.resume_writing()
        elif path.startswith(b"/idle"):
            self.transport.write(_SSE_HEAD + _FRAMES[0] + _FRAMES[1])
        else:
            asyncio.get_running_loop().call_later(GAP_SECONDS, self._reply)

    def _reply(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(_JSON_REPLY)


async def serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    wheel = Wheel(loop)
    server = await loop.create_server(lambda: Stub(wheel), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
