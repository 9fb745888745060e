"""How much to think, in Gemini's words: levels from version 3 on, budgets in tokens before.

Which model has which level: Google's pages of 3 Flash and of 3.5 Flash, which compares it with 3.1
Pro and Flash-Lite (docs.cloud.google.com, …/models/gemini/3-flash and …/guides/gemini-3-5-flash,
seen in an index of 2026-11-22). Flash and Flash-Lite have all four, later Pros low to high; 3 Pro
low and high, by third parties.
"""

from collections.abc import Mapping
from typing import Any

from waystation.dialects.ir import Thinking

_BUDGETS: Mapping[str, int] = {
    "none": 0,
    "minimal": 512,
    "low": 1024,
    "medium": 8192,
    "high": 24_576,
    "xhigh": 32_768,
    "max": 32_768,
}
_LEVELS: Mapping[str, str] = {
    "none": "low",
    "minimal": "low",
    "low": "low",
    "medium": "high",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}
"""Of the names that every model of version 3 has."""
_FLASH_LEVELS: Mapping[str, str] = {**_LEVELS, "none": "minimal", "minimal": "minimal"} | {
    "medium": "medium"
}
_PRO_LEVELS: Mapping[str, str] = {**_LEVELS, "medium": "medium"}
_PRO_BUDGET_MIN = 128
_FLASH_BUDGET_MAX = 24_576
_HIGH_FROM_TOKENS = 8192


def thinking_config(thinking: Thinking | None, model: str) -> dict[str, Any] | None:
    """`thinkingConfig`, None to leave it out: older models refuse it."""
    if thinking is None or not _thinks(model):
        return None
    effort = thinking.effort
    config: dict[str, Any] = {}
    if "gemini-2.5" not in model:
        if effort is None and thinking.budget_tokens is not None:
            effort = "high" if thinking.budget_tokens >= _HIGH_FROM_TOKENS else "low"
        if effort is not None:
            config["thinkingLevel"] = _levels(model)[effort]
    else:
        budget = thinking.budget_tokens
        if budget is None and effort is not None:
            budget = _BUDGETS[effort]
        if budget is not None:
            config["thinkingBudget"] = _within(budget, model)
    is_off = effort == "none"
    if thinking.shown is not None or not is_off:
        config["includeThoughts"] = thinking.shown is not False and not is_off
    return config or None


def _levels(model: str) -> Mapping[str, str]:
    if "flash" in model:
        return _FLASH_LEVELS
    return _PRO_LEVELS if "pro" in model and "gemini-3-pro" not in model else _LEVELS


def _thinks(model: str) -> bool:
    return not any(old in model for old in ("gemini-1", "gemini-2.0", "gemma", "image"))


def _within(budget: int, model: str) -> int:
    if "pro" in model:
        return max(budget, _PRO_BUDGET_MIN)
    return min(budget, _FLASH_BUDGET_MAX)
