"""Range and condition headers of GET, read as RFC 9110 says; pure."""

import re
from typing import Literal

_RANGE = re.compile(r"bytes\s*=\s*(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})", re.IGNORECASE)
_ETAG = re.compile(r'(?:W/)?("[^"]*")')


def read_range(value: str | None, size: int) -> tuple[int, int] | Literal["whole", "unsatisfiable"]:
    """(start, end exclusive) of a file of `size` bytes. Several ranges, other units and what is no
    range at all are answered with the whole file, as a server may."""
    match = _RANGE.fullmatch(value.strip()) if value else None
    if match is None:
        return "whole"
    first, last = match["first"], match["last"]
    if not first:
        if not last:
            return "whole"
        count = min(int(last), size)
        return (size - count, size) if count else "unsatisfiable"
    if last and int(last) < int(first):
        return "whole"
    if int(first) >= size:
        return "unsatisfiable"
    return int(first), min(int(last) + 1, size) if last else size


def matches(condition: str | None, etag: str) -> bool:
    """Whether an If-None-Match names the etag (weakly) or everything."""
    if not condition:
        return False
    return condition.strip() == "*" or etag in _ETAG.findall(condition)
