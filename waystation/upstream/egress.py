"""The one guard on every address that we connect to.

Addresses are judged after resolution and the judged address itself is dialled, so a name that
answers differently the second time gains nothing. Three verdicts: public; private (needs the
operator's consent: `allow_private`, or a network in `egress_allow`); never (metadata services,
whatever anyone consented to, and what no server lives on).
"""

import asyncio
import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal

from waystation.upstream.networks import METADATA, NEVER_4, NEVER_6, PRIVATE_4, PRIVATE_6, Network
from waystation.upstream.transport import NotSent
from waystation.upstream.url import check_host, parse_url

__all__ = ["EgressGuard", "Forbidden", "SockAddr", "parse_url", "verdict"]

Address = IPv4Address | IPv6Address
SockAddr = tuple[str, int] | tuple[str, int, int, int]
Verdict = Literal["public", "private", "never"]

CACHE_SECONDS = 30.0
CACHE_COUNT_MAX = 1024

_GLOBAL_UNICAST_6 = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # bits 64 to 95; a tunnel to an IPv4 address


class Forbidden(NotSent):
    """The guard refuses the address. `detail` names it."""

    def __init__(self, detail: str) -> None:
        super().__init__("forbidden", detail)


@lru_cache(maxsize=4096)
def verdict(address: Address) -> Verdict:
    """What kind of place an address is; one that embeds an IPv4 address is what that one is."""
    inner = _embedded(address)
    if _is_metadata(address) or (inner is not None and _is_metadata(inner)):
        return "never"
    if inner is not None:
        return verdict(inner)
    if isinstance(address, IPv4Address):
        return _listed(address, NEVER_4, PRIVATE_4) or "public"
    listed = _listed(address, NEVER_6, PRIVATE_6)
    if listed is not None:
        return listed
    if int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        return "never"
    return "public" if address in _GLOBAL_UNICAST_6 else "never"


def _is_metadata(address: Address) -> bool:
    return any(address in network for network in METADATA)


def _listed(
    address: Address, never: Sequence[Network], private: Sequence[Network]
) -> Verdict | None:
    if any(address in network for network in never):
        return "never"
    if any(address in network for network in private):
        return "private"
    return None


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that packets to this one end at: mapped, and behind the NAT64 prefix."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


class EgressGuard:
    """Resolves names and refuses what must not be reached. allow: networks that the operator
    opened for every origin."""

    def __init__(self, allow: Sequence[Network | str] = ()) -> None:
        self._allow = tuple(ip_network(str(network)) for network in allow)
        self._cache: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._literals: dict[tuple[str, int, bool], SockAddr] = {}  # that were permitted
        self._asking: dict[str, asyncio.Task[tuple[str, ...]]] = {}

    def permits(self, address: Address, allow_private: bool = False) -> bool:
        kind = verdict(address)
        if kind == "public" or (kind == "private" and allow_private):
            return True
        inner = _embedded(address) or address
        if _is_metadata(address) or _is_metadata(inner):
            return False
        return any(inner in network or address in network for network in self._allow)

    def check(self, host: str, port: int, allow_private: bool = False) -> Address | None:
        """Judge without resolving: the address that a literal names, None for a name.

        Raises Forbidden for a literal that may not be reached and for odd notations."""
        if not 1 <= port <= 65535:
            raise Forbidden(f"port {port}")
        try:
            literal = check_host(host)
        except ValueError as error:
            raise Forbidden(str(error)) from None
        if literal is not None and not self.permits(literal, allow_private):
            raise Forbidden(f"{literal} is not a public address")
        return literal

    async def resolve(self, host: str, port: int, allow_private: bool = False) -> list[SockAddr]:
        """Addresses to dial, best first. Raises Forbidden, or NotSent("resolve")."""
        asked = (host, port, allow_private)
        known = self._literals.get(asked)
        if known is not None:
            return [known]
        literal = self.check(host, port, allow_private)
        if literal is not None:
            if len(self._literals) >= CACHE_COUNT_MAX:
                self._literals.clear()
            known = self._literals[asked] = _dialled(str(literal), port)
            return [known]
        found = await self._look_up(host)
        permitted = [text for text in found if self.permits(ip_address(text), allow_private)]
        if not permitted:
            raise Forbidden(f"{host} resolves to {', '.join(found)}, not a public address")
        return [_dialled(text, port) for text in permitted]

    async def _look_up(self, host: str) -> tuple[str, ...]:
        now = asyncio.get_running_loop().time()
        cached = self._cache.get(host)
        if cached is not None and now < cached[0]:
            return cached[1]
        task = self._asking.get(host)
        if task is None:
            task = asyncio.create_task(_ask(host))
            self._asking[host] = task
            task.add_done_callback(lambda done: self._answered(host, done))
        # Callers share one question; one of them going away must not take it from the others.
        return await asyncio.shield(task)

    def _answered(self, host: str, task: asyncio.Task[tuple[str, ...]]) -> None:
        del self._asking[host]
        if task.cancelled() or task.exception() is not None:
            return
        if len(self._cache) >= CACHE_COUNT_MAX:
            self._cache.clear()
        self._cache[host] = (task.get_loop().time() + CACHE_SECONDS, task.result())


def _dialled(address: str, port: int) -> SockAddr:
    return (address, port, 0, 0) if ":" in address else (address, port)


async def _ask(host: str) -> tuple[str, ...]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotSent("resolve", f"{host}: {error}") from None
    # A scope ("%eth0") belongs to link-local addresses only, which nobody may reach.
    addresses = [str(entry[4][0]) for entry in found if "%" not in str(entry[4][0])]
    if not addresses:
        raise NotSent("resolve", f"{host} has no address")
    return tuple(dict.fromkeys(addresses))
