"""/api/token/: tokens as clients of this family manage them (relay-api 18.1, 18.2).

Quota is in legacy units, 500,000 to the USD; times are unix seconds, -1 never. What is changed here
is changed by the console's own nouns.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from fastapi import Request
from fastapi.responses import Response
from msgspec import Meta
from sqlalchemy import func, select

from waystation.control.desk.action import Call
from waystation.control.desk.tokens import (
    TOKENS_MAX,
    change_token,
    create_token,
    drop_token,
    find_token,
    token_state,
    token_status,
)
from waystation.control.endpoints.family import (
    NANOS_UNLIMITED,
    answered,
    call_of,
    number,
    units_to_usd,
)
from waystation.errors import Fault
from waystation.identity.keys import digest
from waystation.kernel.money import legacy_units
from waystation.ledger.questions import TokenState
from waystation.storage.main import accounts, tokens

SIZE_MAX = 100
_STATUS = {"enabled": 1, "disabled": 2, "expired": 3, "spent": 4}
_ROWS = select(tokens, accounts.c.email).join(accounts, accounts.c.id == tokens.c.account_id)


class FamilyToken(msgspec.Struct):
    """As it comes in; what we have no word for (mj_image_mode, …) is left out."""

    id: Annotated[int, Meta(ge=0, le=2**53)] = 0
    name: str = ""
    status: int | None = None
    remain_quota: int | None = None
    unlimited_quota: bool | None = None
    expired_time: Annotated[int, Meta(le=250_000_000_000)] | None = None
    model_limits_enabled: bool | None = None
    model_limits: str | None = None
    allow_ips: str | None = None
    group: str | None = None
    selected_groups: list[str] | None = None


async def create(request: Request) -> Response:
    """data: {id, key}: the key is told this once."""
    call, wanted = call_of(request), _body(await request.body())
    if len(wanted.name) > 30:
        raise Fault("invalid_value", message="令牌名称过长", param="name")
    said = {"name": wanted.name or "default", **_said(wanted, spent_nanos=0)}
    made = await create_token(call, call.person.account_id, said)
    return answered({"id": made.id, "key": made.key})


async def show_all(request: Request) -> Response:
    """p from 0 and size: a bare array; page_size, page from 1: an object with the total."""
    call, asked = call_of(request), request.query_params
    bare = "page_size" not in asked
    size = max(1, min(number(asked.get("size" if bare else "page_size"), 10), SIZE_MAX))
    page = max(0, number(asked.get("p"), 0) if bare else number(asked.get("p"), 1) - 1)
    mine = (tokens.c.account_id == call.person.account_id, ~tokens.c.deleted)
    query = _ROWS.where(*mine).order_by(tokens.c.id.desc()).limit(size)
    query = query.offset(min(page * size, TOKENS_MAX))
    async with call.services.database.read() as connection:
        rows = (await connection.execute(query)).all()
        total = (await connection.execute(select(func.count()).where(*mine))).scalar_one()
    items = [await _shown(call, row) for row in rows]
    if bare:
        return answered(items)
    return answered({"items": items, "total": total, "page": page + 1, "page_size": size})


async def search(request: Request) -> Response:
    """By keyword in the name, or a whole key as `token`."""
    call, asked = call_of(request), request.query_params
    query = _ROWS.where(tokens.c.account_id == call.person.account_id, ~tokens.c.deleted)
    if asked.get("keyword"):
        query = query.where(tokens.c.name.icontains(asked["keyword"], autoescape=True))
    if asked.get("token"):
        query = query.where(tokens.c.digest == digest(asked["token"]))
    async with call.services.database.read() as connection:
        rows = (await connection.execute(query.order_by(tokens.c.id.desc()).limit(SIZE_MAX))).all()
    return answered([await _shown(call, row) for row in rows])


async def show(request: Request) -> Response:
    call = call_of(request)
    row = await _own(call, call.id("token", "token"))
    return answered(await _shown(call, row))


async def update(request: Request) -> Response:
    """?status_only=true changes the status alone."""
    call, wanted = call_of(request), _body(await request.body())
    row = await _own(call, wanted.id)
    state = await token_state(call, row)
    if request.query_params.get("status_only") == "true":
        said: dict[str, Any] = {} if wanted.status is None else {"enabled": wanted.status == 1}
    else:
        said = _said(wanted, spent_nanos=state.spent)
        if wanted.name:
            said["name"] = wanted.name
    await change_token(call, row, said)
    return answered(await _shown(call, await _own(call, row.id)))


async def remove(request: Request) -> Response:
    call = call_of(request)
    await drop_token(call, await _own(call, call.id("token", "token")))
    return answered(None)


async def _own(call: Call, token_id: int) -> Any:
    """Raises Fault (not_found): here an operator has its own tokens only, too."""
    row = await find_token(call, token_id)
    if row.account_id != call.person.account_id:
        raise Fault("not_found", kind="token")
    return row


def _body(raw: bytes) -> FamilyToken:
    try:
        return msgspec.json.decode(raw, type=FamilyToken)
    except msgspec.ValidationError as wrong:
        raise Fault("invalid_request", reason=str(wrong)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise Fault("invalid_json", reason=str(wrong)) from None


def _said(wanted: FamilyToken, spent_nanos: int) -> dict[str, Any]:
    """As a file's table. What remains, and what was spent, is the whole budget."""
    said: dict[str, Any] = {}
    if wanted.status is not None:
        said["enabled"] = wanted.status == 1
    if wanted.unlimited_quota:
        said["budget"] = {}
    elif wanted.remain_quota is not None:
        said["budget"] = {"total": units_to_usd(max(wanted.remain_quota, 0), spent_nanos)}
    if wanted.expired_time is not None:
        never = wanted.expired_time <= 0
        said["expires"] = None if never else datetime.fromtimestamp(wanted.expired_time, UTC)
    if wanted.model_limits_enabled is False:
        said["models"] = []
    elif wanted.model_limits is not None:
        said["models"] = _split(wanted.model_limits, ",")
    if wanted.allow_ips is not None:
        said["allow_ips"] = _split(wanted.allow_ips, "\n")
    if wanted.selected_groups:
        said["groups"] = wanted.selected_groups
    elif wanted.group is not None:
        said["groups"] = _split(wanted.group, ",")
    return said


def _split(text: str, mark: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split(mark) if part.strip()))


async def _shown(call: Call, row: Any) -> dict[str, Any]:
    state: TokenState = await token_state(call, row)
    groups, models = msgspec.json.decode(row.groups), msgspec.json.decode(row.models)
    total = msgspec.json.decode(row.budget).get("total")
    left = NANOS_UNLIMITED if total is None else max(total - state.spent - state.held, 0)
    return {
        "id": row.id,
        "user_id": row.account_id,
        "name": row.name,
        "key": row.mask,
        "status": _STATUS[token_status(row, state)],
        "remain_quota": legacy_units(left),
        "used_quota": legacy_units(state.spent),
        "unlimited_quota": total is None,
        "expired_time": -1 if row.expires_ms is None else row.expires_ms // 1000,
        "created_time": row.created_ms // 1000,
        "accessed_time": row.created_ms // 1000,
        "model_limits_enabled": bool(models),
        "model_limits": ",".join(models),
        "allow_ips": "\n".join(msgspec.json.decode(row.allow_ips)),
        "group": ",".join(groups),
        "selected_groups": groups,
    }
