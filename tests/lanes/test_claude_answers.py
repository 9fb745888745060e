"""Anthropic's answers as chat completions: reasons, usage, the form of 2023."""

import pytest

from tests.lanes.making import chat_to_messages, read
from tests.lanes.test_chat_as_messages import TOOL, answer_of


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("pause_turn", "stop"),
        ("something_new", "stop"),
    ],
)
def test_stop_reasons(reason: str, finish: str) -> None:
    out = read(chat_to_messages(), answer_of({"type": "text", "text": "x"}, reason=reason))
    assert out["choices"][0]["finish_reason"] == finish


def test_cached_tokens_stand_in_the_details() -> None:
    told = answer_of({"type": "text", "text": "x"})
    told["usage"] |= {"cache_read_input_tokens": 50, "cache_creation_input_tokens": 7}
    usage = read(chat_to_messages(), told)["usage"]
    assert usage["prompt_tokens"] == 66
    assert usage["prompt_tokens_details"]["cached_tokens"] == 50
    assert usage["total_tokens"] == 70


def test_legacy_functions_come_back_in_their_old_form() -> None:
    function = TOOL["function"]
    pair = chat_to_messages(functions=[function])
    use = {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Oslo"}}
    choice = read(pair, answer_of(use, reason="tool_use"))["choices"][0]
    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"]["name"] == "weather"
