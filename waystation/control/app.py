"""The FastAPI application, made from the route table and the services."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from waystation.control.guards import GUARDS
from waystation.control.replies import fault_reply
from waystation.control.routes import ROUTES, Route
from waystation.control.services import Services
from waystation.errors import Fault
from waystation.ledger.port import LedgerAway
from waystation.storage.database import StorageAway
from waystation.storage.master_key import MasterKeyError
from waystation.storage.sealing import SealBroken

BODY_BYTES_MAX = 1024 * 1024


class BodyCap:
    """Refuses a body above the cap before it is in memory; no address here takes a large one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0

        async def capped() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > BODY_BYTES_MAX:
                raise Fault("request_too_large", limit=BODY_BYTES_MAX, received=received)
            return message

        await self._app(scope, capped, send)


def build_app(services: Services) -> FastAPI:
    """All routes of the table with their guards, and every failure in the management shape."""
    app = FastAPI(title="Waystation", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    app.router.redirect_slashes = False
    for route in ROUTES:
        # Clients look whether an address is there by HEAD before they use it: GET brings it along.
        # Starlette's own routes: the inspection of handlers that all take a request told nothing
        # and cost each start 60 ms.
        app.add_route(route.path, _guarded(route), methods=[route.method])
    _explain_failures(app, services)
    app.add_middleware(BodyCap)
    return app


def _guarded(route: Route) -> Callable[[Request], Awaitable[Response]]:
    guard, handler = GUARDS[route.role], route.handler

    async def endpoint(request: Request) -> Response:
        await guard(request)
        return await handler(request)

    return endpoint


def _explain_failures(app: FastAPI, services: Services) -> None:
    default = services.settings.language

    async def on_fault(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, Fault)
        return fault_reply(request, fault, default)

    async def on_away(request: Request, _away: Exception) -> Response:
        return fault_reply(request, Fault("temporarily_unavailable", retry_after=2), default)

    async def on_http(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, HTTPException)
        return fault_reply(request, _of_http(request, fault), default)

    app.add_exception_handler(Fault, on_fault)
    app.add_exception_handler(StorageAway, on_away)
    app.add_exception_handler(LedgerAway, on_away)
    app.add_exception_handler(MasterKeyError, on_away)
    app.add_exception_handler(SealBroken, on_away)
    app.add_exception_handler(HTTPException, on_http)

    async def on_bug(request: Request, _fault: Exception) -> Response:
        return fault_reply(request, Fault("internal_error"), default)  # logged by the server

    app.add_exception_handler(Exception, on_bug)


def _of_http(request: Request, fault: HTTPException) -> Fault:
    method, path = request.method, request.url.path
    if fault.status_code == 405:
        allowed = (fault.headers or {}).get("Allow", "")
        return Fault("method_not_allowed", method=method, allowed=allowed)
    if fault.status_code == 404:
        return Fault("unknown_url", method=method, path=path)
    return Fault("invalid_request", status=fault.status_code, reason=str(fault.detail))
