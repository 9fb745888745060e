"""Faults before an answer: each brought about in each dialect, ours and the upstream's."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from tests.answered import logged
from tests.pairs.answers import Say, script
from tests.pairs.plight import (
    BODY_BYTES_MAX,
    DEAD_MODEL,
    FAR_MODEL,
    KEYS,
    STATUSES,
    UNPRICED_MODEL,
    Plight,
    refusal,
    shown,
)
from tests.pairs.requests import path, request
from tests.support.gateway import KEY, Station
from tests.support.script import RESET, STALL, Gate, reply
from tests.support.wire import Reply, Wire
from waystation.ledger.questions import AskLog, LogFilter, LogState
from waystation.routing.health import Health

Bring = Callable[[Plight], Awaitable[Reply | None]]
"""None: nobody is there to hear it."""
_BREAKS_MAX = 40


def _with(**given: Any) -> Bring:
    return lambda plight: plight.ask(**given)


async def _missing_field(plight: Plight) -> Reply:
    name = {"responses": "input", "generate": "contents"}.get(plight.caller, "messages")
    return await plight.ask({key: value for key, value in plight.body.items() if key != name})


async def _unknown_address(plight: Plight) -> Reply:
    family = {"chat": "/v1/chat", "messages": "/v1/messages", "responses": "/v1/responses"}
    address = f"{family.get(plight.caller, '/v1beta')}/of/nobody"
    return await plight.station.request("POST", address, plight.body)


async def _other_channel(plight: Plight) -> Reply:
    number = next(iter(plight.station.gateway.site.directory.snapshot.channels))
    return await plight.ask(key=f"{KEY}-{number}")


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


def _repeat(plight: Plight, what: str) -> dict[str, str]:
    return {"idempotency-key": f"{what}-{plight.caller}-{plight.upstream}"}


async def _in_progress(plight: Plight) -> Reply:
    gate, headers = threading.Event(), _repeat(plight, "at-once")
    plight.plays((Gate(gate), *script(plight.upstream, Say(), False)))
    seen = len(plight.station.rogue.seen)
    first = asyncio.create_task(plight.ask(headers=headers))
    await plight.station.rogue.until(lambda: len(plight.station.rogue.seen) > seen)
    try:
        return await plight.ask(headers=headers)
    finally:
        gate.set()
        assert (await first).status == 200


async def _replayed(plight: Plight, body: Any = None) -> Reply:
    plight.answers()
    headers = _repeat(plight, "again" if body is None else "other")
    assert (await plight.ask(headers=headers)).status == 200
    await plight.station.settled()
    return await plight.ask(body, headers=headers)


async def _reused(plight: Plight) -> Reply:
    return await _replayed(plight, request(plight.caller, "tools", plight.model))


async def _too_many(plight: Plight) -> Reply:
    plight.answers()
    await plight.ask(key=KEYS["busy"] + plight.caller)
    return await plight.ask(key=KEYS["busy"] + plight.caller)


async def _left(plight: Plight) -> None:
    """Nobody hears it; the log has it, and the prompt that was sent is paid."""
    plight.plays((STALL,))
    rogue = plight.station.rogue
    seen = len(rogue.seen)
    wire = await plight.open(False)
    await rogue.until(lambda: len(rogue.seen) > seen)
    await wire.close()
    await rogue.until(lambda: rogue.links[rogue.seen[-1].link].closed_at is not None)
    await plight.station.settled()
    asked = AskLog("newest", LogFilter(model=plight.model), 1)
    found = await plight.station.gateway.site.ledger.ask(asked)
    assert isinstance(found, LogState)
    row = found.lines[0].open()
    assert (row.end, row.status, row.code) == ("client_gone", 499, "client_closed_request")
    logged(row.code)
    assert row.nanos > 0


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


async def _nonsense(plight: Plight) -> Reply:
    plight.plays(reply(200, b"<html>maintenance</html>", {"content-type": "text/html"}))
    return await plight.ask()


async def _dead(plight: Plight) -> Reply:
    """Its breaker opens after some failures; the station forgets it afterwards."""
    plight.plays((RESET,))
    try:
        for attempt in range(_BREAKS_MAX):
            got = await plight.ask(model=DEAD_MODEL, fresh=attempt == 0)
            if got.status == 503:
                return got
        raise AssertionError("the breaker stayed closed")
    finally:
        plight.station.gateway.site.router.health = Health()


async def _without_ledger(plight: Plight) -> Reply:
    await plight.station.settled()
    await plight.station.stop_ledger()
    try:
        return await plight.ask()
    finally:
        await plight.station.start_ledger()
        await plight.station.gateway.site.ledger.wait_present(10)


def upstream_said(status: int) -> Bring:
    async def refused(plight: Plight) -> Reply:
        """Streamed or not: before the first content it is the same."""
        plight.plays(reply(status, json.dumps(refusal(plight.upstream, status)).encode()))
        whole = await plight.ask()
        streamed = await plight.ask(streamed=True)
        assert streamed.status == whole.status
        assert shown(plight.caller, streamed) == shown(plight.caller, whole)
        return whole

    return refused


BEFORE: dict[str, tuple[int, Bring]] = {
    "invalid_json": (400, _with(body=b"{")),
    "missing_field": (400, _missing_field),
    "missing_api_key": (401, _with(key=None)),
    "empty_api_key": (401, _with(key="")),
    "invalid_api_key": (401, _with(key="sk-nobody")),
    "token_expired": (401, _with(key=KEYS["old"])),
    "token_disabled": (401, _with(key=KEYS["off"])),
    "insufficient_user_quota": (402, _with(key=KEYS["poor"])),
    "token_quota_exhausted": (402, _with(key=KEYS["spent"])),
    "user_banned": (403, _with(key=KEYS["banned"])),
    "ip_not_allowed": (403, _with(key=KEYS["elsewhere"])),
    "model_not_allowed": (403, _with(key=KEYS["narrow"])),
    "channel_not_allowed": (403, _other_channel),
    "unknown_url": (404, _unknown_address),
    "model_not_found": (404, _with(model="nothing-like-it")),
    "model_not_available_in_group": (404, _with(model=FAR_MODEL)),
    "method_not_allowed": (405, _with(method="DELETE")),
    "body_too_slow": (408, _slow_body),
    "idempotency_in_progress": (409, _in_progress),
    "idempotency_replayed": (409, _replayed),
    "request_too_large": (413, lambda plight: plight.ask({"user": "x" * BODY_BYTES_MAX})),
    "unsupported_media_type": (415, _with(headers={"content-encoding": "lzw"})),
    "idempotency_key_reused": (422, _reused),
    "rate_limit_exceeded": (429, _too_many),
    "client_closed_request": (499, _left),
    "internal_error": (500, _ours),
    "bad_upstream_response": (502, _nonsense),
    "no_channel_alive": (503, _dead),
    "price_not_configured": (503, _with(model=UNPRICED_MODEL)),
    "temporarily_unavailable": (503, _without_ledger),
}
"""By the code of the guide of errors, with the status."""

MEANS = {
    **{status: status for status in STATUSES},
    **dict.fromkeys((401, 402, 403), 503),
    408: 504,
    **dict.fromkeys((499, 500), 502),
}
"""What the caller is told for an upstream's own status."""


def caller_s(caller: str, status: int) -> int:
    """529 is Anthropic's alone."""
    return 503 if status == 529 and caller != "messages" else status


async def before(station: Station, caller: str, fault: str) -> str:
    """At an upstream of the caller's own dialect and at one of another: the same."""
    return await _same(station, caller, *BEFORE[fault])


async def upstream_before(station: Station, caller: str, status: int) -> str:
    return await _same(station, caller, MEANS[status], upstream_said(status))


async def _same(station: Station, caller: str, status: int, bring: Bring) -> str:
    cells = []
    for upstream in (caller, "messages" if caller == "chat" else "chat"):
        answer = await bring(Plight(station, caller, upstream))
        if answer is None:
            cells.append("–")
            continue
        assert answer.status == caller_s(caller, status), answer.body
        cells.append(shown(caller, answer))
    assert cells[0] == cells[1], cells
    return cells[0]
