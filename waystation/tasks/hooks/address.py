"""Where a task may be told: judged when it is accepted, and again, by the transport, when it is
dialled."""

import asyncio

from waystation.upstream.egress import EgressGuard, Forbidden
from waystation.upstream.transport import NotSent
from waystation.upstream.url import parse_url

URL_CHARACTERS_MAX = 2000
RESOLVE_SECONDS_MAX = 2.0


async def judge(url: str, guard: EgressGuard) -> None:
    """Raises ValueError for what is no http(s) address, or leads where hooks must not go. A name
    that does not resolve now may do so later."""
    if len(url) > URL_CHARACTERS_MAX:
        raise ValueError(f"the address is longer than {URL_CHARACTERS_MAX} characters")
    origin, _ = parse_url(url)
    try:
        async with asyncio.timeout(RESOLVE_SECONDS_MAX):
            await guard.resolve(origin.host, origin.port)
    except Forbidden:
        raise ValueError("the address is not a public one") from None
    except (NotSent, TimeoutError):
        return
