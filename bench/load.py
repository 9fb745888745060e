"""Load that wrk cannot make, as its own process: many streams, or one connection's latencies.

`python -m bench.load streams HOST PORT PATH KEY COUNT` prints JSON: how many streams were clean
(whole, in order, no gap over 200 ms), first-frame times, largest gap.
`python -m bench.load latency HOST PORT PATH KEY COUNT` prints JSON: p50 and p99 in microseconds of
COUNT requests on one kept-alive connection.
`python -m bench.load hold HOST PORT PATH KEY COUNT SECONDS` opens streams, reads their first frame
and keeps them for so long.
`… silent …` the same with clients that read nothing at all.
"""

import asyncio
import json
import socket
import sys
from time import perf_counter

import uvloop

GAP_SECONDS_MAX = 0.200
WANTED = [b"w%03d" % number for number in range(63)]
BODY = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "Tell me of the harbour."}],
}


def request(path: str, key: str, stream: bool) -> bytes:
    body = json.dumps({**BODY, "stream": True} if stream else BODY).encode()
    return (
        f"POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body


class Reader(asyncio.Protocol):
    """One streamed request: bytes kept whole, arrival times reduced to first and largest gap."""

    def __init__(self, message: bytes, done: asyncio.Future[None]) -> None:
        self._message = message
        self._done = done
        self._last = 0.0
        self._bytes = bytearray()
        self.first = 0.0
        self.gap = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self.sent = self._last = perf_counter()
        transport.write(self._message)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        now = perf_counter()
        if not self.first:
            if b"data: " not in data:
                return
            self.first = now - self.sent
        else:
            self.gap = max(self.gap, now - self._last)
        self._last = now
        self._bytes += data
        if self._bytes.endswith(b"0\r\n\r\n"):
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def clean(self) -> bool:
        place = 0
        for word in WANTED:
            place = self._bytes.find(word, place)
            if place < 0:
                return False
        return self._bytes.rfind(b"[DONE]") > place and self.gap <= GAP_SECONDS_MAX


async def streams(host: str, port: int, message: bytes, count: int) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    readers, waits = [], []
    begun = perf_counter()
    for number in range(count):
        done = loop.create_future()
        _, reader = await loop.create_connection(
            lambda done=done: Reader(message, done), host, port
        )
        readers.append(reader)
        waits.append(done)
        if number % 16 == 15:
            await asyncio.sleep(0.005)
    await asyncio.wait(waits, timeout=30)
    firsts = sorted(reader.first for reader in readers)
    return {
        "streams": count,
        "clean": sum(reader.clean() for reader in readers),
        "first_p50_ms": firsts[count // 2] * 1000,
        "first_p99_ms": firsts[min(count - 1, count * 99 // 100)] * 1000,
        "gap_ms": max(reader.gap for reader in readers) * 1000,
        "seconds": perf_counter() - begun,
    }


async def hold(host: str, port: int, message: bytes, count: int, seconds: float) -> None:
    sockets = []
    for _ in range(count):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(message)
        await reader.readuntil(b"\n\n")
        sockets.append(writer)
    print(json.dumps({"open": len(sockets)}), flush=True)
    await asyncio.sleep(seconds)


def silent(host: str, port: int, message: bytes, count: int, seconds: float) -> None:
    """Clients that send their request and never read; the kernel's buffer is made small."""
    from time import sleep

    sockets = []
    for _ in range(count):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect((host, port))
        one.sendall(message)
        sockets.append(one)
    print(json.dumps({"open": len(sockets)}), flush=True)
    sleep(seconds)


def latency(host: str, port: int, message: bytes, count: int) -> dict[str, float]:
    one = socket.create_connection((host, port))
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times = []
    for number in range(count + 50):
        begun = perf_counter()
        one.sendall(message)
        _read_reply(one)
        if number >= 50:
            times.append(perf_counter() - begun)
    times.sort()
    return {"p50_us": times[count // 2] * 1e6, "p99_us": times[count * 99 // 100] * 1e6}


def _read_reply(one: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += one.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise SystemExit(f"not 200: {data[:500]!r}")
    lower = head.lower()
    length = int(lower[lower.index(b"content-length:") + 15 :].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += one.recv(65536)


def main() -> None:
    mode, host, port, path, key, count = sys.argv[1:7]
    message = request(path, key, stream=mode != "latency")
    if mode == "latency":
        print(json.dumps(latency(host, int(port), message, int(count))))
    elif mode == "streams":
        print(json.dumps(uvloop.run(streams(host, int(port), message, int(count)))))
    elif mode == "hold":
        uvloop.run(hold(host, int(port), message, int(count), float(sys.argv[7])))
    else:
        silent(host, int(port), message, int(count), float(sys.argv[7]))


if __name__ == "__main__":
    main()
