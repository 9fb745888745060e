"""What a channel strips is gone from the body, and nothing else of it moves."""

import json
from typing import Any

import pytest

from waystation.dialects.server_tools import asked, stripped
from waystation.kernel.strictjson import read_object
from waystation.meter.beside import NOTHING, Beside, tier_of

FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object"}}
CUSTOM = {"name": "f", "input_schema": {"type": "object"}}
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 1}
RUN = {"type": "code_execution_20250825", "name": "code_execution"}


def strip(operation: str, body: dict[str, Any], *words: str, kept: Any = ()) -> Any:
    written, gone = stripped(operation, json.dumps(body).encode(), words, dict.fromkeys(kept))
    return json.loads(written), gone


def test_all_server_tools_go_and_functions_stay() -> None:
    body = {"tools": [FUNCTION, {"type": "web_search"}, {"type": "mcp"}], "tool_choice": "auto"}
    left, gone = strip("responses", body, "server_tools")
    assert left == {"tools": [FUNCTION], "tool_choice": "auto"}
    assert gone == ("tools[1]", "tools[2]")
    left, gone = strip("messages", {"tools": [CUSTOM, SEARCH, RUN]}, "web_search")
    assert left == {"tools": [CUSTOM, RUN]}
    assert gone == ("tools[1]",)


def test_a_choice_among_none_goes_too() -> None:
    body = {"tools": [SEARCH], "tool_choice": {"type": "any"}, "max_tokens": 9}
    assert strip("messages", body, "server_tools")[0] == {"max_tokens": 9}
    body = {"tools": [FUNCTION, {"type": "web_search"}], "tool_choice": {"type": "web_search"}}
    assert strip("responses", body, "web_search")[0] == {"tools": [FUNCTION]}
    named = {"type": "tool", "name": "web_search"}
    body = {"tools": [CUSTOM, SEARCH], "tool_choice": named}
    assert strip("messages", body, "web_search")[0] == {"tools": [CUSTOM]}
    own = {"type": "function", "name": "f"}
    body = {"tools": [FUNCTION, {"type": "web_search"}], "tool_choice": own}
    assert strip("responses", body, "web_search")[0] == {"tools": [FUNCTION], "tool_choice": own}


def test_gemini_tools_are_keys_in_either_spelling() -> None:
    declared = {"functionDeclarations": [{"name": "f"}]}
    body = {"contents": [], "tools": [{**declared, "googleSearch": {}}, {"url_context": {}}]}
    left, gone = strip("generate", body, "server_tools")
    assert left == {"contents": [], "tools": [declared]}
    assert gone == ("tools[0]", "tools[1]")
    one = {"tools": {"google_search": {}}, "toolConfig": {}, "serviceTier": "priority"}
    assert strip("generate", one, "web_search", "service_tier")[0] == {}


def test_fields_of_chat_and_tiers() -> None:
    body = {"web_search_options": {}, "service_tier": "priority", "seed": 1}
    left, gone = strip("chat", body, "web_search", "service_tier")
    assert left == {"seed": 1}
    assert set(gone) == {"web_search_options", "service_tier"}
    builtin = {"type": "builtin_function", "function": {"name": "$web_search"}}
    assert strip("chat", {"tools": [builtin]}, "web_search")[0] == {}
    assert strip("messages", {"speed": "fast", "top_k": 1}, "service_tier")[0] == {"top_k": 1}


def test_what_the_channel_wrote_itself_stays() -> None:
    body = {"service_tier": "flex", "tools": [{"type": "web_search"}]}
    left, gone = strip("responses", body, "service_tier", "server_tools", kept=("service_tier",))
    assert left == {"service_tier": "flex"}
    assert gone == ("tools[0]",)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("messages", b'{"tools":[{"name":"web_search" ,"input_schema":{}}],"speed" :"fast"}'),
        ("responses", b'{"tools":[3,null,{}],"input":"x"}'),
        ("chat", b'{"tools":null}'),
        ("generate", b'{"tools":[]}'),
        ("embedding", b'{"service_tier":"flex"}'),
    ],
)
def test_nothing_to_strip_leaves_the_bytes(operation: str, body: bytes) -> None:
    assert stripped(operation, body, ("server_tools",)) == (body, ())


def ask(operation: str, **fields: Any) -> Beside:
    return asked(operation, read_object(json.dumps(fields).encode()))


def test_what_is_asked_for() -> None:
    assert ask("messages", tools=[CUSTOM, SEARCH]) == Beside(calls=(("web_search", 1),))
    assert ask("responses", tools=[{"type": "web_search_preview"}]).calls == (("web_search", 2),)
    assert ask("generate", tools={"google_search": {}}).calls == (("web_search", 2),)
    searching = ask("chat", web_search_options={})
    assert searching == Beside(calls=(("web_search", 2),), least=(("web_search", 1),))
    assert ask("chat", service_tier="priority") == Beside("priority")
    assert ask("generate", serviceTier="SERVICE_TIER_FLEX") == Beside("flex")
    assert ask("messages", speed="fast") == Beside("fast")
    for nothing in (
        ask("messages", service_tier="auto", speed="standard"),
        ask("chat", service_tier="auto"),
        ask("chat", service_tier=None, web_search_options=None, tools=[]),
        ask("chat", tools=[FUNCTION | {"name": "web_search"}]),
        ask("responses", tools=["web_search", {"type": 4}], service_tier=7),
        ask("generate", tools=[4, {"functionDeclarations": ["google"]}]),
    ):
        assert nothing is NOTHING


def test_the_words_of_tiers() -> None:
    told = ["default", "standard", "on_demand", "ON_DEMAND_PRIORITY", "SERVICE_TIER_FLEX", "scale"]
    assert [tier_of(word) for word in told] == ["", "", "", "priority", "flex", "scale"]
    assert [tier_of(word) for word in ("auto", "", None, 3, "x" * 41)] == [None] * 5


def test_stripping_leaves_nothing_to_be_held_for() -> None:
    beside = Beside("priority", (("web_search", 2), ("file_search", 2)), (("web_search", 1),))
    assert beside.without(()) is beside
    assert beside.without(("service_tier", "server_tools")) == NOTHING
    assert beside.without(("web_search",)) == Beside("priority", (("file_search", 2),))
