"""Whose address a request comes from, when proxies stand in between.

Only a peer on the operator's list may speak for others. X-Forwarded-For is read from the right, for
each proxy appends the address it saw: the first one that is no trusted proxy is the client, and
what stands left of it is the client's own claim.
"""

import ipaddress
from collections.abc import Iterable, Mapping

from waystation.edge.strict import is_host

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

UNIX = "unix"
"""The peer of a connection over a Unix socket, and the word that trusts it."""

_HOPS_MAX = 32


class TrustedProxies:
    """The operator's list: addresses, CIDR ranges, or `unix`."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        """Raises ValueError for an entry that is neither an address nor a range."""
        listed = tuple(entries)
        self._unix = UNIX in listed
        self._networks: tuple[Network, ...] = tuple(
            ipaddress.ip_network(entry, strict=False) for entry in listed if entry != UNIX
        )

    def trusts(self, peer: str) -> bool:
        """Whether this peer's forwarding headers count."""
        if peer == UNIX:
            return self._unix
        if not self._networks:
            return False
        address = parse_address(peer)
        return address is not None and self._holds(address)

    def _holds(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def origin(self, peer: str, scheme: str, fields: Mapping[bytes, bytes]) -> tuple[str, str]:
        """(client address, scheme) for a request of a *trusted* peer; headers by lower-case name.

        X-Forwarded-For wins over Forwarded, which is read only in its simple form.
        """
        hops = fields.get(b"x-forwarded-for")
        proto = fields.get(b"x-forwarded-proto")
        if hops is not None:
            peer = self._client(peer, hops.decode("latin-1"))
        elif b"forwarded" in fields:
            forwarded = _read_forwarded(fields[b"forwarded"].decode("latin-1"))
            peer = forwarded.get("for", peer)
            scheme = forwarded.get("proto", scheme)
        if proto is not None:
            nearest = proto.decode("latin-1").rpartition(",")[2].strip().lower()
            scheme = nearest if nearest in ("http", "https") else scheme
        return peer, scheme

    def host(self, fields: Mapping[bytes, bytes]) -> str | None:
        """X-Forwarded-Host of a request of a *trusted* peer, as the nearest proxy wrote it."""
        value = fields.get(b"x-forwarded-host", b"").decode("latin-1").rpartition(",")[2].strip()
        return value if value and is_host(value) else None

    def _client(self, peer: str, hops: str) -> str:
        for hop in reversed(hops.split(",")[-_HOPS_MAX:]):
            address = parse_address(_without_port(hop.strip()))
            if address is None:
                break  # a proxy of ours does not write this: believe the last sound hop
            peer = str(address)
            if not self._holds(address):
                break
        return peer


def parse_address(text: str) -> Address | None:
    """An IP address, IPv4 unwrapped from IPv6 and without its zone; None for anything else."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _read_forwarded(value: str) -> dict[str, str]:
    """`for` and `proto` of a Forwarded header with one element; nothing of any other."""
    if "," in value:
        return {}
    found: dict[str, str] = {}
    for pair in value.split(";"):
        name, _, text = pair.strip().partition("=")
        name, text = name.strip().lower(), text.strip().strip('"')
        address = parse_address(_without_port(text)) if name == "for" else None
        if address is not None:
            found["for"] = str(address)
        elif name == "proto" and text.lower() in ("http", "https"):
            found["proto"] = text.lower()
    return found
