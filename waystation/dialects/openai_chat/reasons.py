"""Why an answer ended, in OpenAI's words and in ours."""

from collections.abc import Mapping

from waystation.dialects.ir import Reason

_READ: Mapping[str, Reason] = {
    "stop": "stop",
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
_WRITTEN: Mapping[Reason, str] = {
    "stop": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "pause": "stop",
    "content_filter": "content_filter",
}


def read_reason(word: str, has_calls: bool, answer_tool: str = "") -> Reason:
    """Some upstreams say "stop" after a call."""
    reason = _READ.get(word, "stop")
    if reason == "stop" and has_calls:
        return "tool_calls"
    return "stop" if answer_tool and reason == "tool_calls" else reason


def written_reason(reason: Reason, as_function_call: bool = False) -> str:
    word = _WRITTEN[reason]
    return "function_call" if as_function_call and word == "tool_calls" else word
