"""What callers rarely send: every kind of part, tool and choice, read and written in each dialect,
and what is told to whoever sends nonsense."""

import json
from typing import Any

import pytest

from tests.dialects.making import FREE, body, no_headers, same
from waystation.dialects.gather import events_of, gathered
from waystation.dialects.gemini.request import parse as parse_gemini
from waystation.dialects.ir import (
    Failed,
    Opaque,
    PartStarted,
    Reasoning,
    Reply,
    Started,
    Text,
    ToolCall,
)
from waystation.dialects.openai_responses.request import parse as parse_responses
from waystation.dialects.openai_responses.tool_names import ToolNames
from waystation.dialects.pictures.ideogram import parse_ideogram, remix_of_form, remix_of_json
from waystation.dialects.pictures.order import PictureInput
from waystation.dialects.speakers import SPEAKERS, translate
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, read_object

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
PICTURE = "data:image/png;base64,aGk="
FILE = "data:application/pdf;base64,aGk="
SOUND = {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}}
RARE: list[dict[str, Any]] = [
    {"role": "developer", "content": "Be kind."},
    {"role": "user", "content": [
        {"type": "input_image", "image_url": {"url": PICTURE}},
        {"type": "input_file", "filename": "a.pdf", "file_data": FILE},
        {"type": "input_text", "text": "What is this?"}]},
    {"role": "assistant", "content": [
        {"type": "output_text", "text": "A page."}, {"type": "refusal", "refusal": "No more."}]},
    {"type": "custom_tool_call", "call_id": "c0", "name": "patch", "input": "*** Begin"},
    {"type": "custom_tool_call_output", "call_id": "c0", "output": "done"},
    {"type": "function_call", "id": "fc_1", "name": "weather", "arguments": ""},
    {"type": "function_call_output", "call_id": "fc_1",
     "output": [{"type": "input_text", "text": "sun"}]},
    {"role": "user", "content": "And now?"},
]  # fmt: skip
TOOLS = [
    {"type": "function", "function": {"name": "weather", "parameters": {"type": "string"}}},
    {"type": "custom", "name": "patch", "description": "Text in.", "format": {"type": "text"}},
    {"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "inner",
                                                  "parameters": SCHEMA}]},
]  # fmt: skip
OTHERS = sorted({"chat", "messages", "generate"} & set(SPEAKERS))


def responses(**fields: Any) -> Any:
    return parse_responses(body(**{"model": "m", "input": "hi", **fields}), no_headers)


def written(operation: Any, spoken: str) -> Any:
    """The upstream's body, or the status of the refusal."""
    try:
        return translate(operation, spoken).body_for(same("gpt-5"))
    except Fault as fault:
        return fault.status


@pytest.mark.parametrize("spoken", OTHERS)
def test_rare_items_reach_every_dialect(spoken: str) -> None:
    operation = responses(input=RARE, tools=TOOLS, tool_choice="required")
    translated = translate(operation, spoken)
    told = json.dumps(json.loads(translated.body_for(same("up"))))
    for word in ("Be kind.", "What is this?", "A page.", "*** Begin", "sun", "And now?", "inner"):
        assert word in told
    assert "tools[1].format" in {loss.path for loss in translated.losses(same("up"))}


@pytest.mark.parametrize("spoken", OTHERS)
@pytest.mark.parametrize(
    ("choice", "mode"),
    [
        ("none", "none"),
        ("auto", "auto"),
        ({"type": "allowed_tools", "mode": "required", "tools": []}, "any"),
        ({"type": "allowed_tools", "mode": "auto", "tools": []}, "auto"),
        ({"type": "web_search"}, None),
    ],
)
def test_choices_of_tools(spoken: str, choice: Any, mode: str | None) -> None:
    operation = responses(tools=TOOLS, tool_choice=choice, parallel_tool_calls=None)
    chat, losses = operation.read_chat()
    assert (None if chat.tool_choice is None else chat.tool_choice.mode) == mode
    assert bool([loss for loss in losses if loss.path.startswith("tool_choice")]) == (
        isinstance(choice, dict)
    )
    assert json.loads(translate(operation, spoken).body_for(same("up")))


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": {"id": "pmpt_1"}},
        {"input": ["text"]},
        {"input": [{"role": "robot", "content": "x"}]},
        {"input": [{"role": "user", "content": 7}]},
        {"input": [{"role": "user", "content": ["x"]}]},
        {"input": [{"type": "item_reference", "id": "msg_1"}]},
        {"tools": ["weather"]},
    ],
)
def test_nonsense_is_a_400_of_its_place(fields: dict[str, Any]) -> None:
    with pytest.raises(Fault) as caught:
        responses(**fields).read_chat()
    assert caught.value.status == 400


@pytest.mark.parametrize("spoken", OTHERS)
@pytest.mark.parametrize(
    "part",
    [
        SOUND,
        {"type": "input_image", "file_id": "file_1"},
        {"type": "input_file", "file_id": "file_1"},
        {"type": "input_file", "file_url": "https://files.example/a.pdf"},
        {"type": "input_file", "file_data": "aGk="},
        {"type": "computer_screenshot"},
    ],
)
def test_media_is_carried_or_refused_in_words(spoken: str, part: dict[str, Any]) -> None:
    operation = responses(input=[{"role": "user", "content": [part]}])
    told = written(operation, spoken)
    assert told == 400 or json.loads(told)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ({"format": {"type": "json_object"}}, "json"),
        ({"format": {"type": "text"}}, "text"),
        ({"verbosity": "low"}, "text"),
        ({"format": {"type": "json_schema", "schema": SCHEMA, "description": "d"}}, "schema"),
    ],
)
def test_forms_of_output(text: dict[str, Any], kind: str) -> None:
    operation = responses(text=text, reasoning={"effort": "odd", "generate_summary": "auto"})
    chat, _ = operation.read_chat()
    assert chat.output.kind == kind
    assert chat.thinking is not None
    assert chat.thinking.effort is None
    for spoken in OTHERS:
        assert json.loads(translate(operation, spoken).body_for(same("gpt-5")))


def test_free_text_tools_are_known_by_name() -> None:
    assert ToolNames.of(raw_of(TOOLS)).customs == {"patch"}
    assert ToolNames.of(raw_of("no")).customs == ToolNames.of(None).customs == frozenset()


@pytest.mark.parametrize("spoken", ["chat", "messages", "responses"])
def test_rare_parts_of_gemini(spoken: str) -> None:
    given = {
        "contents": {"parts": [
            {"text": "thought of", "thought": True},
            {"inlineData": {"mimeType": "audio/mp3", "data": "aGk="}},
            {"fileData": {"fileUri": "https://files.example/a.pdf", "mimeType": "application/pdf"}},
            {"text": "Hi"}]},
        "generationConfig": {"responseMimeType": "application/json", "responseSchema": {
            "type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True}}},
            "thinkingConfig": {"thinkingLevel": "HIGH"}},
        "toolConfig": {"functionCallingConfig": {"mode": "NONE"}},
    }  # fmt: skip
    operation = parse_gemini(body(**given), no_headers, model="gemini-3-pro")
    assert operation.needs >= {"audio", "files"}
    told = written(operation, spoken)
    assert told == 400 or "Hi" in told.decode()


@pytest.mark.parametrize("contents", [7, True, None])
def test_contents_of_no_shape(contents: Any) -> None:
    with pytest.raises(Fault) as caught:
        parse_gemini(body(contents=contents), no_headers, model="m")
    assert caught.value.status == 400


def test_pictures_named_in_both_spellings_count_the_same() -> None:
    def bound(name: str, kind: str) -> int:
        part = {name: {kind: "image/png", "data": "aGk=" * 400}}
        given = {"contents": [{"role": "user", "parts": [part]}]}
        return int(parse_gemini(body(**given), no_headers, model="gemini-3-pro").prompt_tokens)

    camel, snake = bound("inlineData", "mimeType"), bound("inline_data", "mime_type")
    assert abs(camel - snake) <= 2, "but for the letters of the names"


def test_a_reply_taken_apart_and_put_together_is_the_same() -> None:
    seal = Opaque("anthropic", raw_of("c2ln"))
    parts = (Reasoning("Hm.", seal), Text("Hello"), ToolCall("c1", "weather", '{"a":1}', seal=seal))
    reply = Reply(id="r", model="m", parts=parts, reason="tools", raw_reason="tool_use")
    assert gathered(events_of(reply)) == reply
    bare = ToolCall("c2", "now", "")
    told = Reply(id="r", model="m", parts=(bare,), reason="tools")
    assert gathered(events_of(told)).parts == (ToolCall("c2", "now", "{}"),)


def test_events_that_do_not_end_are_a_fault() -> None:
    with pytest.raises(Fault) as caught:
        gathered([Started("r", "m"), PartStarted(0, Text(""))])
    assert caught.value.code == "bad_upstream_response"
    with pytest.raises(Fault) as failed:
        gathered([Started("r", "m"), Failed(Fault("rate_limit_exceeded"))])
    assert failed.value.code == "rate_limit_exceeded"


DONE = {"id": "resp_1", "object": "response", "status": "completed", "model": "up", "output": [
    {"type": "message", "content": [{"type": "output_text", "text": "Hello there"},
                                    {"type": "refusal", "refusal": "no"}]}]}  # fmt: skip


def read(answer: bytes, content_type: str = "application/json") -> dict[str, Any]:
    reader = responses().reply_reader(same("up"), FREE)
    told: dict[str, Any] = json.loads(reader.read(200, content_type, answer))
    return told


def test_an_answer_without_usage_is_counted_by_its_text() -> None:
    told = read(body(**DONE))
    assert told["model"] == "m"
    assert told["usage"]["output_tokens"] > 0


def test_a_stream_in_place_of_an_answer_is_put_together() -> None:
    stream = b"".join(
        b"event: x\ndata: " + body(**event) + b"\n\n"
        for event in (
            {"type": "response.created"},
            {"type": "response.completed", "response": DONE},
        )
    )
    assert read(b"data: {broken\n\n" + stream, "text/event-stream")["id"] == "resp_1"
    error = b"data: " + body(type="error", code="server_error", message="x") + b"\n\n"
    for broken in (b"data: {}\n\n", error):
        with pytest.raises(Fault):
            read(broken, "text/event-stream")


@pytest.mark.parametrize(
    "answer",
    [b"<html>", b"[]", body(**{**DONE, "output": []}), body(status="failed", error={"code": "x"})],
)
def test_an_answer_that_is_none(answer: bytes) -> None:
    with pytest.raises(Fault):
        read(answer)


FORM = (("image_file", PictureInput(b"hi", "image/png", "a.png")),)


def test_remixes_of_ideogram_as_form_and_as_json() -> None:
    wanted = {"prompt": "a fox", "image_weight": 30, "resolution": "RESOLUTION_640_512"}
    texts = read_object(body(image_request=json.dumps(wanted)))
    order = remix_of_form((texts, FORM)).order
    assert (order.prompt, order.size, len(order.inputs)) == ("a fox", "640x512", 1)
    assert order.strength == pytest.approx(0.7)
    asked = remix_of_json(body(image_request=wanted, image_file=PICTURE), no_headers)
    assert asked.references == (("image_file", PICTURE),)


@pytest.mark.parametrize("image_file", [None, 7, " "])
def test_a_remix_needs_its_picture(image_file: Any) -> None:
    with pytest.raises(Fault) as caught:
        remix_of_json(body(image_request={"prompt": "x"}, image_file=image_file), no_headers)
    assert caught.value.code == "missing_field"


def test_remixes_that_are_refused() -> None:
    texts = read_object(body(image_request={"prompt": "x"}))
    for files in ((), (*FORM, *FORM), (("other", FORM[0][1]),)):
        with pytest.raises(Fault):
            remix_of_form((texts, files))
    for wrong in (
        {"image_request": 7},
        {"prompt": "x", "aspect_ratio": "ASPECT_1_1", "resolution": "640x512"},
    ):
        with pytest.raises(Fault):
            parse_ideogram(body(**wrong), no_headers)
