"""The table of errors: each fault brought about in each dialect, before and inside a stream."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.pairs.answers import Say, script
from tests.pairs.matrix import DIALECTS, check_shape, model_at, pair_channels, pair_prices
from tests.pairs.requests import as_stream, path, request
from tests.support.gateway import EMAIL, KEY, Station, document, open_station, token
from tests.support.rogue import Rogue
from tests.support.script import RESET, STALL, reply, stream
from tests.support.wire import Reply, Wire
from waystation.routing.health import Health

BODY_BYTES_MAX = 20_000
POOR, BUSY, NARROW = ("sk-poor-0123456789abcdef", "sk-busy-0123456789abcdef",
                      "sk-narrow-0123456789abcdef")  # fmt: skip


@asynccontextmanager
async def faults_station(template: Path, folder: Path, rogue: Rogue) -> AsyncIterator[Station]:
    poor = "poor@example.com"
    told = document(
        pair_channels(rogue),
        prices=pair_prices(),
        accounts=[{"email": poor, "credit": "0"}],
        tokens=[
            token(),
            token("poor", POOR, poor),
            token("narrow", NARROW, EMAIL, models=["m-1"]),
            *(token(f"busy-{n}", BUSY + n, EMAIL, limits={"rpm": 1}) for n in DIALECTS),
        ],
    )
    options = {"body_bytes_max": BODY_BYTES_MAX, "body_seconds_max": 0.2}
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

    async def ask(
        self,
        body: Any = None,
        *,
        key: str | None = KEY,
        headers: dict[str, str] | None = None,
        method: str = "POST",
        model: str = "",
        streamed: bool = False,
    ) -> Reply:
        self.station.gateway.site.router.health = Health()
        given = self.body if body is None else body
        if streamed:
            given = as_stream(self.caller, given)
        if model and self.caller != "generate":
            given = {**given, "model": model}
        address = path(self.caller, model or self.model, streamed)
        return await self.station.request(method, address, given, key, headers)


async def _invalid(plight: Plight) -> Reply:
    return await plight.ask(b"{")


async def _unknown_key(plight: Plight) -> Reply:
    return await plight.ask(key="sk-nobody")


async def _no_credit(plight: Plight) -> Reply:
    return await plight.ask(key=POOR)


async def _not_allowed(plight: Plight) -> Reply:
    return await plight.ask(key=NARROW)


async def _no_model(plight: Plight) -> Reply:
    return await plight.ask(model="nothing-like-it")


async def _method(plight: Plight) -> Reply:
    return await plight.ask(method="DELETE")


async def _slow_body(plight: Plight) -> Reply:
    wire = await Wire.open(plight.station.port)
    try:
        headers = {"content-length": "900", "connection": "close"}
        address = path(plight.caller, plight.model, False)
        await wire.send("POST", address, b"{", KEY, headers)
        await wire.read_head()
        return Reply(wire.status, wire.headers, await wire.read_body("POST"))
    finally:
        await wire.close()


async def _replayed(plight: Plight) -> Reply:
    plight.station.rogue.answer(script(plight.upstream, Say(), False))
    headers = {"idempotency-key": f"again-{plight.caller}-{plight.upstream}"}
    first = await plight.ask(headers=headers)
    assert first.status == 200
    await plight.station.settled()
    return await plight.ask(headers=headers)


async def _reused(plight: Plight) -> Reply:
    headers = {"idempotency-key": f"again-{plight.caller}-{plight.upstream}"}
    return await plight.ask(request(plight.caller, "tools", plight.model), headers=headers)


async def _large(plight: Plight) -> Reply:
    return await plight.ask({**plight.body, "user": "x" * BODY_BYTES_MAX})


async def _media_type(plight: Plight) -> Reply:
    return await plight.ask(headers={"content-encoding": "lzw"})


async def _too_many(plight: Plight) -> Reply:
    plight.station.rogue.answer(script(plight.upstream, Say(), False))
    await plight.ask(key=BUSY + plight.caller)
    return await plight.ask(key=BUSY + plight.caller)


async def _ours(plight: Plight) -> Reply:
    """A mistake of ours: the router is gone. Nothing is held yet where it is asked."""
    site = plight.station.gateway.site
    router = site.router
    address = path(plight.caller, plight.model, False)
    del site.router
    try:
        return await plight.station.request("POST", address, plight.body)
    finally:
        site.router = router


def _upstream(status: int) -> Callable[[Plight], Awaitable[Reply]]:
    async def refused(plight: Plight) -> Reply:
        """Streamed or not: before the first content it is the same."""
        error = json.dumps(refusal(plight.upstream, status)).encode()
        plight.station.rogue.answer(reply(status, error))
        whole = await plight.ask()
        streamed = await plight.ask(streamed=True)
        assert streamed.status == whole.status
        assert shown(plight.caller, streamed) == shown(plight.caller, whole)
        return whole

    return refused


_NAMES = {
    400: ("invalid_request_error", "INVALID_ARGUMENT"),
    401: ("authentication_error", "UNAUTHENTICATED"),
    404: ("not_found_error", "NOT_FOUND"),
    429: ("rate_limit_error", "RESOURCE_EXHAUSTED"),
    500: ("api_error", "INTERNAL"),
    503: ("overloaded_error", "UNAVAILABLE"),
    504: ("timeout_error", "DEADLINE_EXCEEDED"),
    529: ("overloaded_error", "UNAVAILABLE"),
}


def refusal(dialect: str, status: int) -> dict[str, Any]:
    """An error as an upstream of the dialect words it."""
    name, status_name = _NAMES[status]
    if dialect == "generate":
        return {"error": {"code": status, "message": "it says no", "status": status_name}}
    if dialect == "messages":
        return {"type": "error", "error": {"type": name, "message": "it says no"}}
    name = "server_error" if status in (500, 503, 529) else name
    code = "server_overloaded" if status in (503, 529) else None
    return {"error": {"message": "it says no", "type": name, "param": None, "code": code}}


BEFORE: dict[str, tuple[int, Callable[[Plight], Awaitable[Reply]]]] = {
    "invalid_json": (400, _invalid),
    "invalid_request": (400, _upstream(400)),
    "invalid_api_key": (401, _unknown_key),
    "insufficient_user_quota": (402, _no_credit),
    "model_not_allowed": (403, _not_allowed),
    "model_not_found": (404, _no_model),
    "method_not_allowed": (405, _method),
    "body_too_slow": (408, _slow_body),
    "idempotency_replayed": (409, _replayed),
    "request_too_large": (413, _large),
    "unsupported_media_type": (415, _media_type),
    "idempotency_key_reused": (422, _reused),
    "rate_limit_exceeded": (429, _too_many),
    "upstream_saturated": (429, _upstream(429)),
    "internal_error": (500, _ours),
    "upstream_error": (502, _upstream(500)),
    "upstream_account_unavailable": (503, _upstream(401)),
    "upstream_timeout": (504, _upstream(504)),
    "upstream_overloaded": (529, _upstream(529)),
}
"""By the code of the guide of errors, with the status. An overloaded upstream is `upstream_error`,
but 529 to those whose dialect has that, and 503 to all others."""


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


async def before(station: Station, caller: str, fault: str) -> str:
    """At an upstream of the caller's own dialect and at one of another: the same."""
    status, bring = BEFORE[fault]
    cells = []
    for upstream in (caller, "messages" if caller == "chat" else "chat"):
        answer = await bring(Plight(station, caller, upstream))
        wanted = 503 if status == 529 and caller != "messages" else status
        assert answer.status == wanted, answer.body
        cells.append(shown(caller, answer))
    assert cells[0] == cells[1], cells
    return cells[0]


# ---- inside a stream ----------------------------------------------------------------------------

INSIDE = (
    "client_closed_request",
    "upstream_saturated",
    "upstream_error",
    "bad_upstream_response",
    "upstream_account_unavailable",
    "upstream_timeout",
    "upstream_overloaded",
    "connection lost",
)
_INSIDE_STATUS = {
    "upstream_saturated": 429,
    "upstream_error": 500,
    "upstream_account_unavailable": 401,
    "upstream_timeout": 504,
    "upstream_overloaded": 529,
}


def _cut(upstream: str, say: Say) -> tuple[Any, ...]:
    """The head and the content of a stream, without its end."""
    steps = script(upstream, say, True)
    return steps[: {"chat": 4, "messages": 4, "responses": 7, "generate": 2}[upstream]]


def _broken(upstream: str, fault: str) -> tuple[Any, ...]:
    say = Say(thought="It thinks.") if upstream == "generate" else Say()
    begun = _cut(upstream, say)
    status = _INSIDE_STATUS.get(fault)
    if fault == "bad_upstream_response":
        return (*begun, *stream([b'data: {"type": [\n\n'], done=False)[1:])
    if status is None:
        return (*begun, RESET)
    error = refusal(upstream, status)
    if upstream == "responses":
        inner = error["error"]
        error = {"type": "error", "code": inner["code"] or inner["type"],
                 "message": inner["message"], "param": None, "sequence_number": 9}  # fmt: skip
    frame = json.dumps(error).encode()
    event = b"event: error\n" if upstream in ("messages", "responses") else b""
    return (*begun, *stream([event + b"data: " + frame + b"\n\n"], done=False)[1:])


async def inside(station: Station, caller: str, fault: str) -> str:
    if fault == "client_closed_request":
        return await _left(station, caller)
    cells = []
    for upstream in (caller, "messages" if caller == "chat" else "chat"):
        plight = Plight(station, caller, upstream)
        station.rogue.answer(_broken(upstream, fault))
        answer = await plight.ask(streamed=True)
        assert answer.status == 200, answer.body
        cells.append(_last(caller, answer))
        row = await station.row(answer.request_id)
        assert row.nanos > 0  # content had come
        assert row.end not in ("complete", "client_gone")
    assert cells[0] == cells[1], cells
    return cells[0]


def _last(caller: str, answer: Reply) -> str:
    """The stream's last event is the error, in the dialect's own form, and nothing ends it well."""
    events = answer.body.split(b"\n\n")
    assert events.pop() == b""
    assert b"[DONE]" not in answer.body
    for end in (b'"message_stop"', b'"response.completed"', b'"finishReason"'):
        assert end not in answer.body
    kind, _, data = events[-1].rpartition(b"data: ")
    told = json.loads(data)
    if caller == "responses":
        assert kind == b"event: response.failed\n"
        assert told["response"]["status"] == "failed"
        return f"`response.failed`, `{told['response']['error']['code']}`"
    if caller == "messages":
        assert kind == b"event: error\n"
    error = told["error"]
    check_shape(caller, error.get("code", 0), told)
    return named(caller, error)


async def _left(station: Station, caller: str) -> str:
    """Nobody hears it; the log has it, and what had come is paid."""
    plight = Plight(station, caller, caller)
    station.gateway.site.router.health = Health()
    say = Say(thought="It thinks.") if caller == "generate" else Say()
    station.rogue.answer((*_cut(caller, say), STALL))
    wire = await Wire.open(station.port)
    await wire.send("POST", path(caller, plight.model, True), as_stream(caller, plight.body), KEY)
    assert await wire.read_head() == 200
    await wire.piece()
    await wire.close()
    row = await station.row(wire.headers["x-request-id"])
    assert row.end == "client_gone"
    assert row.nanos > 0
    return "–"
