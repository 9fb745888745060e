"""Whose secret signs what is told of a token's tasks: rows of `tokens`."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.kernel.clock import now_ms
from waystation.storage.main import tokens
from waystation.tasks.hooks.signature import Turn


async def turn_of(connection: AsyncConnection, token_id: int) -> Turn:
    """Of a token that is not there, the first."""
    asked = select(tokens.c.hook_turn, tokens.c.hook_turned_ms).where(tokens.c.id == token_id)
    row = (await connection.execute(asked)).one_or_none()
    return Turn(token_id) if row is None else Turn(token_id, *row)


async def turn_on(connection: AsyncConnection, token_id: int) -> Turn:
    """From now on another secret signs; the one before is valid for a day more."""
    mine = update(tokens).where(tokens.c.id == token_id)
    turned = mine.values(hook_turn=tokens.c.hook_turn + 1, hook_turned_ms=now_ms())
    told = turned.returning(tokens.c.hook_turn, tokens.c.hook_turned_ms)
    return Turn(token_id, *(await connection.execute(told)).one())
