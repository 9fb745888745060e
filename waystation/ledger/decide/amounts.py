"""Bounds on what other processes say: a count is never negative and always fits the store."""

NANOS_MAX = 10**17
"""100 million USD: no single amount is larger."""


def bounded(count: int) -> int:
    """0 … NANOS_MAX."""
    if count < 0:
        return 0
    return count if count < NANOS_MAX else NANOS_MAX
