"""Which well-formed heads are refused all the same, and why. Pure; both faces ask it.

The parser refuses what is not HTTP. This refuses what is HTTP but can be read in two ways, since
two readings of one request are how a request is smuggled past a proxy.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from waystation.edge.call import HeaderList

_HOST = re.compile(
    r"(?:[A-Za-z0-9._~!$&'()*+;=%-]*|\[[0-9A-Fa-f:.]+(?:%25[A-Za-z0-9._~-]+)?\])(?::[0-9]{0,5})?"
)


class Refusal(msgspec.Struct, frozen=True):
    """A head that is not served: the status and the reason in English (nobody translates these)."""

    status: int
    reason: str


class Target(msgspec.Struct, frozen=True):
    """A request target in its origin form: path as sent, query without the question mark."""

    raw_path: str
    query: str


@lru_cache(maxsize=1024)
def is_host(value: str) -> bool:
    """Whether a Host header names one host and nothing else."""
    return _HOST.fullmatch(value) is not None


def fold_headers(headers: HeaderList) -> dict[bytes, bytes]:
    """Values by lower-case name, repeated ones joined by a comma."""
    fields = dict(headers)
    if len(fields) != len(headers):
        fields = {}
        for name, value in headers:
            fields[name] = fields[name] + b", " + value if name in fields else value
    return fields


def judge(method: str, version: str, fields: Mapping[bytes, bytes]) -> Refusal | None:
    """What is wrong with a parsed head, or None. version: "1.0" or "1.1".

    fields: as `fold_headers` gives them, where a repeated Host shows as a list, which is no host.
    """
    if method == "CONNECT":
        return Refusal(400, "CONNECT is not offered here.")
    host = fields.get(b"host")
    if host is None:
        if version != "1.0":
            return Refusal(400, "The Host header is missing.")
    elif not is_host(host.decode("latin-1")):
        return Refusal(400, "There must be one Host header with one host.")
    if b"expect" in fields and fields[b"expect"].lower() != b"100-continue":
        return Refusal(417, "The only expectation understood is 100-continue.")
    coding = fields.get(b"transfer-encoding")
    return None if coding is None else _judge_coding(version, coding, fields)


def _judge_coding(version: str, coding: bytes, fields: Mapping[bytes, bytes]) -> Refusal | None:
    if version == "1.0":
        return Refusal(400, "Transfer-Encoding does not exist in HTTP/1.0.")
    if b"content-length" in fields:
        return Refusal(400, "Content-Length and Transfer-Encoding exclude each other.")
    if coding.lower() != b"chunked":
        return Refusal(400, "The only transfer coding understood is chunked.")
    return None


def read_target(method: str, target: bytes, host: bytes | None) -> Target | Refusal:
    """The path and query of a request target; absolute form only for the host it is sent to."""
    text = target.decode("latin-1")
    if not text.startswith("/"):
        if text == "*":
            return Target("*", "") if method == "OPTIONS" else Refusal(400, "Bad request target.")
        found = _read_absolute(text, host)
        if found is None:
            return Refusal(400, "The request target names another host.")
        text = found
    if "#" in text:
        return Refusal(400, "A request target has no fragment.")
    raw_path, _, query = text.partition("?")
    return Target(raw_path, query)


def _read_absolute(text: str, host: bytes | None) -> str | None:
    scheme, mark, rest = text.partition("://")
    if not mark or scheme.lower() not in ("http", "https") or host is None:
        return None
    ends = [at for at in (rest.find("/"), rest.find("?")) if at >= 0]
    end = min(ends, default=len(rest))
    if rest[:end].lower() != host.decode("latin-1").lower():
        return None
    path = rest[end:]
    return path if path.startswith("/") else "/" + path
