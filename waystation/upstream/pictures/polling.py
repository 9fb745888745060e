"""Waiting for a vendor's job: looks at growing intervals until it has an end.

A look that fails in passing (a lost connection, 429, 5xx) is no news of the job: it is looked at
again, a bounded number of times in a row. What the vendor says with Retry-After is obeyed. The
wire's deadline ends it all.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.pictures.wire import Judge, PictureWire, Reply
from waystation.upstream.transport import Outgoing

Result = TypeVar("Result")

_FAILURES_MAX = 5
_AFTER_SECONDS_MAX = 3600


class Pauses(msgspec.Struct, frozen=True):
    """Between two looks: the first pause, and how it grows."""

    first_seconds: float = 0.5
    factor: float = 1.4
    most_seconds: float = 5.0


async def poll(
    wire: PictureWire,
    look: Outgoing,
    read: Callable[[Reply], Result | None],
    pauses: Pauses,
    let_through: tuple[int, ...] = (),
    judge: Judge | None = None,
) -> Result:
    """What `read` finds in a reply, asked until it finds something. read: None for "not yet",
    raises AttemptFailed for the job's failure. Raises AttemptFailed."""
    seconds, failures = pauses.first_seconds, 0
    await wire.pause(seconds)
    while True:
        after = 0.0
        try:
            reply = await wire.exchange(look, judge=judge, let_through=let_through)
        except AttemptFailed as failed:
            failures += 1
            if failures > _FAILURES_MAX or not _passes(failed):
                raise
            after = float(failed.fault.retry_after or 0)
        else:
            failures = 0
            found = read(reply)
            if found is not None:
                return found
            after = retry_after(reply)
        seconds = min(seconds * pauses.factor, pauses.most_seconds)
        await wire.pause(max(seconds, after))


def retry_after(reply: Reply) -> float:
    """Seconds that a reply asks to wait, 0 for none; dates are not read."""
    value = reply.header(b"retry-after")
    if value is None or not value.isdigit():
        return 0.0
    return float(min(int(value), _AFTER_SECONDS_MAX))


def _passes(failed: AttemptFailed) -> bool:
    """Another look may go better."""
    if failed.kind:
        return failed.kind not in ("total_timeout", "forbidden", "too_large")
    return failed.status in (408, 425, 429) or failed.status >= 500
