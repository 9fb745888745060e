"""A line to a scripted server, over the real transport and the real egress guard.

line.says(reply(...), reply(...))             # what the server answers, in order
pictures = await line.draw(BFL, order(...))
line.asked(0, "POST", "/v1/…", accept="…", json={…})   # exactly, every header included
"""

import asyncio
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
import pytest
from PIL import Image

from tests.support.rogue import Rogue
from tests.support.script import Answer, Script, Seen, reply
from waystation.errors import Fault
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.upstream.attempt import AttemptFailed, Wire
from waystation.upstream.outgoing import Way
from waystation.upstream.pictures.port import (
    PictureInput,
    PictureOrder,
    Pictures,
    PictureVendor,
)
from waystation.upstream.pictures.wire import PictureWire
from waystation.upstream.transport import Deadlines, Transport
from waystation.upstream.vendors import VENDORS

SECRET = "vendor-canary-7c1e5a90bd"
REPLY_BYTES_MAX = 8 * 1024 * 1024
DEADLINES = Deadlines(2.0, 5.0, 5.0, 20.0)


class Failure(NamedTuple):
    """What a conversation ended with. status, kind: what routing judges it by."""

    fault: Fault
    status: int
    kind: str

    @property
    def code(self) -> str:
        return self.fault.code


class Part(NamedTuple):
    """Of a form. file: its name where it is one."""

    name: str
    value: bytes
    content_type: str = ""
    file: str = ""


class Line:
    def __init__(self, rogue: Rogue, transport: Transport) -> None:
        self.rogue = rogue
        self.transport = transport
        self.marks = 0

    def says(self, *answers: Answer) -> None:
        """The next answers, one a request; one request more than these is told a 599."""
        self.rogue.answer(json_reply({"error": "one request too many"}, 599))
        self.rogue.queue(*answers)

    def wire(
        self, vendor: str, operation: str = "image", seconds: float = 10.0, **more: Any
    ) -> PictureWire:
        data = VENDORS[vendor]
        fields: dict[str, Any] = {
            "base_url": self.rogue.url,
            "allow_private": True,
            "keys": (ChannelKey(1, SECRET),),
            "paths": data.paths,
            "auth": data.auth,
            **more,
        }
        channel = Channel(id=1, name="c", vendor=vendor, models=("*",), model_map={}, **fields)
        way = Way(channel, DEADLINES)
        wire = Wire(self.transport, way.deadlines, self._mark, (SECRET,), REPLY_BYTES_MAX)
        ends_at = asyncio.get_running_loop().time() + seconds
        return PictureWire(wire, way, channel.keys[0], operation, ends_at)

    async def draw(
        self, name: str, vendor: PictureVendor, wanted: PictureOrder, **more: Any
    ) -> Pictures:
        return await vendor.draw(self.wire(name, **more), wanted)

    async def fails(
        self, name: str, vendor: PictureVendor, wanted: PictureOrder, **more: Any
    ) -> Failure:
        with pytest.raises(AttemptFailed) as caught:
            await self.draw(name, vendor, wanted, **more)
        failed = caught.value
        told = failed.fault.text("en") + failed.fault.text("zh")
        assert SECRET not in told
        return Failure(failed.fault, failed.status, failed.kind)

    # ---- what the server saw ---------------------------------------------------------------

    @property
    def seen(self) -> list[Seen]:
        return self.rogue.seen

    def asked(
        self,
        index: int,
        method: str,
        target: str,
        headers: Mapping[str, str],
        *,
        accept: str = "application/json",
        json: Any = None,
        form: list[Part] | None = None,
    ) -> None:
        """Request number `index` was this one, to the last header. headers: besides the usual."""
        seen = self.rogue.seen[index]
        assert (seen.method, seen.target) == (method, target)
        expected = {
            "host": f"127.0.0.1:{self.rogue.port}",
            "user-agent": "waystation",
            "accept": accept,
            "accept-encoding": "identity",
            **headers,
        }
        if method == "POST":
            expected["content-length"] = str(len(seen.body))
            expected["content-type"] = "application/json"
        if form is not None:
            expected["content-type"] = seen.headers["content-type"]
            assert expected["content-type"].startswith("multipart/form-data; boundary=")
            assert parts_of(seen) == form
        elif json is not None:
            assert seen.json() == json
        else:
            assert seen.body == b""
        assert dict(seen.headers) == expected

    def _mark(self) -> None:
        self.marks += 1


def parts_of(seen: Seen) -> list[Part]:
    """A form, read by its grammar; anything that departs from it fails."""
    boundary = seen.headers["content-type"].partition("boundary=")[2].encode()
    start, *rest = (b"\r\n" + seen.body).split(b"\r\n--" + boundary)
    assert start == b""
    assert rest.pop() == b"--\r\n"
    parts = []
    for piece in rest:
        assert piece.startswith(b"\r\n")
        head, _, value = piece[2:].partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        words = dict(item.split("=") for item in lines[0].split("; ")[1:])
        kind = lines[1].removeprefix("content-type: ") if len(lines) > 1 else ""
        name, file = words["name"].strip('"'), words.get("filename", "").strip('"')
        parts.append(Part(name, value, kind, file))
    return parts


def order(action: Any = "generate", **fields: Any) -> PictureOrder:
    extras = fields.pop("extras", {})
    raw = {name: msgspec.Raw(json.dumps(value).encode()) for name, value in extras.items()}
    fields.setdefault("prompt", "a paper boat")
    return PictureOrder(action=action, extras=raw, **fields)


def json_reply(
    document: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Script:
    told = {"content-type": "application/json", **(headers or {})}
    return reply(status, json.dumps(document).encode(), told)


def picture(data: bytes = b"", kind: str = "image/png") -> PictureInput:
    return PictureInput(data or PNG, kind, "mine.png")


def drawn(mode: str = "RGB", size: tuple[int, int] = (4, 2), colour: Any = (9, 8, 7)) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, "PNG")
    return out.getvalue()


def half_mask() -> PictureInput:
    """4 × 2 pixels: the left half transparent (to be changed), the right half opaque."""
    mask = Image.new("RGBA", (4, 2), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (0, 0, 2, 2))
    out = io.BytesIO()
    mask.save(out, "PNG")
    return PictureInput(out.getvalue(), "image/png", "mask.png")


def greys(data: bytes) -> list[int]:
    """The pixels of the upper row of a painted mask."""
    with Image.open(io.BytesIO(data)) as mask:
        assert (mask.format, mask.mode) == ("PNG", "L")
        return [int(mask.getpixel((x, 0)) or 0) for x in range(mask.width)]  # type: ignore[arg-type]


@contextmanager
def losses(pictures: Pictures) -> Iterator[dict[str, str]]:
    yield {loss.path: loss.reason for loss in pictures.losses}


PNG = drawn()
