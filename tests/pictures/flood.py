"""python -m tests.pictures.flood TEMPLATE FOLDER: twenty uploads of 20 MB at once, each through to
an upstream that counts, hashes and forgets. Prints how many were answered, the peak of this
process's memory with gateway and ledger in it, and the digest of the picture that arrived.

The clients and the upstream run in another process, so that only the gateway is measured.
"""

import asyncio
import hashlib
import json
import multiprocessing
import multiprocessing.synchronize
import sys
from pathlib import Path
from typing import Any

import uvloop

from tests.pictures.studio import KEY, Form, b64, open_studio, png

UPLOADS, UPLOAD_BYTES = 20, 20 * 10**6
SECONDS_MAX = 90


class Pretended:
    """What the studio asks of an upstream: its address."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"


def peak_bytes() -> int:
    """Of this program's own memory. (getrusage counts the parent's before exec, too.)"""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def others(pipe: Any) -> None:
    """The upstream, then the clients."""
    uvloop.run(_others(pipe))


async def _others(pipe: Any) -> None:
    answer = json.dumps({"created": 1, "data": [{"b64_json": b64(png())}]}).encode()
    digests: set[str] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        start = await reader.readuntil(b'name="image"')
        start += await reader.readuntil(b"\r\n\r\n")
        left, digest, size = length - len(start), hashlib.sha256(), len(picture)
        while left:
            data = await reader.read(min(left, 65536))
            left -= len(data)
            digest.update(data[:size])
            size -= min(size, len(data))
        digests.add(digest.hexdigest())
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
        writer.write(b"content-length: %d\r\n\r\n" % len(answer) + answer)
        await writer.drain()
        writer.close()

    picture = png(weight_bytes=UPLOAD_BYTES)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    loop = asyncio.get_running_loop()
    pipe.send(server.sockets[0].getsockname()[1])
    port = await loop.run_in_executor(None, pipe.recv)
    form = Form([("image", "a.png", picture), ("prompt", None, b"x"), ("model", None, b"m")])
    body = form.body()
    statuses = await asyncio.gather(*(_upload(port, form, body) for _ in range(UPLOADS)))
    pipe.send((statuses.count(200), digests))
    server.close()


async def _upload(port: int, form: Form, body: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"POST /v1/images/edits HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
        f"content-type: {form.content_type}\r\ncontent-length: {len(body)}\r\n"
        "connection: close\r\n\r\n".encode()
    )
    for at in range(0, len(body), 262_144):
        writer.write(body[at : at + 262_144])
        await writer.drain()
    line = await reader.readline()
    await reader.read()
    writer.close()
    return int(line.split()[1])


async def main(template: Path, folder: Path) -> None:
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe()
    process = spawning.Process(target=others, args=(there,))
    process.start()
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(SECONDS_MAX):
            upstream = Pretended(await loop.run_in_executor(None, here.recv))
            async with open_studio(template, folder, upstream, upstream) as studio:  # type: ignore[arg-type]
                await loop.run_in_executor(None, here.send, studio.port)
                answered, digests = await loop.run_in_executor(None, here.recv)
                peak = peak_bytes()
    finally:
        process.join(5)
        process.kill()
    (digest,) = digests
    print(answered, peak, digest)


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
