"""Do orders and the ledger agree? In words, for `waystation audit`."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from waystation.control.apply.reconcile import Ask
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.ledger.questions import AskTransfers, Transfers
from waystation.storage.database import Database
from waystation.storage.main import top_ups

AFTER_SECONDS = 120.0
"""Younger things may be on their way between the two."""
FAILURES_MAX = 20
_PAGE = 500
_PREFIXES = ("stripe:", "easypay:", "manual:")


async def cross_audit(
    database: Database, ask: Ask, after_seconds: float = AFTER_SECONDS
) -> list[str]:
    """What is wrong, at most FAILURES_MAX. Raises LedgerAway, StorageAway."""
    before_ms = now_ms() - int(after_seconds * 1000)
    wrong: list[str] = []
    account_id = 0
    while len(wrong) < FAILURES_MAX:
        account_id = await _next_account(database, account_id)
        if not account_id:
            break
        moved = await _moved(ask, account_id)
        wrong += _compare(await _orders(database, account_id), moved, before_ms)
    return wrong[:FAILURES_MAX]


async def _next_account(database: Database, after: int) -> int:
    """0: there is none."""
    query = select(top_ups.c.account_id).where(top_ups.c.account_id > after)
    async with database.read() as connection:
        found = await connection.execute(query.order_by(top_ups.c.account_id).limit(1))
        return int(found.scalar_one_or_none() or 0)


async def _orders(database: Database, account_id: int) -> Sequence[Any]:
    async with database.read() as connection:
        query = select(top_ups).where(top_ups.c.account_id == account_id)
        return (await connection.execute(query)).all()


async def _moved(ask: Ask, account_id: int) -> dict[str, int]:
    """Of top-ups, by the transfer's id."""
    moved: dict[str, int] = {}
    before_n = 0
    while True:
        told = await ask(AskTransfers(request_id(), account_id, _PAGE, before_n))
        assert isinstance(told, Transfers)
        for line in told.lines:
            if line.id.startswith(_PREFIXES):
                moved[line.id] = line.nanos
        if len(told.lines) < _PAGE:
            return moved
        before_n = told.lines[-1].n


def _compare(orders: Sequence[Any], moved: dict[str, int], before_ms: int) -> list[str]:
    wrong: list[str] = []
    for order in orders:
        nanos = moved.pop(f"{order.provider}:{order.number}", None)
        if nanos is None and order.paid_ms is not None and order.paid_ms < before_ms:
            wrong.append(f"a top-up is paid and was not credited: {order.number}")
        elif nanos is not None and order.paid_ms is None:
            wrong.append(f"a top-up was credited and is not paid: {order.number}")
        elif nanos is not None and nanos != order.nanos:
            wrong.append(f"a top-up and its credit differ: {order.number}")
    return wrong + [f"a top-up was credited without an order: {name}" for name in moved]
