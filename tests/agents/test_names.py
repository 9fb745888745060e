"""Functions whose names the channel's vendor refuses: they go out under others and come back."""

import json
from typing import Any

import pytest

from tests.dialects.making import FREE, no_headers, same
from tests.dialects.making import body as raw_body
from tests.pairs.answers import Say, frames_of, whole
from tests.pairs.heard import heard_in
from tests.pairs.requests import CITY, asks
from tests.relay.conftest import Begin
from tests.support.gateway import channel, document
from tests.support.rogue import Rogue
from waystation.dialects.anthropic.request import parse as parse_messages
from waystation.dialects.function_names import RULES, renamed
from waystation.dialects.gemini.request import parse as parse_gemini
from waystation.dialects.ir import Chat, Message, Tool, ToolCall, ToolChoice, ToolResult
from waystation.dialects.openai_chat.request import parse as parse_chat
from waystation.dialects.openai_responses.request import parse as parse_responses
from waystation.dialects.speakers import translate

LONG = "mcp__" + "deep__" * 12 + "read"
NAMES = ("files.read", "files:read", "files_read", "9lives", "查询 天气", LONG, "plain")
BAD = {
    "chat": {"files.read", "files:read", "查询 天气", LONG},
    "responses": {"files.read", "files:read", "查询 天气", LONG},
    "messages": {"files.read", "files:read", "查询 天气"},
    "generate": {"9lives", "查询 天气", LONG},
}
DIALECTS = tuple(RULES)


def chat_of(names: tuple[str, ...], choice: str = "", called: tuple[str, ...] = ()) -> Chat:
    calls = tuple(ToolCall(f"c{n}", name) for n, name in enumerate(called))
    results = tuple(ToolResult(f"c{n}", (), name) for n, name in enumerate(called))
    turns = (Message("assistant", calls), Message("user", results)) if called else ()
    return Chat(
        dialect="gemini",
        model="m",
        messages=turns,
        tools=tuple(Tool(name) for name in names),
        tool_choice=ToolChoice("tool", choice) if choice else None,
    )


@pytest.mark.parametrize("spoken", DIALECTS)
def test_each_name_is_taken_and_none_is_another_s(spoken: str) -> None:
    made, back = renamed(chat_of(NAMES, "files.read", NAMES), spoken)
    names = [tool.name for tool in made.tools if isinstance(tool, Tool)]
    assert all(RULES[spoken].fits.match(name) for name in names)
    assert len(set(names)) == len(NAMES)
    assert [back.get(name, name) for name in names] == list(NAMES)
    assert set(back.values()) == BAD[spoken]
    calls, results = made.messages
    assert [part.name for part in calls.parts if isinstance(part, ToolCall)] == names
    assert [part.name for part in results.parts if isinstance(part, ToolResult)] == names
    assert made.tool_choice is not None
    assert made.tool_choice.name == names[0]
    assert renamed(chat_of(NAMES, "files.read", NAMES), spoken)[1] == back  # each time the same


@pytest.mark.parametrize("spoken", DIALECTS)
def test_what_fits_is_left_alone(spoken: str) -> None:
    chat = chat_of(("plain", "with_others-too"), "plain", ("gone_since",))
    made, back = renamed(chat, spoken)
    assert made is chat
    assert not back


def test_a_name_made_may_be_taken_already() -> None:
    """By others that fit, and by others that were made."""
    first = "a" * 70 + ".x"
    taken, _ = renamed(chat_of((first,)), "chat")
    (made,) = [tool.name for tool in taken.tools if isinstance(tool, Tool)]
    chat, back = renamed(chat_of((first, made, "b.c", "b:c", "b_c")), "chat")
    names = [tool.name for tool in chat.tools if isinstance(tool, Tool)]
    assert len(set(names)) == 5
    assert set(back.values()) == {first, "b.c", "b:c"}


def request(caller: str, names: tuple[str, ...], earlier: str) -> dict[str, Any]:
    """A call that was made and answered stands in the conversation already."""
    if caller == "chat":
        inner = {"name": earlier, "arguments": "{}"}
        called = {"role": "assistant", "tool_calls": [
            {"id": "c0", "type": "function", "function": inner}]}  # fmt: skip
        result = {"role": "tool", "tool_call_id": "c0", "content": "sun"}
        tools: list[Any] = [
            {"type": "function", "function": {"name": name, "parameters": CITY}} for name in names
        ]
        turns = [{"role": "user", "content": "hi"}, called, result]
        choice: Any = {"type": "function", "function": {"name": names[0]}}
        return {"model": "m", "messages": turns, "tools": tools, "tool_choice": choice}
    if caller == "messages":
        use = {"type": "tool_use", "id": "c0", "name": earlier, "input": {}}
        result = {"type": "tool_result", "tool_use_id": "c0", "content": "sun"}
        turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": [use]},
                 {"role": "user", "content": [result]}]  # fmt: skip
        tools = [{"name": name, "input_schema": CITY} for name in names]
        choice = {"type": "tool", "name": names[0]}
        more = {"tools": tools, "tool_choice": choice}
        return {"model": "m", "max_tokens": 500, "messages": turns, **more}
    if caller == "responses":
        made = {"type": "function_call", "call_id": "c0", "name": earlier, "arguments": "{}"}
        result = {"type": "function_call_output", "call_id": "c0", "output": "sun"}
        tools = [{"type": "function", "name": name, "parameters": CITY} for name in names]
        choice = {"type": "function", "name": names[0]}
        items = [{"role": "user", "content": "hi"}, made, result]
        return {"model": "m", "input": items, "tools": tools, "tool_choice": choice, "store": False}
    declared = [{"name": name, "parametersJsonSchema": CITY} for name in names]
    parts = {"functionCall": {"name": earlier, "args": {}}}
    told = {"functionResponse": {"name": earlier, "response": {"result": "sun"}}}
    mode = {"mode": "ANY", "allowedFunctionNames": [names[0]]}
    return {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]},
                     {"role": "model", "parts": [parts]}, {"role": "user", "parts": [told]}],
        "tools": [{"functionDeclarations": declared}],
        "toolConfig": {"functionCallingConfig": mode},
    }  # fmt: skip


def declared_in(spoken: str, sent: dict[str, Any]) -> list[str]:
    if spoken == "generate":
        (tool,) = sent["tools"]
        return [one["name"] for one in tool["functionDeclarations"]]
    return [(tool["function"] if spoken == "chat" else tool)["name"] for tool in sent["tools"]]


def parsed(caller: str, document: dict[str, Any], stream: bool) -> Any:
    if caller == "generate":
        return parse_gemini(raw_body(**document), no_headers, model="m", stream=stream)
    parse = {"chat": parse_chat, "messages": parse_messages, "responses": parse_responses}[caller]
    options = {"stream_options": {"include_usage": True}} if caller == "chat" and stream else {}
    return parse(raw_body(**document, stream=stream, **options), no_headers)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("spoken", DIALECTS)
@pytest.mark.parametrize("caller", DIALECTS)
def test_calls_come_back_under_the_caller_s_names(caller: str, spoken: str, stream: bool) -> None:
    if caller == spoken:
        return
    translated = translate(parsed(caller, request(caller, NAMES, LONG), stream), spoken)
    sent = json.loads(translated.body_for(same("gpt-5")))
    told = declared_in(spoken, sent)
    assert all(RULES[spoken].fits.match(name) for name in told)
    assert asks(spoken, sent, "calls") == [(told[NAMES.index(LONG)], {})]
    calls = tuple((name, {"city": "Bari"}) for name in told)
    say = Say(text="", calls=calls, finish="tool_calls")
    if stream:
        reader = translated.stream_reader(same("gpt-5"), FREE)
        out = b"".join(reader.feed(frame) for frame in frames_of(spoken, say)) + reader.close()
        assert reader.finished
    else:
        answer = json.dumps(whole(spoken, say)).encode()
        out = translated.reply_reader(same("gpt-5"), FREE).read(200, "application/json", answer)
    made = heard_in(caller, out, stream)
    assert made.calls == [(name, {"city": "Bari"}) for name in NAMES]


async def test_through_the_relay(begin: Begin, rogue: Rogue) -> None:
    """A namespace's tool whose one name is too odd comes home all the same."""
    up = channel("up", rogue.url, vendor="anthropic")
    station = await begin(document([up]))
    tool = {"type": "function", "name": "caldav.create-event", "parameters": CITY}
    space = {"type": "namespace", "name": "mcp", "tools": [tool]}
    say = Say(text="", calls=(("caldav_create-event", {"city": "Bari"}),), finish="tool_calls")
    rogue.answer(rogue.reply(200, json.dumps(whole("messages", say)).encode()))
    asked = {"model": "m-1", "input": "hi", "tools": [space], "store": False}
    got = await station.request("POST", "/v1/responses", asked)
    assert got.status == 200, got.body
    (item,) = got.json()["output"]
    assert (item["namespace"], item["name"]) == ("mcp", "caldav.create-event")
    assert rogue.seen[-1].json()["tools"][0]["name"] == "caldav_create-event"
