"""What time it is: the wall for rows and people, the monotonic clock for deadlines."""

from time import monotonic, time_ns

__all__ = ["monotonic", "now_ms"]


def now_ms() -> int:
    """Unix time in milliseconds."""
    return time_ns() // 1_000_000
