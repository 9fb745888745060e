"""Who may call what: one guard a role, chosen by the route table.

public: anybody. token: who shows a relay key, even an expired or spent one. person: who signed in,
or shows an access token. operator: an operator who did. metrics: an operator, or
WAYSTATION_METRICS_TOKEN. internal: processes of this start, over the socket, never forwarded from
outside.
"""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from typing import Literal

from fastapi import Request

from waystation.control import access_tokens
from waystation.control.replies import PEER_HEADER, address_of, peer
from waystation.control.services import Services
from waystation.control.sessions import PREFIX, Person, forgery_word
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


COOKIE = "waystation_session"
FORGERY_HEADER = "x-csrf-token"
_READING = frozenset({"GET", "HEAD"})


def session_token(request: Request) -> str | None:
    """The opaque token of a sign-in, if one is shown: in Authorization, else in our cookie."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme:
        shown = value.strip() if scheme.lower() == "bearer" else ""
        return shown if shown.startswith(PREFIX) else None
    return request.cookies.get(COOKIE)


def access_token(request: Request) -> str | None:
    """The family's clients show it without `Bearer`."""
    shown = request.headers.get("authorization", "").strip()
    if shown[:7].lower() == "bearer ":
        shown = shown[7:].strip()
    return shown if shown.startswith(access_tokens.PREFIX) else None


def refuse_foreign_page(request: Request) -> None:
    """Browsers say whose page asks; other clients say nothing. Raises Fault (csrf_failed)."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    own = {address_of(request), (services_of(request).settings.public_url or "").rstrip("/")}
    if origin not in own:
        raise Fault("csrf_failed", reason="its Origin is another")


def _refuse_forgery(request: Request, token: str) -> None:
    """What a cookie opens must be asked for by a page of ours."""
    if request.method in _READING:
        return
    refuse_foreign_page(request)
    said = request.headers.get(FORGERY_HEADER, "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(said, forgery_word(token).encode()):
        raise Fault("csrf_failed", reason=f"{FORGERY_HEADER} is missing or wrong")


async def public(request: Request) -> None:
    """Nothing to see."""


async def token(request: Request) -> None:
    """Puts the token's row into request.state.token."""
    shown = credential(request.headers.get, request.url.query)
    request.state.token = await find_token(services_of(request).database, shown)


async def person(request: Request) -> None:
    """Puts the Person into request.state.person."""
    services = services_of(request)
    script = access_token(request)
    if script is not None:
        found = await access_tokens.find_person(services.database, script)
    else:
        shown = session_token(request)
        found = await services.sessions.find(shown) if shown else None
        if shown and found is not None and "authorization" not in request.headers:
            _refuse_forgery(request, shown)
    if found is None:
        raise Fault("session_required")
    if found.read_only and request.method not in _READING:
        raise Fault("read_only_token")
    request.state.person = found


async def whoever(request: Request) -> Person | None:
    """Who signed in, where anybody may read. None: nobody, or a credential that is worthless."""
    services = services_of(request)
    script, session = access_token(request), session_token(request)
    if script is not None:
        return await access_tokens.find_person(services.database, script)
    return await services.sessions.find(session) if session else None


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
