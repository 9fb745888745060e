"""What an upstream's failure means: for the key, for the channel, for the next try.

status or kind                        verdict    next try   marks
401, 402, 403, insufficient_quota     key        yes        the key
429                                   limited    yes        the key for this model
408, 5xx, 3xx, nonsense in a 200      failed     yes        channel and model on it
connect, tls, resolve, forbidden      failed     yes        the channel, twice as much
reset, first byte or idle time-out    failed     yes        channel and model on it
total time-out                        failed     no         channel and model on it
no free slot                          full       yes        nothing
any other 4xx                         caller     no         nothing
"""

from typing import Literal

import msgspec

from waystation.errors import Fault

VerdictKind = Literal["caller", "key", "limited", "failed", "full"]

_KEY_STATUSES = frozenset({401, 402, 403})
_UNREACHED = frozenset({"resolve", "forbidden", "connect", "connect_timeout", "tls"})


class Verdict(msgspec.Struct, frozen=True):
    """fault: what the caller is told if nothing else answers. retry: another candidate may do
    better. unreached: no connection came to be, which says more about the channel."""

    kind: VerdictKind
    fault: Fault
    retry: bool = True
    unreached: bool = False

    @property
    def retry_after_seconds(self) -> int | None:
        return self.fault.retry_after


def judge(status: int, fault: Fault) -> Verdict:
    """Of an answer that is none. status: the upstream's. fault: what the dialect read out of it;
    in a 2xx, or for a refusal of our account, its word counts."""
    if fault.code == "upstream_account_unavailable":
        return Verdict("key", fault)
    if status < 300:
        status = fault.status
    if status in _KEY_STATUSES:
        return Verdict("key", _told(fault, "upstream_account_unavailable"))
    if status == 429:
        return Verdict("limited", _told(fault, "upstream_saturated"))
    if status < 400:
        return Verdict("failed", _told(fault, "bad_upstream_response"))
    if status == 408 or status >= 500:
        return Verdict("failed", fault)
    return Verdict("caller", fault, retry=False)


def judge_transport(kind: str, fault: Fault) -> Verdict:
    """Of an exchange that failed below HTTP. kind: a FaultKind of the transport."""
    return Verdict("failed", fault, retry=kind != "total_timeout", unreached=kind in _UNREACHED)


def full(retry_after_seconds: int = 1) -> Verdict:
    """The channel's or key's own limits have no place for this call."""
    return Verdict("full", Fault("upstream_saturated", retry_after=retry_after_seconds))


def _told(fault: Fault, code: str) -> Fault:
    """The same reason under the code that callers know; the upstream's scrubbed words stay."""
    if fault.code == code:
        return fault
    reason = fault.message or fault.text()
    return Fault(
        code,
        message=fault.message if code == "upstream_saturated" else None,
        retry_after=fault.retry_after,
        reason=reason,
    )
