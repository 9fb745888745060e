"""Chat requests in Anthropic's words, and what comes back."""

import base64
import json
from typing import Any

import pytest

from tests.lanes.making import chat_to_messages, lost, read, sent
from waystation.dialects.operation import Target
from waystation.errors import Fault

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "of a city", "parameters": SCHEMA},
}
FORMAT = {
    "type": "json_schema",
    "json_schema": {"name": "place", "strict": True, "schema": SCHEMA},
}
PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG....").decode()
OLD, NEW, FIRM = "claude-sonnet-4-5-20250929", "claude-opus-4-6", "claude-opus-5"


def user(content: Any = "hi") -> dict[str, Any]:
    return {"role": "user", "content": content}


def to(model: str, **more: Any) -> Target:
    return Target(upstream_model=model, **more)


def answer_of(*blocks: dict[str, Any], reason: str = "end_turn") -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "model": "up",
        "content": list(blocks),
        "stop_reason": reason,
        "usage": {"input_tokens": 9, "output_tokens": 4},
    }


def test_the_whole_of_a_plain_request() -> None:
    pair = chat_to_messages(
        messages=[
            {"role": "system", "content": "One."},
            {"role": "developer", "content": "Two."},
            user(),
        ],
        temperature=1.5,
        stop=["END", "  "],
        user="u-1",
        stream=True,
        seed=7,
        logit_bias={"1": 2},
        n=1,
    )
    body = sent(pair)
    assert body == {
        "model": "up",
        "system": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        "max_tokens": 8192,
        "temperature": 1.0,
        "stop_sequences": ["END"],
        "metadata": {"user_id": "u-1"},
        "stream": True,
    }
    assert lost(pair) == {"seed", "logit_bias", "stop"}


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_limits(name: str) -> None:
    assert sent(chat_to_messages(**{name: 300}))["max_tokens"] == 300
    clamped = chat_to_messages(**{name: 300})
    assert sent(clamped, to("up", output_limit=90))["max_tokens"] == 90
    assert sent(chat_to_messages(), to("claude-3-opus-20240229"))["max_tokens"] == 4096


def test_turns_are_merged_and_nothing_is_empty() -> None:
    body = sent(
        chat_to_messages(
            messages=[
                {"role": "assistant", "content": "begun"},
                user("a"),
                {"role": "system", "content": "late"},
                user([{"type": "text", "text": "b"}, {"type": "text", "text": " "}]),
                {"role": "assistant", "content": ""},
                {"role": "assistant", "content": "ends in blanks  "},
            ]
        )
    )
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user", "assistant"]
    assert [block["text"] for block in body["messages"][2]["content"]] == ["a", "b"]
    assert body["messages"][3]["content"][-1]["text"] == "ends in blanks"
    assert body["system"] == [{"type": "text", "text": "late"}]


def test_instructions_alone_are_what_is_asked() -> None:
    body = sent(chat_to_messages(messages=[{"role": "system", "content": "Say yes."}]))
    assert "system" not in body
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Say yes."}]}]


def test_a_round_of_tools() -> None:
    calls = [
        {"id": "call:1", "type": "function", "function": {"name": "weather", "arguments": ""}},
        {
            "id": "call_2",
            "type": "function",
            "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
        },
    ]
    body = sent(
        chat_to_messages(
            messages=[
                user("weather?"),
                {"role": "assistant", "content": None, "tool_calls": calls},
                {"role": "tool", "tool_call_id": "call:1", "content": "rain"},
                {
                    "role": "tool",
                    "tool_call_id": "call_2",
                    "content": [{"type": "text", "text": "sun"}],
                },
                user("and now?"),
            ],
            tools=[TOOL],
            tool_choice="required",
            parallel_tool_calls=False,
        )
    )
    assert body["tools"] == [
        {"name": "weather", "description": "of a city", "input_schema": SCHEMA}
    ]
    assert body["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}
    assert body["messages"][1]["content"] == [
        {"type": "tool_use", "id": "call_1", "name": "weather", "input": {}},
        {"type": "tool_use", "id": "call_2", "name": "weather", "input": {"city": "Oslo"}},
    ]
    results = body["messages"][2]["content"]
    assert [block["type"] for block in results] == ["tool_result", "tool_result", "text"]
    assert results[0]["tool_use_id"] == "call_1"
    assert results[1]["content"] == [{"type": "text", "text": "sun"}]


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        (
            {"type": "function", "function": {"name": "weather"}},
            {"type": "tool", "name": "weather"},
        ),
    ],
)
def test_tool_choices(choice: Any, written: Any) -> None:
    assert sent(chat_to_messages(tools=[TOOL], tool_choice=choice))["tool_choice"] == written


def test_pictures_and_files() -> None:
    pdf = base64.b64encode(b"%PDF").decode()
    text = "data:text/plain;base64," + base64.b64encode("grüße".encode()).decode()
    content = [
        {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
        {"type": "image_url", "image_url": "https://img.example/a.png"},
        {
            "type": "file",
            "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{pdf}"},
        },
        {"type": "file", "file": {"filename": "a.txt", "file_data": text}},
    ]
    blocks = sent(chat_to_messages(messages=[user(content)]))["messages"][0]["content"]
    assert blocks[0]["source"] == {
        "type": "base64",
        "media_type": "image/png",
        "data": PNG.partition(",")[2],
    }
    assert blocks[1]["source"] == {"type": "url", "url": "https://img.example/a.png"}
    assert blocks[2] == {
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": pdf},
        "title": "a.pdf",
    }
    assert blocks[3]["source"]["data"] == "grüße"


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
        {"type": "image_url", "image_url": {"url": "data:image/tiff;base64,AA"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "video_url", "video_url": {"url": "https://a.example/b.mp4"}},
    ],
)
def test_content_without_a_word_for_it_is_refused_with_its_place(part: dict[str, Any]) -> None:
    pair = chat_to_messages(messages=[user("a"), user([{"type": "text", "text": "x"}, part])])
    with pytest.raises(Fault) as caught:
        pair.body_for(to("up"))
    assert caught.value.status == 400
    assert caught.value.param == "messages[1].content[1]"


def test_a_data_url_that_is_none_is_refused() -> None:
    content = [{"type": "image_url", "image_url": {"url": "data:image/png,xyz"}}]
    with pytest.raises(Fault) as caught:
        chat_to_messages(messages=[user(content)])
    assert caught.value.status == 400


def test_cache_marks_pass() -> None:
    mark = {"type": "ephemeral", "ttl": "1h"}
    body = sent(
        chat_to_messages(
            messages=[
                {
                    "role": "system",
                    "content": [{"type": "text", "text": "s", "cache_control": mark}],
                },
                user([{"type": "text", "text": "u", "cache_control": mark}]),
            ],
            tools=[{**TOOL, "cache_control": mark}],
        )
    )
    assert body["system"][0]["cache_control"] == mark
    assert body["messages"][0]["content"][0]["cache_control"] == mark
    assert body["tools"][0]["cache_control"] == mark


# ---- thinking --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effort", "budget"), [("minimal", 1024), ("low", 2048), ("medium", 8192), ("high", 16384)]
)
def test_an_effort_is_a_budget_for_older_models(effort: str, budget: int) -> None:
    body = sent(chat_to_messages(reasoning_effort=effort, temperature=0.2), to(OLD))
    assert body["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert body["max_tokens"] == budget + 8192
    assert "temperature" not in body


def test_a_budget_never_reaches_the_limit() -> None:
    body = sent(chat_to_messages(reasoning_effort="high", max_tokens=4000), to(OLD))
    assert body["thinking"]["budget_tokens"] < body["max_tokens"] == 4000
    small = chat_to_messages(reasoning_effort="high", max_tokens=900)
    assert "thinking" not in sent(small, to(OLD))
    assert lost(small, to(OLD)) == {"reasoning_effort"}


def test_newer_models_take_the_effort() -> None:
    body = sent(chat_to_messages(reasoning_effort="high"), to(NEW))
    assert body["thinking"] == {"type": "adaptive"}
    assert body["output_config"] == {"effort": "high"}
    off = sent(chat_to_messages(reasoning_effort="none"), to(NEW))
    assert off["thinking"] == {"type": "disabled"}
    firm = chat_to_messages(reasoning_effort="none", temperature=0.3, top_p=0.5)
    body = sent(firm, to(FIRM))
    assert "thinking" not in body
    assert body["output_config"] == {"effort": "low"}
    assert lost(firm, to(FIRM)) == {"temperature", "top_p"}


def test_anthropics_own_field_in_a_chat_body() -> None:
    pair = chat_to_messages(thinking={"type": "enabled", "budget_tokens": 3000}, max_tokens=9000)
    assert sent(pair, to(OLD))["thinking"] == {"type": "enabled", "budget_tokens": 3000}


def test_one_sampling_setting_for_those_that_take_one() -> None:
    pair = chat_to_messages(temperature=0.3, top_p=0.5)
    assert lost(pair, to(OLD)) == {"top_p"}
    both = sent(chat_to_messages(temperature=0.3, top_p=0.5), to("claude-3-5-haiku-20241022"))
    assert (both["temperature"], both["top_p"]) == (0.3, 0.5)


def test_signed_thoughts_go_back_as_they_came() -> None:
    signed = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    redacted = {"type": "redacted_thinking", "data": "b3BhcXVl"}
    use = {"type": "tool_use", "id": "t1", "name": "weather", "input": {}}
    out = read(chat_to_messages(tools=[TOOL]), answer_of(signed, redacted, use, reason="tool_use"))
    turn = out["choices"][0]["message"]
    assert turn["reasoning_content"] == "Hm."
    result = {"role": "tool", "tool_call_id": "t1", "content": "rain"}
    again = chat_to_messages(messages=[user(), turn, result], tools=[TOOL], reasoning_effort="low")
    body = sent(again, to(OLD))
    assert body["messages"][1]["content"] == [signed, redacted, use]
    assert body["thinking"]["type"] == "enabled"


def test_another_relays_form_of_signed_thoughts() -> None:
    signed = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    turn = {"role": "assistant", "content": "a", "thinking_blocks": [signed]}
    body = sent(chat_to_messages(messages=[user(), turn, user()]))
    assert body["messages"][1]["content"] == [signed, {"type": "text", "text": "a"}]


def test_thoughts_that_nobody_signed_stay_behind() -> None:
    turn = {"role": "assistant", "content": "a", "reasoning_content": "Hm."}
    body = sent(chat_to_messages(messages=[user(), turn, user()]))
    assert body["messages"][1]["content"] == [{"type": "text", "text": "a"}]


def test_a_call_without_its_thoughts_is_not_gone_on_with_a_budget() -> None:
    call = {"id": "t1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    pair = chat_to_messages(
        messages=[
            user(),
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "t1", "content": "rain"},
        ],
        tools=[TOOL],
        reasoning_effort="low",
    )
    assert "thinking" not in sent(pair, to(OLD))
    assert lost(pair, to(OLD)) == {"reasoning_effort"}


# ---- structured output -----------------------------------------------------------------------


def test_a_schema_is_a_forced_call_and_its_arguments_the_content() -> None:
    pair = chat_to_messages(response_format=FORMAT)
    body = sent(pair, to(OLD))
    name = body["tools"][0]["name"]
    assert body["tools"][0]["input_schema"] == SCHEMA
    assert body["tool_choice"] == {
        "type": "tool",
        "name": name,
        "disable_parallel_tool_use": True,
    }
    use = {"type": "tool_use", "id": "t1", "name": name, "input": {"city": "Oslo"}}
    out = read(pair, answer_of(use, reason="tool_use"), to(OLD))
    choice = out["choices"][0]
    assert json.loads(choice["message"]["content"]) == {"city": "Oslo"}
    assert "tool_calls" not in choice["message"]
    assert choice["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("model", "more"),
    [(OLD, {"tools": [TOOL]}), (NEW, {"reasoning_effort": "low"}), (FIRM, {})],
)
def test_a_schema_beside_tools_or_thoughts_is_the_vendors_own_format(
    model: str, more: dict[str, Any]
) -> None:
    body = sent(chat_to_messages(response_format=FORMAT, **more), to(model))
    assert body["output_config"]["format"] == {"type": "json_schema", "schema": SCHEMA}
    assert "tool_choice" not in body


def test_a_schema_beside_tools_on_an_old_model() -> None:
    pair = chat_to_messages(response_format=FORMAT, tools=[TOOL], reasoning_effort="low")
    body = sent(pair, to("claude-3-7-sonnet-20250219"))
    assert body["tool_choice"]["type"] == "any"
    assert len(body["tools"]) == 2
    assert "thinking" not in body
    assert "reasoning_effort" in lost(pair, to("claude-3-7-sonnet-20250219"))


def test_json_without_a_schema_is_asked_for_in_words() -> None:
    body = sent(chat_to_messages(response_format={"type": "json_object"}))
    assert "JSON" in body["system"][-1]["text"]
