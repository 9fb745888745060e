"""What is no relay route goes to the control process, over its Unix socket, as it came.

The control process trusts the `x-waystation-…` headers, so the caller's own are taken off.
"""

from pathlib import Path

from waystation.edge.call import Call
from waystation.edge.language import language_of
from waystation.edge.replies import send_fault
from waystation.errors import Fault
from waystation.settings import Settings
from waystation.upstream.transport import (
    Deadlines,
    MaybeSent,
    Outgoing,
    Transport,
    TransportFault,
    UnixOrigin,
)

_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"host",
        b"content-length",
        b"content-encoding",
        b"expect",
        b"date",
        b"x-forwarded-host",
        b"x-request-id",
        b"x-oneapi-request-id",
        b"access-control-allow-origin",
        b"access-control-expose-headers",
    }
)
_REPLY_HOP = _HOP - {b"content-encoding"}
_DEADLINES = Deadlines(
    connect_seconds=2.0, first_byte_seconds=60.0, idle_seconds=60.0, total_seconds=600.0
)


class Forward:
    """A handler."""

    __slots__ = ("_origin", "_settings", "_transport")

    def __init__(self, transport: Transport, socket: Path, settings: Settings) -> None:
        self._transport = transport
        self._origin = UnixOrigin(str(socket))
        self._settings = settings

    async def __call__(self, call: Call) -> None:
        try:
            await self._pass_on(call)
        except Fault as fault:
            send_fault(call, fault, "console", language_of(call, self._settings.language))

    async def _pass_on(self, call: Call) -> None:
        settings = self._settings
        body = await call.read(settings.body_bytes_max, settings.body_seconds_max)
        target = call.raw_path + ("?" + call.query if call.query else "")
        outgoing = Outgoing(self._origin, call.method, target, _headers(call), body, True)
        try:
            incoming = await self._transport.send(outgoing, _DEADLINES)
        except TransportFault:
            raise Fault("temporarily_unavailable", retry_after=2) from None
        headers = tuple(pair for pair in incoming.headers if pair[0] not in _REPLY_HOP)
        writer = call.stream(incoming.status, headers)
        try:
            while piece := await incoming.read():
                writer.write(piece)
                if writer.congested:
                    await writer.drain()
                if call.is_gone:
                    return
            writer.end()
        except MaybeSent:
            writer.abort()
        finally:
            incoming.close()


def _headers(call: Call) -> tuple[tuple[bytes, bytes], ...]:
    kept = tuple(
        (name, value)
        for name, value in call.headers()
        if name not in _HOP and not name.startswith(b"x-waystation-")
    )
    host = call.forwarded_host or call.header("host") or ""
    return (
        *kept,
        (b"x-waystation-peer", call.peer.encode("latin-1", "replace")),
        (b"x-waystation-request-id", call.request_id.encode()),
        (b"x-waystation-scheme", call.scheme.encode()),
        (b"x-forwarded-host", host.encode("latin-1", "replace")),
    )
