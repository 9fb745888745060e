"""/api/v1/sign-in, /api/v1/me/identities: there and back again, and by whom one can sign in."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from fastapi.responses import RedirectResponse, Response
from msgspec import Meta
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control import providers
from waystation.control.audit import record
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of, stranger, tell_ledger
from waystation.control.desk.pages import Page, at
from waystation.control.desk.registration import invitation_digest
from waystation.control.desk.session import begin_session, keep_cookie
from waystation.control.guards import COOKIE
from waystation.control.newcomers import (
    add_newcomer,
    clean_email,
    find_by_email,
    judge_domain,
    use_invitation,
)
from waystation.control.outward import OutwardFault
from waystation.control.profiles import edit_profile
from waystation.control.providers import Ended, Identity
from waystation.control.replies import address_of
from waystation.control.sessions import Person
from waystation.control.site import SignUp, setting_in
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.kernel.money import parse_usd
from waystation.storage.database import next_epoch
from waystation.storage.main import accounts, identities, sign_in_providers

FLOW_COOKIE = "waystation_flow"
TRIES_MAX = 60
_SIGN_IN_PAGE = "/account/sign-in"


class FlowQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """return_to: a page of this site. invitation: for a new account, where one is needed."""

    return_to: Annotated[str, Meta(max_length=500)] = "/"
    invitation: Annotated[str, Meta(max_length=200)] = ""


class CallbackQuery(msgspec.Struct, frozen=True, kw_only=True):
    code: Annotated[str, Meta(max_length=4000)] = ""
    state: Annotated[str, Meta(max_length=200)] = ""
    error: Annotated[str, Meta(max_length=200)] = ""


class FlowView(msgspec.Struct, frozen=True):
    """url: where the browser has to go."""

    url: str


class IdentityView(msgspec.Struct, frozen=True):
    provider: str
    title: str
    email: str
    created_at: datetime


def callback_of(call: Call, name: str) -> str:
    base = call.services.settings.public_url or address_of(call.request)
    return f"{base.rstrip('/')}/api/v1/sign-in/{name}/callback"


async def _find(call: Call) -> Any:
    query = select(sign_in_providers).where(
        sign_in_providers.c.name == call.word("provider"), sign_in_providers.c.enabled
    )
    async with call.services.database.read() as connection:
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise Fault("not_found", kind="provider")
    return row


async def begin(call: Call) -> Response:
    """302 to the provider."""
    asked, row = call.query(FlowQuery), await _find(call)
    flow = await _begin(call, row, None, asked.invitation, _own_page(asked.return_to))
    reply = RedirectResponse(flow.url, 302, {"cache-control": "no-store"})
    keep_cookie(call, reply, FLOW_COOKIE, flow.browser, providers.FLOW_SECONDS)
    return reply


async def add_identity(call: Call) -> Response:
    """200 {url}: the same, for who is signed in and adds a way to."""
    row = await _find(call)
    flow = await _begin(call, row, call.person.account_id, "", "/account")
    reply = Response(msgspec.json.encode(FlowView(flow.url)), 200, {"cache-control": "no-store"})
    reply.headers["content-type"] = "application/json"
    keep_cookie(call, reply, FLOW_COOKIE, flow.browser, providers.FLOW_SECONDS)
    return reply


def _own_page(path: str) -> str:
    """Nowhere else: two slashes, or a backslash, would lead to another host."""
    if not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable():
        return "/"
    return path


async def _begin(
    call: Call, row: Any, account_id: int | None, invitation: str, return_to: str
) -> providers.Flow:
    services = call.services
    services.sign_in.limit(f"flow {call.peer}", TRIES_MAX)
    try:
        endpoints = await providers.endpoints_of(services.settings, row)
    except OutwardFault as fault:
        raise Fault("provider_failed", reason=str(fault)) from None
    async with services.database.write() as connection:
        return await providers.begin(
            connection,
            services.sealing(),
            row,
            endpoints,
            callback_of(call, row.name),
            account_id=account_id,
            invitation=invitation,
            return_to=return_to,
        )


async def finish(call: Call) -> Response:
    """302 to where the person wanted to go, signed in; or to the sign-in page with the code of
    what went wrong behind a #."""
    try:
        reply = await _finish(call)
    except Fault as fault:
        reply = _leave(f"{_SIGN_IN_PAGE}#error={quote(fault.code)}")
    reply.delete_cookie(FLOW_COOKIE, path="/")
    return reply


def _leave(path: str) -> Response:
    return RedirectResponse(path, 302, {"cache-control": "no-store"})


async def _finish(call: Call) -> Response:
    asked, services = call.query(CallbackQuery), call.services
    row, sealing = await _find(call), services.sealing()
    browser = call.request.cookies.get(FLOW_COOKIE, "")
    async with services.database.write() as connection:
        ended = await providers.end(connection, sealing, row, asked.state, browser)
    if ended is None:
        raise Fault("link_invalid")
    if asked.error or not asked.code:
        raise Fault("provider_failed", reason=asked.error or "it gave no code")
    try:
        endpoints = await providers.endpoints_of(services.settings, row)
        who = await providers.identify(
            services.settings,
            sealing,
            row,
            endpoints,
            asked.code,
            ended.verifier,
            callback_of(call, row.name),
        )
    except OutwardFault as fault:
        raise Fault("provider_failed", reason=str(fault)) from None
    if ended.account_id is not None:
        await _add(call, row, who, ended.account_id)
        return _leave(ended.return_to)
    person = await _person(call, row, who, ended)
    signed = await begin_session(call, person, row.name, cookie=True)
    reply = _leave(ended.return_to)
    for name, value in signed.raw_headers:
        if name == b"set-cookie" and value.startswith(COOKIE.encode()):
            reply.raw_headers.append((name, value))
    return reply


async def _person(call: Call, row: Any, who: Identity, ended: Ended) -> Person:
    """Who it is here; somebody new becomes an account, where that is open. Raises Fault."""
    found = await _known(call, row, who)
    if found is not None:
        return found
    try:
        return await _newcomer(call, row, who, ended)
    except (IntegrityError, Fault) as late:
        # Another callback of the same person may have been quicker.
        found = await _known(call, row, who)
        if found is not None:
            return found
        if isinstance(late, Fault):
            raise
        raise Fault("already_exists", name=who.email or "this identity") from None


async def _known(call: Call, row: Any, who: Identity) -> Person | None:
    """Raises Fault (user_banned)."""
    found = await _account_of(call, row, who)
    if found is None and who.login:
        await _learn(call, row, who)
        found = await _account_of(call, row, who)
    if found is None:
        return None
    if not found.enabled:
        raise Fault("user_banned")
    return Person(found.id, found.email, found.role, 0)


async def _account_of(call: Call, row: Any, who: Identity) -> Any:
    query = (
        select(accounts)
        .join_from(identities, accounts, identities.c.account_id == accounts.c.id)
        .where(identities.c.provider_id == row.id, identities.c.subject == who.subject)
    )
    async with call.services.database.read() as connection:
        return (await connection.execute(query)).one_or_none()


async def _learn(call: Call, row: Any, who: Identity) -> None:
    """Somebody who moved in under a name is known by the number from now on."""
    mine = (identities.c.provider_id == row.id, identities.c.subject == providers.named(who.login))
    new = {"subject": who.subject, "email": who.email[:254]}
    change = update(identities).where(*mine).values(new).returning(identities.c.account_id)
    async with call.services.database.write() as connection:
        account_id = (await connection.execute(change)).scalar_one_or_none()
        if account_id is not None:
            actor, after = stranger(call, account_id), {"provider": row.name, "login": who.login}
            whose = str(account_id)
            await record(connection, actor, "add_identity", "account", whose, None, after)


async def _newcomer(call: Call, row: Any, who: Identity, ended: Ended) -> Person:
    """An address that has an account is not taken over: its owner signs in and adds this."""
    email = clean_email(who.email) if who.email else f"{row.name}-{_slug(who)}@users.invalid"
    async with call.services.database.write() as connection:
        epoch = await next_epoch(connection, routing=False)
        sign_up = await setting_in(connection, SignUp)
        if await find_by_email(connection, email) is not None:
            raise Fault("already_exists", name=email)
        if ended.invitation and sign_up.mode != "closed":
            digest = invitation_digest(ended.invitation)
            sign_up = await use_invitation(connection, digest, email)
        elif sign_up.mode != "open":
            raise Fault("registration_closed")
        if who.email:
            judge_domain(email, sign_up)
        account_id = await add_newcomer(
            connection,
            epoch,
            email=email,
            password_hash=None,
            account_group=sign_up.account_group,
            credit_nanos=parse_usd(sign_up.credit),
            confirmed=True,
            note="sign-up",
        )
        if who.name.isprintable():
            await edit_profile(connection, account_id, name=who.name)
        await _insert(connection, row, who, account_id)
        actor, after = stranger(call, account_id, email), {"provider": row.name}
        await record(connection, actor, "register", "account", str(account_id), None, after)
    await tell_ledger(call)
    return Person(account_id, email, "user", 0)


def _slug(who: Identity) -> str:
    return "".join(each if each.isalnum() and each.isascii() else "-" for each in who.subject)[:64]


async def _insert(connection: AsyncConnection, row: Any, who: Identity, account_id: int) -> None:
    await connection.execute(
        insert(identities).values(
            provider_id=row.id,
            subject=who.subject,
            account_id=account_id,
            email=who.email[:254],
            created_ms=now_ms(),
        )
    )


async def _add(call: Call, row: Any, who: Identity, account_id: int) -> None:
    try:
        async with call.services.database.write() as connection:
            await _insert(connection, row, who, account_id)
            actor, after = stranger(call, account_id), {"provider": row.name}
            await record(connection, actor, "add_identity", "account", str(account_id), None, after)
    except IntegrityError:
        raise Fault("already_exists", name=f"this identity at {row.name}") from None


async def list_identities(call: Call) -> Page[IdentityView]:
    query = (
        select(identities, sign_in_providers.c.name, sign_in_providers.c.title)
        .join_from(identities, sign_in_providers)
        .where(identities.c.account_id == call.person.account_id)
    )
    async with call.services.database.read() as connection:
        rows = (await connection.execute(query)).all()
    return Page([IdentityView(r.name, r.title or r.name, r.email, at(r.created_ms)) for r in rows])


async def drop_identity(call: Call) -> None:
    """Refused where it is the only way in."""
    whose, name = call.person.account_id, call.word("provider")
    async with call.services.database.write() as connection:
        query = select(accounts.c.password_hash).where(accounts.c.id == whose)
        stored = (await connection.execute(query)).scalar_one()
        mine = identities.c.account_id == whose
        count = (await connection.execute(select(func.count()).where(mine))).scalar_one()
        provider = select(sign_in_providers.c.id).where(sign_in_providers.c.name == name)
        this = identities.c.provider_id == provider.scalar_subquery()
        gone = await connection.execute(delete(identities).where(mine, this))
        if not gone.rowcount:
            raise Fault("not_found", kind="identity")
        if stored is None and count <= gone.rowcount:
            raise Fault("conflict", reason="it is the only way in: set a password first")
        before = {"provider": name}
        actor = actor_of(call)
        await record(connection, actor, "drop_identity", "account", str(whose), before, None)


ACTIONS = (
    Action(
        id="beginSignInElsewhere",
        method="GET",
        path="/api/v1/sign-in/{provider}",
        role="public",
        answer=begin,
        tag="Sign-in elsewhere",
        summary="Go to a provider and come back signed in",
        summary_zh="跳转到第三方登录",
        query=FlowQuery,
        status=302,
        media="text/html",
        codes=("provider_failed", "too_many_attempts"),
    ),
    Action(
        id="finishSignInElsewhere",
        method="GET",
        path="/api/v1/sign-in/{provider}/callback",
        role="public",
        answer=finish,
        tag="Sign-in elsewhere",
        summary="Where providers send people back to",
        summary_zh="第三方登录回调",
        query=CallbackQuery,
        status=302,
        media="text/html",
    ),
    Action(
        id="listIdentities",
        method="GET",
        path="/api/v1/me/identities",
        role="person",
        answer=list_identities,
        tag="Sign-in elsewhere",
        summary="By whom you can sign in",
        summary_zh="已关联的第三方登录",
        reply=Page[IdentityView],
    ),
    Action(
        id="addIdentity",
        method="POST",
        path="/api/v1/me/identities/{provider}",
        role="person",
        answer=add_identity,
        tag="Sign-in elsewhere",
        summary="Add a way to sign in: where the browser has to go",
        summary_zh="关联第三方登录",
        reply=FlowView,
        codes=("provider_failed", "too_many_attempts"),
        proof=True,
    ),
    Action(
        id="dropIdentity",
        method="DELETE",
        path="/api/v1/me/identities/{provider}",
        role="person",
        answer=drop_identity,
        tag="Sign-in elsewhere",
        summary="Not by this one any more",
        summary_zh="取消关联第三方登录",
        codes=("conflict",),
        proof=True,
    ),
)
