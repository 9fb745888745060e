"""/api/v1/session: sign in, look, sign out."""

from datetime import UTC, datetime

import msgspec
from fastapi import Request
from fastapi.responses import Response

from waystation.control.guards import services_of, session_token
from waystation.control.replies import json_reply, peer
from waystation.control.sessions import Person
from waystation.errors import Fault
from waystation.identity.passwords import LENGTH_MAX

_EMAIL_CHARACTERS_MAX = 254


class SignInBody(msgspec.Struct, forbid_unknown_fields=True):
    email: str
    password: str


async def begin(request: Request) -> Response:
    """201 {token, expires_at, account}. The token is shown this once."""
    body = _body(await request.body())
    services = services_of(request)
    person = await services.sign_in.check(body.email, body.password, peer(request))
    token, expires_ms = await services.sessions.begin(person.account_id, peer(request))
    shown = {"token": token, "expires_at": _iso(expires_ms), "account": _account(person)}
    return json_reply(shown, 201)


async def show(request: Request) -> Response:
    """200 {expires_at, account}."""
    person: Person = request.state.person
    return json_reply({"expires_at": _iso(person.expires_ms), "account": _account(person)})


async def end(request: Request) -> Response:
    """204; the token is worthless from now on."""
    token = session_token(request)
    assert token is not None
    await services_of(request).sessions.end(token)
    return Response(status_code=204)


def _body(raw: bytes) -> SignInBody:
    try:
        body = msgspec.json.decode(raw, type=SignInBody)
    except msgspec.ValidationError as wrong:
        raise Fault("invalid_request", reason=str(wrong)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Fault("invalid_json", reason=str(wrong)) from None
    for name, text, most in (
        ("email", body.email, _EMAIL_CHARACTERS_MAX),
        ("password", body.password, LENGTH_MAX),
    ):
        if not text or len(text) > most or "\x00" in text:
            raise Fault("invalid_value", param=name, reason=f"1 to {most} characters, no NUL")
    return body


def _account(person: Person) -> dict[str, object]:
    return {"id": person.account_id, "email": person.email, "role": person.role}


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
