"""Which addresses a letter can be written to: those that every server reads as one recipient.

Comments, groups, quotes, lists and encoded words in an address mean another recipient than they
seem to, or none.
"""

import re

NO_ADDRESS = "imported.invalid"
"""The domain of accounts that were brought over without an address of their own."""

_ATOM = r"[\w!#$%&'*+/?^`{|}~-]+"  # no "=": no encoded words
_LABEL = r"\w(?:[\w-]*\w)?"
_PLAIN = re.compile(rf"{_ATOM}(?:[.=]{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


def is_plain(address: str) -> bool:
    """name@host, nothing else."""
    return "=?" not in address and _PLAIN.fullmatch(address) is not None
