"""Files at addresses that others name: fetched through the egress guard, bounded in size and time.

Redirects are followed here, each hop's address read strictly and judged where it is dialled, so
that a public address cannot lead to a private one. What comes must be of the types asked for, by
its bytes; a header's word is not believed.
"""

import asyncio
from typing import Literal, NamedTuple
from urllib.parse import urljoin

from waystation.artefacts.media_types import VISION, MediaType, Types, recognised
from waystation.errors import Fault
from waystation.routing.snapshot import Channel
from waystation.settings import Settings
from waystation.upstream.data_url import BadDataUrl, read_data_url
from waystation.upstream.transport import (
    Deadlines,
    Incoming,
    Origin,
    Outgoing,
    Transport,
    TransportFault,
)
from waystation.upstream.url import parse_url

Whose = Literal["caller", "vendor"]
"""Who named the address: the caller is told 400 what is wrong with it, of a vendor's only 502."""
Headers = tuple[tuple[bytes, bytes], ...]

REDIRECTS_MAX = 5
PARALLEL = 32
"""Fetches at once in a process; the rest wait within their time."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS: Headers = ((b"user-agent", b"waystation"), (b"accept", b"*/*"))
_WORDS = {
    "resolve": "its name has no address",
    "forbidden": "its address is not allowed",
    "connect": "no connection",
    "connect_timeout": "no connection in time",
    "tls": "no secure connection",
    "first_byte_timeout": "no answer in time",
    "idle_timeout": "no answer in time",
    "total_timeout": "it takes too long",
    "protocol": "it does not speak HTTP as it should",
}


class Fetched(NamedTuple):
    data: bytes
    media_type: MediaType


class Wanted(NamedTuple):
    """What is fetched and how. param: the field that named the address, for the message.
    private_host: the one host that may be a private address, by the operator's consent to a
    channel (`allow_private`). headers: sent to the first address's origin alone. proxy: the
    channel's. bytes_max, seconds_max: None: the settings'."""

    whose: Whose
    types: Types = VISION
    param: str = "url"
    private_host: str | None = None
    headers: Headers = ()
    proxy: str | None = None
    bytes_max: int | None = None
    seconds_max: float | None = None


def private_host(channel: Channel) -> str | None:
    """A channel's own host when the operator consented to a private one. None without consent, and
    for a channel that has no host, as the demo."""
    if not channel.allow_private or not channel.base_url.lower().startswith("http"):
        return None
    return parse_url(channel.base_url)[0].host


class _Failed(Exception):
    """Why nothing usable came, in words that name no address of ours."""


class Fetcher:
    """One a process. transport: with the operator's guard in it."""

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self._transport = transport
        self._bytes_max = settings.fetch_bytes_max
        self._seconds_max = settings.fetch_seconds_max
        self._turn = asyncio.Semaphore(PARALLEL)

    async def fetch(self, address: str, wanted: Wanted) -> Fetched:
        """What an http(s) or data: address holds. Raises Fault: image_fetch_failed (400) for a
        caller's address, bad_upstream_response (502) for a vendor's."""
        bytes_max = wanted.bytes_max or self._bytes_max
        try:
            if address[:5].lower() == "data:":
                data = read_data_url(address, bytes_max)
            else:
                data = await self._within_time(address, wanted, bytes_max)
            return Fetched(data, _judge(data, wanted.types))
        except (_Failed, BadDataUrl) as failed:
            raise _fault(wanted, str(failed)) from None

    async def _within_time(self, address: str, wanted: Wanted, bytes_max: int) -> bytes:
        seconds = wanted.seconds_max or self._seconds_max
        try:
            async with asyncio.timeout(seconds), self._turn:
                return await self._follow(address, wanted, bytes_max, seconds)
        except TimeoutError:
            raise _Failed(f"it takes longer than {seconds:g} s") from None
        except TransportFault as fault:
            if fault.kind == "too_large":
                raise _Failed(f"it is larger than {bytes_max} bytes") from None
            raise _Failed(_WORDS.get(fault.kind, "the connection was lost")) from None

    async def _follow(self, address: str, wanted: Wanted, bytes_max: int, seconds: float) -> bytes:
        deadlines = Deadlines(min(seconds, 5.0), seconds, seconds, seconds)
        first, _ = _read(address, wanted)
        for _ in range(REDIRECTS_MAX + 1):
            origin, target = _read(address, wanted)
            headers = _HEADERS + (wanted.headers if origin == first else ())
            request = Outgoing(origin, "GET", target, headers)
            incoming = await self._transport.send(request, deadlines)
            try:
                if incoming.status not in _REDIRECTS:
                    return await _body(incoming, bytes_max)
                address = urljoin(address, _location(incoming))
            finally:
                incoming.close()
        raise _Failed(f"it redirects more than {REDIRECTS_MAX} times")


def _read(address: str, wanted: Wanted) -> tuple[Origin, str]:
    try:
        origin, target = parse_url(address, proxy=wanted.proxy)
    except ValueError as wrong:
        raise _Failed(f"the address cannot be read: {wrong}") from None
    if wanted.private_host is not None and origin.host == wanted.private_host.lower():
        origin, target = parse_url(address, allow_private=True, proxy=wanted.proxy)
    return origin, target


def _location(incoming: Incoming) -> str:
    location = incoming.header(b"location")
    if not location:
        raise _Failed(f"it answers {incoming.status} without saying where it moved")
    try:
        return location.decode("ascii")
    except UnicodeDecodeError:
        raise _Failed("it redirects to an address that cannot be read") from None


async def _body(incoming: Incoming, bytes_max: int) -> bytes:
    if incoming.status != 200:
        raise _Failed(f"it answers {incoming.status}")
    length = incoming.header(b"content-length")
    if length is not None and length.isdigit() and int(length[:18]) > bytes_max:
        raise _Failed(f"it is larger than {bytes_max} bytes")
    return await incoming.read_all(bytes_max)


def _judge(data: bytes, types: Types) -> MediaType:
    found = recognised(data, types)
    if found is not None and found in types:
        return found
    what = found.name if found is not None else "of an unknown type" if data else "empty"
    names = ", ".join(sorted(one.ext for one in types))
    raise _Failed(f"it is {what}, not one of {names}")


def _fault(wanted: Wanted, reason: str) -> Fault:
    if wanted.whose == "caller":
        return Fault("image_fetch_failed", param=wanted.param, reason=reason)
    return Fault(
        "bad_upstream_response", reason=f"the file that it names could not be had: {reason}"
    )
