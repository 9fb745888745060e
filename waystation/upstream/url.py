"""Addresses as people write them, read strictly: one meaning or a refusal.

Different readers of one URL disagree about userinfo, backslashes, odd numbers and dots at the
end; each disagreement is a way around a guard. So whatever has two readings is refused.
"""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Literal
from urllib.parse import quote

from waystation.upstream.transport import Origin

URL_CHARACTERS_MAX = 8192
HOST_CHARACTERS_MAX = 253

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[^\]/?#@]*\]|[^/?#@\[\]:]*)"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?:#.*)?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]")
_SAFE = "/?&=%:;,@!$'()*+~-._[]|"


@lru_cache(maxsize=4096)
def check_host(host: str) -> IPv4Address | IPv6Address | None:
    """The address a literal host stands for, None for a proper name.

    host: lower case, no brackets. Raises ValueError for an empty or over-long host, a character
    that no name has, a dot at the end, and every way to write an IPv4 address but the usual."""
    if ":" in host:
        if "%" in host:
            raise ValueError(f"host {host!r} has a zone")
        return IPv6Address(host)
    if not host or len(host) > HOST_CHARACTERS_MAX:
        raise ValueError("host is empty or too long")
    labels = host.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(f"host {host!r} is not a name")
    if _NUMBER.fullmatch(labels[-1]):
        return IPv4Address(host)
    return None


def parse_url(
    url: str, *, allow_private: bool = False, proxy: str | None = None
) -> tuple[Origin, str]:
    """An http or https URL → (where to connect, path with query; the fragment is dropped).

    Raises ValueError. It judges the form alone: whether the address may be reached is asked
    where it is dialled. Characters beyond ASCII are escaped in the path, refused in the host."""
    if len(url) > URL_CHARACTERS_MAX:
        raise ValueError("the URL is too long")
    if _UNPRINTABLE.search(url):
        raise ValueError("the URL has a blank, control character or backslash")
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError("not an http(s) URL of the form scheme://host[:port]/path")
    scheme: Literal["http", "https"] = "https" if match["scheme"].lower() == "https" else "http"
    host = match["host"].lower()
    if host.startswith("["):
        host = host[1:-1]
        if ":" not in host:
            raise ValueError("brackets are for IPv6 addresses")
    literal = check_host(host)
    port = int(match["port"] or (443 if scheme == "https" else 80))
    if not 1 <= port <= 65535:
        raise ValueError(f"port {port} is out of range")
    target = (match["path"] or "/") + (match["query"] or "")
    origin = Origin(scheme, host if literal is None else str(literal), port, allow_private, proxy)
    return origin, quote(target, safe=_SAFE)
