"""/api/v1/registration and what letters lead to. No reply tells whether an address is known,
where letters are sent."""

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control import mail_tokens
from waystation.control.audit import record
from waystation.control.captcha import Captcha
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import stranger, tell_ledger
from waystation.control.guards import refuse_foreign_page
from waystation.control.mail import box
from waystation.control.mail.letters import Purpose, letter
from waystation.control.mail.post import mail_server
from waystation.control.newcomers import (
    add_newcomer,
    clean_email,
    find_by_email,
    judge_domain,
    judge_password,
    use_invitation,
)
from waystation.control.profiles import edit_profile, profile_of
from waystation.control.replies import language
from waystation.control.site import SignUp, Site, read_setting, setting_in
from waystation.errors import Fault, Language
from waystation.kernel.clock import now_ms
from waystation.kernel.money import parse_usd
from waystation.storage.database import next_epoch
from waystation.storage.main import accounts, sessions

TRIES_MAX = 20
LETTERS_MAX = 5
"""To one address within the window."""

Word = Annotated[str, Meta(max_length=200)]
Password = Annotated[str, Meta(max_length=1024)]


class RegisterBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """captcha_id, captcha: of GET /api/v1/captcha, where the site asks for it. invitation: its
    code, where the operator gave one."""

    email: Annotated[str, Meta(max_length=254)]
    password: Password
    captcha_id: Annotated[str, Meta(max_length=1000)] = ""
    captcha: Word = ""
    invitation: Word = ""


class RegisterView(msgspec.Struct, frozen=True):
    """next: "confirm": a letter was sent to the address; "sign_in": the account is ready."""

    next: Literal["confirm", "sign_in"]


class LetterBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: Word


class ForgottenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: Annotated[str, Meta(max_length=254)]
    captcha_id: Annotated[str, Meta(max_length=1000)] = ""
    captcha: Word = ""


class ResetBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: Word
    password: Password


async def draw(call: Call) -> Captcha:
    call.services.sign_in.limit(f"captcha {call.peer}", TRIES_MAX * 10)
    return await call.services.captchas.draw(call.services.sealing())


async def register(call: Call) -> RegisterView:
    body, services = call.body(RegisterBody), call.services
    refuse_foreign_page(call.request)
    services.sign_in.limit(f"register {call.peer}", TRIES_MAX)
    sign_up = await read_setting(services.database, SignUp)
    if sign_up.mode == "closed" or (sign_up.mode == "invited" and not body.invitation):
        raise Fault("registration_closed")
    if sign_up.captcha:
        services.captchas.check(services.sealing(), body.captcha_id, body.captcha)
    email = clean_email(body.email)
    judge_domain(email, sign_up)
    judge_password(body.password)
    services.sign_in.limit(f"letter {email}", LETTERS_MAX)
    hashed = await services.sign_in.hash(body.password)
    has_mail = mail_server(services.settings) is not None
    try:
        async with services.database.write() as connection:
            epoch = await next_epoch(connection, routing=False)
            await _register(connection, call, epoch, email, hashed, sign_up, has_mail)
    except IntegrityError:
        raise Fault("already_exists", name=email) from None
    await tell_ledger(call)
    return RegisterView("confirm" if has_mail else "sign_in")


async def _register(
    connection: AsyncConnection,
    call: Call,
    epoch: int,
    email: str,
    hashed: str,
    sign_up: SignUp,
    has_mail: bool,
) -> None:
    body = call.body(RegisterBody)
    known = await find_by_email(connection, email)
    if known is not None:
        await _register_again(connection, call, epoch, known, email, hashed, has_mail)
        return
    if body.invitation:
        sign_up = await use_invitation(connection, invitation_digest(body.invitation), email)
    account_id = await add_newcomer(
        connection,
        epoch,
        email=email,
        password_hash=hashed,
        account_group=sign_up.account_group,
        credit_nanos=parse_usd(sign_up.credit),
        confirmed=not has_mail,
        note="invitation" if body.invitation else "sign-up",
        language=_language(call),
    )
    if has_mail:
        await _ask_to_confirm(connection, call, account_id, email)
    actor = stranger(call, account_id, email)
    after = {"email": email, "group": sign_up.account_group}
    await record(connection, actor, "register", "account", str(account_id), None, after)


async def _register_again(
    connection: AsyncConnection,
    call: Call,
    epoch: int,
    account_id: int,
    email: str,
    hashed: str,
    has_mail: bool,
) -> None:
    """An address that nobody confirmed is whose link is opened: the latest password and letter
    count. The owner of one that was is told."""
    if not has_mail:
        raise Fault("already_exists", name=email)
    if (await profile_of(connection, account_id)).confirmed:
        await write_letter(connection, call, "known", email, _link(call, "sign-in"))
        return
    await put_password(connection, epoch, account_id, hashed)
    await _ask_to_confirm(connection, call, account_id, email)


async def _ask_to_confirm(
    connection: AsyncConnection, call: Call, account_id: int, email: str
) -> None:
    token = await mail_tokens.make(connection, account_id, "confirm", email)
    await write_letter(connection, call, "confirm", email, _link(call, "confirm", token))


def invitation_digest(code: str) -> bytes:
    plain = code.strip().encode("utf-8", "surrogateescape")
    return hashlib.sha256(b"waystation invitation " + plain).digest()


async def write_letter(
    connection: AsyncConnection, call: Call, purpose: Purpose, email: str, link: str
) -> None:
    site = await setting_in(connection, Site)
    made = letter(purpose, _language(call), site.name, link)
    await box.put(connection, call.services.sealing(), email, made)


def _language(call: Call) -> Language:
    return language(call.request, call.services.settings.language)


def _link(call: Call, page: str, token: str = "") -> str:
    """To a page of the console. The token is behind a #: no server and no log sees it."""
    base = (call.services.settings.public_url or "").rstrip("/")
    return f"{base}/account/{page}" + (f"#token={token}" if token else "")


async def confirm(call: Call) -> None:
    """The address is confirmed: of a new account, or the new one of an account."""
    token = call.body(LetterBody).token
    async with call.services.database.write() as connection:
        opened = await mail_tokens.use(connection, token, "confirm")
        await edit_profile(connection, opened.account_id, confirmed_ms=now_ms())
        actor = stranger(call, opened.account_id, opened.email)
        await record(connection, actor, "confirm_email", "account", str(opened.account_id))


async def forgotten(call: Call) -> None:
    """204 whether the address is known or not."""
    body, services = call.body(ForgottenBody), call.services
    refuse_foreign_page(call.request)
    services.sign_in.limit(f"forgotten {call.peer}", TRIES_MAX)
    sign_up = await read_setting(services.database, SignUp)
    if sign_up.captcha:
        services.captchas.check(services.sealing(), body.captcha_id, body.captcha)
    email = clean_email(body.email)
    services.sign_in.limit(f"letter {email}", LETTERS_MAX)
    if mail_server(services.settings) is None:
        return
    async with services.database.write() as connection:
        query = select(accounts.c.id).where(accounts.c.email == email, accounts.c.enabled)
        account_id = (await connection.execute(query)).scalar_one_or_none()
        if account_id is not None:
            token = await mail_tokens.make(connection, account_id, "reset", email)
            await write_letter(connection, call, "reset", email, _link(call, "reset", token))


async def reset(call: Call) -> None:
    """A new password; every sign-in of the account is ended. The second factor stays."""
    body, services = call.body(ResetBody), call.services
    judge_password(body.password)
    services.sign_in.limit(f"reset {call.peer}", TRIES_MAX)
    hashed = await services.sign_in.hash(body.password)
    async with services.database.write() as connection:
        epoch = await next_epoch(connection, routing=False)
        opened = await mail_tokens.use(connection, body.token, "reset")
        await put_password(connection, epoch, opened.account_id, hashed)
        if not (await profile_of(connection, opened.account_id)).confirmed:
            await edit_profile(connection, opened.account_id, confirmed_ms=now_ms())
        mine = sessions.c.account_id == opened.account_id
        await connection.execute(sessions.delete().where(mine))
        await write_letter(connection, call, "changed", opened.email, "password")
        actor = stranger(call, opened.account_id, opened.email)
        await record(connection, actor, "reset_password", "account", str(opened.account_id))


async def put_password(
    connection: AsyncConnection, epoch: int, account_id: int, hashed: str
) -> None:
    """Raises Fault (managed_by_file): a file that names the account says its password."""
    mine = accounts.c.id == account_id
    row = (await connection.execute(select(accounts).where(mine))).one_or_none()
    if row is None:
        raise Fault("not_found", kind="account")
    if row.managed:
        raise Fault("managed_by_file", name=f"the account {row.email}")
    values = {"password_hash": hashed, "changed_epoch": epoch}
    await connection.execute(update(accounts).where(mine).values(values))
    await mail_tokens.forget(connection, account_id)


_LIMITS = ("too_many_attempts", "overloaded", "csrf_failed")

ACTIONS = (
    Action(
        id="getCaptcha",
        method="GET",
        path="/api/v1/captcha",
        role="public",
        answer=draw,
        tag="Registration",
        summary="A picture of characters to read",
        summary_zh="获取图形验证码",
        reply=Captcha,
        codes=("too_many_attempts",),
    ),
    Action(
        id="register",
        method="POST",
        path="/api/v1/registration",
        role="public",
        answer=register,
        tag="Registration",
        summary="Make an account",
        summary_zh="注册账户",
        body=RegisterBody,
        reply=RegisterView,
        status=202,
        codes=(
            "registration_closed",
            "captcha_wrong",
            "email_domain_not_allowed",
            "invitation_invalid",
            "already_exists",
            *_LIMITS,
        ),
    ),
    Action(
        id="confirmEmail",
        method="POST",
        path="/api/v1/registration/confirmation",
        role="public",
        answer=confirm,
        tag="Registration",
        summary="Confirm an address by the link of a letter",
        summary_zh="通过邮件链接确认邮箱",
        body=LetterBody,
        codes=("link_invalid",),
    ),
    Action(
        id="requestPasswordReset",
        method="POST",
        path="/api/v1/password/forgotten",
        role="public",
        answer=forgotten,
        tag="Registration",
        summary="Ask for a letter to choose a new password",
        summary_zh="请求重置密码邮件",
        body=ForgottenBody,
        codes=("captcha_wrong", *_LIMITS),
    ),
    Action(
        id="resetPassword",
        method="POST",
        path="/api/v1/password/reset",
        role="public",
        answer=reset,
        tag="Registration",
        summary="Choose a new password by the link of a letter",
        summary_zh="通过邮件链接设置新密码",
        body=ResetBody,
        codes=("link_invalid", "managed_by_file", *_LIMITS),
    ),
)
