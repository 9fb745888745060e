"""The face itself: listener, connections, the sweep over their deadlines, the drain."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence

from waystation.edge.call import Handler
from waystation.edge.face import FaceLimits, OnError, Refuse
from waystation.edge.http1.connection import Connection
from waystation.edge.http1.exchange import Exchange
from waystation.edge.http1.heads import HeadWriter
from waystation.edge.http1.workers import Workers
from waystation.edge.peers import TrustedProxies
from waystation.kernel.turn import Turn

_BACKLOG = 4096


class Face:
    """A running HTTP/1.1 face. Made by `start_http1`."""

    def __init__(
        self,
        handler: Handler,
        limits: FaceLimits,
        refuse: Refuse,
        request_id: Callable[[], str],
        on_error: OnError,
        proxies: TrustedProxies,
    ) -> None:
        self._handler = handler
        self.limits = limits
        self.refuse = refuse
        self.request_id = request_id
        self._on_error = on_error
        self.proxies = proxies
        self.turn = Turn()
        """What all connections send at its end."""
        self.announce_close = False
        """While draining: each reply carries `Connection: close`."""
        self.open_calls = 0
        """Handlers that have not returned."""
        self.port = 0
        self._servers: list[asyncio.Server] = []
        self._listeners: list[socket.socket] = []
        self._tls: ssl.SSLContext | None = None
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._workers = Workers(self._loop, self._run)
        self._heads = HeadWriter()
        self._sweeper = self._loop.call_later(limits.sweep_seconds, self._sweep)
        self._idle_waiters: list[asyncio.Future[None]] = []

    async def listen(self, sockets: Sequence[socket.socket], tls: ssl.SSLContext | None) -> None:
        """Accept on these bound sockets; `port` is the first one's."""
        self._tls = tls
        for bound in sockets:
            bound.setblocking(False)
            self._listeners.append(bound.dup())  # stays open when the loop's own is closed
            self._servers.append(
                await self._loop.create_server(
                    self._connection,
                    sock=bound,
                    ssl=tls,
                    backlog=_BACKLOG,
                    ssl_handshake_timeout=self._handshake_seconds,
                )
            )
            name = bound.getsockname()
            if not self.port and isinstance(name, tuple):
                self.port = name[1]

    @property
    def _handshake_seconds(self) -> float | None:
        return None if self._tls is None else self.limits.head_seconds_max

    def _connection(self) -> Connection:
        return Connection(self, self._loop, self._heads)

    # --- what connections tell

    def admit(self, connection: Connection) -> None:
        """Count a connection in. One too many is answered 503, and counted too, so that it is swept
        like any other; when even those are many, it is cut without a word."""
        self._connections.add(connection)
        excess = len(self._connections) - self.limits.connections_max
        if excess > max(16, self.limits.connections_max // 8):
            connection.cut()
        elif excess > 0:
            connection.refuse_overload()

    def forget(self, connection: Connection) -> None:
        """The connection is closed."""
        self._connections.discard(connection)
        self._wake_if_idle()

    def start(self, exchange: Exchange) -> None:
        """Run the handler in a task of its own, which the face never cancels."""
        self.open_calls += 1
        self._workers.start(exchange)

    async def _run(self, exchange: Exchange) -> None:
        try:
            await self._handler(exchange)
            if not exchange.has_ended and not exchange.is_gone:
                self._fail(exchange, RuntimeError("the handler returned without ending its reply"))
        except asyncio.CancelledError as error:
            self._fail(exchange, error)
            raise
        except Exception as error:
            self._fail(exchange, error)
        finally:
            self.open_calls -= 1
            if self._idle_waiters:
                self._wake_if_idle()

    def _fail(self, exchange: Exchange, error: BaseException) -> None:
        """A handler crashed: 500 if nothing was sent yet, else the connection is cut."""
        self._on_error(error, exchange)
        if exchange.is_gone or exchange.has_ended:
            return
        if exchange.reply_has_begun:
            exchange.cut()
        else:
            headers, body = self.refuse(
                500, "internal_error", {"request_id": exchange.request_id}, exchange.path
            )
            exchange.reply(500, headers, body)

    def lose_client(self, exchange: Exchange) -> None:
        """Tell the exchange that its client has gone; its callback must not break the loop."""
        try:
            exchange.lose_client()
        except Exception as error:
            self._on_error(error, exchange)

    # --- the drain

    @property
    def open_connections(self) -> int:
        """Connections that are not closed, idle ones too."""
        return len(self._connections)

    def stop_accepting(self) -> None:
        """Close the listener; connections stay. Who stands in the kernel's queue is taken in
        first: with its listener that queue would be cut off, other workers never get to see it."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        for listener in self._listeners:
            for waiting in _queued(listener):
                task = self._loop.create_task(self._adopt(waiting))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            listener.close()
        self._listeners.clear()

    async def _adopt(self, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(
                self._connection,
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=self._handshake_seconds,
            )
        except OSError:  # it left, or never spoke TLS
            accepted.close()

    def close_idle(self) -> None:
        """Close kept-alive connections without a request; the busy ones close with their reply."""
        self.announce_close = True
        for connection in list(self._connections):
            connection.close_if_idle()

    async def wait_idle(self, seconds: float) -> bool:
        """Wait until no handler runs and every reply is sent; False when `seconds` went by."""
        deadline = self._loop.time() + seconds
        while not self._is_idle():
            left = deadline - self._loop.time()
            if left <= 0:
                return False
            waiter = self._loop.create_future()
            self._idle_waiters.append(waiter)
            await asyncio.wait([waiter], timeout=min(left, self.limits.sweep_seconds))
        return True

    def _is_idle(self) -> bool:
        return self.open_calls == 0 and all(c.outlet.is_empty for c in self._connections)

    def _wake_if_idle(self) -> None:
        if self.open_calls == 0:
            waiters, self._idle_waiters = self._idle_waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def close(self) -> None:
        """The end of a drain: cut what is left."""
        self.abort_all()

    def abort_all(self) -> None:
        """Cut every connection (their handlers are told) and stop the sweep."""
        self.stop_accepting()
        for connection in list(self._connections):
            connection.cut()
        self._sweeper.cancel()
        self._workers.close()

    def _sweep(self) -> None:
        now = self._loop.time()
        for connection in list(self._connections):
            connection.sweep(now)
        self._sweeper = self._loop.call_later(self.limits.sweep_seconds, self._sweep)


def _queued(listener: socket.socket) -> Iterator[socket.socket]:
    """The connections that the kernel has made and nobody has accepted."""
    while True:
        try:
            accepted, _ = listener.accept()
        except OSError:  # none is left
            return
        accepted.setblocking(False)
        yield accepted


async def start_http1(
    handler: Handler,
    listen: socket.socket | Sequence[socket.socket],
    limits: FaceLimits,
    refuse: Refuse,
    *,
    request_id: Callable[[], str],
    on_error: OnError,
    proxies: TrustedProxies | None = None,
    tls: ssl.SSLContext | None = None,
) -> Face:
    """Serve `handler` on bound sockets (one or several) until `abort_all`."""
    face = Face(handler, limits, refuse, request_id, on_error, proxies or TrustedProxies())
    await face.listen([listen] if isinstance(listen, socket.socket) else listen, tls)
    return face
