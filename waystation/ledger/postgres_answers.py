"""Runs the questions of `queries` on PostgreSQL, each on one consistent view."""

import re
from functools import lru_cache

import asyncpg

from waystation.ledger.log_upkeep import Tidied, TidyLog
from waystation.ledger.messages import Decision
from waystation.ledger.postgres_parts import LOOSE, drop_old
from waystation.ledger.queries import Question, answer
from waystation.ledger.records import HOUR_MS
from waystation.ledger.tidying import tidy


async def ask(connection: asyncpg.Connection | None, question: Question) -> Decision | None:
    """None when the store failed just now: the batch itself is committed."""
    if connection is None:
        return None
    try:
        if isinstance(question, TidyLog):  # the one that writes
            return await _tidy(connection, question)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await _ask(connection, question)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        connection.terminate()
        return None


async def _tidy(connection: asyncpg.Connection, asked: TidyLog) -> Decision:
    """Whole parts first, then a page of what is in none."""
    gone = 0
    if not asked.after_n:
        gone = await drop_old(connection, asked.before_ms // HOUR_MS * HOUR_MS)
    async with connection.transaction():
        told = await _ask(connection, asked)
    assert isinstance(told, Tidied)
    return Tidied(told.id, told.gone + gone, told.after_n)


async def _ask(connection: asyncpg.Connection, question: Question) -> Decision:
    answering = tidy(question, LOOSE) if isinstance(question, TidyLog) else answer(question)
    sql, parameters = next(answering)
    while True:
        rows = await connection.fetch(
            positional(sql, tuple(parameters)), *parameters.values(), timeout=600
        )
        try:
            sql, parameters = answering.send(rows)
        except StopIteration as done:
            decision: Decision = done.value
            return decision


@lru_cache(maxsize=256)
def positional(sql: str, names: tuple[str, ...]) -> str:
    """`:name` → `$1`, in the order of the names."""
    for place, name in enumerate(names, 1):
        sql = re.sub(rf":{name}\b", f"${place}", sql)
    return sql
