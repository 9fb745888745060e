"""/api/v1/access-tokens: an account's tokens for scripts."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from waystation.control.access_tokens import digest_of, mask_of, mint
from waystation.control.audit import record
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of
from waystation.control.desk.pages import Page, PageQuery, at, at_or_none, ms_of, page_by_id
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.storage.main import access_tokens


class AccessTokenView(msgspec.Struct, frozen=True, omit_defaults=True):
    """token: the whole, told once when it is made. read_only: may change nothing."""

    id: int
    name: str
    mask: str
    read_only: bool
    expires_at: datetime | None
    used_at: datetime | None
    created_at: datetime
    token: str = ""


class AccessTokenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=64)]
    read_only: bool = False
    expires_at: datetime | None = None


async def list_all(call: Call) -> Page[AccessTokenView]:
    mine = select(access_tokens).where(access_tokens.c.account_id == call.person.account_id)
    async with call.services.database.read() as connection:
        return await page_by_id(connection, mine, access_tokens.c.id, call.query(PageQuery), _shown)


async def create(call: Call) -> AccessTokenView:
    body, token = call.body(AccessTokenBody), mint()
    values = {
        "account_id": call.person.account_id,
        "name": body.name,
        "digest": digest_of(token),
        "mask": mask_of(token),
        "read_only": body.read_only,
        "expires_ms": None if body.expires_at is None else ms_of(body.expires_at),
        "created_ms": now_ms(),
    }
    try:
        async with call.services.database.write() as connection:
            made = insert(access_tokens).values(values).returning(access_tokens)
            row = (await connection.execute(made)).one()
            after = {"name": body.name, "read_only": body.read_only}
            await record(
                connection, actor_of(call), "create", "access token", str(row.id), None, after
            )
    except IntegrityError:
        raise Fault("already_exists", name=f"the access token {body.name!r}") from None
    return msgspec.structs.replace(_shown(row), token=token)


async def remove(call: Call) -> None:
    token_id = call.id("token", "access token")
    mine = (access_tokens.c.id == token_id, access_tokens.c.account_id == call.person.account_id)
    async with call.services.database.write() as connection:
        gone = await connection.execute(delete(access_tokens).where(*mine))
        if not gone.rowcount:
            raise Fault("not_found", kind="access token")
        await record(connection, actor_of(call), "delete", "access token", str(token_id))


def _shown(row: Any) -> AccessTokenView:
    return AccessTokenView(
        row.id,
        row.name,
        row.mask,
        row.read_only,
        at_or_none(row.expires_ms),
        at_or_none(row.used_ms),
        at(row.created_ms),
    )


ACTIONS = (
    Action(
        id="listAccessTokens",
        method="GET",
        path="/api/v1/access-tokens",
        role="person",
        answer=list_all,
        tag="Access tokens",
        summary="Your tokens for scripts",
        summary_zh="脚本访问令牌列表",
        query=PageQuery,
        reply=Page[AccessTokenView],
    ),
    Action(
        id="createAccessToken",
        method="POST",
        path="/api/v1/access-tokens",
        role="person",
        answer=create,
        tag="Access tokens",
        summary="A token for a script; told this once",
        summary_zh="新建脚本访问令牌（仅显示一次）",
        body=AccessTokenBody,
        reply=AccessTokenView,
        status=201,
        codes=("already_exists",),
        proof=True,
    ),
    Action(
        id="deleteAccessToken",
        method="DELETE",
        path="/api/v1/access-tokens/{token}",
        role="person",
        answer=remove,
        tag="Access tokens",
        summary="Make it worthless",
        summary_zh="删除脚本访问令牌",
    ),
)
