"""Tools, functions and structured outputs, by the official SDK."""

import json
from typing import Any, Literal

import openai
from openai import pydantic_function_tool
from pydantic import BaseModel

from tests.conformance import streams
from tests.conformance.spec import fits
from tests.conformance.words import MODEL, user

PARCEL: Any = {
    "type": "function",
    "function": {
        "name": "locate_parcel",
        "description": "Current place of a parcel.",
        "parameters": {
            "type": "object",
            "properties": {"parcel_id": {"type": "string"}},
            "required": ["parcel_id"],
            "additionalProperties": False,
        },
    },
}
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city"],
        },
    },
}


def test_a_whole_loop_with_tools(client: openai.OpenAI) -> None:
    messages = user("Where is parcel P-118?")
    reply = client.chat.completions.create(model=MODEL, messages=messages, tools=[PARCEL, WEATHER])
    choice = reply.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert choice.message.tool_calls is not None
    call = choice.message.tool_calls[0]
    assert call.type == "function"
    assert call.function.name == "locate_parcel"
    assert json.loads(call.function.arguments) == {"parcel_id": "P-118"}
    result = {"role": "tool", "tool_call_id": call.id, "content": "It is in Oslo."}
    final = client.chat.completions.create(
        model=MODEL,
        messages=[*messages, choice.message.model_dump(exclude_none=True), result],
        tools=[PARCEL, WEATHER],
    )
    assert final.choices[0].finish_reason == "stop"
    assert "It is in Oslo." in (final.choices[0].message.content or "")
    fits("CreateChatCompletionResponse", reply.model_dump(exclude_unset=True))


def test_tools_streamed(client: openai.OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model=MODEL,
            messages=user("Where is parcel P-118?"),
            tools=[WEATHER, PARCEL],
            stream=True,
        )
    )
    streams.check(chunks)
    [(identity, name, arguments)] = streams.calls(chunks)
    assert identity.startswith("call_")
    assert name == "locate_parcel"
    assert json.loads(arguments) == {"parcel_id": "P-118"}
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "tool_calls"
    for chunk in chunks:
        streams.fits_chunk(chunk)


def test_tool_choice(client: openai.OpenAI) -> None:
    def called(choice: Any) -> list[str]:
        reply = client.chat.completions.create(
            model=MODEL, messages=user("hm"), tools=[PARCEL, WEATHER], tool_choice=choice
        )
        calls = reply.choices[0].message.tool_calls or []
        return [call.function.name for call in calls if call.type == "function"]

    assert called({"type": "function", "function": {"name": "get_weather"}}) == ["get_weather"]
    assert called("none") == []
    assert called("required")


def test_the_legacy_functions(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(
        model=MODEL,
        messages=user("Where is parcel P-118?"),
        functions=[PARCEL["function"]],
        function_call="auto",
    )
    choice = reply.choices[0]
    assert choice.finish_reason == "function_call"
    assert choice.message.function_call is not None
    assert json.loads(choice.message.function_call.arguments) == {"parcel_id": "P-118"}
    back = {"role": "function", "name": "locate_parcel", "content": "In Oslo."}
    final = client.chat.completions.create(
        model=MODEL,
        messages=[
            *user("Where is parcel P-118?"),
            choice.message.model_dump(exclude_none=True),
            back,
        ],
        functions=[PARCEL["function"]],
    )
    assert "In Oslo." in (final.choices[0].message.content or "")


class Place(BaseModel):
    city: str
    country: str | None


class Verdict(BaseModel):
    verdict: Literal["good", "bad"]
    score: int
    reasons: list[str]
    places: list[Place]


def test_structured_output(client: openai.OpenAI) -> None:
    reply = client.chat.completions.parse(
        model=MODEL, messages=user("Is Oslo good or bad?"), response_format=Verdict
    )
    parsed = reply.choices[0].message.parsed
    assert isinstance(parsed, Verdict)
    assert parsed.verdict == "good"


def test_structured_output_streamed(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(
        model=MODEL, messages=user("Is Oslo bad?"), response_format=Verdict
    ) as stream:
        final = stream.get_final_completion()
    parsed = final.choices[0].message.parsed
    assert isinstance(parsed, Verdict)
    assert parsed.verdict == "bad"


class FindPlace(BaseModel):
    """Finds a place by its name."""

    name: str
    radius: int


def test_parsed_tools(client: openai.OpenAI) -> None:
    reply = client.chat.completions.parse(
        model=MODEL,
        messages=user("Please find the place Oslo"),
        tools=[pydantic_function_tool(FindPlace)],
    )
    calls = reply.choices[0].message.tool_calls
    assert calls
    assert isinstance(calls[0].function.parsed_arguments, FindPlace)


def test_json_object(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(
        model=MODEL, messages=user("Some JSON"), response_format={"type": "json_object"}
    )
    assert isinstance(json.loads(reply.choices[0].message.content or ""), dict)
