"""A gateway and its ledger in this process, two upstreams that draw as they are told, real rows.

`near` serves group "default" at rate 1 and is tried first; `far` serves group "half" at rate 0.5.
"""

import asyncio
import contextlib
import json
import struct
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.gateway import Station, opened
from tests.support.rogue import Rogue
from waystation.artefacts.artefact import Artefact
from waystation.settings import Settings

KEY = "sk-pictures-tests-0123456789"
UPSTREAM_KEY = "5b0e4fa1c7.canary.5b0e4fa1c7"
SECONDS_MAX = 15.0
CENT = 10_000_000
"""nanos"""

SETUP = """\
[[groups]]
name = "default"

[[groups]]
name = "half"
rate = "0.5"
selectable = true

[[channels]]
name = "near"
vendor = "{vendor}"
base_url = "{near}"
allow_private = true
keys = ["{key_up}"]
groups = ["default"]
models = ["*"]
{more}

[[channels]]
name = "far"
vendor = "openai"
base_url = "{far}"
allow_private = true
keys = ["{key_up}"]
groups = ["half"]
models = ["*"]

[[prices]]
model = "m"
per_image = "0.02"

[[prices]]
model = "by-size"
per_image = "0.01"
images = [
  {{ size = "1024x1024", quality = "hd", price = "0.08" }},
  {{ size = "1024x1024", price = "0.04" }},
]

[[prices]]
model = "by-token"
input = "5"
output = "40"
image_in = "10"
image_out = "40"

[[accounts]]
email = "ada@example.com"
credit = "{credit}"

[[tokens]]
account = "ada@example.com"
name = "t"
key = "{key}"
groups = ["default", "half"]
"""


def png(width: int = 8, height: int = 8, shade: int = 120, weight_bytes: int = 0) -> bytes:
    """A grey PNG with alpha; weight_bytes: of a chunk that says nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + bytes([shade, shade, shade, 255]) * width for _ in range(height))
    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))]
    if weight_bytes:
        parts.append(chunk(b"prVt", bytes(weight_bytes)))
    parts += [chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def images(*entries: Mapping[str, Any], **more: Any) -> tuple[Any, ...]:
    """A script: an answer of OpenAI's image API."""
    return Rogue.reply(200, json.dumps({"created": 1, "data": list(entries), **more}).encode())


@dataclass(frozen=True)
class Reply:
    """headers: lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str:
        return self.headers["x-request-id"]

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json()["error"]["code"])

    def events(self) -> list[dict[str, Any]]:
        """The data of an event stream, without its [DONE]."""
        frames = self.body.decode().split("\n\n")
        lines = [line for frame in frames for line in frame.split("\n")]
        data = [line[6:] for line in lines if line.startswith("data: ")]
        return [json.loads(each) for each in data if each != "[DONE]"]


@dataclass(frozen=True)
class Form:
    """A multipart body. parts: (name, file name or None, content)."""

    parts: Sequence[tuple[str, str | None, bytes]]
    boundary: str = "XtestX"

    def body(self) -> bytes:
        out = bytearray()
        for name, file_name, content in self.parts:
            told = "" if file_name is None else f'; filename="{file_name}"'
            kind = "" if file_name is None else "content-type: application/octet-stream\r\n"
            out += f'--{self.boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode()
            out += f"{told}\r\n{kind}\r\n".encode() + content + b"\r\n"
        return bytes(out) + f"--{self.boundary}--\r\n".encode()

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"


class Studio(Station):
    """What a test holds in its hands."""

    def __init__(self, settings: Settings, near: Rogue, far: Rogue) -> None:
        super().__init__(settings, near)
        self.near = near
        self.far = far

    async def open(
        self, path: str, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A request that has been written."""
        told = {
            "host": "studio.test",
            "authorization": f"Bearer {KEY}",
            "content-type": content_type,
            "content-length": str(len(body)),
            "connection": "close",
            **(headers or {}),
        }
        lines = [f"POST {path} HTTP/1.1", *(f"{n}: {v}" for n, v in told.items() if v)]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        return reader, writer

    async def raw(
        self, path: str, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Read to the end of its connection."""
        reader, writer = await self.open(path, body, content_type, headers)
        async with asyncio.timeout(SECONDS_MAX):
            raw = await reader.read()
        writer.close()
        return read_reply(raw)

    async def post(self, path: str, headers: Mapping[str, str] | None = None, **body: Any) -> Reply:
        return await self.raw(path, json.dumps(body).encode(), "application/json", headers)

    async def draw(self, headers: Mapping[str, str] | None = None, **more: Any) -> Reply:
        """POST /v1/images/generations."""
        body = {"model": "m", "prompt": "a boat", **more}
        return await self.post("/v1/images/generations", headers, **body)

    async def upload(self, path: str, *parts: tuple[str, str | None, bytes]) -> Reply:
        form = Form(parts)
        return await self.raw(path, form.body(), form.content_type)

    async def file(self, url: str) -> Reply:
        """GET of one of our links, without a key."""
        target = url.split("studio.test", 1)[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = f"GET {target} HTTP/1.1\r\nhost: studio.test\r\nconnection: close\r\n\r\n"
        writer.write(head.encode())
        async with asyncio.timeout(SECONDS_MAX):
            raw = await reader.read()
        writer.close()
        return read_reply(raw)

    async def listed(self, account_id: int) -> tuple[Artefact, ...]:
        """What the account sees, once all that is kept is paid for and published."""
        artefacts = self.gateway.site.artefacts
        await self.settled()
        async with asyncio.timeout(SECONDS_MAX):
            while await artefacts.rows.pending((0, ""), 1):
                await asyncio.sleep(0.002)
        return (await artefacts.page(account_id, "", 20)).artefacts


def read_reply(raw: bytes) -> Reply:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    headers = {name.lower(): value for name, _, value in pairs}
    if headers.get("transfer-encoding") == "chunked":
        body = _joined(body)
    return Reply(int(first.split()[1]), headers, body)


def _joined(body: bytes) -> bytes:
    out = bytearray()
    while body:
        size, _, body = body.partition(b"\r\n")
        count = int(size, 16)
        out += body[:count]
        body = body[count + 2 :]
    return bytes(out)


@contextlib.asynccontextmanager
async def open_studio(
    template: Path, folder: Path, near: Rogue, far: Rogue, *, credit: str = "10",
    more: str = "", vendor: str = "openai", prices: str = "", **options: Any,
) -> AsyncIterator[Studio]:  # fmt: skip
    """options: settings. Leaving the block asks the audit."""
    text = SETUP.format(
        near=near.url, far=far.url, credit=credit, vendor=vendor, more=more, key=KEY,
        key_up=UPSTREAM_KEY,
    ) + prices  # fmt: skip
    usual: dict[str, Any] = {"egress_allow": ("127.0.0.2/32",), "picture_model": "m"}
    async with opened(
        lambda settings: Studio(settings, near, far), template, folder, text, **usual | options
    ) as studio:
        yield studio
