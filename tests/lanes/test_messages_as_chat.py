"""Messages requests in chat's words, and what comes back."""

from typing import Any

import pytest

from tests.anthropic.making import check_order, content
from tests.dialects.streams import DONE, frame, usage_frame
from tests.lanes.making import lost, messages_to_chat, read, reader, run, sent
from waystation.dialects.operation import Target
from waystation.errors import Fault

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL = {"name": "weather", "description": "of a city", "input_schema": SCHEMA}


def user(content: Any = "hi") -> dict[str, Any]:
    return {"role": "user", "content": content}


def text(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": value, **more}


def reply_of(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "up",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
    }


def test_the_whole_of_a_plain_request() -> None:
    pair = messages_to_chat(
        system=[text("One."), text("Two.", cache_control={"type": "ephemeral"})],
        messages=[user([text("a"), text("b")]), {"role": "assistant", "content": "c"}, user()],
        max_tokens=100,
        temperature=0.5,
        top_k=3,
        stop_sequences=["1", "2", "3", "4", "5"],
        metadata={"user_id": "u-1"},
        stream=True,
        context_management={"edits": []},
    )
    assert sent(pair) == {
        "model": "up",
        "messages": [
            {"role": "system", "content": "One.\n\nTwo."},
            {"role": "user", "content": "a\n\nb"},
            {"role": "assistant", "content": "c"},
            {"role": "user", "content": "hi"},
        ],
        "max_tokens": 100,
        "temperature": 0.5,
        "stop": ["1", "2", "3", "4"],
        "user": "u-1",
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert lost(pair) == {"cache_control", "top_k", "stop[4]", "context_management"}


def test_a_round_of_tools() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
    use = {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Oslo"}}
    result = {
        "type": "tool_result",
        "tool_use_id": "t1",
        "content": [text("rain"), {"type": "image", "source": source}],
    }
    body = sent(
        messages_to_chat(
            messages=[
                user("weather?"),
                {"role": "assistant", "content": [text("Let me see."), use]},
                user([result, text("and now?")]),
            ],
            tools=[TOOL, {"type": "custom", **TOOL, "name": "other"}],
            tool_choice={"type": "any", "disable_parallel_tool_use": True},
        )
    )
    assert body["messages"][1] == {
        "role": "assistant",
        "content": "Let me see.",
        "tool_calls": [
            {
                "id": "t1",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
            }
        ],
    }
    assert body["messages"][2] == {"role": "tool", "tool_call_id": "t1", "content": "rain"}
    after = body["messages"][3]["content"]
    assert after[0]["image_url"]["url"] == "data:image/png;base64,AAAA"
    assert after[1] == text("and now?")
    assert body["tool_choice"] == "required"
    assert body["parallel_tool_calls"] is False
    assert [tool["function"]["name"] for tool in body["tools"]] == ["weather", "other"]


def test_hosted_tools_are_dropped_and_told() -> None:
    pair = messages_to_chat(tools=[TOOL, {"type": "web_search_20250305", "name": "web_search"}])
    assert len(sent(pair)["tools"]) == 1
    assert lost(pair) == {"tools[1]"}


def test_a_system_turn_amid_the_others_stays_where_it_is() -> None:
    turns = [user("a"), {"role": "system", "content": "s"}, user("b")]
    roles = [turn["role"] for turn in sent(messages_to_chat(messages=turns))["messages"]]
    assert roles == ["user", "system", "user"]


def test_documents() -> None:
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}
    plain = {"type": "text", "media_type": "text/plain", "data": "grüße"}
    blocks = [
        {"type": "document", "source": pdf, "title": "a.pdf"},
        {"type": "document", "source": plain},
    ]
    parts = sent(messages_to_chat(messages=[user(blocks)]))["messages"][0]["content"]
    assert parts[0]["file"] == {
        "filename": "a.pdf",
        "file_data": "data:application/pdf;base64,AAAA",
    }
    assert parts[1] == text("grüße")


@pytest.mark.parametrize(
    "block",
    [
        {"type": "document", "source": {"type": "url", "url": "https://a.example/x.pdf"}},
        {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
        {"type": "search_result", "source": "x", "title": "y", "content": []},
        {"type": "something_new"},
    ],
)
def test_content_without_a_word_for_it_is_refused_with_its_place(block: dict[str, Any]) -> None:
    pair = messages_to_chat(messages=[user("a"), user([text("x"), block])])
    with pytest.raises(Fault) as caught:
        pair.body_for(Target(upstream_model="up"))
    assert caught.value.status == 400
    assert caught.value.param == "messages[1].content[1]"


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(Fault) as caught:
        messages_to_chat(messages=[{"role": "z", "content": "a"}])
    assert caught.value.param == "messages[0].role"


@pytest.mark.parametrize(
    ("thinking", "effort"),
    [
        ({"type": "enabled", "budget_tokens": 1024}, "low"),
        ({"type": "enabled", "budget_tokens": 8000}, "medium"),
        ({"type": "enabled", "budget_tokens": 30000}, "high"),
        ({"type": "disabled"}, "low"),
    ],
)
def test_a_budget_is_an_effort_where_the_model_has_one(
    thinking: dict[str, Any], effort: str
) -> None:
    body = sent(messages_to_chat(thinking=thinking), Target(upstream_model="o3"))
    assert body["reasoning_effort"] == effort
    assert "max_completion_tokens" in body
    other = messages_to_chat(thinking=thinking)
    assert "reasoning_effort" not in sent(other)
    assert lost(other) == (set() if thinking["type"] == "disabled" else {"thinking"})


def test_an_adaptive_effort() -> None:
    pair = messages_to_chat(thinking={"type": "adaptive"}, output_config={"effort": "max"})
    assert sent(pair, Target(upstream_model="gpt-5.1"))["reasoning_effort"] == "high"


def test_an_output_format() -> None:
    form = {"type": "json_schema", "schema": SCHEMA}
    for fields in ({"output_config": {"format": form}}, {"output_format": form}):
        schema = sent(messages_to_chat(**fields))["response_format"]["json_schema"]
        assert schema["schema"] == SCHEMA


def test_thoughts_go_back_only_where_the_vendor_wants_them() -> None:
    thoughts = {"type": "thinking", "thinking": "Hm.", "signature": ""}
    turns = [user(), {"role": "assistant", "content": [thoughts, text("a")]}, user()]
    assert sent(messages_to_chat(messages=turns))["messages"][1] == {
        "role": "assistant",
        "content": "a",
    }
    wants = Target(upstream_model="up", reasoning_field="reasoning_content")
    assert sent(messages_to_chat(messages=turns), wants)["messages"][1] == {
        "role": "assistant",
        "content": "a",
        "reasoning_content": "Hm.",
    }


def test_refused_fields_are_not_sent() -> None:
    target = Target(upstream_model="up", refuses=("user", "stream_options"))
    pair = messages_to_chat(metadata={"user_id": "u"}, stream=True)
    body = sent(pair, target)
    assert "user" not in body
    assert "stream_options" not in body
    assert lost(pair, target) == {"user"}


# ---- answers ---------------------------------------------------------------------------------


def test_an_answer_with_everything() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    out = read(
        messages_to_chat(),
        reply_of(
            {"role": "assistant", "content": "Hm", "reasoning_content": "I", "tool_calls": [call]},
            "tool_calls",
        ),
    )
    assert out["type"] == "message"
    assert out["role"] == "assistant"
    assert out["model"] == "asked"
    assert out["id"].startswith("msg_")
    assert out["content"] == [
        {"type": "thinking", "thinking": "I", "signature": ""},
        text("Hm"),
        {"type": "tool_use", "id": "c1", "name": "weather", "input": {}},
    ]
    assert out["stop_reason"] == "tool_use"
    assert out["usage"]["input_tokens"] == 9
    assert out["usage"]["output_tokens"] == 4


def test_a_refusal() -> None:
    message = {"role": "assistant", "content": None, "refusal": "I will not."}
    out = read(messages_to_chat(), reply_of(message, "content_filter"))
    assert out["content"] == [text("I will not.")]
    assert out["stop_reason"] == "refusal"


def tool_delta(index: int, arguments: str, **more: Any) -> dict[str, Any]:
    function: dict[str, Any] = {"arguments": arguments}
    if "name" in more:
        function["name"] = more.pop("name")
    return {"tool_calls": [{"index": index, "function": function, **more}]}


def test_calls_side_by_side_come_one_after_the_other() -> None:
    data = b"".join(
        [
            frame({"role": "assistant", "content": ""}),
            frame(tool_delta(0, "", id="a", name="one")),
            frame(tool_delta(1, "", id="b", name="two")),
            frame(tool_delta(0, '{"x"')),
            frame(tool_delta(1, '{"y":2}')),
            frame(tool_delta(0, ":1}")),
            frame({}, "tool_calls"),
            usage_frame(9, 4),
            DONE,
        ]
    )
    found = check_order(run(reader(messages_to_chat(stream=True)), data))
    assert [(block["id"], block["input"]) for block in content(found)] == [
        ("a", {"x": 1}),
        ("b", {"y": 2}),
    ]


def test_a_whole_call_lets_the_next_one_stream() -> None:
    stream = reader(messages_to_chat(stream=True))
    out = stream.feed(
        frame(tool_delta(0, '{"x":1}', id="a", name="one"))
        + frame(tool_delta(1, "", id="b", name="two"))
        + frame(tool_delta(1, '{"y"'))
    )
    assert b'{\\"y\\"' in out


def test_usage_told_after_the_finish_is_in_the_last_delta() -> None:
    data = frame({"content": "x"}) + frame({}, "stop") + usage_frame(9, 4) + DONE
    found = check_order(run(reader(messages_to_chat(stream=True)), data))
    assert found[-2]["usage"]["input_tokens"] == 9


def test_thoughts_within_the_content() -> None:
    data = frame({"content": "<think>Hm.</think>Yes"}) + frame({}, "stop") + DONE
    target = Target(upstream_model="up", think_tags=True)
    found = check_order(run(reader(messages_to_chat(stream=True), target), data))
    assert [block["type"] for block in content(found)] == ["thinking", "text"]


@pytest.mark.parametrize(
    "data",
    [
        b"<html>",
        b'{"error":{"message":"no","type":"server_error"}}',
        b'data: {"error":{"message":"no"}}\n\n',
        b"data: nonsense\n\n",
        b"data: [DONE]\n\n",
        b"",
    ],
)
def test_nonsense_is_a_fault(data: bytes) -> None:
    stream = reader(messages_to_chat(stream=True))
    assert run(stream, data) == b""
    assert stream.fault is not None


def test_a_whole_reply_where_a_stream_was_asked_for() -> None:
    import msgspec

    body = msgspec.json.encode(reply_of({"role": "assistant", "content": "Hello"}))
    found = check_order(run(reader(messages_to_chat(stream=True)), body))
    assert content(found) == [text("Hello")]
