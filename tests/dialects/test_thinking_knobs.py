"""Each name by which a chat body may say how much to think, and what nonsense is told."""

import json
from typing import Any

import pytest

from waystation.dialects.ir import Thinking
from waystation.dialects.openai_chat.thinking_knobs import read_thinking, says_thinking, unread
from waystation.errors import Fault
from waystation.kernel.strictjson import Fields, read_object

NO = Thinking("none", shown=False)


def fields(**told: Any) -> Fields:
    return read_object(json.dumps(told).encode())


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ({}, None),
        ({"temperature": 1}, None),
        ({"reasoning_effort": None, "thinking": None}, None),
        # OpenAI's word.
        ({"reasoning_effort": "low"}, Thinking("low")),
        ({"reasoning_effort": "auto"}, Thinking()),
        # Anthropic's object.
        ({"thinking": {"type": "disabled"}}, NO),
        ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, Thinking(budget_tokens=2048)),
        ({"thinking": {"type": "enabled", "budget_tokens": -1}}, Thinking()),
        # OpenRouter's.
        ({"reasoning": {"effort": "high", "exclude": True}}, Thinking("high", shown=False)),
        ({"reasoning": {"max_tokens": 900}}, Thinking(budget_tokens=900)),
        ({"reasoning": {"enabled": False}}, NO),
        # Qwen's, and that of open models' servers.
        ({"enable_thinking": True, "thinking_budget": 50}, Thinking(budget_tokens=50)),
        ({"enable_thinking": True}, Thinking()),
        ({"enable_thinking": False, "thinking_budget": 50}, NO),
        ({"thinking_budget": 0}, NO),
        ({"thinking_budget": -1}, None),
        ({"chat_template_kwargs": {"enable_thinking": False}}, NO),
        ({"chat_template_kwargs": {"thinking": True}}, Thinking()),
        ({"chat_template_kwargs": {"other": 1}}, None),
        ({"chat_template_kwargs": "x"}, None),
        # Gemini's.
        ({"google": {"thinking_config": {"thinking_budget": 0}}}, NO),
        ({"google": {"thinking_config": {"thinking_budget": -1}}}, Thinking()),
        (
            {"extra_body": {"google": {"thinking_config": {"thinking_budget": 7}}}},
            Thinking(budget_tokens=7),
        ),
        (
            {"google": {"thinking_config": {"thinking_level": "HIGH", "include_thoughts": True}}},
            Thinking("high", shown=True),
        ),
        ({"google": {"thinking_config": {"thinking_level": "vast"}}}, Thinking()),
        ({"google": {"thinking_config": 5}, "extra_body": 5}, None),
        # The first that is there counts.
        ({"reasoning_effort": "low", "thinking": {"type": "disabled"}}, Thinking("low")),
        ({"thinking_budget": 5, "extra_body": {"enable_thinking": False}}, Thinking(None, 5)),
    ],
)
def test_each_way_of_saying_it(told: dict[str, Any], meant: Thinking | None) -> None:
    assert read_thinking(fields(**told)) == meant


@pytest.mark.parametrize(
    ("told", "param"),
    [
        ({"reasoning_effort": "huge"}, "reasoning_effort"),
        ({"reasoning_effort": 3}, "reasoning_effort"),
        ({"thinking": "yes"}, "thinking"),
        ({"thinking": {"budget_tokens": "many"}}, "thinking"),
        ({"thinking": {"budget_tokens": True}}, "thinking"),
        ({"reasoning": {"effort": "x"}}, "reasoning"),
        ({"reasoning": {"max_tokens": 1.5}}, "reasoning"),
        ({"enable_thinking": "on"}, "enable_thinking"),
        ({"thinking_budget": "x"}, "thinking_budget"),
        ({"extra_body": {"thinking_budget": []}}, "thinking_budget"),
    ],
)
def test_nonsense_is_refused_by_name(told: dict[str, Any], param: str) -> None:
    with pytest.raises(Fault) as refused:
        read_thinking(fields(**told))
    assert (refused.value.code, refused.value.param) == ("invalid_value", param)
    assert says_thinking(fields(**told)), "a suffix must not overrule what was meant"


def test_a_suffix_yields_to_what_the_body_says() -> None:
    assert says_thinking(fields(thinking=None))
    assert says_thinking(fields(google={"thinking_config": {"thinking_budget": 1}}))
    assert not says_thinking(fields(google={"cached_content": "x"}))
    assert not says_thinking(fields(extra_body=None, temperature=1))


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ({}, []),
        ({"extra_body": None}, []),
        ({"extra_body": {"enable_thinking": True}}, []),
        ({"extra_body": {"google": {"thinking_config": {}}}}, []),
        ({"google": {"thinking_config": {}}}, []),
        ({"google": {"cached_content": "x"}}, ["google"]),
        ({"google": 5}, ["google"]),
        ({"extra_body": {"top_k": 1}}, ["extra_body"]),
        ({"extra_body": [1]}, ["extra_body"]),
        ({"chat_template_kwargs": {"thinking": True, "x": 1}}, ["chat_template_kwargs"]),
    ],
)
def test_holders_that_say_something_else_are_told(told: dict[str, Any], left: list[str]) -> None:
    assert unread(fields(**told)) == left
