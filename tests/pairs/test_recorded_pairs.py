"""Every recorded stream, read in its dialect and written in all others: one meaning, one bill."""

import random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.agents.test_shapes import any_of
from tests.anthropic.making import STREAMS as ANTHROPIC
from tests.anthropic.making import stream as messages_wire
from tests.dialects import recorded
from tests.dialects.making import FREE, same
from tests.gemini.recorded import STREAMS as GEMINI
from tests.pairs.callers import CALLERS, said_in
from tests.responses.recorded import BROKEN, events_of
from tests.responses.recorded import STREAMS as RESPONSES
from tests.responses.recorded import stream as responses_wire
from waystation.dialects.speakers import others, translate

UPSTREAMS = {
    "chat": recorded.CHAT_STREAMS,
    "messages": ANTHROPIC,
    "responses": RESPONSES,
    "generate": GEMINI,
}
PAIRS = [
    (caller, spoken, name)
    for caller in CALLERS
    for spoken, names in UPSTREAMS.items()
    for name in names
    if caller != spoken
]


def wire_of(spoken: str, name: str) -> bytes:
    if spoken == "responses":
        return responses_wire(name)
    if spoken == "messages":
        return messages_wire(name)
    return recorded.stream(name, done=spoken == "chat")


def run(caller: str, spoken: str, pieces: list[bytes]) -> tuple[Any, bytes]:
    translated = translate(CALLERS[caller](True), spoken)
    translated.body_for(same())
    reader = translated.stream_reader(same(), FREE)
    out = b"".join([reader.feed(piece) for piece in pieces]) + reader.close()
    return reader, out


def test_every_dialect_has_all_others() -> None:
    for caller in CALLERS:
        assert set(others(caller)) == set(CALLERS) - {caller}


@recorded.needs_recordings
@pytest.mark.parametrize(("caller", "spoken", "name"), PAIRS)
def test_a_recorded_stream_keeps_its_meaning(caller: str, spoken: str, name: str) -> None:
    wire = wire_of(spoken, name)
    native, other = run(next(c for c in CALLERS if c not in (caller, spoken)), spoken, [wire])
    reader, out = run(caller, spoken, [wire])
    assert reader.fault is None
    assert reader.finished
    said = said_in(caller, out)
    usage = reader.usage()
    if usage.exact:
        assert usage == native.usage()
    assert said.output_tokens == usage.output_tokens > 0
    assert said.finish
    compared = said_in(next(c for c in CALLERS if c not in (caller, spoken)), other)
    assert (said.text, said.calls) == (compared.text, compared.calls)


@recorded.needs_recordings
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("spoken", ["responses", "generate"])
def test_any_split_gives_the_same(caller: str, spoken: str) -> None:
    if caller == spoken:
        return
    for name in UPSTREAMS[spoken]:
        wire = wire_of(spoken, name)
        if len(wire) > 100_000:
            continue
        whole, expected = run(caller, spoken, [wire])
        chance = random.Random(name)
        cuts = sorted(chance.sample(range(1, len(wire)), 60))
        pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
        split, out = run(caller, spoken, pieces)
        assert split.usage() == whole.usage()
        assert said_in(caller, out).facts() == said_in(caller, expected).facts()


@recorded.needs_recordings
@pytest.mark.parametrize("caller", CALLERS)
def test_a_recording_that_is_no_json_is_a_fault(caller: str) -> None:
    wire = recorded.stream(BROKEN, done=False)
    if caller == "responses":
        reader: Any = CALLERS[caller](True).stream_reader(same(), FREE)
        reader.feed(wire)
        reader.close()
    else:
        reader, _ = run(caller, "responses", [wire])
    assert reader.fault is not None
    assert reader.fault.code == "bad_upstream_response"
    assert not reader.finished


SCHEMAS = {"chat": "CreateChatCompletionStreamResponse", "responses": "ResponseStreamEvent"}
SHORT = {spoken: min(names, key=lambda name: len(wire_of(spoken, name)), default="")
         for spoken, names in UPSTREAMS.items()} if recorded.FOLDER.is_dir() else {}  # fmt: skip


@recorded.needs_recordings
@pytest.mark.parametrize("spoken", UPSTREAMS)
@pytest.mark.parametrize("caller", SCHEMAS)
def test_each_event_fits_the_vendor_s_schema(caller: str, spoken: str) -> None:
    """Of what we write ourselves; what passes natively is the vendor's."""
    if caller == spoken:
        return
    validator = Draft202012Validator(any_of(recorded.schema(SCHEMAS[caller])))
    _, out = run(caller, spoken, [wire_of(spoken, SHORT[spoken])])
    events = events_of(out) if caller == "responses" else recorded.chunks_of(out)[0]
    kinds = set()
    for event in events:
        response = event.get("response") or {"usage": {}}
        if response["usage"] is None:  # as the vendor has it, whatever its schema says
            del response["usage"]
        if event.get("type") not in kinds or caller == "chat":
            errors = list(validator.iter_errors(event))
            assert not errors, errors[0]
        kinds.add(event.get("type"))
