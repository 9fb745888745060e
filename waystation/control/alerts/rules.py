"""What is watched, and from where on it is trouble."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

RuleName = Literal[
    "channel_down",
    "key_parked",
    "channel_balance",
    "error_rate",
    "account_balance",
    "ledger_lag",
    "disk_full",
    "runner_stalled",
]
Threshold = Annotated[str, Meta(max_length=20)]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """threshold: what it means is the rule's."""

    enabled: bool
    threshold: Threshold


class AlertRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """channel_down: seconds for which gateways have left a channel alone; key_parked: the same of
    one key. channel_balance: what an upstream account has left, in its currency; it is asked once
    an hour. error_rate: percent of a channel's requests of the last hour, of 20 at least.
    account_balance: USD that an account has left; its owner is written to. ledger_lag: seconds
    that the ledger takes to answer, or what it must be told waits. disk_full: percent of the data
    folder's disk. runner_stalled: seconds for which a task that is due was not looked at.
    quiet_seconds: the same trouble is not told again sooner."""

    quiet_seconds: Annotated[int, Meta(ge=0, le=604_800)] = 3600
    channel_down: Rule = Rule(True, "60")
    key_parked: Rule = Rule(True, "300")
    channel_balance: Rule = Rule(False, "5")
    error_rate: Rule = Rule(True, "50")
    account_balance: Rule = Rule(False, "1")
    ledger_lag: Rule = Rule(True, "10")
    disk_full: Rule = Rule(True, "90")
    runner_stalled: Rule = Rule(True, "120")

    def of(self, name: RuleName) -> Rule:
        rule = getattr(self, name)
        assert isinstance(rule, Rule)
        return rule

    def least(self, name: RuleName) -> Decimal:
        """Its threshold."""
        return Decimal(self.of(name).threshold)


NAMES: tuple[RuleName, ...] = RuleName.__args__  # type: ignore[attr-defined]


def problem_of(rules: AlertRules) -> tuple[str, str] | None:
    """(field, reason) of a threshold that cannot be."""
    for name in NAMES:
        try:
            value = Decimal(rules.of(name).threshold)
        except InvalidOperation:
            value = Decimal(-1)
        if not value.is_finite() or not 0 <= value <= 10**9:
            return name, "a decimal from 0 on"
    return None


class Finding(msgspec.Struct, frozen=True):
    """subject: what tells it apart from others of its rule. name: for people. figures: for the
    words of its message. owner_id: the account whose owner is told, instead of the receivers."""

    rule: RuleName
    subject: str
    name: str
    figures: Mapping[str, str] = {}
    owner_id: int | None = None
