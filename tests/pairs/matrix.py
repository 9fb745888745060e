"""The table of pairs: each cell is what a request through the whole relay was seen to do.

native: the body and the answer went on as they came. translated: the same meaning in other words.
dropped: left out, and told. refused: a 400. A cell that was not tried is not in the board.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from tests.pairs.answers import THOUGHT, Say, script
from tests.pairs.heard import Heard, heard
from tests.pairs.requests import CALLS, RESULTS, as_stream, asks, next_turn, path, request
from tests.support.gateway import Station, channel, document, open_station
from tests.support.rogue import Rogue
from tests.support.wire import Reply

DIALECTS = ("chat", "messages", "responses", "generate")
FEATURES = (
    "plain text",
    "streaming",
    "system",
    "tools",
    "parallel tools",
    "tool results",
    "vision",
    "structured output",
    "reasoning",
    "signatures",
    "caching",
    "stop reasons",
    "usage",
    "errors",
)
Cell = Literal["native", "translated", "dropped", "refused"]
Pair = tuple[str, str]

_VENDORS = {"chat": "openai", "messages": "anthropic", "responses": "openai", "generate": "gemini"}
_THEIRS = {
    "chat": "gpt-5",
    "messages": "claude-sonnet-4-5",
    "responses": "gpt-5",
    "generate": "gemini-2.5-pro",
}
_SEALS = {
    "chat": "c2VhbC1j",
    "messages": "c2VhbC1t",
    "responses": "gAAAAseal",
    "generate": "c2VhbA==",
}
ANSWER = '{"open": true}'


def model_at(upstream: str) -> str:
    return f"at-{upstream}"


def pair_channels(rogue: Rogue) -> list[dict[str, Any]]:
    """Four channels, each of a model and a dialect of its own."""
    return [
        channel(
            f"up-{name}",
            rogue.url,
            vendor=_VENDORS[name],
            operations=[name],
            models=[model_at(name)],
            model_map={model_at(name): _THEIRS[name]},
        )
        for name in DIALECTS
    ]


def pair_prices() -> list[dict[str, Any]]:
    return [{"model": model_at(name), "input": "1", "output": "2"} for name in DIALECTS]


@asynccontextmanager
async def pairs_station(template: Path, folder: Path, rogue: Rogue) -> AsyncIterator[Station]:
    told = document(pair_channels(rogue), prices=pair_prices())
    async with open_station(template, folder, told, rogue) as station:
        yield station


class Trial:
    """One cell's requests."""

    def __init__(self, station: Station, caller: str, upstream: str, feature: str) -> None:
        self.station = station
        self.caller = caller
        self.upstream = upstream
        self.feature = feature
        self.model = model_at(upstream)
        self.body = request(caller, feature, self.model)

    async def ask(
        self, say: Say, streamed: bool = False, body: dict[str, Any] | None = None
    ) -> tuple[Reply, dict[str, Any]]:
        """The answer, and the body that the upstream got ({} when it got none)."""
        rogue, given = self.station.rogue, self.body if body is None else body
        rogue.answer(script(self.upstream, say, streamed))
        before = len(rogue.seen)
        sent = as_stream(self.caller, given) if streamed else given
        address = path(self.caller, self.model, streamed)
        reply = await self.station.request("POST", address, sent)
        got = rogue.seen[before:]
        return reply, got[0].json() if got else {}

    async def good(
        self, say: Say, streamed: bool = False, body: dict[str, Any] | None = None
    ) -> tuple[Heard, dict[str, Any], Reply]:
        reply, sent = await self.ask(say, streamed, body)
        assert reply.status == 200, reply.body
        row = await self.station.row(reply.request_id)
        assert row.exact
        assert (row.input_tokens, row.output_tokens) == (say.input, say.output)
        found = heard(self.caller, reply, streamed)
        if say.finish not in ("content_filter",):
            assert found.finish == say.finish, found
        assert (found.input, found.output) == (say.input, say.output)
        return found, sent, reply

    def lane(self, sent: dict[str, Any] | None = None, given: dict[str, Any] | None = None) -> Cell:
        """native only for the same dialect, and only when the body went out as it was given."""
        if self.caller != self.upstream:
            return "translated"
        if sent is not None:
            wanted = dict(self.body if given is None else given)
            if "model" in wanted:
                wanted["model"] = _THEIRS[self.upstream]
            assert {key: sent.get(key) for key in wanted} == wanted
        return "native"

    def without(self, reply: Reply, sent: dict[str, Any], feature: str) -> Cell:
        """The wish did not reach the upstream: then the reply's header says so."""
        assert self.caller != self.upstream, sent
        assert reply.headers.get("x-waystation-dropped"), (feature, sent)
        return "dropped"


async def _plain(trial: Trial) -> Cell:
    found, sent, reply = await trial.good(Say())
    assert found.text == Say().text
    assert asks(trial.upstream, sent, "plain text") == ["Name a bridge."]
    assert trial.model in reply.body.decode()
    assert "theirs" not in reply.body.decode()
    return trial.lane(sent)


async def _streaming(trial: Trial) -> Cell:
    found, sent, _ = await trial.good(Say(), streamed=True)
    assert found.text == Say().text
    say = Say(text="", thought=THOUGHT, calls=CALLS, finish="tool_calls", seal="c2VhbA==")
    with_tools = request(trial.caller, "signatures", trial.model)
    found, _, _ = await trial.good(say, streamed=True, body=with_tools)
    assert found.calls == list(CALLS)
    assert found.thought == THOUGHT
    return trial.lane(sent)


async def _wish(trial: Trial, say: Say) -> tuple[Cell, Heard]:
    """The request's wish arrives as the caller's own body has it."""
    found, sent, reply = await trial.good(say)
    wanted = asks(trial.caller, trial.body, trial.feature)
    assert wanted
    got = asks(trial.upstream, sent, trial.feature)
    if not got:
        return trial.without(reply, sent, trial.feature), found
    assert got == wanted
    return trial.lane(sent), found


async def _wished(trial: Trial) -> Cell:
    return (await _wish(trial, Say()))[0]


async def _tools(trial: Trial) -> Cell:
    say = Say(text="", calls=CALLS[:1], finish="tool_calls")
    cell, found = await _wish(trial, say)
    assert found.calls == list(say.calls)
    return cell


async def _parallel_tools(trial: Trial) -> Cell:
    found, sent, _ = await trial.good(Say(text="", calls=CALLS, finish="tool_calls"))
    assert found.calls == list(CALLS)
    assert asks(trial.upstream, sent, "tools")
    return trial.lane(sent)


async def _tool_results(trial: Trial) -> Cell:
    say = Say(text="", calls=CALLS, finish="tool_calls")
    found, _, _ = await trial.good(say)
    body = next_turn(trial.caller, trial.body, found.turn, RESULTS)
    _, sent, _ = await trial.good(Say(), body=body)
    assert asks(trial.upstream, sent, "tool results") == list(RESULTS)
    assert asks(trial.upstream, sent, "calls") == list(CALLS)
    return trial.lane(sent, body)


async def _structured(trial: Trial) -> Cell:
    """Where the upstream answers by a forced call, the call is the answer's text."""
    say = Say(text=ANSWER)
    rogue = trial.station.rogue
    reply, sent = await trial.ask(say)
    forced = (sent.get("tool_choice") or {}) if trial.upstream == "messages" else {}
    if trial.caller != trial.upstream and isinstance(forced, dict) and forced.get("name"):
        say = Say(text="", calls=((forced["name"], json.loads(ANSWER)),), finish="tool_calls")
        reply, sent = await trial.ask(say)
    assert rogue.seen
    assert reply.status == 200, reply.body
    found = heard(trial.caller, reply, False)
    assert json.loads(found.text) == json.loads(ANSWER)
    assert found.finish == "stop"
    wanted = asks(trial.caller, trial.body, trial.feature)
    assert asks(trial.upstream, sent, trial.feature) == wanted
    return trial.lane(sent)


async def _reasoning(trial: Trial) -> Cell:
    cell, found = await _wish(trial, Say(thought=THOUGHT, reasoning=5))
    assert found.text == Say().text
    assert found.thought == THOUGHT
    if found.reasoning is not None and trial.upstream != "messages":
        assert found.reasoning == 5
    return cell


async def _signatures(trial: Trial) -> Cell:
    """A signature comes with a call and goes back to its origin with the next turn."""
    seal = _SEALS[trial.upstream]
    say = Say(text="", thought=THOUGHT, calls=CALLS[:1], finish="tool_calls", seal=seal)
    found, _, _ = await trial.good(say)
    body = next_turn(trial.caller, trial.body, found.turn, RESULTS[:1])
    _, sent, _ = await trial.good(Say(), body=body)
    assert asks(trial.upstream, sent, "tool results") == list(RESULTS[:1])
    if f'"{seal}"' not in json.dumps(sent):
        assert trial.caller != trial.upstream
        return "dropped"
    return trial.lane(sent, body)


async def _caching(trial: Trial) -> Cell:
    """What the cache saved is told and charged by; a mark goes on where the upstream has marks."""
    found, sent, reply = await trial.good(Say(cached=30))
    assert found.cached == 30
    row = await trial.station.row(reply.request_id)
    assert json.loads(row.usage)["input_cache_read"] == 30
    if asks(trial.caller, trial.body, "caching") and not asks(trial.upstream, sent, "caching"):
        assert trial.caller != trial.upstream
        return "dropped"
    return trial.lane(sent)


async def _stop_reasons(trial: Trial) -> Cell:
    for streamed in (False, True):
        for finish in ("stop", "length"):
            await trial.good(Say(finish=finish), streamed)
        found, _, _ = await trial.good(Say(finish="content_filter"), streamed)
        assert found.finish == "content_filter"
    return trial.lane()


async def _usage(trial: Trial) -> Cell:
    say = Say(input=1000, cached=300, output=50, reasoning=20)
    for streamed in (False, True):
        found, _, _ = await trial.good(say, streamed)
        assert found.cached == 300
        if found.reasoning is not None and trial.upstream != "messages":
            assert found.reasoning == 20
    return trial.lane()


async def _errors(trial: Trial) -> Cell:
    """A refusal by the upstream keeps its status and words, in the caller's shape."""
    rogue = trial.station.rogue
    rogue.answer(rogue.reply(400, json.dumps(ERRORS[trial.upstream]).encode()))
    for streamed in (False, True):
        sent = as_stream(trial.caller, trial.body) if streamed else trial.body
        address = path(trial.caller, trial.model, streamed)
        reply = await trial.station.request("POST", address, sent)
        assert reply.status == 400
        assert reply.error["message"].startswith("no such bridge")
        check_shape(trial.caller, 400, reply.json())
    return trial.lane()


ERRORS: dict[str, Any] = {
    "chat": {"error": {"message": "no such bridge", "type": "invalid_request_error",
                       "param": None, "code": None}},
    "messages": {"type": "error", "error": {"type": "invalid_request_error",
                                            "message": "no such bridge"}},
    "responses": {"error": {"message": "no such bridge", "type": "invalid_request_error",
                            "param": "input", "code": None}},
    "generate": {"error": {"code": 400, "message": "no such bridge",
                           "status": "INVALID_ARGUMENT"}},
}  # fmt: skip


def check_shape(dialect: str, status: int, body: Any) -> dict[str, Any]:
    """The error object, which has the fields of its dialect and no others."""
    error: dict[str, Any] = body["error"]
    if dialect == "messages":
        assert body["type"] == "error"
        assert set(body) <= {"type", "error", "request_id"}
        assert {"type", "message"} <= set(error)
    elif dialect == "generate":
        assert set(body) == {"error"}
        assert error["code"] == status
        assert {"code", "message", "status"} <= set(error)
    else:
        assert set(body) == {"error"}
        assert {"message", "type", "param", "code"} <= set(error)
    return error


TRIALS: dict[str, Callable[[Trial], Awaitable[Cell]]] = {
    "plain text": _plain,
    "streaming": _streaming,
    "system": _wished,
    "tools": _tools,
    "parallel tools": _parallel_tools,
    "tool results": _tool_results,
    "vision": _wished,
    "structured output": _structured,
    "reasoning": _reasoning,
    "signatures": _signatures,
    "caching": _caching,
    "stop reasons": _stop_reasons,
    "usage": _usage,
    "errors": _errors,
}


async def run(station: Station, caller: str, upstream: str, feature: str) -> Cell:
    """Raises what its test failed with."""
    return await TRIALS[feature](Trial(station, caller, upstream, feature))
