"""Signatures of other vendors in a messages conversation do not go to Anthropic itself."""

import json

from tests.dialects.making import body, no_headers, same
from waystation.dialects.anthropic.request import parse
from waystation.dialects.anthropic.seals import written_seal
from waystation.dialects.ir import Opaque
from waystation.kernel.strictjson import raw_of

FOREIGN = written_seal(Opaque("gemini", raw_of("c2ln")))
CALL = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}


def sent(*blocks: dict[str, object]) -> object:
    turns = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": list(blocks)},
        {"role": "user", "content": "go on"},
    ]
    operation = parse(body(model="m", max_tokens=9, messages=turns), no_headers)
    told = json.loads(operation.body_for(same()))["messages"]
    assert told[0] == turns[0]
    assert told[-1] == turns[-1]
    return [turn["content"] for turn in told[1:-1]]


def test_they_are_taken_out_and_all_else_stays() -> None:
    assert FOREIGN.startswith("ws1.")
    own = {"type": "thinking", "thinking": "own", "signature": "c2ln"}
    given = (
        {"type": "thinking", "thinking": "theirs", "signature": FOREIGN},
        own,
        {"type": "redacted_thinking", "data": FOREIGN},
        {"type": "text", "text": f"it says {FOREIGN}"},
        CALL,
    )
    assert sent(*given) == [[own, given[3], CALL]]


def test_a_turn_of_nothing_else_is_left_out() -> None:
    assert sent({"type": "redacted_thinking", "data": FOREIGN}) == []


def test_without_them_the_turns_are_the_callers_bytes() -> None:
    turns = b'[ {"role":"user" ,"content":"ws1 \\u00e9"}]'
    given = b'{"model":"m","max_tokens":9,"messages":' + turns + b"}"
    assert turns in parse(given, no_headers).body_for(same())
