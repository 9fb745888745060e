"""How much to think, in Anthropic's words: a budget for older models, an effort for newer ones."""

from collections.abc import Mapping
from typing import Any

import msgspec

from waystation.dialects.anthropic import models
from waystation.dialects.ir import Effort, Thinking

BUDGETS: Mapping[Effort, int] = {
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "xhigh": 32768,
    "max": 32768,
}
BUDGET_LEAST = 1024
_EFFORTS: Mapping[Effort, Effort] = {"none": "low", "minimal": "low"}


class ThinkingSetting(msgspec.Struct, frozen=True):
    """fields: to be written at the top level. max_tokens: the request's limit, thoughts included.
    is_on: sampling settings and forced tools are out. refusals: why it is not as asked."""

    fields: Mapping[str, Any]
    max_tokens: int
    is_on: bool = False
    refusals: tuple[str, ...] = ()


def thinking_setting(
    asked: Thinking | None,
    version: models.Version,
    limit: int | None,
    *,
    is_clamped: bool,
    tool_waits: bool,
    must_call: bool,
) -> ThinkingSetting:
    """limit: of the caller's, or the clamp of its balance (`is_clamped`): then it is not raised to
    make room. tool_waits, must_call: states of the conversation that forbid a budget."""
    bare = limit if limit is not None else models.output_tokens_default(version)
    if asked is None:
        return ThinkingSetting({}, bare)
    if models.thinks_adaptively(version):
        return _adaptive(asked, version, bare)
    if asked.effort == "none":
        return ThinkingSetting({}, bare)
    if not models.thinks(version):
        return ThinkingSetting({}, bare, refusals=("the model does not think",))
    if tool_waits or must_call:
        return ThinkingSetting({}, bare, refusals=("not with this tool call",))
    budget = asked.budget_tokens or BUDGETS[asked.effort or "medium"]
    budget = max(budget, BUDGET_LEAST)
    if limit is None and not is_clamped:
        return _budget(budget, budget + bare)
    if budget >= bare:
        budget = max(bare // 2, BUDGET_LEAST)
    if budget >= bare:
        return ThinkingSetting({}, bare, refusals=("the output limit leaves no room",))
    return _budget(budget, bare)


def _budget(budget: int, max_tokens: int) -> ThinkingSetting:
    fields = {"thinking": {"type": "enabled", "budget_tokens": budget}}
    return ThinkingSetting(fields, max_tokens, is_on=True)


def _adaptive(asked: Thinking, version: models.Version, max_tokens: int) -> ThinkingSetting:
    effort = asked.effort
    if effort is None and asked.budget_tokens is not None:
        effort = _effort_of(asked.budget_tokens)
    fields: dict[str, Any] = {}
    if effort == "none":
        if not models.takes_adaptive_only(version):
            return ThinkingSetting({"thinking": {"type": "disabled"}}, max_tokens)
    else:
        thinking: dict[str, Any] = {"type": "adaptive"}
        if asked.shown is not None:
            thinking["display"] = "summarized" if asked.shown else "omitted"
        fields["thinking"] = thinking
    if effort is not None:
        fields["output_config"] = {"effort": _EFFORTS.get(effort, effort)}
    return ThinkingSetting(fields, max_tokens, is_on=effort != "none")


def _effort_of(budget: int) -> Effort:
    """The smallest effort whose budget reaches as far."""
    for effort in ("low", "medium", "high"):
        if budget <= BUDGETS[effort]:
            return effort
    return "max"
