"""The IR's chat as a chat request."""

from collections.abc import Mapping
from typing import Any

import msgspec

from waystation.dialects.ir import Chat, Effort, Opaque, Tool
from waystation.dialects.lanes import Written
from waystation.dialects.loss import Loss, unsaid
from waystation.dialects.openai_chat.body import takes_completion_limit_only
from waystation.dialects.openai_chat.turns_writer import TurnsWriter
from waystation.dialects.operation import Target
from waystation.dialects.short_ids import short_user

_encode = msgspec.json.Encoder().encode

DIALECT = "openai_chat"
_STOPS_MOST = 4
_CHOICES = {"any": "required", "auto": "auto", "none": "none"}
_EFFORTS: Mapping[Effort, str] = {"xhigh": "high", "max": "high"}
_BUDGETS: tuple[tuple[int, Effort], ...] = ((2048, "low"), (8192, "medium"))
_SAME_IN_CHAT: Mapping[str, tuple[str, ...]] = {
    "openai_responses": (
        "metadata", "service_tier", "prompt_cache_key", "safety_identifier", "store",
    ),
    "openai_text": ("logit_bias",),
}  # fmt: skip


def write_request(chat: Chat, target: Target) -> Written:
    """Raises Fault (400) for content that cannot be expressed."""
    losses: list[Loss] = []
    turns = TurnsWriter(target.reasoning_field)
    messages = turns.write(chat)
    fields: dict[str, Any] = {"model": target.upstream_model, "messages": messages}
    _write_tools(chat, fields, losses)
    if turns.had_cache or any(type(t) is Tool and t.cache is not None for t in chat.tools):
        losses.append(Loss("cache_control", "caching is the upstream's own affair"))
    _write_sampling(chat, target, fields, losses)
    _write_thinking(chat, target, fields, losses)
    _write_output(chat, fields)
    if chat.user:
        fields["user"] = short_user(chat.user)
    if chat.stream:
        fields["stream"] = True
        if "stream_options" not in target.refuses:
            fields["stream_options"] = {"include_usage": True}
    said = _SAME_IN_CHAT.get(chat.dialect, ())
    fields.update({name: chat.extras[name] for name in said if name in chat.extras})
    losses += unsaid(chat.extras, said)
    for name in target.refuses:
        if fields.pop(name, None) is not None:
            losses.append(Loss(name, "refused by the vendor"))
    fields.update(target.overrides)
    return Written(_encode(fields), tuple(losses))


def _write_tools(chat: Chat, fields: dict[str, Any], losses: list[Loss]) -> None:
    tools: list[Any] = []
    for at, tool in enumerate(chat.tools):
        if isinstance(tool, Tool):
            tools.append(_tool(tool))
        elif tool.dialect == DIALECT:
            tools.append(tool.value)
        else:
            losses.append(Loss(_path(tool, at), "a hosted tool"))
    if not tools:
        return
    fields["tools"] = tools
    choice = chat.tool_choice
    if choice is None:
        return
    if choice.mode == "tool":
        fields["tool_choice"] = {"type": "function", "function": {"name": choice.name}}
    else:
        fields["tool_choice"] = _CHOICES[choice.mode]
    if choice.parallel is not None:
        fields["parallel_tool_calls"] = choice.parallel


def _tool(tool: Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name, "parameters": tool.schema}
    if tool.description:
        function["description"] = tool.description
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _path(tool: Opaque, at: int) -> str:
    return tool.path or f"tools[{at}]"


def _write_sampling(chat: Chat, target: Target, fields: dict[str, Any], losses: list[Loss]) -> None:
    sampling = chat.sampling
    limit = sampling.output_tokens
    if target.output_limit is not None:
        limit = target.output_limit if limit is None else min(limit, target.output_limit)
    reasons = takes_completion_limit_only(target.upstream_model)
    if limit is not None:
        fields["max_completion_tokens" if reasons else "max_tokens"] = limit
    given: dict[str, Any] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
    }
    for name, value in given.items():
        if value is None:
            continue
        if reasons and name in ("temperature", "top_p"):
            if value != 1:  # the one value that these models take
                losses.append(Loss(name))
            continue
        fields[name] = value
    if sampling.top_k is not None:
        losses.append(Loss("top_k"))
    if sampling.stop:
        fields["stop"] = sampling.stop[:_STOPS_MOST]
        if len(sampling.stop) > _STOPS_MOST:
            losses.append(Loss(f"stop[{_STOPS_MOST}]", "at most four"))


def _write_thinking(chat: Chat, target: Target, fields: dict[str, Any], losses: list[Loss]) -> None:
    asked = chat.thinking
    if asked is None:
        return
    if not takes_completion_limit_only(target.upstream_model):
        if asked.effort != "none":
            losses.append(Loss("thinking", "the model's own affair"))
        return
    effort = asked.effort
    if effort is None and asked.budget_tokens is not None:
        budget = asked.budget_tokens
        effort = next((each for most, each in _BUDGETS if budget <= most), "high")
    if effort == "none":
        effort = "minimal" if "gpt-5" in target.upstream_model else "low"
    if effort is not None:
        fields["reasoning_effort"] = _EFFORTS.get(effort, effort)


def _write_output(chat: Chat, fields: dict[str, Any]) -> None:
    output = chat.output
    if output.kind == "json":
        fields["response_format"] = {"type": "json_object"}
    elif output.kind == "schema":
        schema: dict[str, Any] = {"name": output.name or "answer", "schema": output.schema}
        if output.description:
            schema["description"] = output.description
        if output.strict is not None:
            schema["strict"] = output.strict
        fields["response_format"] = {"type": "json_schema", "json_schema": schema}
