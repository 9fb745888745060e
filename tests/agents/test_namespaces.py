"""Codex puts tools into namespaces. Vendors without them are told one name each, and the call
comes back to the namespace that it belongs to."""

import json
from typing import Any

from tests.relay.conftest import Begin
from tests.support.gateway import MODEL, channel, document
from tests.support.rogue import Rogue
from waystation.dialects.openai_responses.tool_names import ToolNames

PARAMETERS = {"type": "object", "properties": {}}


def function(name: str) -> dict[str, Any]:
    return {"type": "function", "name": name, "parameters": PARAMETERS, "strict": False}


AGENTS = {
    "type": "namespace",
    "name": "agents",
    "description": "Helpers.",
    "tools": [function("spawn"), function("shell"), {"type": "custom", "name": "tell"}],
}
TOOLS = [AGENTS, function("shell"), {"type": "web_search", "external_web_access": False}]


def test_each_tool_has_one_name_and_finds_home() -> None:
    names = ToolNames(TOOLS)
    assert names.flat(None, "shell") == "shell"
    assert names.flat("agents", "shell") == "agents__shell"
    assert names.flat("agents", "spawn") == "spawn"
    assert names.home("spawn") == {"name": "spawn", "namespace": "agents"}
    assert names.home("agents__shell") == {"name": "shell", "namespace": "agents"}
    assert names.home("shell") == {"name": "shell"}
    assert names.home("nobody's") == {"name": "nobody's"}
    assert names.customs == {"tell"}
    assert ToolNames([None, {"type": "namespace", "tools": [3, {}]}, 4]).flat("a", "b") == "b"
    long = ToolNames([function("f"), {**AGENTS, "name": "n" * 90, "tools": [function("f")]}])
    assert len(long.flat("n" * 90, "f")) == 64


async def test_calls_come_back_to_their_namespace(begin: Begin, rogue: Rogue) -> None:
    up = channel("up", rogue.url, vendor="openai-compatible")
    station = await begin(document([up]))
    calls = [
        {"id": f"c{i}", "type": "function", "function": {"name": name, "arguments": "{}"}}
        for i, name in enumerate(("spawn", "agents__shell", "shell"))
    ]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
    told = {"id": "x", "object": "chat.completion", "created": 1, "model": MODEL, "usage": usage}
    rogue.answer(rogue.reply(200, json.dumps({**told, "choices": [choice]}).encode()))
    earlier = {
        "type": "function_call",
        "call_id": "e",
        "namespace": "agents",
        "name": "shell",
        "arguments": "{}",
    }
    done = {"type": "function_call_output", "call_id": "e", "output": "ok"}
    asked = {
        "model": MODEL,
        "input": [{"role": "user", "content": "hi"}, earlier, done],
        "tools": TOOLS,
        "store": False,
    }
    for stream in (False, True):
        got = await station.request("POST", "/v1/responses", {**asked, "stream": stream})
        assert got.status == 200, got.body
        if stream:
            last = json.loads(got.body.rpartition(b"data: ")[2])
            output = last["response"]["output"]
            assert b'"namespace":"agents"' in got.body.partition(b"response.completed")[0]
        else:
            output = got.json()["output"]
        assert [(item.get("namespace"), item["name"]) for item in output] == [
            ("agents", "spawn"),
            ("agents", "shell"),
            (None, "shell"),
        ]
        sent = rogue.seen[-1].json()
        named = [tool["function"]["name"] for tool in sent["tools"]]
        assert sorted(named) == ["agents__shell", "shell", "spawn", "tell"]
        assert sent["messages"][1]["tool_calls"][0]["function"]["name"] == "agents__shell"
        assert "tools[2]" in got.headers["x-waystation-dropped"]
