"""The demo's transport asked for pictures as the gateway would."""

import base64
import json
from io import BytesIO
from typing import Any

from PIL import Image

from waystation.demo.transport import DemoTransport
from waystation.upstream.transport import Deadlines, Incoming, Origin, Outgoing

ORIGIN = Origin("demo", "local", 1)
BOUNDARY = "----a-boundary"
BYTES_MAX = 200_000_000


def outgoing(path: str, body: bytes, content_type: str, **headers: str) -> Outgoing:
    pairs = {"content-type": content_type, "x-demo-pace-ms": "0", **headers}
    named = tuple((name.replace("_", "-").encode(), text.encode()) for name, text in pairs.items())
    return Outgoing(ORIGIN, "POST", path, named, body)


async def send(
    transport: DemoTransport,
    path: str,
    fields: dict[str, Any],
    files: list[tuple[str, bytes]] | None = None,
    deadlines: Deadlines | None = None,
    **headers: str,
) -> Incoming:
    """JSON without files, a form with them."""
    if files is None:
        request = outgoing(path, json.dumps(fields).encode(), "application/json", **headers)
    else:
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        request = outgoing(path, form(fields, files), kind, **headers)
    return await transport.send(request, deadlines or Deadlines())


async def ask(
    transport: DemoTransport,
    path: str,
    fields: dict[str, Any],
    files: list[tuple[str, bytes]] | None = None,
    **headers: str,
) -> tuple[int, dict[str, Any]]:
    incoming = await send(transport, path, fields, files, **headers)
    return incoming.status, json.loads(await incoming.read_all(BYTES_MAX))


def form(fields: dict[str, Any], files: list[tuple[str, bytes]]) -> bytes:
    out = b""
    for name, value in fields.items():
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        out += head.encode() + str(value).encode() + b"\r\n"
    for name, data in files:
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="a.png"\r\n'
            "Content-Type: image/png\r\n\r\n"
        )
        out += head.encode() + data + b"\r\n"
    return out + f"--{BOUNDARY}--\r\n".encode()


def picture(item: dict[str, Any]) -> Image.Image:
    image = Image.open(BytesIO(base64.b64decode(item["b64_json"])))
    image.load()
    return image


def png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


async def events(incoming: Incoming) -> list[tuple[str, dict[str, Any]]]:
    text = (await incoming.read_all(BYTES_MAX)).decode()
    found = []
    for frame in text.strip().split("\n\n"):
        name, data = frame.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found
