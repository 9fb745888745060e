"""What is left of the caller's limits, in the headers that clients know."""

from waystation.ledger.messages import RateState

Headers = tuple[tuple[bytes, bytes], ...]


def rate_headers(rate: RateState | None) -> Headers:
    """x-ratelimit-{limit,remaining,reset}-{requests,tokens}; of limits that apply only."""
    if rate is None:
        return ()
    headers: Headers = ()
    if rate.requests_limit:
        headers = _trio(
            b"requests", rate.requests_limit, rate.requests_remaining, rate.requests_reset_ms
        )
    if rate.tokens_limit:
        headers += _trio(b"tokens", rate.tokens_limit, rate.tokens_remaining, rate.tokens_reset_ms)
    return headers


def _trio(what: bytes, limit: int, remaining: int, reset_ms: int) -> Headers:
    return (
        (b"x-ratelimit-limit-" + what, b"%d" % limit),
        (b"x-ratelimit-remaining-" + what, b"%d" % max(0, remaining)),
        (b"x-ratelimit-reset-" + what, duration(reset_ms)),
    )


def duration(milliseconds: int) -> bytes:
    """As clients of the OpenAI API read it: 850ms, 12s, 1m30s, 2h0m5s; seconds rounded up."""
    if milliseconds < 1000:
        return b"%dms" % max(0, milliseconds)
    minutes, seconds = divmod(-(-milliseconds // 1000), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return b"%dh%dm%ds" % (hours, minutes, seconds)
    if minutes:
        return b"%dm%ds" % (minutes, seconds)
    return b"%ds" % seconds
