"""/api/v1/sign-in-providers: where else people may sign in, for operators."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from waystation.control.audit import record
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of
from waystation.control.desk.oauth import callback_of
from waystation.control.desk.pages import Page, at
from waystation.control.providers import Kind
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.storage.main import identities, sign_in_providers

Address = Annotated[str, Meta(max_length=500, pattern="^(https?://.+)?$")]


class ProviderView(msgspec.Struct, frozen=True):
    """callback: what the provider must be told to send people back to."""

    id: int
    name: str
    title: str
    kind: Kind
    client_id: str
    has_secret: bool
    issuer: str
    authorize_url: str
    token_url: str
    userinfo_url: str
    scopes: str
    allow_private: bool
    enabled: bool
    callback: str
    created_at: datetime


class ProviderBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not said stays as it is. client_secret: "" for a public client."""

    name: Annotated[str, Meta(pattern="^[a-z0-9-]{1,32}$")] | UnsetType = UNSET
    title: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    client_id: Annotated[str, Meta(min_length=1, max_length=500)] | UnsetType = UNSET
    client_secret: Annotated[str, Meta(max_length=2000)] | UnsetType = UNSET
    issuer: Address | UnsetType = UNSET
    authorize_url: Address | UnsetType = UNSET
    token_url: Address | UnsetType = UNSET
    userinfo_url: Address | UnsetType = UNSET
    scopes: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    allow_private: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


async def list_providers(call: Call) -> Page[ProviderView]:
    query = select(sign_in_providers).order_by(sign_in_providers.c.id)
    async with call.services.database.read() as connection:
        rows = (await connection.execute(query)).all()
    return Page([_shown(call, row) for row in rows])


def _shown(call: Call, row: Any) -> ProviderView:
    return ProviderView(
        row.id,
        row.name,
        row.title,
        row.kind,
        row.client_id,
        bool(row.sealed),
        row.issuer,
        row.authorize_url,
        row.token_url,
        row.userinfo_url,
        row.scopes,
        row.allow_private,
        row.enabled,
        callback_of(call, row.name),
        at(row.created_ms),
    )


def _said(call: Call) -> dict[str, Any]:
    body = call.body(ProviderBody)
    said = {
        name: value
        for name in body.__struct_fields__
        if (value := getattr(body, name)) is not UNSET
    }
    if "client_secret" in said:
        secret = said.pop("client_secret")
        said["sealed"] = call.services.sealing().seal(secret, "provider") if secret else ""
    return said


async def create_provider(call: Call) -> ProviderView:
    values = {**_said(call), "created_ms": now_ms()}
    for name in ("name", "kind", "client_id"):
        if name not in values:
            raise Fault("missing_field", param=name)
    if values["kind"] == "oidc" and not values.get("issuer"):
        raise Fault("missing_field", param="issuer")
    return await _write(call, insert(sign_in_providers).values(values), "create", values)


async def change_provider(call: Call) -> ProviderView:
    values = _said(call)
    if not values:
        raise Fault("invalid_request", reason="nothing is to be changed")
    mine = sign_in_providers.c.id == call.id("provider", "provider")
    return await _write(
        call, update(sign_in_providers).where(mine).values(values), "update", values
    )


async def _write(call: Call, statement: Any, action: str, told: dict[str, Any]) -> ProviderView:
    try:
        async with call.services.database.write() as connection:
            done = await connection.execute(statement.returning(sign_in_providers))
            row = done.one_or_none()
            if row is None:
                raise Fault("not_found", kind="provider")
            actor = actor_of(call)
            await record(connection, actor, action, "sign-in provider", row.name, None, told)
    except IntegrityError:
        raise Fault("already_exists", name="a provider of this name") from None
    return _shown(call, row)


async def drop_provider(call: Call) -> None:
    """Who signs in by it alone is shut out; their accounts stay."""
    number = call.id("provider", "provider")
    async with call.services.database.write() as connection:
        await connection.execute(delete(identities).where(identities.c.provider_id == number))
        mine = sign_in_providers.c.id == number
        done = await connection.execute(
            delete(sign_in_providers).where(mine).returning(sign_in_providers.c.name)
        )
        name = done.scalar_one_or_none()
        if name is None:
            raise Fault("not_found", kind="provider")
        await record(connection, actor_of(call), "delete", "sign-in provider", name)


ACTIONS = (
    Action(
        id="listSignInProviders",
        method="GET",
        path="/api/v1/sign-in-providers",
        role="operator",
        answer=list_providers,
        tag="Sign-in elsewhere",
        summary="Providers",
        summary_zh="登录提供方列表",
        reply=Page[ProviderView],
    ),
    Action(
        id="createSignInProvider",
        method="POST",
        path="/api/v1/sign-in-providers",
        role="operator",
        answer=create_provider,
        tag="Sign-in elsewhere",
        summary="Add a provider",
        summary_zh="新建登录提供方",
        body=ProviderBody,
        reply=ProviderView,
        status=201,
        codes=("already_exists", "missing_field"),
        proof=True,
    ),
    Action(
        id="updateSignInProvider",
        method="PATCH",
        path="/api/v1/sign-in-providers/{provider}",
        role="operator",
        answer=change_provider,
        tag="Sign-in elsewhere",
        summary="Change a provider",
        summary_zh="修改登录提供方",
        body=ProviderBody,
        reply=ProviderView,
        codes=("already_exists",),
        proof=True,
    ),
    Action(
        id="deleteSignInProvider",
        method="DELETE",
        path="/api/v1/sign-in-providers/{provider}",
        role="operator",
        answer=drop_provider,
        tag="Sign-in elsewhere",
        summary="Delete a provider and who signs in by it",
        summary_zh="删除登录提供方",
        proof=True,
    ),
)
