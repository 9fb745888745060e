"""Clients that ask in every dialect, one request after the other, and judge each answer's form."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.gateway import KEY, MODEL
from tests.support.wire import SECONDS_MAX, Reply, Wire

SHORT = "hello there"
LEAVES_SHARE = 0.1


@dataclass(frozen=True)
class Kind:
    """A sort of request. body: for a prompt and whether it is streamed. code: an error's, out of
    the shape of its dialect."""

    path: str
    body: Callable[[str, bool], dict[str, Any]]
    code: Callable[[dict[str, Any]], str]
    stream_path: str = ""


def _code(found: dict[str, Any]) -> str:
    error = found["error"]
    assert {"message", "type", "code"} <= set(error)
    return str(error["code"])


def _anthropic_code(found: dict[str, Any]) -> str:
    assert found["type"] == "error"
    assert found["request_id"]
    return str(found["error"]["type"])


def _gemini_code(found: dict[str, Any]) -> str:
    assert isinstance(found["error"]["code"], int)
    return str(found["error"]["status"])


def _turns(prompt: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}]


GEMINI = f"/v1beta/models/{MODEL}:generateContent"
GEMINI_STREAM = f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse"
KINDS = (
    Kind(
        "/v1/chat/completions",
        lambda prompt, stream: {"model": MODEL, "messages": _turns(prompt), "stream": stream},
        _code,
    ),
    Kind(
        "/v1/messages",
        lambda prompt, stream: {
            "model": MODEL, "max_tokens": 60, "messages": _turns(prompt), "stream": stream,
        },
        _anthropic_code,
    ),
    Kind(
        "/v1/responses",
        lambda prompt, stream: {
            "model": MODEL, "input": prompt, "stream": stream, "store": False,
        },
        _code,
    ),
    Kind(
        "/v1/completions",
        lambda prompt, stream: {"model": MODEL, "prompt": prompt, "stream": stream},
        _code,
    ),
    Kind(
        GEMINI,
        lambda prompt, stream: {"contents": [{"role": "user", "parts": [{"text": prompt}]}]},
        _gemini_code,
        GEMINI_STREAM,
    ),
)  # fmt: skip


@dataclass
class Load:
    """port: of the relay. think_seconds: between two requests of one client. leaves: some clients
    hang up amid their answer. Counts what came; `wrong` has what should not have come."""

    port: int
    chance: random.Random
    clients: int = 10
    think_seconds: float = 0.02
    leaves: bool = False
    allowed: frozenset[int] = frozenset((200, 503))
    calls: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    in_row: int = 0
    """Good answers since the last other one."""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _going: bool = True

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._client()) for _ in range(self.clients)]

    async def stop(self) -> None:
        """Each client ends its request first."""
        self._going = False
        await asyncio.gather(*self._tasks)
        assert not self.wrong, self.wrong[:5]

    async def _client(self) -> None:
        while self._going:
            kind = self.chance.choice(KINDS)
            stream = self.chance.random() < 0.5
            leaves = self.leaves and self.chance.random() < LEAVES_SHARE
            self.calls += 1
            try:
                await self._ask(kind, stream, leaves)
            except (OSError, asyncio.IncompleteReadError) as error:
                self.statuses[0] += 1
                self.in_row = 0
                if 0 not in self.allowed:
                    self.wrong.append(f"{kind.path}: {error!r}")
            await asyncio.sleep(self.think_seconds * (0.5 + self.chance.random()))

    async def _ask(self, kind: Kind, stream: bool, leaves: bool) -> None:
        path = (stream and kind.stream_path) or kind.path
        wire = await Wire.open(self.port)
        try:
            await wire.send("POST", path, kind.body(SHORT, stream), KEY, {"connection": "close"})
            async with asyncio.timeout(SECONDS_MAX * 3):
                await wire.read_head()
                if leaves:
                    await asyncio.sleep(self.chance.random() * 0.05)
                    return
                body = await wire.read_body()
        finally:
            await wire.close(reset=leaves)
        self._judge(kind, Reply(wire.status, wire.headers, body))

    def _judge(self, kind: Kind, reply: Reply) -> None:
        self.statuses[reply.status] += 1
        self.in_row = self.in_row + 1 if reply.status == 200 else 0
        if reply.status == 200:
            return
        try:
            self.codes[kind.code(json.loads(reply.body))] += 1
            assert reply.status in self.allowed
            assert reply.status != 503 or int(reply.headers["retry-after"]) >= 1
        except (AssertionError, KeyError, TypeError, ValueError):
            self.wrong.append(f"{kind.path}: {reply.status} {reply.body[:200]!r}")
