"""The log row of a request: everything a receipt, a dispute or a statistic needs.

Facts are known at admission and travel with the hold, so that a sweep can write the row of a
gateway that died. The rest is added by whoever resolves. Prompts and answers are never in it.
"""

from typing import Literal

import msgspec

EndReason = Literal[
    "complete",
    "client_gone",
    "client_slow",
    "upstream_failed",  # after the first content byte
    "failed",  # nothing answered
    "refused",  # never admitted: no hold
    "balance",  # an extension was refused in the middle of a stream
    "gateway_lost",
    "drained",  # ended by our own shutdown
]


class Facts(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """Known at admission. created_ms: unix milliseconds. group: the first candidate's."""

    request_id: str
    created_ms: int
    account_id: int
    token_id: int
    token_name: str
    operation: str  # chat, completion, embedding, moderation, …
    dialect: str
    model: str  # as the caller asked
    stream: bool
    peer: str
    client: str  # user-agent, at most 120 characters
    group: str
    price_version: str
    rate: str  # decimal, the first candidate's


class AttemptRow(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """One try. outcome: "answered" or a fault's code. reason: scrubbed."""

    channel_id: int
    channel: str
    key_id: int
    group: str
    upstream_model: str
    outcome: str
    status: int = 0
    reason: str = ""
    started_ms: int = 0
    millis: int = 0


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A finished request. nanos values in nano-USD; millis from the head's arrival.

    nanos: what the caller paid. cost_nanos: what the channel cost us, where its cost is known.
    loss_nanos: usage beyond the balance, borne by the house. disconnect_rule: the channel's."""

    facts: Facts
    status: int
    end: EndReason
    code: str = ""
    reason: str = ""
    group: str = ""
    rate: str = ""
    price_version: str = ""
    channel_id: int = 0
    upstream_model: str = ""
    upstream_id: str = ""
    nanos: int = 0
    cost_nanos: int = 0
    loss_nanos: int = 0
    exact: bool = True
    input_tokens: int = 0
    output_tokens: int = 0
    usage: bytes = b""  # the Usage as JSON
    parts: bytes = b""  # the charge's formula as JSON: [[kind, count, unit price], …]
    attempts: tuple[AttemptRow, ...] = ()
    first_millis: int = 0  # first content byte
    total_millis: int = 0
    disconnect_rule: str = ""
