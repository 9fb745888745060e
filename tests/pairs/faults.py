"""Faults inside a stream: each brought about in each dialect, ours and the upstream's."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from tests.pairs.answers import Say, script
from tests.pairs.matrix import check_shape
from tests.pairs.plight import Plight, named, refusal_frame, thin_key
from tests.support.gateway import Station
from tests.support.script import RESET, STALL, Script, stream
from tests.support.wire import Reply
from waystation.errors import Fault

MUCH = " many words" * 300
"""Dearer than a thin balance."""


def begun(upstream: str, say: Say) -> Script:
    """The head and the content of a stream, without its end."""
    steps = script(upstream, say, True)
    return steps[: {"chat": 4, "messages": 4, "responses": 7, "generate": 2}[upstream]]


def beginning(upstream: str) -> Script:
    """A whole piece of it, at least."""
    return begun(upstream, Say(thought="It thinks.") if upstream == "generate" else Say())


def _event(frame: bytes) -> Script:
    return stream([frame], done=False)[1:]


def upstream_says(status: int) -> "Play":
    async def play(plight: Plight) -> Reply:
        frame = refusal_frame(plight.upstream, status)
        plight.plays((*beginning(plight.upstream), *_event(frame)))
        return await plight.ask(streamed=True)

    return play


async def _nonsense(plight: Plight) -> Reply:
    plight.plays((*beginning(plight.upstream), *_event(b'data: {"type": [\n\n')))
    return await plight.ask(streamed=True)


async def _lost(plight: Plight) -> Reply:
    plight.plays((*beginning(plight.upstream), RESET))
    return await plight.ask(streamed=True)


async def _no_credit(plight: Plight) -> Reply:
    """More comes than the balance holds."""
    is_told = plight.upstream == "generate"  # in each piece
    say = Say(thought=MUCH, output=5_000) if is_told else Say(text=MUCH)
    steps = script(plight.upstream, say, True)
    steps = steps[: {"chat": 4, "messages": 5, "responses": 7, "generate": 2}[plight.upstream]]
    plight.plays((*steps, STALL))
    key = thin_key(plight.caller, plight.upstream)
    body = {**plight.body, "max_tokens": 64} if plight.caller == "messages" else plight.body
    return await plight.ask(body, key=key, streamed=True)


def _cut(act: Callable[[Any], None]) -> "Play":
    async def play(plight: Plight) -> Reply:
        """A stream that runs, ended from inside."""
        plight.plays((*beginning(plight.upstream), STALL))
        wire = await plight.open(True)
        try:
            assert await wire.read_head() == 200
            first = await wire.piece()
            (running,) = plight.station.gateway.site.pulse.streams.values()
            act(running)
            return Reply(wire.status, wire.headers, first + await wire.read_body("POST"))
        finally:
            await wire.close()

    return play


def _stops(running: Any) -> None:
    running.cut(Fault("draining", retry_after=1), "drained")


def _breaks(running: Any) -> None:
    """Whoever runs it is cancelled, as nobody of ours ever does."""
    running._task.cancel()


Play = Callable[[Plight], Awaitable[Reply]]

INSIDE: dict[str, Play] = {
    "insufficient_user_quota": _no_credit,
    "client_closed_request": _lost,  # see `inside`
    "internal_error": _cut(_breaks),
    "bad_upstream_response": _nonsense,
    "connection lost": _lost,
    "draining": _cut(_stops),
}
ENDS = {"insufficient_user_quota": "balance", "internal_error": "gateway_lost",
        "draining": "drained"}  # fmt: skip


async def inside(station: Station, caller: str, fault: str) -> str:
    if fault == "client_closed_request":
        return await _left(station, caller)
    return await _same(station, caller, INSIDE[fault], ENDS.get(fault, "upstream_failed"))


async def upstream_inside(station: Station, caller: str, status: int) -> str:
    return await _same(station, caller, upstream_says(status), "upstream_failed")


async def _same(station: Station, caller: str, play: Play, end: str) -> str:
    """At an upstream of the caller's own dialect and at one of another."""
    cells = []
    for upstream in (caller, "messages" if caller == "chat" else "chat"):
        answer = await play(Plight(station, caller, upstream))
        assert answer.status == 200, answer.body
        cells.append(last_of(caller, answer))
        row = await station.row(answer.request_id)
        assert row.nanos > 0  # content had come
        assert row.end == end
    assert cells[0] == cells[1], cells
    return cells[0]


def last_of(caller: str, answer: Reply) -> str:
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
    plight.plays((*beginning(caller), STALL))
    wire = await plight.open(True)
    assert await wire.read_head() == 200
    await wire.piece()
    await wire.close()
    row = await station.row(wire.headers["x-request-id"])
    assert row.end == "client_gone"
    assert row.nanos > 0
    return "–"
