"""Requests and tokens per minute, and concurrent requests.

A bucket is kept as what was used of it, in 60,000ths, running dry by limit × milliseconds: it is
full again after a minute at most, and a changed limit needs no conversion.
"""

from collections.abc import Sequence

from waystation.ledger.messages import RateState, Refused
from waystation.ledger.policies import Limits
from waystation.ledger.state import Gauge

NONE = Limits()
"""Whoever has no limit at all is not counted."""
UNITS = 60_000
CLOCK_BACK_MS_MAX = 60_000
CONCURRENCY_RETRY_MS = 1_000

Gauges = Sequence[tuple[str, Gauge]]
Mark = tuple[int, int, int]
"""The buckets of a gauge at a moment: requests and tokens used, and since when."""


def settle_gauge(gauge: Gauge, now_ms: int) -> None:
    """Let the buckets run dry up to now."""
    elapsed_ms = now_ms - gauge.used_at_ms
    if elapsed_ms <= 0:
        # A little back: another node's clock. Far back: ours was wrong; do not freeze the limits.
        if elapsed_ms < -CLOCK_BACK_MS_MAX:
            gauge.used_at_ms = now_ms
        return
    limits = gauge.limits
    gauge.requests_used = max(0, gauge.requests_used - limits.rpm * elapsed_ms) if limits.rpm else 0
    gauge.tokens_used = max(0, gauge.tokens_used - limits.tpm * elapsed_ms) if limits.tpm else 0
    gauge.used_at_ms = now_ms


def mark(gauge: Gauge) -> Mark:
    return gauge.requests_used, gauge.tokens_used, gauge.used_at_ms


def put_back(gauge: Gauge, marked: Mark, now_ms: int) -> bool:
    """As it was when it was marked: what ran dry for a request that was refused is not written
    down, and must not be known to those alone that keep it in memory. False: a clock that was far
    ahead was set right, which is to be written."""
    if marked[2] - now_ms > CLOCK_BACK_MS_MAX:
        return False
    gauge.requests_used, gauge.tokens_used, gauge.used_at_ms = marked
    return True


def refusal(hold_id: str, gauges: Gauges, tokens: int, counted: bool) -> Refused | None:
    """The first limit that has no room for one more request of so many tokens.

    counted: it asks for a place among the concurrent requests; tasks and parts of a request do
    not."""
    for name, gauge in gauges:
        limits = gauge.limits
        if counted and limits.concurrency and gauge.open_holds >= limits.concurrency:
            return Refused(
                hold_id,
                "concurrency",
                retry_after_ms=CONCURRENCY_RETRY_MS,
                detail=f"{name} concurrent requests",
                rate=rate_state(gauges),
            )
        wait_ms = _wait_ms(gauge.requests_used, limits.rpm, 1)
        what = "requests"
        if not wait_ms:
            wait_ms = _wait_ms(gauge.tokens_used, limits.tpm, tokens)
            what = "tokens"
        if wait_ms:
            detail = f"{name} {what} per minute"
            rate = rate_state(gauges)
            return Refused(hold_id, "rate", retry_after_ms=wait_ms, detail=detail, rate=rate)
    return None


def _wait_ms(used: int, limit: int, wanted: int) -> int:
    if not limit:
        return 0
    over = used + min(wanted, limit) * UNITS - limit * UNITS
    return -(-over // limit) if over > 0 else 0


def consume(gauge: Gauge, tokens: int) -> None:
    """A request for more tokens than a minute has takes the whole minute; the rest of what it
    really uses is charged at its resolution."""
    limits = gauge.limits
    if limits.rpm:
        gauge.requests_used += UNITS
    if limits.tpm:
        gauge.tokens_used += min(tokens, limits.tpm) * UNITS


def correct(gauge: Gauge, reserved: int, used: int, age_ms: int, now_ms: int) -> None:
    """Replace the tokens reserved age_ms ago by those really used.

    What was reserved has run dry meanwhile in part: only the rest of it comes back."""
    tpm = gauge.limits.tpm
    if not tpm:
        return
    settle_gauge(gauge, now_ms)
    more = used - min(reserved, tpm)
    if more >= 0:
        gauge.tokens_used += more * UNITS
    else:
        gauge.tokens_used = max(0, gauge.tokens_used + more * max(0, UNITS - max(0, age_ms)))


def rate_state(gauges: Gauges) -> RateState | None:
    """Of each sort the limit with the least left; None when there is no limit at all."""
    requests = _tightest([(g.limits.rpm, g.requests_used) for _, g in gauges if g.limits.rpm])
    tokens = _tightest([(g.limits.tpm, g.tokens_used) for _, g in gauges if g.limits.tpm])
    if requests is None and tokens is None:
        return None
    return RateState(*(requests or (0, 0, 0)), *(tokens or (0, 0, 0)))


def _tightest(buckets: list[tuple[int, int]]) -> tuple[int, int, int] | None:
    """Of (limit, used): limit, remaining, milliseconds until it is full again."""
    if not buckets:
        return None
    remaining, limit, used = min(
        (max(0, limit * UNITS - used) // UNITS, limit, used) for limit, used in buckets
    )
    return limit, remaining, -(-used // limit)
