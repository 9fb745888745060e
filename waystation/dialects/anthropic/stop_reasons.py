"""Why an answer ended, in Anthropic's words and in ours."""

from collections.abc import Mapping

from waystation.dialects.ir import Finished, Reason, Reply

_READ: Mapping[str, Reason] = {
    "end_turn": "stop",
    "stop_sequence": "stop_sequence",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "pause_turn": "pause",
    "refusal": "content_filter",
}
_WRITTEN: Mapping[Reason, str] = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "pause": "pause_turn",
    "content_filter": "refusal",
}


def read_reason(word: str | None, answer_tool: str = "") -> Reason:
    """answer_tool: the call that ended it was the structured answer."""
    reason = _READ.get(word or "", "stop")
    return "stop" if answer_tool and reason == "tool_calls" else reason


def written_reason(end: Finished | Reply) -> str:
    return _WRITTEN[end.reason]
