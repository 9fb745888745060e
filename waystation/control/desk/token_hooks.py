"""/api/v1/tokens/{token}/hook_secrets: what signs what a token's receiver is told."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.audit import record
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of
from waystation.control.desk.pages import at
from waystation.control.desk.tokens import find_token
from waystation.kernel.clock import now_ms
from waystation.storage.signing import load_signer
from waystation.tasks.hooks.signature import Turn, secrets_of
from waystation.tasks.hooks.turns import turn_of, turn_on


class HookSecrets(msgspec.Struct, frozen=True):
    """secrets: all that are valid, the newest first; a message is signed with each. old_until: when
    the one before the newest is forgotten; null: it is already."""

    secrets: list[str]
    old_until: datetime | None


async def show(call: Call) -> HookSecrets:
    row = await find_token(call, call.id("token", "token"))
    async with call.services.database.read() as connection:
        turn = await turn_of(connection, row.id)
    return await _told(call, turn)


async def turn(call: Call) -> HookSecrets:
    """Not the file's matter: a token that a file manages has its secret changed here too."""
    row = await find_token(call, call.id("token", "token"))
    async with call.services.database.write() as connection:
        turned = await turn_on(connection, row.id)
        await _record(connection, call, row)
    return await _told(call, turned)


async def _record(connection: AsyncConnection, call: Call, row: Any) -> None:
    name = f"{row.email}/{row.name}"
    await record(connection, actor_of(call), "turn_hook_secret", "token", name)


async def _told(call: Call, turned: Turn) -> HookSecrets:
    services, now = call.services, now_ms()
    signer = await load_signer(services.database, services.sealing(), now)
    until = turned.until_ms(now)
    return HookSecrets(list(secrets_of(signer, turned, now)), None if until is None else at(until))


ACTIONS = (
    Action(
        id="getHookSecrets",
        method="GET",
        path="/api/v1/tokens/{token}/hook_secrets",
        role="person",
        answer=show,
        tag="Tokens",
        summary="The secrets that sign what this token's hooks are told",
        summary_zh="令牌回调签名密钥",
        reply=HookSecrets,
        proof=True,
    ),
    Action(
        id="turnHookSecret",
        method="POST",
        path="/api/v1/tokens/{token}/hook_secrets",
        role="person",
        answer=turn,
        tag="Tokens",
        summary="A new secret for its hooks; the old one is valid for a day more",
        summary_zh="更换回调签名密钥（旧密钥一天内仍有效）",
        reply=HookSecrets,
        proof=True,
    ),
)
