"""Paths as clients really send them, folded to the one address that is meant (pure, cached).

SDKs append their suffix to whatever base address the user typed, so versions come doubled, slashes
repeated, `/v1` missing. Folding is internal and never redirects: a redirect loses the body or the
token in some clients. Dot segments and encoded slashes are never resolved: such a path stays as it
is and matches no route.
"""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote

VERSIONS = frozenset({"v1", "v1beta", "v1alpha"})

UNVERSIONED: Mapping[str, frozenset[str]] = {
    "audio": frozenset({"speech", "transcriptions", "translations"}),
    "chat": frozenset({"completions"}),
    "completions": frozenset(),
    "dashboard": frozenset({"billing"}),
    "embeddings": frozenset(),
    "images": frozenset({"edits", "generations", "variations"}),
    "messages": frozenset(),
    "models": frozenset(),
    "moderations": frozenset(),
    "rerank": frozenset(),
    "responses": frozenset(),
}
"""First segments of the relay's own routes, which some clients call without the version; with the
second ones that they need to be told from a page of the same name (none: any)."""

_CACHED_BYTES_MAX = 512
_FOLDED_SEGMENTS_MAX = 32


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
    if len(segments) <= _FOLDED_SEGMENTS_MAX:
        segments = _add_version(_drop_prefixes(segments))
    return "/" + "/".join(segments)


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
        if first == "openai" and (second in VERSIONS or _is_address(segments[1:])):
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
    """A whole address was given as the base, and an address appended to it: the last is meant.

    /v1/chat/completions/v1/chat/completions, /chat/completions/chat/completions,
    /v1/chat/completions/v1/models.
    """
    for at in range(len(segments) - 2, 0, -1):
        inner = segments[at:]
        if segments[at] in VERSIONS and _is_address(inner[1:]) and _is_address(segments[:at]):
            return _drop_prefixes(inner)
    version = segments[:1] if segments and segments[0] in VERSIONS else []
    rest = segments[len(version) :]
    half = len(rest) // 2
    if half and rest[:half] == rest[half:] and _is_address(rest):
        return version + rest[:half]
    return segments


def _is_address(segments: list[str]) -> bool:
    """Whether these segments are a relay address themselves, with or without its version."""
    rest = segments[1:] if segments[0] in VERSIONS else segments
    if not rest or rest[0] not in UNVERSIONED:
        return False
    needed = UNVERSIONED[rest[0]]
    return not needed or (len(rest) > 1 and rest[1] in needed)


def _add_version(segments: list[str]) -> list[str]:
    if segments and segments[0] not in VERSIONS and _is_address(segments):
        return ["v1", *segments]
    return segments
