"""Pictures by address for upstreams that take bytes only: fetched through the egress guard, bounded
in size and time, before the request is written."""

import asyncio
from base64 import b64encode

import msgspec

from waystation.dialects.ir import Chat, Media, Part, ToolResult
from waystation.errors import Fault
from waystation.upstream.fetching import Fetcher, Wanted

TAKES_BYTES_ONLY = frozenset(("generate",))
"""Operations whose upstreams do not fetch pictures themselves."""
PICTURES_MAX = 32
"""By address, in one request."""


def needs_fetching(chat: Chat) -> bool:
    return any(_remote(message.parts) for message in chat.messages)


async def fetched(chat: Chat, fetcher: Fetcher) -> Chat:
    """The same with what its addresses hold in their place. Raises Fault (400)."""
    wanted: dict[str, str] = {}
    for message in chat.messages:
        for media in _remote(message.parts):
            wanted.setdefault(media.url, media.path or message.path)
    if len(wanted) > PICTURES_MAX:
        reason = f"at most {PICTURES_MAX} pictures by address"
        raise Fault("invalid_value", param="messages", reason=reason)
    found = await asyncio.gather(
        *(fetcher.fetch(url, Wanted("caller", param=path)) for url, path in wanted.items())
    )
    held = {
        url: (one.media_type.name, b64encode(one.data).decode())
        for url, one in zip(wanted, found, strict=True)
    }
    messages = tuple(
        msgspec.structs.replace(message, parts=_filled(message.parts, held))
        if _remote(message.parts)
        else message
        for message in chat.messages
    )
    return msgspec.structs.replace(chat, messages=messages)


def _remote(parts: tuple[Part, ...]) -> list[Media]:
    """The pictures that stand there by their address."""
    found: list[Media] = []
    for part in parts:
        if isinstance(part, ToolResult):
            found += _remote(part.parts)
        elif isinstance(part, Media) and part.kind == "image" and part.url and not part.data:
            found.append(part)
    return found


def _filled(parts: tuple[Part, ...], held: dict[str, tuple[str, str]]) -> tuple[Part, ...]:
    filled: list[Part] = []
    for part in parts:
        if isinstance(part, ToolResult):
            part = msgspec.structs.replace(part, parts=_filled(part.parts, held))
        elif isinstance(part, Media) and part.url in held and not part.data:
            mime, data = held[part.url]
            part = msgspec.structs.replace(part, mime=mime, data=data, url="")
        filled.append(part)
    return tuple(filled)
