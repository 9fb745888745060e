"""Who may call what: one guard a role, chosen by the route table.

public: anybody. token: who shows a relay key, even an expired or spent one. person: who signed in.
operator: an operator who signed in. metrics: an operator, or WAYSTATION_METRICS_TOKEN.
internal: processes of this start, over the socket, never forwarded from outside.
"""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from typing import Literal

from fastapi import Request

from waystation.control.replies import PEER_HEADER, peer
from waystation.control.services import Services
from waystation.control.sessions import PREFIX, Person
from waystation.control.token_owner import find_token
from waystation.errors import Fault
from waystation.identity.credentials import credential
from waystation.journal.push import BOOT_HEADER

Role = Literal["public", "token", "person", "operator", "metrics", "internal"]
Guard = Callable[[Request], Awaitable[None]]


def services_of(request: Request) -> Services:
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


def session_token(request: Request) -> str | None:
    """The opaque token of a sign-in, if one is shown."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip().startswith(PREFIX):
        return value.strip()
    return None


async def public(request: Request) -> None:
    """Nothing to see."""


async def token(request: Request) -> None:
    """Puts the token's row into request.state.token."""
    shown = credential(request.headers.get, request.url.query)
    request.state.token = await find_token(services_of(request).database, shown)


async def person(request: Request) -> None:
    """Puts the Person into request.state.person."""
    shown = session_token(request)
    found = await services_of(request).sessions.find(shown) if shown else None
    if found is None:
        raise Fault("session_required")
    request.state.person = found


async def operator(request: Request) -> None:
    await person(request)
    _be_operator(request.state.person)


async def metrics(request: Request) -> None:
    """Bearer WAYSTATION_METRICS_TOKEN, an operator's session, or Basic with e-mail and password."""
    services = services_of(request)
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    expected = services.settings.metrics_token
    if scheme.lower() == "bearer" and expected is not None and expected.get_secret_value():
        given = value.strip().encode("utf-8", "surrogateescape")
        if hmac.compare_digest(given, expected.get_secret_value().encode()):
            return
    if scheme.lower() == "basic":
        email, password = _basic(value)
        _be_operator(await services.sign_in.check(email, password, peer(request)))
        return
    await operator(request)


async def internal(request: Request) -> None:
    """What comes through the gateway carries the peer's address; that, or a wrong boot id, finds
    nothing here."""
    boot = request.headers.get(BOOT_HEADER, "").encode("utf-8", "surrogateescape")
    known = hmac.compare_digest(boot, services_of(request).boot.encode())
    if PEER_HEADER in request.headers or not known:
        raise Fault("unknown_url", method=request.method, path=request.url.path)


def _be_operator(found: Person) -> None:
    if found.role != "operator":
        raise Fault("operator_only")


def _basic(value: str) -> tuple[str, str]:
    try:
        email, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise Fault("invalid_credentials") from None
    if not colon:
        raise Fault("invalid_credentials")
    return email, password


GUARDS: dict[Role, Guard] = {
    "public": public,
    "token": token,
    "person": person,
    "operator": operator,
    "metrics": metrics,
    "internal": internal,
}
