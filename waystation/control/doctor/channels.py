"""Can each channel be reached? Resolved through the egress guard, connected, TLS verified; nothing
is sent, so nothing is paid."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

from waystation.control.doctor.check import Check
from waystation.routing.snapshot import Channel
from waystation.settings import Settings
from waystation.upstream.egress import EgressGuard
from waystation.upstream.http1.dial import client_tls
from waystation.upstream.transport import NotSent, Origin
from waystation.upstream.url import parse_url

SECONDS_MAX = 5.0
_PROXY_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080, "socks4": 1080}


async def check_channels(settings: Settings, channels: Sequence[Channel]) -> AsyncIterator[Check]:
    """One check a channel; a failure of one says nothing about the others."""
    guard = EgressGuard(settings.egress_allow)
    for channel in channels:
        yield await check_channel(guard, channel)


async def check_channel(guard: EgressGuard, channel: Channel) -> Check:
    name = f"channel {channel.name}"
    if channel.base_url.startswith("demo:"):
        return Check(name, True, "built in")
    try:
        if channel.proxy is not None:
            return await _check_proxy(name, channel.proxy)
        origin, _ = parse_url(channel.base_url, allow_private=channel.allow_private)
        async with asyncio.timeout(SECONDS_MAX):
            where = await _connect(guard, origin)
    except ssl.SSLError as fault:
        return Check(name, False, f"TLS: {fault}", "See its certificate, and this machine's clock.")
    except (NotSent, OSError, ValueError) as fault:
        reason = str(fault) or f"no answer within {SECONDS_MAX:g} s"
        return Check(name, False, reason, _advice(fault, channel))
    return Check(name, True, f"reached at {where}")


async def _connect(guard: EgressGuard, origin: Origin) -> str:
    """The address that answered."""
    fault: OSError | None = None
    tls = client_tls() if origin.scheme == "https" else None
    for address in await guard.resolve(origin.host, origin.port, origin.allow_private):
        try:
            _, writer = await asyncio.open_connection(
                address[0],
                address[1],
                ssl=tls,
                server_hostname=origin.host if tls else None,
            )
        except ssl.SSLError:
            raise
        except OSError as refused:
            fault = refused
        else:
            writer.close()
            return f"{address[0]} port {address[1]}"
    raise fault or OSError("no address")


async def _check_proxy(name: str, proxy: str) -> Check:
    """The proxy's own address is the operator's word; what lies behind it cannot be seen."""
    parts = urlsplit(proxy)
    port = parts.port or _PROXY_PORTS.get(parts.scheme, 0)
    async with asyncio.timeout(SECONDS_MAX):
        _, writer = await asyncio.open_connection(parts.hostname, port)
    writer.close()
    return Check(name, True, f"its proxy answers at {parts.hostname} port {port}")


def _advice(fault: Exception, channel: Channel) -> str:
    if isinstance(fault, NotSent) and fault.kind == "forbidden":
        return "Set allow_private = true on the channel if it is meant to be a private address."
    if isinstance(fault, NotSent) and fault.kind == "resolve":
        return "See the name in base_url, and this machine's DNS."
    return f"See that {channel.base_url} runs and is reachable from here."
