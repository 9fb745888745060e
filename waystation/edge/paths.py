"""Paths as clients really send them, folded to the one address that is meant (pure, cached).

SDKs append their suffix to whatever base address the user typed, so versions come doubled, slashes
repeated, `/v1` missing. Folding is internal and never redirects: a redirect loses the body or the
token in some clients. Dot segments and encoded slashes are never resolved: such a path stays as it
is and matches no route.
"""

from functools import lru_cache
from urllib.parse import unquote

VERSIONS = frozenset({"v1", "v1beta", "v1alpha"})

UNVERSIONED = frozenset(
    {
        "audio",
        "chat",
        "completions",
        "embeddings",
        "images",
        "messages",
        "models",
        "moderations",
        "rerank",
        "responses",
    }
)
"""First segments of the relay's own routes, which some clients call without the version."""

_CACHED_BYTES_MAX = 512


def fold(raw_path: str) -> str:
    """The route's path for a raw one, percent-decoded.

    >>> fold("//v1/v1/chat/completions/")
    '/v1/chat/completions'
    """
    return _fold_cached(raw_path) if len(raw_path) <= _CACHED_BYTES_MAX else _fold(raw_path)


def _fold(raw_path: str) -> str:
    segments = [segment for segment in raw_path.split("/") if segment]
    if not all(map(_is_plain, segments)):
        return raw_path
    segments = [unquote(segment, errors="strict") for segment in segments]
    return "/" + "/".join(_add_version(_drop_prefixes(segments)))


@lru_cache(maxsize=4096)
def _fold_cached(raw_path: str) -> str:
    return _fold(raw_path)


def _is_plain(segment: str) -> bool:
    """A segment that means the same to every reader, before and after decoding."""
    if "%" not in segment:
        return segment not in (".", "..") and "\\" not in segment
    try:
        decoded = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return False
    if decoded in (".", "..") or any(mark in decoded for mark in "/\\%?#"):
        return False
    return decoded.isprintable()


def _drop_prefixes(segments: list[str]) -> list[str]:
    """Without a vendor's prefix, and with a doubled version or a doubled address folded."""
    while len(segments) > 1:
        first, second = segments[0], segments[1]
        if first == "openai" and (second in VERSIONS or second in UNVERSIONED):
            segments = segments[1:]  # /openai/v1/…
        elif first in VERSIONS and second in VERSIONS:
            segments = segments[1:]  # /v1/v1/…, /v1/v1beta/…: the inner one was meant
        elif first in VERSIONS and second == "openai":
            segments = ["v1", *_without_versions(segments[2:])]  # /v1beta/openai/…
        else:
            break
    return _fold_repeated(segments)


def _without_versions(segments: list[str]) -> list[str]:
    while segments and segments[0] in VERSIONS:
        segments = segments[1:]
    return segments


def _fold_repeated(segments: list[str]) -> list[str]:
    """/v1/chat/completions/v1/chat/completions → the last whole address; also with another suffix
    (/v1/chat/completions/v1/models): the base address was given as a full one."""
    for at in range(len(segments) - 1, 0, -1):
        if segments[at] in VERSIONS and _is_address(segments[:at]):
            return _drop_prefixes(segments[at:])
    half, odd = divmod(len(segments), 2)
    if half and not odd and segments[:half] == segments[half:] and segments[0] in UNVERSIONED:
        return segments[:half]
    if len(segments) == 5 and segments[0] in VERSIONS and segments[1:3] == segments[3:]:
        return segments[:3]  # /v1/chat/completions/chat/completions
    return segments


def _is_address(segments: list[str]) -> bool:
    """Whether these segments are a relay address themselves, with or without its version."""
    rest = segments[1:] if segments[0] in VERSIONS else segments
    return bool(rest) and rest[0] in UNVERSIONED


def _add_version(segments: list[str]) -> list[str]:
    if segments and segments[0] in UNVERSIONED:
        return ["v1", *segments]
    return segments
