"""Where something goes wrong: a caller's dialect at a channel's, and how an error is read there."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.pairs.answers import Say, script
from tests.pairs.matrix import DIALECTS, check_shape, model_at, pair_channels, pair_prices
from tests.pairs.requests import as_stream, path, request
from tests.support.gateway import EMAIL, KEY, Station, channel, document, open_station, token
from tests.support.rogue import Rogue
from tests.support.script import Script
from tests.support.wire import Reply, Wire
from waystation.routing.health import Health

BODY_BYTES_MAX = 20_000
DEAD_MODEL, FAR_MODEL, UNPRICED_MODEL = "m-dead", "m-far", "m-unpriced"
KEYS = {
    name: f"sk-{name}-0123456789abcdef"
    for name in ("poor", "busy", "narrow", "old", "off", "elsewhere", "spent", "banned")
}
PAIRS = [(caller, up) for caller in DIALECTS for up in DIALECTS]


def thin_key(caller: str, upstream: str) -> str:
    return f"sk-thin-{caller}-{upstream}-0123456789"


def _thin_email(caller: str, upstream: str) -> str:
    return f"thin-{caller}-{upstream}@example.com"


def _tokens() -> Iterator[dict[str, Any]]:
    yield token()
    yield token("poor", KEYS["poor"], "poor@example.com")
    yield token("banned", KEYS["banned"], "banned@example.com")
    yield token("narrow", KEYS["narrow"], EMAIL, models=["m-1"])
    yield token("old", KEYS["old"], EMAIL, expires="2020-01-01T00:00:00Z")
    yield token("off", KEYS["off"], EMAIL, enabled=False)
    yield token("elsewhere", KEYS["elsewhere"], EMAIL, allow_ips=["192.0.2.1"])
    yield token("spent", KEYS["spent"], EMAIL, budget={"day": "0.000001"})
    for name in DIALECTS:
        yield token(f"busy-{name}", KEYS["busy"] + name, EMAIL, limits={"rpm": 1})
    for pair in PAIRS:
        yield token("thin", thin_key(*pair), _thin_email(*pair))


@asynccontextmanager
async def faults_station(template: Path, folder: Path, rogue: Rogue) -> AsyncIterator[Station]:
    told = document(
        [
            *pair_channels(rogue),
            channel("dead", rogue.url, models=[DEAD_MODEL]),
            channel("far", rogue.url, models=[FAR_MODEL], groups=["far"]),
            channel("unpriced", rogue.url, models=[UNPRICED_MODEL]),
        ],
        groups=[
            {"name": "default"},
            {"name": "far", "selectable": True},
        ],
        prices=[
            *pair_prices(),
            *({"model": each, "input": "1", "output": "2"} for each in (DEAD_MODEL, FAR_MODEL)),
        ],
        accounts=[
            {"email": "poor@example.com", "credit": "0"},
            {"email": "banned@example.com", "credit": "1", "enabled": False},
            *({"email": _thin_email(*pair), "credit": "0.0003"} for pair in PAIRS),
        ],
        tokens=list(_tokens()),
    )
    options = {"body_bytes_max": BODY_BYTES_MAX, "body_seconds_max": 0.2, "stream_hold_tokens": 16}
    async with open_station(template, folder, told, rogue, **options) as station:
        yield station


class Plight:
    """A caller's dialect at an upstream's, where something goes wrong."""

    def __init__(self, station: Station, caller: str, upstream: str) -> None:
        self.station = station
        self.caller = caller
        self.upstream = upstream
        self.model = model_at(upstream)
        self.body = request(caller, "plain text", self.model)

    def answers(self, say: Say | None = None) -> None:
        """The upstream answers well from now on."""
        self.plays(script(self.upstream, say or Say(), False))

    def plays(self, steps: Script) -> None:
        self.station.rogue.answer(steps)

    async def ask(
        self,
        body: Any = None,
        *,
        key: str | None = KEY,
        headers: dict[str, str] | None = None,
        method: str = "POST",
        model: str = "",
        streamed: bool = False,
        fresh: bool = True,
    ) -> Reply:
        """fresh: what earlier requests taught of the channels is forgotten first."""
        if fresh:
            self.station.gateway.site.router.health = Health()
        given = self.body if body is None else body
        if streamed:
            given = as_stream(self.caller, given)
        if model and self.caller != "generate":
            given = {**given, "model": model}
        address = path(self.caller, model or self.model, streamed)
        return await self.station.request(method, address, given, key, headers)

    async def open(self, streamed: bool, headers: dict[str, str] | None = None) -> Wire:
        """A request that is sent, its answer still to be read."""
        self.station.gateway.site.router.health = Health()
        body = as_stream(self.caller, self.body) if streamed else self.body
        wire = await Wire.open(self.station.port)
        address = path(self.caller, self.model, streamed)
        await wire.send("POST", address, body, KEY, headers or {})
        return wire


_NAMES = {
    400: ("invalid_request_error", "INVALID_ARGUMENT"),
    401: ("authentication_error", "UNAUTHENTICATED"),
    402: ("billing_error", "FAILED_PRECONDITION"),
    403: ("permission_error", "PERMISSION_DENIED"),
    404: ("not_found_error", "NOT_FOUND"),
    408: ("timeout_error", "DEADLINE_EXCEEDED"),
    409: ("invalid_request_error", "ABORTED"),
    413: ("request_too_large", "INVALID_ARGUMENT"),
    429: ("rate_limit_error", "RESOURCE_EXHAUSTED"),
    499: ("api_error", "CANCELLED"),
    500: ("api_error", "INTERNAL"),
    502: ("api_error", "INTERNAL"),
    503: ("overloaded_error", "UNAVAILABLE"),
    504: ("timeout_error", "DEADLINE_EXCEEDED"),
    529: ("overloaded_error", "UNAVAILABLE"),
}
STATUSES = (400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 422, 429, 499, 500, 502, 503, 504,
            529)  # fmt: skip
"""What an upstream may say, before its answer and inside it."""


def refusal(dialect: str, status: int) -> dict[str, Any]:
    """An error as an upstream of the dialect words it. Inside a stream, where HTTP has no word
    left, OpenAI's kin say the status in the object."""
    name, status_name = _NAMES.get(status, _NAMES[400])
    message = "it says no"
    if dialect == "generate":
        return {"error": {"code": status, "message": message, "status": status_name}}
    if dialect == "messages":
        return {"type": "error", "error": {"type": name, "message": message}}
    name = "server_error" if status in (499, 500, 502, 503, 529) else name
    code = "server_overloaded" if status in (503, 529) else None
    told = {"message": message, "type": name, "param": None, "code": code, "status": status}
    return {"error": told}


def refusal_frame(dialect: str, status: int) -> bytes:
    """The same as the event of a stream."""
    error = refusal(dialect, status)
    if dialect == "responses":
        inner = error["error"]
        error = {"type": "error", "code": inner["code"], "status": status,
                 "message": inner["message"], "param": None, "sequence_number": 9}  # fmt: skip
    event = b"event: error\n" if dialect in ("messages", "responses") else b""
    return event + b"data: " + json.dumps(error).encode() + b"\n\n"


def shown(dialect: str, answer: Reply) -> str:
    """The cell: how a program tells this error from others."""
    error = check_shape(dialect, answer.status, answer.json())
    assert answer.request_id in error["message"]
    assert answer.status not in (429, 503) or "retry-after" in answer.headers
    return f"{answer.status} {named(dialect, error)}"


def named(dialect: str, error: dict[str, Any]) -> str:
    if dialect == "messages":
        return f"`{error['type']}`"
    if dialect == "generate":
        return f"`{error['status']}`"
    return f"`{error['type']}`, `{error['code']}`"
