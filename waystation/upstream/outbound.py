"""The one `Transport` that the relay holds: direct, by way of the origin's proxy, or as a
cloud wants it."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from waystation.upstream.egress import EgressGuard
from waystation.upstream.http1 import Http1Transport
from waystation.upstream.transport import (
    Deadlines,
    Destination,
    Incoming,
    Origin,
    Outgoing,
    Transport,
)


class Outbound:
    def __init__(self, guard: EgressGuard, *, ca_file: Path | None = None) -> None:
        self._guard = guard
        self._ca_file = ca_file
        self._direct = Http1Transport(guard, ca_file=ca_file)
        self._proxied: Transport | None = None

    def ready(self, origin: Destination) -> bool:
        return self._for(origin).ready(origin)

    def send(
        self,
        request: Outgoing,
        deadlines: Deadlines,
        on_sending: Callable[[], None] | None = None,
    ) -> Coroutine[Any, Any, Incoming]:
        transport = self._for(request.origin)
        if request.cloud is not None:
            return request.cloud.send(transport, request, deadlines, on_sending)
        return transport.send(request, deadlines, on_sending)

    async def close(self) -> None:
        await self._direct.close()
        if self._proxied is not None:
            await self._proxied.close()

    def _for(self, origin: Destination) -> Transport:
        if not isinstance(origin, Origin) or origin.proxy is None:
            return self._direct
        if self._proxied is None:
            # Few installations have proxies, and aiohttp takes long to load.
            from waystation.upstream.proxied import ProxiedTransport

            self._proxied = ProxiedTransport(self._guard, ca_file=self._ca_file)
        return self._proxied
