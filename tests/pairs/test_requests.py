"""Requests read into the IR and written again: in one dialect the same, across dialects what the
declared losses leave."""

import json
from typing import Any

import pytest

from tests.dialects import recorded
from tests.dialects.making import FREE, body, no_headers, same
from tests.pairs.callers import CALLERS
from waystation.dialects.anthropic.request import parse as parse_messages
from waystation.dialects.gemini import chat_writer as gemini_writer
from waystation.dialects.gemini.chat_reader import read_chat as read_gemini
from waystation.dialects.gemini.request import parse as parse_gemini
from waystation.dialects.gemini.schema import cleaned, lowered
from waystation.dialects.ir import Opaque, Reasoning, ToolCall
from waystation.dialects.openai_chat.request import parse as parse_chat
from waystation.dialects.openai_responses import chat_writer as responses_writer
from waystation.dialects.openai_responses.request import parse as parse_responses
from waystation.dialects.operation import Target
from waystation.dialects.seals import packed, unpacked
from waystation.dialects.speakers import SPEAKERS, translate
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, read_object

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
GEMINI: dict[str, Any] = {
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "Hi"}, {"inlineData": {"mimeType": "image/png",
                                                                    "data": "aGk="}}]},
        {"role": "model", "parts": [
            {"functionCall": {"name": "weather", "args": {"city": "Bari"}},
             "thoughtSignature": "c2ln"},
            {"functionCall": {"name": "weather", "args": {"city": "Trani"}}},
        ]},
        {"role": "user", "parts": [
            {"functionResponse": {"name": "weather", "response": {"result": "sun"}}},
            {"functionResponse": {"name": "weather", "response": {"error": "fog"}}},
        ]},
    ],
    "tools": [
        {"functionDeclarations": [{"name": "weather", "description": "It.", "parameters": {
            "type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}}]},
        {"googleSearch": {}},
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}},
    "generationConfig": {
        "maxOutputTokens": 900, "temperature": 0.5, "topP": 0.9, "topK": 3, "seed": 7,
        "stopSequences": ["END"], "responseMimeType": "application/json",
        "thinkingConfig": {"thinkingBudget": 1024, "includeThoughts": True},
    },
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
}  # fmt: skip
RESPONSES: dict[str, Any] = {
    "model": "gpt-5",
    "instructions": "Be brief.",
    "input": [
        {"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "Hi"},
            {"type": "input_image", "detail": "low", "image_url": "data:image/png;base64,aGk="},
            {"type": "input_file", "filename": "a.pdf",
             "file_data": "data:application/pdf;base64,aGk="},
        ]},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}],
         "encrypted_content": "gAAAA"},
        {"type": "function_call", "call_id": "c1", "name": "weather",
         "arguments": "{\"city\":\"Bari\"}"},
        {"type": "function_call_output", "call_id": "c1", "output": "sun"},
    ],
    "tools": [{"type": "function", "name": "weather", "description": "It.", "parameters": SCHEMA,
               "strict": True}, {"type": "web_search"}],
    "tool_choice": {"type": "function", "name": "weather"},
    "parallel_tool_calls": False,
    "max_output_tokens": 900,
    "reasoning": {"effort": "low", "summary": "auto"},
    "text": {"format": {"type": "json_schema", "name": "v", "schema": SCHEMA, "strict": True}},
    "metadata": {"a": "b"},
    "user": "u-1",
    "stream": False,
    "store": False,
}  # fmt: skip


def test_gemini_comes_back_as_it_was() -> None:
    operation = parse_gemini(body(**GEMINI), no_headers, model="gemini-2.5-pro")
    chat, losses = operation.read_chat()
    written = gemini_writer.write_request(chat, same("gemini-2.5-pro"))
    assert losses == written.losses == ()
    assert json.loads(written.body) == GEMINI


def test_responses_comes_back_as_it_was() -> None:
    operation = parse_responses(body(**RESPONSES), no_headers)
    chat, losses = operation.read_chat()
    written = responses_writer.write_request(chat, same("gpt-5"))
    assert losses == written.losses == ()
    told = json.loads(written.body)
    assert told.pop("include") == ["reasoning.encrypted_content"]
    assert told == RESPONSES


def test_snake_case_is_read_like_camel_case() -> None:
    config = {"max_output_tokens": 9, "response_mime_type": "application/json",
              "thinking_config": {"thinking_budget": 5}}  # fmt: skip
    parts = [{"inline_data": {"mime_type": "image/png", "data": "aGk="}}]
    snake = {"contents": [{"role": "user", "parts": parts}], "generation_config": config,
             "system_instruction": {"parts": {"text": "x"}}}  # fmt: skip
    chat, losses = read_gemini(read_object(body(**snake)), "m", False)
    assert losses == ()
    assert chat.sampling.output_tokens == 9
    assert chat.output.kind == "json"
    assert chat.thinking is not None
    assert chat.thinking.budget_tokens == 5
    assert chat.system[0].text == "x"


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("spoken", CALLERS)
def test_every_pair_writes_the_whole_request(caller: str, spoken: str) -> None:
    if caller == spoken:
        return
    translated = translate(CALLERS[caller](False), spoken)
    told = json.loads(translated.body_for(Target(upstream_model="up", output_limit=77)))
    text = json.dumps(told)
    assert "weather" in text
    assert "cityAttractions" in text
    assert "Hello? Hello?" in text
    assert "77" in text
    assert translated.losses(Target(upstream_model="up", output_limit=77)) == ()


def test_knobs_that_do_not_exist_are_told_as_losses() -> None:
    knobs = {"logit_bias": {"5": 1}, "top_logprobs": 2, "seed": 7, "stop": ["a"], "user": "u"}
    turns = [{"role": "user", "content": "hi"}]
    operation = parse_chat(body(model="m", messages=turns, **knobs), no_headers)
    lost = {loss.path for loss in translate(operation, "generate").losses(same())}
    assert {"logit_bias", "top_logprobs", "user"} <= lost
    assert "seed" not in lost
    lost = {loss.path for loss in translate(operation, "responses").losses(same())}
    assert {"seed", "stop", "logit_bias"} <= lost


def test_several_candidates_are_refused_where_one_is_given() -> None:
    given = {**GEMINI, "generationConfig": {"candidateCount": 2}}
    operation = parse_gemini(body(**given), no_headers, model="m")
    with pytest.raises(Fault) as caught:
        translate(operation, "chat")
    assert caught.value.status == 400


@pytest.mark.parametrize("dialect", ["anthropic", "gemini", "openai_chat"])
@pytest.mark.parametrize("on", ["", "call", "back"])
def test_seals_come_back_whole(dialect: str, on: str) -> None:
    seal = Opaque(dialect, raw_of({"signature": "é" * 50, "n": [1, 2]}))
    text = packed(seal, on)
    assert unpacked(text) == (seal, on)
    assert unpacked(text.replace("+", "-").replace("/", "_")) == (seal, on)
    for broken in (text[:-5], text[:20], "", "gAAAAAB", text + "!"):
        assert unpacked(broken) is None


def test_a_signature_of_gemini_s_survives_a_responses_caller() -> None:
    seal = Opaque("gemini", raw_of("c2ln"))
    items = [
        {"role": "user", "content": "hi"},
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [],
            "encrypted_content": packed(seal, "call"),
        },
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "sun"},
    ]
    operation = parse_responses(body(model="m", input=items), no_headers)
    call = operation.read_chat()[0].messages[1].parts[0]
    assert isinstance(call, ToolCall)
    assert call.seal == seal
    told = json.loads(translate(operation, "generate").body_for(same("gemini-3-pro")))
    assert told["contents"][1]["parts"][0]["thoughtSignature"] == "c2ln"
    native = json.loads(operation.body_for(same("gpt-5")))
    assert [item.get("type") for item in native["input"]] == [
        None,
        "function_call",
        "function_call_output",
    ]


def test_a_thought_of_another_vendor_survives_a_gemini_caller() -> None:
    seal = Opaque("anthropic", raw_of("sig"))
    parts = [
        {"text": "Hm.", "thought": True},
        {"text": "", "thought": True, "thoughtSignature": packed(seal)},
        {"text": "Yes."},
    ]
    contents = [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model", "parts": parts},
                {"role": "user", "parts": [{"text": "go on"}]}]  # fmt: skip
    chat, _ = read_gemini(read_object(body(contents=contents)), "m", False)
    assert chat.messages[1].parts[0] == Reasoning("Hm.", seal, is_summary=True)


@recorded.needs_recordings
def test_a_signature_of_gemini_s_survives_every_caller() -> None:
    """Answered through another protocol, brought back through it, and told to Gemini again."""
    answer = recorded.reply("google/google-tool-call")
    signature = json.loads(answer)["candidates"][0]["content"]["parts"][0]["thoughtSignature"]
    for caller, back in BACK.items():
        translated = translate(CALLERS[caller](False), "generate")
        translated.body_for(same())
        reader = translated.reply_reader(same(), FREE)
        said = json.loads(reader.read(200, "application/json", answer))
        told = json.loads(translate(back(said), "generate").body_for(same("gemini-3-pro")))
        assert told["contents"][1]["parts"][0]["thoughtSignature"] == signature, caller


def _chat_back(said: Any) -> Any:
    message = said["choices"][0]["message"]
    told = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "sun"}
    turns = [{"role": "user", "content": "hi"}, message, told]
    return parse_chat(body(model="m", messages=turns), no_headers)


def _messages_back(said: Any) -> Any:
    told = {"type": "tool_result", "tool_use_id": said["content"][-1]["id"], "content": "sun"}
    turns = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": said["content"]},
        {"role": "user", "content": [told]},
    ]
    return parse_messages(body(model="m", max_tokens=9, messages=turns), no_headers)


def _responses_back(said: Any) -> Any:
    told = {"type": "function_call_output", "call_id": said["output"][-1]["call_id"]}
    items = [{"role": "user", "content": "hi"}, *said["output"], {**told, "output": "sun"}]
    return parse_responses(body(model="m", input=items), no_headers)


BACK = {"chat": _chat_back, "messages": _messages_back, "responses": _responses_back}


@recorded.needs_recordings
def test_a_streamed_signature_is_told_once() -> None:
    wire = recorded.stream("google/google-tool-call", done=False)
    for caller, mark in (
        ("messages", b'"redacted_thinking"'),
        ("responses", b'"encrypted_content"'),
    ):
        translated = translate(CALLERS[caller](True), "generate")
        translated.body_for(same())
        reader = translated.stream_reader(same(), FREE)
        out = reader.feed(wire) + reader.close()
        frames = [frame for frame in out.split(b"\n\n") if mark in frame]
        places = {frame.partition(b"index")[2][:6] for frame in frames}
        assert len(places) <= 2
        assert len([frame for frame in frames if b"output_item.done" in frame]) <= 1
        assert frames


def test_signatures_of_others_do_not_go_to_gemini_itself() -> None:
    foreign = packed(Opaque("anthropic", raw_of("sig")))
    parts = [
        {"text": "", "thought": True, "thoughtSignature": foreign},
        {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": foreign},
        {"text": "own", "thoughtSignature": "c2ln"},
    ]
    contents = [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model", "parts": parts}]
    operation = parse_gemini(body(contents=contents), no_headers, model="m")
    told = json.loads(operation.body_for(same()))["contents"][1]["parts"]
    assert told == [{"functionCall": {"name": "f", "args": {}}}, parts[2]]


def test_calls_of_another_model_get_the_documented_signature() -> None:
    turns = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "sun"},
    ]  # fmt: skip
    operation = parse_chat(body(model="m", messages=turns), no_headers)
    for model, expected in (("gemini-3-pro", True), ("gemini-2.5-pro", False)):
        told = json.loads(translate(operation, "generate").body_for(same(model)))
        assert ("thoughtSignature" in told["contents"][1]["parts"][0]) == expected
        answer = told["contents"][2]["parts"][0]["functionResponse"]
        assert answer == {"name": "weather", "response": {"result": "sun"}}


def test_schemas_are_made_fit() -> None:
    node = {"$ref": "#/$defs/Node"}
    schema = {
        "$schema": "x", "type": "object", "additionalProperties": False,
        "$defs": {"Node": {"type": "object", "properties": {"next": node, "kind": {"const": "a"}}},
                  "Name": {"type": "string", "minLength": 2, "format": "hostname"}},
        "properties": {
            "name": {"$ref": "#/$defs/Name", "description": "It."},
            "age": {"type": ["integer", "null"], "exclusiveMinimum": 0, "format": "int32"},
            "pick": {"oneOf": [{"type": "string"}, {"type": "number"}]},
            "maybe": {"anyOf": [{"type": "string", "enum": ["x", "y"]}, {"type": "null"}]},
            "both": {"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}},
                               {"properties": {"b": {"type": "boolean"}}, "required": ["b"]}]},
            "level": {"enum": [1, 2], "type": "integer"},
            "list": {"type": "array"},
        },
        "required": ["name", "gone"],
    }  # fmt: skip
    made = cleaned(schema)
    assert made["required"] == ["name"]
    assert "additionalProperties" not in made
    fields = made["properties"]
    assert fields["name"] == {"type": "STRING", "minLength": 2, "description": "It."}
    assert fields["age"] == {"type": "INTEGER", "nullable": True, "format": "int32"}
    assert fields["pick"] == {"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}]}
    assert fields["maybe"] == {"type": "STRING", "enum": ["x", "y"], "nullable": True}
    assert set(fields["both"]["properties"]) == {"a", "b"}
    assert fields["both"]["required"] == ["b"]
    assert fields["level"] == {"type": "INTEGER"}
    assert fields["list"] == {"type": "ARRAY", "items": {"type": "STRING"}}
    endless = cleaned({"$ref": "#/$defs/Node", "$defs": schema["$defs"]})
    assert len(json.dumps(endless)) < 1_000_000
    assert lowered(made["properties"]["age"])["type"] == ["integer", "null"]


def test_every_speaker_is_known_by_its_operation() -> None:
    assert set(SPEAKERS) == set(CALLERS)
