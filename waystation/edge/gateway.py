"""A gateway worker's life: parts put together, first configuration, serving, drained, gone."""

import asyncio
import socket
from collections.abc import Mapping
from typing import Protocol

import structlog

from waystation.configuration.feed import Feed
from waystation.dialects.error_shapes import write_error
from waystation.edge.call import Call, Handler, HeaderList
from waystation.edge.dispatch import Dispatcher, shape_of
from waystation.edge.face import FaceLimits
from waystation.edge.forward import Forward
from waystation.edge.http1.server import start_http1
from waystation.edge.listening import tls_context
from waystation.edge.peers import TrustedProxies
from waystation.edge.routing_table import routes
from waystation.edge.site import Site
from waystation.errors import Fault
from waystation.kernel.ids import request_id
from waystation.upstream.transport import Transport

_CLOSE_SECONDS = 5.0
_LAST_WORD_SECONDS = 0.25
log = structlog.get_logger("gateway")


class Serving(Protocol):
    """What the gateway asks of a face that serves."""

    announce_close: bool

    def stop_accepting(self) -> None: ...

    def close_idle(self) -> None: ...

    async def wait_idle(self, seconds: float) -> bool: ...

    async def close(self) -> None: ...


class Gateway:
    """One worker. `start`, then `drain` once; `face` is there after `start`."""

    def __init__(self, site: Site, feed: Feed, control: Transport) -> None:
        self.site = site
        self.feed = feed
        self.face: Serving
        settings = site.settings
        forward = Forward(control, settings.control_socket, settings)
        self.table = routes(site)
        self.handler: Handler = Dispatcher(self.table, forward, settings.language)

    async def start(self, listen: socket.socket) -> None:
        """Serve on this bound socket, through the face that the settings choose."""
        self.site.pulse.start()
        if self.site.settings.face == "asgi":
            self.face = await self._start_asgi(listen)
        else:
            self.face = await self._start_http1(listen)

    async def _start_http1(self, listen: socket.socket) -> "Serving":
        settings = self.site.settings
        return await start_http1(
            self.handler,
            listen,
            FaceLimits.from_settings(settings),
            self.refuse,
            request_id=request_id,
            on_error=crashed,
            proxies=TrustedProxies(settings.trusted_proxies),
            tls=tls_context(settings),
        )

    async def _start_asgi(self, listen: socket.socket) -> "Serving":
        # uvicorn is loaded only where it serves: a worker stays small.
        from waystation.edge.asgi import AsgiFace
        from waystation.edge.asgi_server import start_asgi

        settings = self.site.settings
        limits = FaceLimits.from_settings(settings)
        face = AsgiFace(
            self.handler,
            limits,
            self.refuse,
            request_id=request_id,
            on_error=crashed,
            proxies=TrustedProxies(settings.trusted_proxies),
        )
        return await start_asgi(face, listen, limits, settings.tls_cert, settings.tls_key)

    def refuse(
        self, status: int, code: str, values: Mapping[str, object], path: str
    ) -> tuple[HeaderList, bytes]:
        """The protocol's own refusals, in the dialect of their path."""
        fault = Fault(code, status=status, **dict(values))  # type: ignore[arg-type]
        identity = str(values.get("request_id", ""))
        shape = shape_of(path, self.table)
        _, headers, body = write_error(fault, shape, identity, self.site.settings.language)
        return headers, body

    async def drain(self) -> None:
        """Say that we leave, take what still comes for a notice, then finish what runs within a
        bound; what does not finish is ended in its dialect and settled."""
        settings = self.site.settings
        self.site.draining = True
        self.face.announce_close = True
        await asyncio.sleep(settings.drain_notice_seconds)
        self.face.stop_accepting()
        # Who was accepted last has not spoken yet: closing now would cut a request on its way.
        await asyncio.sleep(_LAST_WORD_SECONDS)
        self.face.close_idle()
        if not await self.face.wait_idle(settings.drain_seconds_max):
            streams = list(self.site.pulse.streams.values())
            for stream in streams:
                stream.cut(Fault("draining", retry_after=1), "drained")
            if streams:
                await self.face.wait_idle(_CLOSE_SECONDS)
        await self.face.close()
        await self.site.pulse.stop()


def crashed(error: BaseException, call: Call) -> None:
    """A handler raised what nobody expected: a mistake of ours, told whole but for the request."""
    log.error(
        "handler crashed",
        request_id=call.request_id,
        path=call.path,
        exc_info=(type(error), error, error.__traceback__),
    )
