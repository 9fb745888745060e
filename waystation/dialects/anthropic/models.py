"""What Claude models take, by the version in their names.

Both orders are in use: claude-3-7-sonnet-20250219 and claude-opus-4-6; vendors put parts before
and after. A name without a version is taken for an older one, as compatible vendors' models are.
"""

import re

_NUMBERS = re.compile(r"claude[a-z-]*-(\d{1,2})(?:[.-](\d{1,2}))?(?!\d)")
_BARE_LIMIT = 8192
_OLD_LIMIT = 4096

Version = tuple[int, int]


def version_of(model: str) -> Version:
    """(4, 6) of claude-opus-4-6; (0, 0) for what is no Claude."""
    found = _NUMBERS.search(model.lower())
    return (0, 0) if found is None else (int(found[1]), int(found[2] or 0))


def thinks(version: Version) -> bool:
    """It has extended thinking; so may models that are no Claude."""
    return version >= (3, 7) or version == (0, 0)


def thinks_adaptively(version: Version) -> bool:
    """It takes `adaptive` and an effort in place of a budget."""
    return version >= (4, 6)


def takes_adaptive_only(version: Version) -> bool:
    """It answers a budget, "disabled" and sampling settings with an error."""
    return version >= (4, 7)


def takes_one_sampling_setting(version: Version) -> bool:
    """Temperature or top_p, not both."""
    return version >= (4, 1)


def takes_formats(version: Version) -> bool:
    """It holds to a JSON schema itself (`output_config.format`)."""
    return version >= (4, 5)


def output_tokens_default(version: Version) -> int:
    """max_tokens where the caller named none: Anthropic wants one."""
    return _OLD_LIMIT if (0, 0) < version < (3, 5) else _BARE_LIMIT
