"""Where callers put their key, and what they put around it.

Looked at in this order: Authorization, x-api-key, x-goog-api-key, mj-api-secret, the query's
`key`, and the web-socket protocol that browsers abuse for it. A scheme, quotes, blanks and `sk-`
are taken off; an Authorization that is empty or says `midjourney-proxy` is passed over.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Literal
from urllib.parse import unquote_plus

import msgspec

from waystation.errors import Fault
from waystation.identity.keys import IMPORTED_LENGTH_MAX, LENGTH, PREFIX, bare, digest

HeaderGetter = Callable[[str], str | None]
Source = Literal["authorization", "x-api-key", "x-goog-api-key", "mj-api-secret", "query", "socket"]

_FAST_MARK = "Bearer sk-ws"
_FAST_LENGTH = len("Bearer sk-") + LENGTH
_PLACEHOLDER = "midjourney-proxy"
_SOCKET_MARK = "openai-insecure-api-key."
_AROUND = " \t\"'“”‘’`"
_SCHEME = re.compile(r"bearer(?:\s+|$)", re.IGNORECASE)
_PINNED = re.compile(r"(.+)-([0-9]{1,9})", re.DOTALL)
_LENGTH_MAX = IMPORTED_LENGTH_MAX + 16


class Credential(msgspec.Struct, frozen=True):
    """key: bare, never logged. digest: what it is looked up by."""

    key: str
    digest: bytes
    source: Source

    def __repr__(self) -> str:
        return f"Credential(source={self.source!r})"

    def unpinned(self) -> tuple["Credential", int] | None:
        """`KEY-<channel id>` taken apart, when it has that form."""
        parts = _PINNED.fullmatch(self.key)
        if parts is None:
            return None
        key = parts[1]
        return Credential(key, digest(key), self.source), int(parts[2])


def credential(header: HeaderGetter, query: str = "") -> Credential:
    """What the caller shows. header: by lower-case name. query: raw, without "?".

    Raises Fault: missing_api_key; empty_api_key when there is a place for a key but nothing in
    it; invalid_api_key for what is too long to be one."""
    sent = header("authorization")
    if sent is not None and len(sent) == _FAST_LENGTH and sent.startswith(_FAST_MARK):
        key = sent[10:]
        if key.isalnum() and key.isascii():
            return Credential(key, hashlib.sha256(key.encode()).digest(), "authorization")
    return _search(header, query)


def _search(header: HeaderGetter, query: str) -> Credential:
    seen = False
    for source, value in _places(header, query):
        key = _uncover(value)
        if source == "authorization" and key == _PLACEHOLDER:
            continue
        seen = True
        if not key:
            continue
        if len(key) > _LENGTH_MAX:
            raise Fault("invalid_api_key")
        return Credential(key, digest(key), source)
    raise Fault("empty_api_key" if seen else "missing_api_key")


def _places(header: HeaderGetter, query: str) -> Iterator[tuple[Source, str]]:
    names: tuple[Source, ...] = ("authorization", "x-api-key", "x-goog-api-key", "mj-api-secret")
    for name in names:
        value = header(name)
        if value is not None:
            yield name, value
    if "key=" in query:
        for pair in query.split("&"):
            name_, _, value = pair.partition("=")
            if name_ == "key":
                yield "query", unquote_plus(value)
    offered = header("sec-websocket-protocol")
    if offered is not None:
        for protocol in offered.split(","):
            if protocol.strip().startswith(_SOCKET_MARK):
                yield "socket", protocol.strip()[len(_SOCKET_MARK) :]


def _uncover(value: str) -> str:
    """The bare key in what was sent: `"Bearer 'sk-X'"` → X."""
    value = value.strip(_AROUND)
    for _ in range(2):  # "Bearer Bearer X" comes from clients that add the scheme themselves
        scheme = _SCHEME.match(value)
        if scheme is None:
            break
        value = value[scheme.end() :].strip(_AROUND)
    return "" if value == PREFIX else bare(value)
