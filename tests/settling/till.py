"""A gateway and its ledger in this process, with two upstreams that do as they are told.

`near` serves group "default" at rate 1 and is tried first; `far` serves group "half" at rate 0.5.
near_vendor="openai-compatible": it gives one answer a call, so n are fanned out.
A token of model "m" costs 1,000 nanos in and 2,000 out.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.gateway import Station, opened, until
from tests.support.rogue import Rogue
from waystation.journal.row import Row
from waystation.settings import Settings

KEY = "sk-settling-tests-0123456789"
UPSTREAM_KEY = "93c1d07be2.canary.93c1d07be2"
INPUT, OUTPUT = 1_000, 2_000
SECONDS_MAX = 20.0

__all__ = ["KEY", "Till", "open_till", "until"]

SETUP = f"""\
[[groups]]
name = "default"

[[groups]]
name = "half"
rate = "0.5"
selectable = true

[[channels]]
name = "near"
vendor = "{{near_vendor}}"
base_url = "{{near}}"
allow_private = true
keys = ["{UPSTREAM_KEY}"]
groups = ["default"]
models = ["*"]
{{more_of_near}}

[[channels]]
name = "far"
vendor = "openai"
base_url = "{{far}}"
allow_private = true
keys = ["{UPSTREAM_KEY}"]
groups = ["half"]
models = ["*"]

[[prices]]
model = "m"
input = "1"
output = "2"

[[prices]]
model = "by-call"
per_call = "0.01"

[[prices]]
model = "by-length"
input = "1"
output = "2"
tiers = [{{{{ above_tokens = 1000, input = "10", output = "20" }}}}]

[[accounts]]
email = "ada@example.com"
credit = "{{credit}}"

[[tokens]]
account = "ada@example.com"
name = "t"
key = "{KEY}"
groups = ["default", "half"]
"""


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


class Till(Station):
    """What a test holds in its hands."""

    def __init__(self, settings: Settings, near: Rogue, far: Rogue) -> None:
        super().__init__(settings, near)
        self.near = near
        self.far = far

    async def open(
        self, headers: Mapping[str, str] | None = None, **fields: Any
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A chat request that has been sent."""
        body = {"model": "m", "messages": [{"role": "user", "content": "hello"}], **fields}
        raw = json.dumps(body).encode()
        told = {
            "host": "till.test",
            "authorization": f"Bearer {KEY}",
            "content-type": "application/json",
            "content-length": str(len(raw)),
            "connection": "close",
            **(headers or {}),
        }
        lines = ["POST /v1/chat/completions HTTP/1.1", *(f"{n}: {v}" for n, v in told.items())]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write("\r\n".join([*lines, "", ""]).encode() + raw)
        return reader, writer

    async def chat(self, headers: Mapping[str, str] | None = None, **fields: Any) -> Reply:
        """One chat request, read to the end of its connection."""
        reader, writer = await self.open(headers, **fields)
        async with asyncio.timeout(SECONDS_MAX):
            raw = await reader.read()
        writer.close()
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        return Reply(int(first.split()[1]), {n.lower(): v for n, _, v in pairs}, body)

    async def last_row(self) -> Row:
        """Of the only request so far, whose reply nobody may have read."""
        await self.settled()
        assert self.books._state is not None
        (hold_id,) = self.books._state.resolved
        return await self.row(hold_id)


@contextlib.asynccontextmanager
async def open_till(
    template: Path, folder: Path, near: Rogue, far: Rogue, *, credit: str = "10",
    more_of_near: str = "", near_vendor: str = "openai", **options: Any,
) -> AsyncIterator[Till]:  # fmt: skip
    """options: settings. Leaving the block asks the audit."""
    text = SETUP.format(
        near=near.url, far=far.url, credit=credit,
        near_vendor=near_vendor, more_of_near=more_of_near,
    )  # fmt: skip
    async with opened(
        lambda settings: Till(settings, near, far), template, folder, text, **options
    ) as till:
        yield till
