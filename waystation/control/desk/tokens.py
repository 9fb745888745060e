"""/api/v1/tokens: relay keys. A user sees its own; an operator everybody's."""

import asyncio
import json
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select, update

from waystation.control.apply.read_accounts import read_token
from waystation.control.apply.run import Run
from waystation.control.apply.write_tokens import remove_token
from waystation.control.desk.action import Action, Call
from waystation.control.desk.edits import Subject, document, given, make_edit, read_as
from waystation.control.desk.pages import Page, PageQuery, at, at_or_none, ms_of, page_by_id
from waystation.control.usable_groups import refuse_foreign_groups
from waystation.errors import Fault
from waystation.identity.keys import digest, mint
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.kernel.money import format_usd
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AskToken, TokenState
from waystation.storage.main import accounts, tokens
from waystation.tasks.hooks.address import judge
from waystation.upstream.egress import EgressGuard

Words = list[str]
Budget = dict[Literal["total", "day", "week", "month"], str]
TOKENS_MAX = 500
"""Of one account."""
_ROWS = select(tokens, accounts.c.email).join(accounts, accounts.c.id == tokens.c.account_id)


class TokenMidjourney(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """remix: buttons open a window, whatever the request says. queue_code_22: a queued submit is
    answered 22, not 1; null: as the operator decides."""

    remix: bool = False
    queue_code_22: bool | None = None


class TokenView(msgspec.Struct, frozen=True, omit_defaults=True):
    """groups: in order; []: the account's own. models: [] all. budget, spent, held: USD. key: told
    once, when it is made. hook_url: where its tasks are told of; "": where the deployment says."""

    id: int
    account_id: int
    account: str
    name: str
    mask: str
    groups: Words
    models: Words
    allow_ips: Words
    expires_at: datetime | None
    enabled: bool
    status: Literal["enabled", "disabled", "expired", "spent"]
    limits: dict[str, int]
    budget: Budget
    hook_url: str
    midjourney: TokenMidjourney
    spent: str
    held: str
    managed: bool
    created_at: datetime
    key: str = ""


class TokenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not said stays as it is. limits: rpm, tpm, concurrency. budget: USD."""

    name: str | UnsetType = UNSET
    groups: Words | UnsetType = UNSET
    models: Words | UnsetType = UNSET
    allow_ips: Words | UnsetType = UNSET
    expires_at: datetime | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    limits: dict[str, int] | UnsetType = UNSET
    budget: Budget | UnsetType = UNSET
    hook_url: str | UnsetType = UNSET
    midjourney: TokenMidjourney | UnsetType = UNSET


class NewTokenBody(TokenBody, frozen=True, forbid_unknown_fields=True):
    """account_id: an operator may make one for somebody else."""

    account_id: Annotated[int, Meta(ge=1, le=2**53)] | UnsetType = UNSET


class TokenQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """search: in the name, or a whole key. account_id: 0: your own; -1: everybody's; both the last
    and other accounts' are for operators."""

    search: Annotated[str, Meta(max_length=256)] = ""
    account_id: Annotated[int, Meta(ge=-1, le=2**53)] = 0
    enabled: bool | None = None


async def list_all(call: Call) -> Page[TokenView]:
    asked, person = call.query(TokenQuery), call.person
    query = _ROWS.where(~tokens.c.deleted)
    whose = asked.account_id or person.account_id
    if person.role != "operator":
        whose = person.account_id
    if whose > 0:
        query = query.where(tokens.c.account_id == whose)
    if asked.enabled is not None:
        query = query.where(tokens.c.enabled == asked.enabled)
    if asked.search:
        named = tokens.c.name.icontains(asked.search, autoescape=True)
        query = query.where(named | (tokens.c.digest == digest(asked.search)))
    async with call.services.database.read() as connection:
        page = await page_by_id(connection, query, tokens.c.id, asked, lambda row: row)
    return Page(await _shown_all(call, page.data), page.next_cursor)


async def _shown_all(call: Call, rows: list[Any]) -> list[TokenView]:
    states = await asyncio.gather(*(token_state(call, row) for row in rows))
    return [token_view(row, state) for row, state in zip(rows, states, strict=True)]


async def token_state(call: Call, row: Any) -> TokenState:
    """Raises LedgerAway."""
    asked = AskToken(id=request_id(), account_id=row.account_id, token_id=row.id)
    state = await call.services.ledger.ask(asked)
    if not isinstance(state, TokenState):
        raise LedgerAway("an answer to another question")
    return state


def token_view(row: Any, state: TokenState, key: str = "") -> TokenView:
    budget = json.loads(row.budget)
    return TokenView(
        id=row.id,
        account_id=row.account_id,
        account=row.email,
        name=row.name,
        mask=row.mask,
        groups=json.loads(row.groups),
        models=json.loads(row.models),
        allow_ips=json.loads(row.allow_ips),
        expires_at=at_or_none(row.expires_ms),
        enabled=row.enabled,
        status=token_status(row, state),
        limits=json.loads(row.limits),
        budget={period: format_usd(nanos) for period, nanos in budget.items()},
        hook_url=row.hook_url,
        midjourney=msgspec.json.decode(row.midjourney, type=TokenMidjourney),
        spent=format_usd(state.spent),
        held=format_usd(state.held),
        managed=row.managed,
        created_at=at(row.created_ms),
        key=key,
    )


def token_status(row: Any, state: TokenState) -> Literal["enabled", "disabled", "expired", "spent"]:
    if not row.enabled:
        return "disabled"
    if row.expires_ms is not None and row.expires_ms <= now_ms():
        return "expired"
    total = json.loads(row.budget).get("total")
    return "spent" if total is not None and state.spent >= total else "enabled"


async def find_token(call: Call, token_id: int) -> Any:
    """Raises Fault (not_found), for other people's too."""
    query = _ROWS.where(tokens.c.id == token_id, ~tokens.c.deleted)
    if call.person.role != "operator":
        query = query.where(tokens.c.account_id == call.person.account_id)
    async with call.services.database.read() as connection:
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise Fault("not_found", kind="token")
    return row


async def show(call: Call) -> TokenView:
    row = await find_token(call, call.id("token", "token"))
    return token_view(row, await token_state(call, row))


async def create(call: Call) -> TokenView:
    body, person = call.body(NewTokenBody), call.person
    whose = person.account_id
    if body.account_id is not UNSET and body.account_id != whose:
        if person.role != "operator":
            raise Fault("not_found", kind="account")
        whose = body.account_id
    return await create_token(call, whose, _said(body))


async def create_token(call: Call, account_id: int, said: dict[str, Any]) -> TokenView:
    """said: as a file's table. Raises Fault."""
    said.pop("account_id", None)
    async with call.services.database.read() as connection:
        query = select(accounts.c.email).where(accounts.c.id == account_id)
        email = (await connection.execute(query)).scalar_one_or_none()
        if email is None:
            raise Fault("not_found", kind="account")
        await refuse_foreign_groups(connection, account_id, said.get("groups", []))
    wanted = read_as(read_token, {"account": email, **said}, "the token")
    await judge_hook(call, said)

    async def fresh(run: Run) -> None:
        mine = tokens.c.account_id == account_id
        query = select(tokens.c.name).where(mine, ~tokens.c.deleted)
        names = set((await run.connection.execute(query)).scalars())
        if wanted.name in names:
            raise Fault("already_exists", name=f"the token {wanted.name!r}")
        if len(names) >= TOKENS_MAX:
            raise Fault("conflict", reason=f"an account has at most {TOKENS_MAX} tokens")

    subject = Subject("token", f"{email}/{wanted.name}", None, said)
    report = await make_edit(call, document(tokens=(wanted,)), subject, before=fresh)
    query = _ROWS.where(tokens.c.account_id == account_id, tokens.c.name == wanted.name)
    async with call.services.database.read() as connection:
        row = (await connection.execute(query)).one()
    return token_view(row, await token_state(call, row), report.minted[0].key)


async def judge_hook(call: Call, said: dict[str, Any]) -> None:
    """Raises Fault for an address that leads inside. It is judged again whenever it is dialled."""
    url = said.get("hook_url")
    if url:
        try:
            await judge(url, EgressGuard(call.services.settings.egress_allow))
        except ValueError as wrong:
            raise Fault("invalid_value", param="hook_url", reason=str(wrong)) from None


def _said(body: TokenBody) -> dict[str, Any]:
    said = given(body)
    if "expires_at" in said:
        moment = said.pop("expires_at")
        if moment is not None:
            ms_of(moment)
        said["expires"] = moment
    return said


def table_of(row: Any) -> dict[str, Any]:
    """As a file would say it."""
    budget = json.loads(row.budget)
    return {
        "account": row.email,
        "name": row.name,
        "groups": json.loads(row.groups),
        "models": json.loads(row.models),
        "allow_ips": json.loads(row.allow_ips),
        "expires": at_or_none(row.expires_ms),
        "enabled": row.enabled,
        "limits": json.loads(row.limits),
        "budget": {period: format_usd(nanos) for period, nanos in budget.items()},
        "hook_url": row.hook_url,
        "midjourney": json.loads(row.midjourney),
    }


async def change(call: Call) -> TokenView:
    row = await find_token(call, call.id("token", "token"))
    return await change_token(call, row, _said(call.body(TokenBody)))


async def change_token(call: Call, row: Any, said: dict[str, Any], key: str = "") -> TokenView:
    """said: as a file's table; key: a new one. Raises Fault."""
    before = table_of(row)
    table = {**before, **said}
    if "groups" in said:
        async with call.services.database.read() as connection:
            await refuse_foreign_groups(connection, row.account_id, said["groups"])
    wanted = read_as(read_token, {**table, **({"key": key} if key else {})}, "the token")
    await judge_hook(call, said)

    async def rename(run: Run) -> None:
        run.may_change("token", f"{row.email}/{row.name}", row)
        if wanted.name != row.name:
            mine = tokens.c.id == row.id
            values = {
                "name": wanted.name,
                "changed_epoch": run.epoch,
                "version": tokens.c.version + 1,
            }
            await run.connection.execute(update(tokens).where(mine).values(values))
            run.note("updated", "token", f"{row.email}/{wanted.name}", ("name",))

    after = {**table, "key": key} if key else table
    subject = Subject("token", f"{row.email}/{row.name}", before, after)
    await make_edit(call, document(tokens=(wanted,)), subject, before=rename)
    fresh = await find_token(call, row.id)
    return token_view(fresh, await token_state(call, fresh), key)


async def rotate(call: Call) -> TokenView:
    """The old key is worthless at once."""
    row = await find_token(call, call.id("token", "token"))
    return await change_token(call, row, {}, mint())


async def remove(call: Call) -> None:
    row = await find_token(call, call.id("token", "token"))
    await drop_token(call, row)


async def drop_token(call: Call, row: Any) -> None:
    """The row stays, for the books speak of it; its name is free again."""

    async def gone(run: Run) -> None:
        await remove_token(run, row)
        mine = tokens.c.id == row.id
        values = {"name": f"{row.name} #{row.id}"}
        await run.connection.execute(update(tokens).where(mine).values(values))

    subject = Subject("token", f"{row.email}/{row.name}", table_of(row), None)
    await make_edit(call, document(), subject, before=gone)


_WRITES = ("managed_by_file", "already_exists", "conflict", "group_not_allowed")

ACTIONS = (
    Action(
        id="listTokens",
        method="GET",
        path="/api/v1/tokens",
        role="person",
        answer=list_all,
        tag="Tokens",
        summary="Tokens with what they spent",
        summary_zh="令牌列表及用量",
        query=TokenQuery,
        reply=Page[TokenView],
    ),
    Action(
        id="createToken",
        method="POST",
        path="/api/v1/tokens",
        role="person",
        answer=create,
        tag="Tokens",
        summary="Make a token; its key is told this once",
        summary_zh="新建令牌（密钥仅显示一次）",
        body=NewTokenBody,
        reply=TokenView,
        status=201,
        codes=(*_WRITES, "not_found"),
    ),
    Action(
        id="getToken",
        method="GET",
        path="/api/v1/tokens/{token}",
        role="person",
        answer=show,
        tag="Tokens",
        summary="One token",
        summary_zh="令牌详情",
        reply=TokenView,
    ),
    Action(
        id="updateToken",
        method="PATCH",
        path="/api/v1/tokens/{token}",
        role="person",
        answer=change,
        tag="Tokens",
        summary="Change a token",
        summary_zh="修改令牌",
        body=TokenBody,
        reply=TokenView,
        codes=_WRITES,
    ),
    Action(
        id="rotateToken",
        method="POST",
        path="/api/v1/tokens/{token}/key",
        role="person",
        answer=rotate,
        tag="Tokens",
        summary="A new key in place of the old one; told this once",
        summary_zh="更换令牌密钥（仅显示一次）",
        reply=TokenView,
        codes=("managed_by_file",),
        proof=True,
    ),
    Action(
        id="deleteToken",
        method="DELETE",
        path="/api/v1/tokens/{token}",
        role="person",
        answer=remove,
        tag="Tokens",
        summary="Delete a token",
        summary_zh="删除令牌",
        codes=("managed_by_file",),
    ),
)
