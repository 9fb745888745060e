"""/api/v1/redemption-codes, /api/v1/redemptions, /api/v1/invitations."""

import hashlib
import secrets
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import delete, insert, select, update

from waystation.control.audit import record
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of, tell_ledger
from waystation.control.desk.me import account_state
from waystation.control.desk.pages import (
    Page,
    PageQuery,
    all_by_id,
    at,
    at_or_none,
    ms_of,
    page_by_id,
)
from waystation.control.desk.registration import invitation_digest
from waystation.control.newcomers import clean_email
from waystation.control.outbox import promise
from waystation.control.usable_groups import refuse_unknown_account_group
from waystation.errors import Fault
from waystation.identity.keys import ALPHABET
from waystation.kernel.clock import now_ms
from waystation.kernel.money import format_usd, parse_usd
from waystation.ledger.messages import Transfer
from waystation.storage.main import invitations, redemption_codes

CODES_MAX = 1000
TRIES_MAX = 10
NANOS_MAX = 10**16
_LENGTH = 24
_INVITATION_SECONDS_DEFAULT = 14 * 86_400


class CodeView(msgspec.Struct, frozen=True):
    """amount: USD. state: what it is now."""

    id: int
    mask: str
    batch: str
    amount: str
    state: Literal["open", "redeemed", "expired", "disabled"]
    redeemed_by: int | None
    redeemed_at: datetime | None
    expires_at: datetime | None
    created_at: datetime


class CodesBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """count codes of `amount` USD each. batch: a name to find them by."""

    amount: Annotated[str, Meta(max_length=32)]
    count: Annotated[int, Meta(ge=1, le=CODES_MAX)] = 1
    batch: Annotated[str, Meta(max_length=64)] = ""
    expires_at: datetime | None = None


class MadeCodesView(msgspec.Struct, frozen=True):
    """Told this once."""

    codes: list[str]


class CodeChangeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enabled: bool


class CodeQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    batch: Annotated[str, Meta(max_length=64)] = ""
    state: Literal["", "open", "redeemed"] = ""


class RedeemBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Annotated[str, Meta(max_length=64)]


class RedeemedView(msgspec.Struct, frozen=True):
    """USD: what came, and what is there now."""

    amount: str
    balance: str


class InvitationView(msgspec.Struct, frozen=True, omit_defaults=True):
    """code: told once, when it is made. email: for whom; "": whoever has it."""

    id: int
    mask: str
    email: str
    group: str
    credit: str
    uses_left: int
    expires_at: datetime
    created_at: datetime
    code: str = ""


class InvitationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: Annotated[str, Meta(max_length=254)] = ""
    group: Annotated[str, Meta(min_length=1, max_length=64)] = "default"
    credit: Annotated[str, Meta(max_length=32)] = "0"
    uses: Annotated[int, Meta(ge=1, le=10_000)] = 1
    expires_at: datetime | None = None


def code_digest(code: str) -> bytes:
    """Blanks, hyphens and the case do not matter."""
    plain = "".join(code.split()).replace("-", "").encode("utf-8", "surrogateescape")
    return hashlib.sha256(b"waystation code " + plain).digest()


def _usd(field: str, text: str, least: int) -> int:
    try:
        nanos = parse_usd(text)
    except ValueError as wrong:
        raise Fault("invalid_value", param=field, reason=str(wrong)) from None
    if not least <= nanos <= NANOS_MAX:
        raise Fault("invalid_value", param=field, reason="not an amount that can be given")
    return nanos


async def list_codes(call: Call) -> Page[CodeView]:
    asked = call.query(CodeQuery)
    query = select(redemption_codes)
    if asked.batch:
        query = query.where(redemption_codes.c.batch == asked.batch)
    if asked.state:
        redeemed = redemption_codes.c.redeemed_ms.is_not(None)
        query = query.where(redeemed if asked.state == "redeemed" else ~redeemed)
    async with call.services.database.read() as connection:
        return await page_by_id(connection, query, redemption_codes.c.id, asked, _shown)


def _shown(row: Any) -> CodeView:
    return CodeView(
        row.id,
        row.mask,
        row.batch,
        format_usd(row.nanos),
        _state(row),
        row.redeemed_by,
        at_or_none(row.redeemed_ms),
        at_or_none(row.expires_ms),
        at(row.created_ms),
    )


def _state(row: Any) -> Literal["open", "redeemed", "expired", "disabled"]:
    if row.redeemed_ms is not None:
        return "redeemed"
    if not row.enabled:
        return "disabled"
    return "expired" if row.expires_ms is not None and row.expires_ms <= now_ms() else "open"


async def make_codes(call: Call) -> MadeCodesView:
    body = call.body(CodesBody)
    nanos = _usd("amount", body.amount, 1)
    drawn = ["".join(secrets.choice(ALPHABET) for _ in range(_LENGTH)) for _ in range(body.count)]
    rows = [
        {
            "digest": code_digest(code),
            "mask": f"{code[:4]}…{code[-2:]}",
            "batch": body.batch,
            "nanos": nanos,
            "created_by": call.person.account_id,
            "created_ms": now_ms(),
            "expires_ms": None if body.expires_at is None else ms_of(body.expires_at),
        }
        for code in drawn
    ]
    async with call.services.database.write() as connection:
        await connection.execute(insert(redemption_codes), rows)
        after = {"count": body.count, "amount": format_usd(nanos)}
        name = body.batch or "(no name)"
        await record(connection, actor_of(call), "create", "codes", name, None, after)
    return MadeCodesView(["-".join(code[at : at + 6] for at in range(0, 24, 6)) for code in drawn])


async def change_code(call: Call) -> CodeView:
    code_id, enabled = call.id("code", "code"), call.body(CodeChangeBody).enabled
    mine = redemption_codes.c.id == code_id
    async with call.services.database.write() as connection:
        await connection.execute(update(redemption_codes).where(mine).values(enabled=enabled))
        row = (await connection.execute(select(redemption_codes).where(mine))).one_or_none()
        if row is None:
            raise Fault("not_found", kind="code")
        after = {"enabled": enabled}
        await record(connection, actor_of(call), "update", "code", row.mask, None, after)
    return _shown(row)


async def redeem(call: Call) -> RedeemedView:
    """Once: whoever is first. The transfer's id is the code's, so money moves once whatever
    fails."""
    services, person = call.services, call.person
    for key in (f"redeem {person.account_id}", f"redeem peer {call.peer}"):
        services.sign_in.limit(key, TRIES_MAX)
    now = now_ms()
    mine = redemption_codes.c.digest == code_digest(call.body(RedeemBody).code)
    async with services.database.write() as connection:
        taken = await connection.execute(
            update(redemption_codes)
            .where(
                mine,
                redemption_codes.c.enabled,
                redemption_codes.c.redeemed_ms.is_(None),
                (redemption_codes.c.expires_ms.is_(None)) | (redemption_codes.c.expires_ms > now),
            )
            .values(redeemed_by=person.account_id, redeemed_ms=now)
            .returning(redemption_codes)
        )
        row = taken.one_or_none()
        if row is None:
            raise Fault("code_invalid")
        note = f"code {row.mask}"
        await promise(
            connection, Transfer(person.account_id, f"code:{row.id}", "topup", row.nanos, note)
        )
        after = {"amount": format_usd(row.nanos)}
        await record(connection, actor_of(call), "redeem", "code", row.mask, None, after)
    for key in (f"redeem {person.account_id}", f"redeem peer {call.peer}"):
        services.sign_in.forgive(key)
    await tell_ledger(call)
    state = await account_state(call, person.account_id)
    return RedeemedView(format_usd(row.nanos), format_usd(state.balance))


async def list_invitations(call: Call) -> Page[InvitationView]:
    return await all_by_id(call.services.database, invitations, call.query(PageQuery), _invitation)


def _invitation(row: Any) -> InvitationView:
    return InvitationView(
        row.id,
        row.mask,
        row.email,
        row.account_group,
        format_usd(row.credit_nanos),
        row.uses_left,
        at(row.expires_ms),
        at(row.created_ms),
    )


async def invite(call: Call) -> InvitationView:
    body, code = call.body(InvitationBody), secrets.token_urlsafe(18)
    default_ms = now_ms() + _INVITATION_SECONDS_DEFAULT * 1000
    values = {
        "digest": invitation_digest(code),
        "mask": f"{code[:4]}…{code[-2:]}",
        "email": clean_email(body.email) if body.email else "",
        "account_group": body.group,
        "credit_nanos": _usd("credit", body.credit, 0),
        "uses_left": body.uses,
        "created_by": call.person.account_id,
        "created_ms": now_ms(),
        "expires_ms": default_ms if body.expires_at is None else ms_of(body.expires_at),
    }
    async with call.services.database.write() as connection:
        await refuse_unknown_account_group(connection, body.group)
        made = insert(invitations).values(values).returning(invitations)
        row = (await connection.execute(made)).one()
        view = _invitation(row)
        await record(connection, actor_of(call), "create", "invitation", row.mask, None, view)
    return msgspec.structs.replace(view, code=code)


async def withdraw(call: Call) -> None:
    mine = invitations.c.id == call.id("invitation", "invitation")
    async with call.services.database.write() as connection:
        row = (await connection.execute(select(invitations).where(mine))).one_or_none()
        if row is None:
            raise Fault("not_found", kind="invitation")
        await connection.execute(delete(invitations).where(mine))
        await record(connection, actor_of(call), "delete", "invitation", row.mask)


ACTIONS = (
    Action(
        id="redeemCode",
        method="POST",
        path="/api/v1/redemptions",
        role="person",
        answer=redeem,
        tag="Codes",
        summary="Redeem a code",
        summary_zh="兑换",
        body=RedeemBody,
        reply=RedeemedView,
        status=201,
        codes=("code_invalid", "too_many_attempts"),
    ),
    Action(
        id="listCodes",
        method="GET",
        path="/api/v1/redemption-codes",
        role="operator",
        answer=list_codes,
        tag="Codes",
        summary="Redemption codes",
        summary_zh="兑换码列表",
        query=CodeQuery,
        reply=Page[CodeView],
    ),
    Action(
        id="createCodes",
        method="POST",
        path="/api/v1/redemption-codes",
        role="operator",
        answer=make_codes,
        tag="Codes",
        summary="Make redemption codes; told this once",
        summary_zh="批量生成兑换码（仅显示一次）",
        body=CodesBody,
        reply=MadeCodesView,
        status=201,
    ),
    Action(
        id="updateCode",
        method="PATCH",
        path="/api/v1/redemption-codes/{code}",
        role="operator",
        answer=change_code,
        tag="Codes",
        summary="Switch a code on or off",
        summary_zh="启用或停用兑换码",
        body=CodeChangeBody,
        reply=CodeView,
    ),
    Action(
        id="listInvitations",
        method="GET",
        path="/api/v1/invitations",
        role="operator",
        answer=list_invitations,
        tag="Codes",
        summary="Invitations",
        summary_zh="邀请列表",
        query=PageQuery,
        reply=Page[InvitationView],
    ),
    Action(
        id="createInvitation",
        method="POST",
        path="/api/v1/invitations",
        role="operator",
        answer=invite,
        tag="Codes",
        summary="Invite somebody; the code is told this once",
        summary_zh="创建邀请（代码仅显示一次）",
        body=InvitationBody,
        reply=InvitationView,
        status=201,
    ),
    Action(
        id="deleteInvitation",
        method="DELETE",
        path="/api/v1/invitations/{invitation}",
        role="operator",
        answer=withdraw,
        tag="Codes",
        summary="Withdraw an invitation",
        summary_zh="撤销邀请",
    ),
)
