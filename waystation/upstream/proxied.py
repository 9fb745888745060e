"""`Transport` for origins behind an HTTP or SOCKS proxy, on aiohttp.

The proxy's own address passes the guard and is dialled as judged. The origin's name is resolved
by the proxy (where proxies are needed, local answers are often false), so of the origin only a
literal address can be judged here; the operator named the proxy, and trusts its view.
"""

import asyncio
import io
import socket
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from yarl import URL

from waystation.upstream.content_encoding import UndecodableError, decoder_for
from waystation.upstream.egress import EgressGuard, SockAddr
from waystation.upstream.http1.dial import client_tls
from waystation.upstream.http1.head import host_line, write_head
from waystation.upstream.proxied_reply import ProxiedReply
from waystation.upstream.transport import (
    Body,
    Deadlines,
    Destination,
    FaultKind,
    MaybeSent,
    NotSent,
    Origin,
    Outgoing,
    TransportFault,
)

HEAD_LINE_BYTES_MAX = 64 * 1024
HEAD_COUNT_MAX = 200
READ_BYTES = 32 * 1024  # aiohttp pauses the socket at twice that
STALE_TRIES_MAX = 3
STALE_SECONDS = 1.0

_PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks5": 1080, "socks5h": 1080}
_AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class _Sending:
    """How far one try has come; aiohttp's tracing tells. `due` is moved as it proceeds."""

    def __init__(self, due: asyncio.Timeout, first_byte: float, total_at: float) -> None:
        self.due = due
        self.first_byte_seconds = first_byte
        self.total_at = total_at
        self.announce: Callable[[], None] | None = None
        self.sent_at: float | None = None
        self.reused = False

    def begins(self) -> None:
        announce, self.announce = self.announce, None
        if announce is not None:
            announce()
        self.sent_at = asyncio.get_running_loop().time()
        self.proceeds()

    def proceeds(self) -> None:
        at = asyncio.get_running_loop().time() + self.first_byte_seconds
        self.due.reschedule(min(at, self.total_at))


_sending: ContextVar[_Sending] = ContextVar("_sending")


class ProxiedTransport:
    """Arguments as of Http1Transport; every origin needs its `proxy`. A session for each proxy is
    kept: their number is the operator's."""

    def __init__(
        self,
        guard: EgressGuard,
        *,
        idle_seconds: float = 30.0,
        ca_file: Path | None = None,
        retry_stale: bool = True,
    ) -> None:
        self._guard = guard
        self._idle_seconds = idle_seconds
        self._ca_file = ca_file
        self._tries_max = STALE_TRIES_MAX if retry_stale else 1
        self._tls: ssl.SSLContext | None = None
        self._sessions: dict[tuple[str, SockAddr], aiohttp.ClientSession] = {}
        self._replies: set[ProxiedReply] = set()
        self._closed = False

    def ready(self, origin: Destination) -> bool:
        """Never told: aiohttp does not say."""
        return False

    async def send(
        self,
        request: Outgoing,
        deadlines: Deadlines,
        on_sending: Callable[[], None] | None = None,
    ) -> ProxiedReply:
        origin = request.origin
        if not isinstance(origin, Origin) or origin.proxy is None:
            raise ValueError("not an origin behind a proxy")
        write_head(request, host_line(origin))  # for its refusals
        self._guard.check(origin.host, origin.port, origin.allow_private)
        loop = asyncio.get_running_loop()
        total_at = loop.time() + deadlines.total_seconds
        sent = False
        for tries_left in reversed(range(self._tries_max)):
            timeout = asyncio.timeout(min(deadlines.connect_seconds, total_at - loop.time()))
            sending = _Sending(timeout, deadlines.first_byte_seconds, total_at)
            sending.announce = None if sent else on_sending
            _sending.set(sending)
            try:
                async with timeout:
                    answer = await self._request(origin, request, sending)
            except TransportFault as fault:
                raise _after(fault, sent) from None
            except TimeoutError:
                raise _after(_timeout_fault(sending), sent) from None
            except (aiohttp.ClientError, ProxyError, ProxyConnectionError, OSError) as error:
                if tries_left and _is_stale(error, sending):
                    sent = True
                    continue
                raise _after(_fault(error, sending), sent) from None
            return self._reply(answer, request, deadlines, total_at)
        raise AssertionError("the last try returns or raises")

    async def close(self) -> None:
        self._closed = True
        for reply in tuple(self._replies):
            reply.close()
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    async def _request(
        self, origin: Origin, request: Outgoing, sending: _Sending
    ) -> aiohttp.ClientResponse:
        assert origin.proxy is not None
        session = await self._session(origin.proxy, origin.allow_private)
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        headers = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers
        ]
        if not any(name.lower() == "accept-encoding" for name, _ in headers):
            headers.append(("accept-encoding", "identity"))
        is_http = origin.proxy.startswith("http")
        return await session.request(
            request.method,
            URL(f"{origin.scheme}://{host}:{origin.port}{request.target}", encoded=True),
            headers=headers,
            data=_payload(request.body),
            proxy=origin.proxy if is_http else None,
            ssl=self._context(),
            allow_redirects=False,
            trace_request_ctx=sending,
        )

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = client_tls(self._ca_file)
        return self._tls

    async def _session(self, proxy: str, allow_private: bool) -> aiohttp.ClientSession:
        """The session of a proxy at its address of now. Raises NotSent."""
        if self._closed:
            raise NotSent("connect", "the transport is closed")
        parts = urlsplit(proxy)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise NotSent("connect", "the proxy's address is not understood")
        port = parts.port or _PORTS[parts.scheme]
        addresses = await self._guard.resolve(parts.hostname, port, allow_private)
        # The lowest, not the first: the order of a name's addresses changes from answer to answer.
        key = (proxy, min(addresses))
        if key not in self._sessions:
            self._sessions[key] = self._open_session(proxy, addresses)
        return self._sessions[key]

    def _open_session(self, proxy: str, addresses: list[SockAddr]) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=self._connector(proxy, addresses),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            skip_auto_headers=_AUTOMATIC,
            trace_configs=[_tracing()],
            read_bufsize=READ_BYTES,
            max_line_size=HEAD_LINE_BYTES_MAX,
            max_field_size=HEAD_LINE_BYTES_MAX,
            max_headers=HEAD_COUNT_MAX,
        )

    def _connector(self, proxy: str, addresses: list[SockAddr]) -> aiohttp.TCPConnector:
        shared: dict[str, Any] = {"limit": 0, "keepalive_timeout": self._idle_seconds}
        if proxy.startswith("http"):
            return _Connector(resolver=_Judged(addresses), use_dns_cache=False, **shared)
        parts = urlsplit(proxy)
        host = addresses[0][0]
        at = f"[{host}]" if ":" in host else host
        userinfo = parts.netloc.rpartition("@")[0]
        url = f"{parts.scheme.removesuffix('h')}://{userinfo + '@' if userinfo else ''}{at}"
        return _SocksConnector.from_url(f"{url}:{addresses[0][1]}", rdns=True, **shared)

    def _reply(
        self,
        answer: aiohttp.ClientResponse,
        request: Outgoing,
        deadlines: Deadlines,
        total_at: float,
    ) -> ProxiedReply:
        headers = tuple((name.lower(), value) for name, value in answer.raw_headers)
        empty = request.method == "HEAD" or answer.status in (204, 304)
        codings = [value for name, value in headers if name == b"content-encoding"]
        decoder = None
        try:
            if answer.status < 200:
                raise UndecodableError("the reply switches protocols")
            if codings and not empty and not request.keep_encoding:
                decoder = decoder_for(b",".join(codings))
        except UndecodableError as error:
            answer.close()
            raise MaybeSent("protocol", str(error)) from None
        reply = ProxiedReply(answer, headers, decoder, deadlines, total_at, self._replies.discard)
        self._replies.add(reply)
        return reply


class _Connector(aiohttp.TCPConnector):
    """Tells the `_Sending` of the task when its connection is at hand: the first byte comes next.
    (Not by tracing: an exception there would leave the connection open.)"""

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:
        connection = await super().connect(req, traces, timeout)
        try:
            _sending.get().begins()
        except BaseException:
            connection.close()
            raise
        return connection


class _SocksConnector(_Connector, ProxyConnector):
    pass


class _Judged(AbstractResolver):
    """Hands aiohttp the addresses that the guard has judged."""

    def __init__(self, addresses: list[SockAddr]) -> None:
        self._addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=port,
                family=socket.AF_INET6 if ":" in address[0] else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        return None


class _Pieces(aiohttp.payload.Payload):
    """A body out of pieces, as aiohttp likes it: its length known, so that it is not chunked."""

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self._size = len(body)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return bytes(self._value).decode(encoding, errors)

    async def write(self, writer: Any) -> None:
        for piece in self._value:
            await writer.write(piece)


def _payload(body: bytes | Body) -> bytes | io.BytesIO | _Pieces | None:
    """aiohttp writes a file piece by piece, but bytes in one go."""
    if not isinstance(body, bytes):
        return _Pieces(body)
    if len(body) > READ_BYTES:
        return io.BytesIO(body)
    return body or None


def _tracing() -> aiohttp.TraceConfig:
    async def reused(session: Any, context: Any, params: Any) -> None:
        context.trace_request_ctx.reused = True

    async def wrote(session: Any, context: Any, params: Any) -> None:
        context.trace_request_ctx.proceeds()

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_reuseconn.append(reused)
    tracing.on_request_chunk_sent.append(wrote)
    return tracing


def _after(fault: TransportFault, sent: bool) -> TransportFault:
    """After a first try that was sent, nothing counts as unsent any more."""
    return MaybeSent(fault.kind, fault.detail) if sent else fault


def _timeout_fault(sending: _Sending) -> TransportFault:
    if sending.sent_at is None:
        return NotSent("connect_timeout")
    late = asyncio.get_running_loop().time() + 0.001 >= sending.total_at
    return MaybeSent("total_timeout" if late else "first_byte_timeout")


def _is_stale(error: Exception, sending: _Sending) -> bool:
    if not sending.reused or sending.sent_at is None:
        return False
    if not isinstance(error, (aiohttp.ServerDisconnectedError, OSError)):
        return False
    return asyncio.get_running_loop().time() - sending.sent_at < STALE_SECONDS


def _fault(error: Exception, sending: _Sending) -> TransportFault:
    detail = f"{type(error).__name__}: {error}"
    if sending.sent_at is None:
        kind: FaultKind = "connect"
        if isinstance(error, (aiohttp.ClientSSLError, ssl.SSLError)):
            kind = "tls"
        elif isinstance(error, ProxyTimeoutError):
            kind = "connect_timeout"
        return NotSent(kind, detail)
    if isinstance(error, aiohttp.ClientResponseError):
        return MaybeSent("protocol", detail)
    return MaybeSent("reset", detail)
