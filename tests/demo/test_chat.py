"""The demo's chat: deterministic, about the request, exact in what it counts."""

import base64
import json
import struct
from typing import Any

import pytest

from waystation.demo.chat import chunks, completion
from waystation.demo.words import tokens
from waystation.dialects.openai_chat.request import parse

CREATED = 1_800_000_000


def asked(content: Any = "Good day, demo", **more: Any) -> dict[str, Any]:
    return {"model": "demo-chat", "messages": [{"role": "user", "content": content}], **more}


def reply(content: Any = "Good day, demo", **more: Any) -> dict[str, Any]:
    return completion(asked(content, **more), CREATED)


def said(content: Any = "Good day, demo", **more: Any) -> str:
    return str(reply(content, **more)["choices"][0]["message"]["content"])


PROMPTS = [
    "Good day",
    "你好，今天天气怎么样？",
    "",
    "x " * 500,
    "🙂 émigré \u200f",
    "日本語のテキスト",
]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_it_depends_on_the_request_alone(prompt: str) -> None:
    assert reply(prompt) == reply(prompt)
    assert said(prompt) != said(prompt + " more")
    assert said(prompt, seed=1) == said(prompt, seed=1)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_it_says_that_it_is_a_demo(prompt: str) -> None:
    for seed in range(12):
        text = said(prompt, seed=seed)
        assert "demo" in text.lower() or "演示" in text


def test_it_answers_in_the_language_of_the_question() -> None:
    assert "演示" in said("你好")
    assert "演示" not in said("hello")


def test_seeds_make_differences() -> None:
    assert len({said(seed=seed) for seed in range(20)}) > 5


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize(
    "more", [{}, {"n": 3}, {"reasoning_effort": "high"}, {"max_tokens": 6}, {"logprobs": True}]
)
def test_the_stream_says_what_the_whole_says(prompt: str, more: dict[str, Any]) -> None:
    whole = reply(prompt, **more)
    made = list(
        chunks(asked(prompt, stream=True, stream_options={"include_usage": True}, **more), CREATED)
    )
    assert made[-1]["usage"] == whole["usage"]
    assert made[-1]["choices"] == []
    for choice in whole["choices"]:
        own = [c["choices"][0] for c in made[:-1] if c["choices"][0]["index"] == choice["index"]]
        text = "".join(one["delta"].get("content") or "" for one in own)
        thought = "".join(one["delta"].get("reasoning_content") or "" for one in own)
        assert text == choice["message"]["content"]
        assert thought == choice["message"].get("reasoning_content", "")
        assert [one["finish_reason"] for one in own if one["finish_reason"]] == [
            choice["finish_reason"]
        ]
    assert len({chunk["id"] for chunk in made}) == 1


def test_what_it_counts_is_what_it_sends() -> None:
    made = list(chunks(asked("Rain", stream=True), CREATED))
    pieces = [one for one in made if one["choices"][0]["delta"].get("content")]
    assert len(pieces) == reply("Rain")["usage"]["completion_tokens"]


@pytest.mark.parametrize("text", [*PROMPTS, "a\nb\tc", "naïve — “quoted”", "한국어", "１２３"])
def test_pieces_joined_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


def test_the_prompt_is_counted() -> None:
    short = reply("one two")["usage"]["prompt_tokens"]
    assert reply("one two three")["usage"]["prompt_tokens"] == short + 1
    assert reply("一二三")["usage"]["prompt_tokens"] == 3 + 3
    assert reply("one two", tools=[tool("f")])["usage"]["prompt_tokens"] > short


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_limits_are_honoured(name: str, limit: int) -> None:
    made = reply(**{name: limit})
    assert made["choices"][0]["finish_reason"] == "length"
    assert made["usage"]["completion_tokens"] == limit
    assert said().startswith(made["choices"][0]["message"]["content"])


def test_limits_hold_for_reasoning_schemas_and_calls_too() -> None:
    thinking = reply(reasoning_effort="low", max_tokens=2)
    assert thinking["usage"]["completion_tokens"] == 2
    assert thinking["choices"][0]["finish_reason"] == "length"
    formed = reply(response_format={"type": "json_object"}, max_tokens=2)
    assert formed["usage"]["completion_tokens"] == 2
    calling = reply("Where is parcel P-118?", tools=TOOLS, max_tokens=3)
    assert calling["usage"]["completion_tokens"] == 3
    assert calling["choices"][0]["finish_reason"] == "length"


def test_a_limit_that_is_not_reached_changes_nothing() -> None:
    assert reply(max_tokens=1000)["choices"][0]["finish_reason"] == "stop"
    exact = reply()["usage"]["completion_tokens"]
    assert reply(max_tokens=exact)["choices"][0]["finish_reason"] == "stop"


def test_stops_are_honoured() -> None:
    assert said("a b END c", stop="END").endswith("a b ")
    assert said("a b END c", stop=["nowhere", "END"]).endswith("a b ")
    assert said("a b c", stop=None) == said("a b c")
    assert reply("a b END c", stop="END")["choices"][0]["finish_reason"] == "stop"
    long = reply("word " * 40 + "END", stop="END", max_tokens=4)
    assert long["usage"]["completion_tokens"] == 4
    assert long["choices"][0]["finish_reason"] == "length"


def test_several_choices() -> None:
    made = reply(n=4)
    assert [one["index"] for one in made["choices"]] == [0, 1, 2, 3]
    texts = {one["message"]["content"] for one in made["choices"]}
    assert len(texts) > 1
    assert made["usage"]["prompt_tokens"] == reply()["usage"]["prompt_tokens"]
    each = sum(len(tokens(one["message"]["content"])) for one in made["choices"])
    assert made["usage"]["completion_tokens"] == each


def test_several_choices_come_side_by_side() -> None:
    made = list(chunks(asked(n=3, stream=True), CREATED))
    assert [one["choices"][0]["index"] for one in made[:6]] == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("prompt", [*PROMPTS, "!?" * 300, "\t \n" * 99, "{}[]:,", '\\\\""'])
@pytest.mark.parametrize("more", [{}, {"tools": True}, {"parts": True}])
def test_it_never_counts_more_than_the_gateway_holds(prompt: str, more: dict[str, Any]) -> None:
    """Else a prompt would be charged below what the channel told."""
    body = asked([{"type": "text", "text": prompt}] if "parts" in more else prompt)
    if "tools" in more:
        body["tools"] = [*TOOLS, tool("x", prompt, **{prompt or "x": {"enum": [prompt] * 20}})]
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    operation = parse(raw, lambda name: None)
    assert completion(body, CREATED)["usage"]["prompt_tokens"] <= operation.prompt_tokens


def test_logprobs() -> None:
    choice = reply(logprobs=True, top_logprobs=5)["choices"][0]
    entries = choice["logprobs"]["content"]
    assert "".join(one["token"] for one in entries) == choice["message"]["content"]
    assert (
        b"".join(bytes(one["bytes"]) for one in entries).decode() == (choice["message"]["content"])
    )
    for one in entries:
        assert one["logprob"] <= 0
        ranked = [other["logprob"] for other in one["top_logprobs"]]
        assert ranked == sorted(ranked, reverse=True)
        assert len({other["token"] for other in one["top_logprobs"]}) == 5
    assert reply()["choices"][0]["logprobs"] is None
    assert reply(logprobs=True)["choices"][0]["logprobs"]["content"][0]["top_logprobs"] == []


def png(width: int, height: int) -> str:
    raw = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + struct.pack(">II", width, height) + b"\x08\x02"
    return "data:image/png;base64," + base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (png(640, 480), "a PNG of 640×480"),
        ("https://img.example/table.png", "https://img.example/table.png"),
        ("data:image/jpeg;base64,/9j/4AAQ", "image/jpeg"),
        ("data:image/png;base64,%%%", "image/png"),
        ("data:image/png;base64,abcde", "base64"),
        ("data:", "data"),
        ("", "by address"),
    ],
)
def test_pictures(url: str, expected: str) -> None:
    for image in (url, {"url": url, "detail": "low"}):
        content = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": image}]
        assert expected in said(content)
        assert reply(content)["usage"]["prompt_tokens"] > 85


def test_reasoning() -> None:
    message = reply(reasoning_effort="medium")["choices"][0]["message"]
    assert message["reasoning_content"]
    usage = reply(enable_thinking=True)["usage"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] == len(
        tokens(message["reasoning_content"])
    )
    for off in ({}, {"reasoning_effort": "none"}, {"enable_thinking": False}):
        assert "reasoning_content" not in reply(**off)["choices"][0]["message"]


def tool(name: str, description: str = "", **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


TOOLS = [
    tool("get_weather", "Weather of a city.", city={"type": "string"}),
    tool("locate_parcel", "Current place of a parcel.", parcel_id={"type": "string"}),
]


def calls(content: Any, **more: Any) -> list[tuple[str, Any]]:
    message = reply(content, tools=TOOLS, **more)["choices"][0]["message"]
    return [
        (one["function"]["name"], json.loads(one["function"]["arguments"]))
        for one in message.get("tool_calls", ())
    ]


def test_the_tool_that_fits_is_called() -> None:
    assert calls("Where is parcel P-118?") == [("locate_parcel", {"parcel_id": "P-118"})]
    assert calls("What is the weather in Oslo?") == [("get_weather", {"city": "Oslo"})]
    both = calls("Weather in Oslo and the place of parcel P-118?")
    assert {name for name, _ in both} <= {"get_weather", "locate_parcel"}


def test_tool_choice() -> None:
    forced = {"type": "function", "function": {"name": "get_weather"}}
    assert [name for name, _ in calls("parcel", tool_choice=forced)] == ["get_weather"]
    assert calls("parcel", tool_choice="none") == []
    assert len(calls("hm", tool_choice="required")) == 1
    assert len(calls("weather parcel", parallel_tool_calls=False)) == 1


def test_a_loop_comes_to_its_end() -> None:
    first = reply("Where is parcel P-118?", tools=TOOLS)["choices"][0]
    assert first["finish_reason"] == "tool_calls"
    assert first["message"]["content"] is None
    call = first["message"]["tool_calls"][0]
    result = {"role": "tool", "tool_call_id": call["id"], "content": "It is in Oslo."}
    body = asked("Where is parcel P-118?", tools=TOOLS)
    body["messages"] += [first["message"], result]
    last = completion(body, CREATED)["choices"][0]
    assert last["finish_reason"] == "stop"
    assert "It is in Oslo." in last["message"]["content"]


def test_a_streamed_call() -> None:
    made = list(chunks(asked("Where is parcel P-118?", tools=TOOLS, stream=True), CREATED))
    pieces = [piece for one in made for piece in one["choices"][0]["delta"].get("tool_calls", ())]
    assert pieces[0]["id"].startswith("call_")
    assert len(pieces[0]["id"]) <= 40
    assert all("id" not in piece for piece in pieces[1:])
    arguments = "".join(piece["function"]["arguments"] for piece in pieces)
    assert json.loads(arguments) == {"parcel_id": "P-118"}
    assert made[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_structured_output_is_json() -> None:
    schema = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
    form = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    assert set(json.loads(said("Rain", response_format=form))) == {"word"}
    assert isinstance(json.loads(said("Rain", response_format={"type": "json_object"})), dict)
    assert "demo" in said("Rain", response_format={"type": "text"}).lower()


@pytest.mark.parametrize(
    "more",
    [
        {"messages": None},
        {"messages": ["x", 5, {"role": "user"}, {"content": [None, 5, {"text": 7}]}]},
        {"tools": [5, {"type": "function"}, {"function": {"name": None, "parameters": 5}}]},
        {"tools": [{"type": "function", "function": {}}], "tool_choice": {"function": None}},
        {"tool_choice": "required"},
        {"response_format": "text"},
        {"response_format": {"type": "json_schema", "json_schema": {"schema": None}}},
        {"stop": [None, 5, ""]},
        {"n": None, "max_tokens": None, "seed": None, "logprobs": None, "stop": None},
        {"stream_options": "x"},
        {"max_tokens": 0},
        {"messages": [{"role": "user", "content": [{"image_url": 5}]}]},
    ],
)
def test_odd_bodies_are_answered(more: dict[str, Any]) -> None:
    body = {**asked(), **more}
    whole = completion(body, CREATED)
    assert whole["choices"]
    assert list(chunks(body, CREATED))
