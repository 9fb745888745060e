"""Failures told as if they were answers: notices that an account's limit is reached, and what the
operator says of a channel."""

import re
from collections.abc import Iterable, Sequence

HEAD_CHARACTERS = 200
"""So much of an answer is looked at before any of it is shown."""
RULE = "failure:"
"""A channel's tag that begins so names words; an answer with them at its head is a failure."""

_LIMITS = (
    "you've reached the current usage cap",
    "you've reached our limit of messages",
    "you've reached your limit",
    "you've hit your limit",
    "you've hit the free plan limit",
    "you've hit the plus plan limit",
    "you've hit the team plan limit",
    "you have reached the limit",
    "too many requests in 1 hour",
    "unusual activity has been detected from your device",
    "当前账号已达上限",
    "账号已达使用上限",
    "已达到使用上限",
    "当前无可用账号",
    "请求过于频繁，请稍后再试",
)
"""At the very beginning, marks apart: a longer answer may well speak of limits."""
_MARKS = re.compile(r"^[\s\W]+")


def rules_of(tags: Iterable[str]) -> tuple[str, ...]:
    """A channel's own, in small letters."""
    found = (tag[len(RULE) :].strip().lower() for tag in tags if tag.startswith(RULE))
    return tuple(rule for rule in found if rule)


def failure_in(head: str, rules: Sequence[str]) -> str:
    """The code of the failure that this head of an answer tells of, "" for none."""
    lowered = head[:HEAD_CHARACTERS].lower().replace("’", "'")
    if _MARKS.sub("", lowered).startswith(_LIMITS):
        return "rate_limit_exceeded"
    return "upstream_failed" if any(rule in lowered for rule in rules) else ""
