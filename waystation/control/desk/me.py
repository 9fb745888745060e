"""/api/v1/me: a person's own account: money, name, password, address, second factor."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control import mail_tokens
from waystation.control.audit import record
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of, stranger
from waystation.control.desk.pages import at
from waystation.control.desk.reading import refuse
from waystation.control.desk.registration import (
    LETTERS_MAX,
    LetterBody,
    put_password,
    write_letter,
)
from waystation.control.desk.session import Code, check_factor, check_password
from waystation.control.factors import Enrolment
from waystation.control.mail.post import mail_server
from waystation.control.newcomers import clean_email, find_by_email, judge_password
from waystation.control.profiles import edit_profile, profile_of
from waystation.control.site import Site, read_setting
from waystation.errors import Fault
from waystation.identity.caller import Role
from waystation.kernel.ids import request_id
from waystation.kernel.money import format_usd, parse_usd
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AccountState, AskAccount
from waystation.storage.database import next_epoch
from waystation.storage.main import accounts

LOW_BALANCE_MAX = 10**15


class MeView(msgspec.Struct, frozen=True):
    """Amounts: USD, decimal. held: for requests under way; available: balance less held.
    low_balance: below which the owner is written to; "": as the operator says."""

    id: int
    email: str
    role: Role
    name: str
    language: str
    group: str
    balance: str
    held: str
    available: str
    spent: str
    has_password: bool
    second_factor: bool
    recovery_codes_left: int
    managed: bool
    created_at: datetime
    low_balance: str


class MeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """low_balance: USD; below it you are written to, where the operator has that alert on. "": as
    the operator says, "0": never."""

    name: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    language: Literal["", "en", "zh"] | UnsetType = UNSET
    low_balance: Annotated[str, Meta(max_length=32)] | UnsetType = UNSET


class PasswordBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """old: not asked for where there is none yet and the session is freshly proven."""

    new: Annotated[str, Meta(max_length=1024)]
    old: Annotated[str, Meta(max_length=1024)] = ""
    code: Code = ""


class EmailBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: Annotated[str, Meta(max_length=254)]


class CodeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Code


class RecoveryView(msgspec.Struct, frozen=True):
    """Each opens once; told this once."""

    recovery_codes: list[str]


async def account_state(call: Call, account_id: int) -> AccountState:
    """Raises LedgerAway."""
    asked = AskAccount(id=request_id(), account_id=account_id)
    state = await call.services.ledger.ask(asked)
    if not isinstance(state, AccountState):
        raise LedgerAway("an answer to another question")
    return state


async def show(call: Call) -> MeView:
    account_id = call.person.account_id
    async with call.services.database.read() as connection:
        row = (await connection.execute(select(accounts).where(accounts.c.id == account_id))).one()
        profile = await profile_of(connection, account_id)
    state = await account_state(call, account_id)
    return MeView(
        account_id,
        row.email,
        row.role,
        profile.name,
        profile.language,
        row.account_group,
        format_usd(state.balance),
        format_usd(state.held),
        format_usd(state.balance - state.held),
        format_usd(state.spent),
        row.password_hash is not None,
        bool(profile.totp),
        await call.services.factors.recovery_left(account_id),
        row.managed,
        at(row.created_ms),
        "" if profile.low_balance_nanos is None else format_usd(profile.low_balance_nanos),
    )


async def change(call: Call) -> MeView:
    body = call.body(MeBody)
    given: dict[str, Any] = {
        name: value for name in ("name", "language") if (value := getattr(body, name)) is not UNSET
    }
    if body.low_balance is not UNSET:
        given["low_balance_nanos"] = _bound(body.low_balance)
    if given:
        async with call.services.database.write() as connection:
            await edit_profile(connection, call.person.account_id, **given)
    return await show(call)


def _bound(text: str) -> int | None:
    """Raises Fault (invalid_value)."""
    try:
        nanos = parse_usd(text) if text else None
    except ValueError:
        nanos = -1
    if nanos is not None and not 0 <= nanos <= LOW_BALANCE_MAX:
        raise refuse("low_balance", "USD, from 0 on")
    return nanos


async def change_password(call: Call) -> None:
    """Every other sign-in is ended."""
    body, services, person = call.body(PasswordBody), call.services, call.person
    if person.by != "session":
        raise Fault("session_required")
    judge_password(body.new, "new")
    async with services.database.read() as connection:
        query = select(accounts.c.password_hash).where(accounts.c.id == person.account_id)
        stored = (await connection.execute(query)).scalar_one()
    if stored is None:
        call.prove()
    else:
        await check_password(call, body.old)
    await check_factor(call, person.account_id, body.code)
    hashed = await services.sign_in.hash(body.new)
    async with services.database.write() as connection:
        epoch = await next_epoch(connection, routing=False)
        await put_password(connection, epoch, person.account_id, hashed)
        await _tell_owner(call, connection, "password")
    await services.sessions.end_of_account(person.account_id, but=person.session)


async def _tell_owner(call: Call, connection: AsyncConnection, what: str) -> None:
    person = call.person
    if mail_server(call.services.settings) is not None:
        await write_letter(connection, call, "changed", person.email, what)
    await record(connection, actor_of(call), f"change_{what}", "account", str(person.account_id))


async def change_email(call: Call) -> None:
    """A letter goes to the new address; until its link is opened the old one stays."""
    email = clean_email(call.body(EmailBody).email)
    services, person = call.services, call.person
    services.sign_in.limit(f"letter {email}", LETTERS_MAX)
    if mail_server(services.settings) is None:
        raise Fault("conflict", reason="this site sends no letters; ask the operator")
    base = (services.settings.public_url or "").rstrip("/")
    async with services.database.write() as connection:
        if await find_by_email(connection, email) is None:
            token = await mail_tokens.make(connection, person.account_id, "change", email)
            link = f"{base}/account/change#token={token}"
            await write_letter(connection, call, "change", email, link)
        else:
            await write_letter(connection, call, "known", email, f"{base}/account/sign-in")


async def confirm_change(call: Call) -> None:
    token, services = call.body(LetterBody).token, call.services
    try:
        async with services.database.write() as connection:
            epoch = await next_epoch(connection, routing=False)
            opened = await mail_tokens.use(connection, token, "change")
            mine = accounts.c.id == opened.account_id
            row = (await connection.execute(select(accounts).where(mine))).one()
            if row.managed:
                raise Fault("managed_by_file", name=f"the account {row.email}")
            values = {"email": opened.email, "changed_epoch": epoch}
            await connection.execute(update(accounts).where(mine).values(values))
            await mail_tokens.forget(connection, row.id)
            await write_letter(connection, call, "changed", row.email, opened.email)
            actor = stranger(call, opened.account_id, row.email)
            before, after = {"email": row.email}, {"email": opened.email}
            await record(connection, actor, "change_email", "account", str(row.id), before, after)
    except IntegrityError:
        raise Fault("link_invalid") from None


async def begin_factor(call: Call) -> Enrolment:
    if await call.services.factors.is_on(call.person.account_id):
        raise Fault("conflict", reason="the second factor is on already")
    site = await read_setting(call.services.database, Site)
    return await call.services.factors.begin(
        call.services.sealing(), call.person.account_id, call.person.email, site.name
    )


async def confirm_factor(call: Call) -> RecoveryView:
    services, person = call.services, call.person
    services.sign_in.limit(f"factor {person.account_id}", 10)
    code = call.body(CodeBody).code
    codes = await services.factors.confirm(services.sealing(), person.account_id, code)
    services.sign_in.forgive(f"factor {person.account_id}")
    async with services.database.write() as connection:
        await _tell_owner(call, connection, "second_factor")
    return RecoveryView(codes)


async def renew_recovery(call: Call) -> RecoveryView:
    return RecoveryView(await call.services.factors.renew_recovery(call.person.account_id))


async def drop_factor(call: Call) -> None:
    """Asks for a code of it, or a recovery code."""
    person = call.person
    await check_factor(call, person.account_id, call.body(CodeBody).code)
    async with call.services.database.write() as connection:
        await call.services.factors.drop(connection, person.account_id)
        await _tell_owner(call, connection, "second_factor")


_FACTOR = ("second_factor_required", "second_factor_wrong", "too_many_attempts")

ACTIONS = (
    Action(
        id="getMe",
        method="GET",
        path="/api/v1/me",
        role="person",
        answer=show,
        tag="Me",
        summary="Your account and its money",
        summary_zh="我的账户与余额",
        reply=MeView,
    ),
    Action(
        id="updateMe",
        method="PATCH",
        path="/api/v1/me",
        role="person",
        answer=change,
        tag="Me",
        summary="Change your name or language",
        summary_zh="修改昵称或语言",
        body=MeBody,
        reply=MeView,
    ),
    Action(
        id="changePassword",
        method="PUT",
        path="/api/v1/me/password",
        role="person",
        answer=change_password,
        tag="Me",
        summary="Change your password",
        summary_zh="修改密码",
        body=PasswordBody,
        codes=(
            "invalid_credentials",
            "step_up_required",
            "managed_by_file",
            "overloaded",
            *_FACTOR,
        ),
    ),
    Action(
        id="changeEmail",
        method="PUT",
        path="/api/v1/me/email",
        role="person",
        answer=change_email,
        tag="Me",
        summary="Ask for another address; a letter goes there",
        summary_zh="更换邮箱（将发送确认邮件）",
        body=EmailBody,
        codes=("conflict", "too_many_attempts"),
        proof=True,
    ),
    Action(
        id="confirmEmailChange",
        method="POST",
        path="/api/v1/me/email/confirmation",
        role="public",
        answer=confirm_change,
        tag="Me",
        summary="Confirm another address by the link of a letter",
        summary_zh="通过邮件链接确认新邮箱",
        body=LetterBody,
        codes=("link_invalid", "managed_by_file"),
    ),
    Action(
        id="beginSecondFactor",
        method="POST",
        path="/api/v1/me/second-factor",
        role="person",
        answer=begin_factor,
        tag="Me",
        summary="A new secret for an authenticator app; in force once a code was shown",
        summary_zh="生成身份验证器密钥（确认验证码后生效）",
        reply=Enrolment,
        codes=("conflict",),
        proof=True,
    ),
    Action(
        id="confirmSecondFactor",
        method="POST",
        path="/api/v1/me/second-factor/confirmation",
        role="person",
        answer=confirm_factor,
        tag="Me",
        summary="Show a code of the app: from now on it is asked for",
        summary_zh="输入验证码以启用两步验证",
        body=CodeBody,
        reply=RecoveryView,
        codes=("conflict", *_FACTOR),
        proof=True,
    ),
    Action(
        id="renewRecoveryCodes",
        method="POST",
        path="/api/v1/me/second-factor/recovery-codes",
        role="person",
        answer=renew_recovery,
        tag="Me",
        summary="New recovery codes; the old ones are worthless",
        summary_zh="重新生成恢复代码（旧代码失效）",
        reply=RecoveryView,
        codes=("conflict",),
        proof=True,
    ),
    Action(
        id="dropSecondFactor",
        method="DELETE",
        path="/api/v1/me/second-factor",
        role="person",
        answer=drop_factor,
        tag="Me",
        summary="No second factor any more",
        summary_zh="关闭两步验证",
        body=CodeBody,
        codes=_FACTOR,
        proof=True,
    ),
)
