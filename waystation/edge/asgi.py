"""The same `Call` over ASGI 3, for any ASGI server; the operator chooses it with `--face asgi`.

It refuses by the same rules what the server lets through. What a server hides from its application
(the target's absolute form, raw framing, the connection) it cannot judge: tests name the
differences. The handler runs in its own task, never cancelled by the server.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from waystation.edge.asgi_call import AsgiCall, Receive, Send
from waystation.edge.call import Handler
from waystation.edge.face import FaceLimits, OnError, Refuse
from waystation.edge.peers import UNIX, TrustedProxies
from waystation.edge.reply_headers import DateClock
from waystation.edge.strict import Refusal, fold_headers, judge

Scope = MutableMapping[str, Any]


def uvicorn_options(limits: FaceLimits) -> dict[str, Any]:
    """How uvicorn is to be run under this face: the face itself writes dates and judges proxies."""
    return {
        "http": "httptools",
        "ws": "none",
        "server_header": False,
        "date_header": False,
        "proxy_headers": False,
        "access_log": False,
        "timeout_keep_alive": max(1, round(limits.idle_seconds_max)),
    }


class AsgiFace:
    """An ASGI application around a handler."""

    def __init__(
        self,
        handler: Handler,
        limits: FaceLimits,
        refuse: Refuse,
        *,
        request_id: Callable[[], str],
        on_error: OnError,
        proxies: TrustedProxies | None = None,
        startup: Callable[[], Awaitable[None]] | None = None,
        shutdown: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._handler = handler
        self._limits = limits
        self._refuse = refuse
        self._request_id = request_id
        self._on_error = on_error
        self._proxies = proxies or TrustedProxies()
        self._startup = startup
        self._shutdown = shutdown
        self._date = DateClock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.announce_close = False
        """While draining: each reply carries `Connection: close`."""

    @property
    def open_calls(self) -> int:
        """Handlers that have not returned."""
        return len(self._tasks)

    async def wait_idle(self, seconds: float) -> bool:
        """Wait until no handler runs; False when `seconds` went by."""
        if not self._tasks:
            return True
        _, pending = await asyncio.wait(set(self._tasks), timeout=seconds)
        return not pending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            raise RuntimeError(f"{scope['type']} is not served here")

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            step = self._startup if message["type"] == "lifespan.startup" else self._shutdown
            try:
                if step is not None:
                    await step()
            except Exception as error:
                await send({"type": message["type"] + ".failed", "message": repr(error)})
                raise
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(bytes(name), bytes(value).rstrip(b" \t")) for name, value in scope["headers"]]
        fields = fold_headers(headers)
        call = AsgiCall(
            scope, headers, fields, self._limits, self._request_id(), self._date, self._on_error
        )
        self._tell_origin(call, scope, fields)
        call.closes = self.announce_close
        refusal = self._judge(call, scope, headers, fields)
        if refusal is not None:
            self._answer_refusal(call, refusal)
        elif call.method == "OPTIONS":
            call.reply_preflight()
        else:
            task = asyncio.create_task(self._run(call))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await call.carry(receive, send)

    def _judge(
        self,
        call: AsgiCall,
        scope: Scope,
        headers: list[tuple[bytes, bytes]],
        fields: dict[bytes, bytes],
    ) -> Refusal | None:
        head_bytes = sum(len(name) + len(value) + 4 for name, value in headers)
        head_bytes += len(call.raw_path) + len(call.query)
        limits = self._limits
        if head_bytes > limits.head_bytes_max or len(headers) > limits.head_count_max:
            return Refusal(431, "The request head is too large.")
        version, method = scope["http_version"], call.method
        if version in ("2", "3"):
            return None  # they have their own rules, and no Host header
        if version not in ("1.0", "1.1"):
            return Refusal(505, "HTTP/1.0 and HTTP/1.1 are spoken here.")
        if not call.raw_path.startswith("/") and method != "OPTIONS":
            return Refusal(400, "Bad request target.")
        return judge(method, version, fields)

    def _tell_origin(self, call: AsgiCall, scope: Scope, fields: dict[bytes, bytes]) -> None:
        client = scope.get("client")
        call.peer, call.scheme = client[0] if client else UNIX, scope.get("scheme", "http")
        if self._proxies.trusts(call.peer):
            call.forwarded_host = self._proxies.host(fields)
            call.peer, call.scheme = self._proxies.origin(call.peer, call.scheme, fields)

    def _answer_refusal(self, call: AsgiCall, refusal: Refusal) -> None:
        values = {"reason": refusal.reason, "request_id": call.request_id}
        headers, body = self._refuse(refusal.status, "invalid_request", values, call.path)
        call.closes = True
        call.reply(refusal.status, headers, body)

    async def _run(self, call: AsgiCall) -> None:
        try:
            await self._handler(call)
            if not call.has_ended and not call.is_gone:
                self._fail(call, RuntimeError("the handler returned without ending its reply"))
        except asyncio.CancelledError as error:
            self._fail(call, error)
            raise
        except Exception as error:
            self._fail(call, error)

    def _fail(self, call: AsgiCall, error: BaseException) -> None:
        self._on_error(error, call)
        if call.is_gone or call.has_ended:
            return
        if call.reply_has_begun:
            call.abort()
        else:
            values = {"request_id": call.request_id}
            headers, body = self._refuse(500, "internal_error", values, call.path)
            call.reply(500, headers, body)
