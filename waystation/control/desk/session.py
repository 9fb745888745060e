"""/api/v1/session: sign in, look, prove, sign out; and the other sign-ins of a person."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi.responses import Response
from msgspec import Meta
from sqlalchemy import select

from waystation.control.audit import record
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import stranger
from waystation.control.desk.pages import Page, at
from waystation.control.guards import COOKIE, refuse_foreign_page, session_token
from waystation.control.profiles import profile_of
from waystation.control.replies import json_reply
from waystation.control.sessions import (
    LIFE_SECONDS,
    LONG_LIFE_SECONDS,
    PROOF_SECONDS,
    Person,
    forgery_word,
    public_id,
)
from waystation.errors import Fault
from waystation.identity.caller import Role
from waystation.identity.passwords import LENGTH_MAX
from waystation.kernel.clock import now_ms
from waystation.storage.main import accounts

FACTOR_FAILURES_MAX = 10

Email = Annotated[str, Meta(min_length=1, max_length=254)]
Password = Annotated[str, Meta(min_length=1, max_length=LENGTH_MAX)]
Code = Annotated[str, Meta(max_length=64)]


class SignInBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """code: of the authenticator app, or a recovery code, where the account asks for it. cookie:
    keep the session in an HttpOnly cookie instead of telling its token."""

    email: Email
    password: Password
    code: Code = ""
    cookie: bool = False


class ProofBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password, or a code of the authenticator app."""

    password: Annotated[str, Meta(max_length=LENGTH_MAX)] = ""
    code: Code = ""


class AccountView(msgspec.Struct, frozen=True):
    id: int
    email: str
    role: Role


class SessionView(msgspec.Struct, frozen=True, omit_defaults=True):
    """token: told this once, unless the session is in a cookie. csrf_token: for `x-csrf-token`
    with a cookie. proven_until: until when secrets are open."""

    expires_at: datetime | None
    account: AccountView
    token: str = ""
    csrf_token: str = ""
    proven_until: datetime | None = None


class SignInView(msgspec.Struct, frozen=True):
    """One sign-in of the person. id: to end it by."""

    id: str
    current: bool
    method: str
    peer: str
    agent: str
    created_at: datetime
    expires_at: datetime


async def begin(call: Call) -> Response:
    body = call.body(SignInBody)
    refuse_foreign_page(call.request)
    person = await call.services.sign_in.check(body.email, body.password, call.peer)
    await _require_confirmed(call, person.account_id)
    await check_factor(call, person.account_id, body.code)
    return await begin_session(call, person, "password", cookie=body.cookie)


async def begin_session(call: Call, person: Person, method: str, *, cookie: bool) -> Response:
    """201, and the cookie."""
    services = call.services
    life_seconds = LONG_LIFE_SECONDS if cookie else LIFE_SECONDS
    token, expires_ms = await services.sessions.begin(
        person.account_id,
        call.peer,
        agent=call.request.headers.get("user-agent", ""),
        method=method,
        life_seconds=life_seconds,
    )
    async with services.database.write() as connection:
        actor = stranger(call, person.account_id, person.email)
        after = {"method": method}
        await record(connection, actor, "sign_in", "account", str(person.account_id), None, after)
    shown = SessionView(
        at(expires_ms),
        AccountView(person.account_id, person.email, person.role),
        "" if cookie else token,
        forgery_word(token) if cookie else "",
        at(now_ms() + PROOF_SECONDS * 1000),
    )
    reply = json_reply(shown, 201)
    if cookie:
        keep_cookie(call, reply, COOKIE, token, life_seconds)
    return reply


def keep_cookie(call: Call, reply: Response, name: str, value: str, seconds: int) -> None:
    """Out of scripts' reach; Secure where the page came by TLS."""
    scheme = call.request.headers.get("x-waystation-scheme", "http")
    public = call.services.settings.public_url or ""
    reply.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=scheme == "https" or public.startswith("https://"),
    )


async def check_factor(call: Call, account_id: int, code: str) -> None:
    """Raises Fault: second_factor_required, second_factor_wrong, too_many_attempts."""
    services = call.services
    if not await services.factors.is_on(account_id):
        return
    if not code.strip():
        raise Fault("second_factor_required")
    key = f"factor {account_id}"
    services.sign_in.limit(key, FACTOR_FAILURES_MAX)
    if not await services.factors.check(services.sealing(), account_id, code):
        raise Fault("second_factor_wrong")
    services.sign_in.forgive(key)


async def _require_confirmed(call: Call, account_id: int) -> None:
    async with call.services.database.read() as connection:
        if not (await profile_of(connection, account_id)).confirmed:
            raise Fault("email_not_confirmed")


async def show(call: Call) -> SessionView:
    person = call.person
    token = session_token(call.request)
    with_cookie = person.by == "session" and "authorization" not in call.request.headers
    return SessionView(
        at(person.expires_ms) if person.expires_ms else None,
        AccountView(person.account_id, person.email, person.role),
        csrf_token=forgery_word(token) if with_cookie and token else "",
        proven_until=_proven_until(person.proven_ms),
    )


def _proven_until(proven_ms: int) -> datetime | None:
    until_ms = proven_ms + PROOF_SECONDS * 1000
    return at(until_ms) if until_ms > now_ms() else None


async def prove(call: Call) -> SessionView:
    """The session's own person again: secrets are open for ten minutes."""
    body, services, person = call.body(ProofBody), call.services, call.person
    token = session_token(call.request)
    if token is None or person.by != "session":
        raise Fault("session_required")
    if body.code:
        await check_factor(call, person.account_id, body.code)
        if not await services.factors.is_on(person.account_id):
            raise Fault("second_factor_wrong")
    else:
        await check_password(call, body.password)
    await services.sessions.prove(token)
    return SessionView(
        at(person.expires_ms),
        AccountView(person.account_id, person.email, person.role),
        proven_until=_proven_until(now_ms()),
    )


async def check_password(call: Call, password: str) -> None:
    """Of the person that is signed in. Raises Fault: invalid_credentials, too_many_attempts."""
    key = f"proof {call.person.account_id}"
    call.services.sign_in.limit(key, FACTOR_FAILURES_MAX)
    query = select(accounts.c.password_hash).where(accounts.c.id == call.person.account_id)
    async with call.services.database.read() as connection:
        stored = (await connection.execute(query)).scalar_one_or_none()
    if not password or not await call.services.sign_in.verify(stored, password):
        raise Fault("invalid_credentials")
    call.services.sign_in.forgive(key)


async def end(call: Call) -> Response:
    token = session_token(call.request)
    if token is not None:
        await call.services.sessions.end(token)
    reply = Response(status_code=204)
    if COOKIE in call.request.cookies:
        reply.delete_cookie(COOKIE, path="/")
    return reply


async def list_all(call: Call) -> Page[SignInView]:
    rows = await call.services.sessions.of_account(call.person.account_id)
    return Page(
        [
            SignInView(
                name := public_id(bytes(row.digest)),
                name == call.person.session,
                row.method or "password",
                row.peer,
                row.agent,
                at(row.created_ms),
                at(row.expires_ms),
            )
            for row in rows
        ]
    )


async def end_one(call: Call) -> None:
    ended = await call.services.sessions.end_of_account(
        call.person.account_id, named=call.word("session")
    )
    if not ended:
        raise Fault("not_found", kind="session")


async def end_others(call: Call) -> None:
    await call.services.sessions.end_of_account(call.person.account_id, but=call.person.session)


_FACTOR = ("second_factor_required", "second_factor_wrong", "too_many_attempts", "overloaded")

ACTIONS = (
    Action(
        id="beginSession",
        method="POST",
        path="/api/v1/session",
        role="public",
        answer=begin,
        tag="Session",
        summary="Sign in",
        summary_zh="登录",
        body=SignInBody,
        reply=SessionView,
        status=201,
        codes=("invalid_credentials", "email_not_confirmed", "csrf_failed", *_FACTOR),
    ),
    Action(
        id="getSession",
        method="GET",
        path="/api/v1/session",
        role="person",
        answer=show,
        tag="Session",
        summary="Who is signed in",
        summary_zh="当前会话",
        reply=SessionView,
    ),
    Action(
        id="proveSession",
        method="POST",
        path="/api/v1/session/proof",
        role="person",
        answer=prove,
        tag="Session",
        summary="Prove once more who you are, to open secrets",
        summary_zh="再次验证身份以查看或更改敏感信息",
        body=ProofBody,
        reply=SessionView,
        codes=("invalid_credentials", *_FACTOR),
    ),
    Action(
        id="endSession",
        method="DELETE",
        path="/api/v1/session",
        role="person",
        answer=end,
        tag="Session",
        summary="Sign out",
        summary_zh="退出登录",
    ),
    Action(
        id="listSessions",
        method="GET",
        path="/api/v1/sessions",
        role="person",
        answer=list_all,
        tag="Session",
        summary="Where you are signed in",
        summary_zh="已登录的设备",
        reply=Page[SignInView],
    ),
    Action(
        id="endOtherSessions",
        method="DELETE",
        path="/api/v1/sessions",
        role="person",
        answer=end_others,
        tag="Session",
        summary="Sign out everywhere else",
        summary_zh="退出其他所有会话",
    ),
    Action(
        id="endSessionById",
        method="DELETE",
        path="/api/v1/sessions/{session}",
        role="person",
        answer=end_one,
        tag="Session",
        summary="End one sign-in",
        summary_zh="结束某个会话",
    ),
)
