"""Places in a channel's and a key's own limits, taken from the ledger before an attempt.

Channels without limits, which are most, never ask.
"""

from waystation.ledger.messages import Granted, Refused, TakeSlot
from waystation.ledger.port import Ledger, LedgerAway
from waystation.routing.choice import Attempt
from waystation.routing.snapshot import ChannelLimits

_NO_LIMITS = ChannelLimits()


class NoSlot(Exception):
    """The channel or key is full: not the caller's fault, and no mark against the channel."""

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__("no slot")
        self.retry_after_seconds = max(1, -(-retry_after_ms // 1000))


def are_limited(attempt: Attempt) -> bool:
    """Whether there are places to be taken at all."""
    return attempt.candidate.channel.limits != _NO_LIMITS


async def take(
    ledger: Ledger, attempt: Attempt, request_id: str, number: int, calls: int
) -> Granted:
    """The slot, to be given back, for an attempt of so many calls. Raises NoSlot, LedgerAway."""
    channel = attempt.candidate.channel
    limits = channel.limits
    slot = TakeSlot(
        f"{request_id}/{number}",
        channel.id,
        attempt.key.id,
        limits.concurrency,
        limits.key_concurrency,
        limits.rpm,
        limits.key_rpm,
        calls,
    )
    decision = await ledger.take_slot(slot)
    if isinstance(decision, Refused):
        raise NoSlot(decision.retry_after_ms)
    return decision


__all__ = ["LedgerAway", "NoSlot", "are_limited", "take"]
