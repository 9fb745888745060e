"""Recorded whole answers: passed on natively, and told in every other dialect by its schema."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.anthropic.making import REPLIES as MESSAGES
from tests.dialects import recorded
from tests.dialects.making import FREE, priced, same
from tests.gemini.recorded import REPLIES as GEMINI
from tests.pairs.callers import CALLERS
from tests.responses.recorded import REPLIES as RESPONSES
from waystation.dialects.speakers import translate

JSON = "application/json"
SCHEMAS = {"chat": "CreateChatCompletionResponse", "responses": "Response"}
TOLD = {
    "chat": recorded.CHAT_REPLIES,
    "messages": MESSAGES,
    "responses": RESPONSES,
    "generate": GEMINI,
}
ALL = [(spoken, name) for spoken, names in TOLD.items() for name in names]
NATIVE = [pair for pair in ALL if pair[0] in ("responses", "generate")]
"""Of the others: tests/dialects/test_chat_reply.py and tests/anthropic/test_native_streams.py."""
HONEST = [pair for pair in NATIVE if pair[1] != "openai/programmatic-tool-calling.2"]


def usage_told(spoken: str, answer: dict[str, Any]) -> tuple[int, int]:
    """(input, output) as the vendor counts them."""
    if spoken == "responses":
        return answer["usage"]["input_tokens"], answer["usage"]["output_tokens"]
    told = answer["usageMetadata"]
    thoughts = told.get("thoughtsTokenCount", 0)
    return told["promptTokenCount"], told["candidatesTokenCount"] + thoughts


@recorded.needs_recordings
@pytest.mark.parametrize(("spoken", "name"), HONEST)
def test_natively_only_the_name_and_the_cost_change(spoken: str, name: str) -> None:
    body = recorded.reply(name)
    answer = json.loads(body)
    reader = CALLERS[spoken](False).reply_reader(same(), FREE)
    assert reader.read(200, JSON, body) == body
    usage = reader.usage()
    assert usage.exact, usage.flags
    assert (usage.input_tokens, usage.output_tokens) == usage_told(spoken, answer)
    mapped = CALLERS[spoken](False).reply_reader(same("up"), priced("0.25"))
    told = json.loads(mapped.read(200, JSON, body))
    if spoken == "responses":
        assert told["usage"].pop("cost") == 0.25
        answer["model"] = "asked"
    else:
        answer["modelVersion"] = "asked"
    assert told == answer


@recorded.needs_recordings
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("spoken", "name"), ALL)
def test_translated_it_fits_the_caller_s_schema(caller: str, spoken: str, name: str) -> None:
    if caller == spoken:
        return
    body = recorded.reply(name)
    translated = translate(CALLERS[caller](False), spoken)
    translated.body_for(same())
    reader = translated.reply_reader(same(), FREE)
    out = json.loads(reader.read(200, JSON, body))
    assert reader.has_output == ("refusal-no-details" not in name)  # which says nothing at all
    if (spoken, name) in HONEST:
        usage = reader.usage()
        assert (usage.input_tokens, usage.output_tokens) == usage_told(spoken, json.loads(body))
    if caller in SCHEMAS:
        validator = Draft202012Validator(recorded.schema(SCHEMAS[caller]))
        errors = list(validator.iter_errors(out))
        assert not errors, errors[0]
    assert "asked" in (out.get("model"), out.get("modelVersion"))
