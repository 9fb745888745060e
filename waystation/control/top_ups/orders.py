"""Orders: opened, paid once whoever says so and how often, expired, given back."""

import secrets
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.audit import Actor, record
from waystation.control.outbox import promise
from waystation.control.top_ups.amounts import format_amount
from waystation.kernel.clock import now_ms
from waystation.kernel.money import format_usd
from waystation.ledger.messages import Transfer
from waystation.storage.database import Database
from waystation.storage.main import top_ups

Provider = Literal["stripe", "easypay", "manual"]
State = Literal["pending", "paid", "expired", "refunded"]

PAY_SECONDS = 3600
"""How long an order waits; what is paid later is credited all the same."""


class NewOrder(msgspec.Struct, frozen=True):
    """created_by: an operator who made it."""

    account_id: int
    provider: Provider
    currency: str
    minor: int
    nanos: int
    method: str = ""
    note: str = ""
    created_by: int | None = None


async def open_order(connection: AsyncConnection, new: NewOrder) -> Any:
    """The pending row."""
    now = now_ms()
    day = datetime.fromtimestamp(now / 1000, UTC)
    values = msgspec.structs.asdict(new) | {
        "number": f"{day:%Y%m%d}{secrets.token_hex(8).upper()}",
        "state": "pending",
        "created_ms": now,
        "expires_ms": now + PAY_SECONDS * 1000,
    }
    return (await connection.execute(insert(top_ups).values(values).returning(top_ups))).one()


async def find_order(connection: AsyncConnection, number: str) -> Any | None:
    query = select(top_ups).where(top_ups.c.number == number)
    return (await connection.execute(query)).one_or_none()


async def find_paid(connection: AsyncConnection, provider: Provider, payment: str) -> Any | None:
    """By the provider's number of the payment, for whoever changes it; "" is nobody's."""
    if not payment:
        return None
    mine = (top_ups.c.provider == provider, top_ups.c.payment == payment)
    return (
        await connection.execute(select(top_ups).where(*mine).limit(1).with_for_update())
    ).one_or_none()


async def pay(
    connection: AsyncConnection, order: Any, actor: Actor, reference: str = "", payment: str = ""
) -> bool:
    """Credit an order, once: the state is compared as it is set, and the transfer's id is the
    order's. False: it was credited already."""
    mine = (top_ups.c.id == order.id, top_ups.c.state.in_(("pending", "expired")))
    values = {"state": "paid", "paid_ms": now_ms(), "problem": ""}
    if reference:
        values["reference"] = reference[:200]
    if payment:
        values["payment"] = payment[:200]
    done = await connection.execute(update(top_ups).where(*mine).values(values))
    if not done.rowcount:
        return False
    name = f"{order.provider}:{order.number}"
    note = order.note or f"top-up {order.number}"
    await promise(connection, Transfer(order.account_id, name, "topup", order.nanos, note))
    await record(connection, actor, "pay", "top-up", order.number, None, _told(order))
    return True


async def give_back(
    connection: AsyncConnection, order: Any, actor: Actor, note: str, minor: int | None = None
) -> bool:
    """Take a credit off again, as far as it is there. minor: what went back of the payment in all,
    in the currency's smallest unit; None: the whole. The credit goes in proportion, and what went
    before is not taken twice: the figure is compared as it is set. False: nothing is left to take
    for it."""
    returned = order.minor if minor is None else min(minor, order.minor)
    mine = (
        top_ups.c.id == order.id,
        top_ups.c.state == "paid",
        top_ups.c.returned_minor == order.returned_minor,
    )
    if returned <= order.returned_minor and not _is_whole(order, returned):
        return False
    values: dict[str, Any] = {"returned_minor": returned}
    if _is_whole(order, returned):
        values |= {"state": "refunded", "refunded_ms": now_ms()}
    done = await connection.execute(update(top_ups).where(*mine).values(values))
    if not done.rowcount:
        return False
    nanos = _share(order, returned) - _share(order, order.returned_minor)
    name = f"refund-of:{order.number}"
    if not _is_whole(order, returned):
        name += f":{returned}"
    words = note or f"refund of top-up {order.number}"
    await promise(connection, Transfer(order.account_id, name, "adjust", -nanos, words))
    told = _told(order) | {"returned": format_amount(returned, order.currency)}
    await record(connection, actor, "refund", "top-up", order.number, None, told)
    return True


def _is_whole(order: Any, returned: int) -> bool:
    return returned >= int(order.minor)


def _share(order: Any, returned: int) -> int:
    """Of the credit, in nanos; nothing of it stays when the whole payment went back."""
    if _is_whole(order, returned):
        return int(order.nanos)
    return int(order.nanos) * returned // int(order.minor)


def _told(order: Any) -> dict[str, object]:
    return {
        "account_id": order.account_id,
        "provider": order.provider,
        "paid": f"{format_amount(order.minor, order.currency)} {order.currency}",
        "credit": format_usd(order.nanos),
    }


async def doubt(connection: AsyncConnection, order: Any, reason: str) -> None:
    """A message about it was not believed; the operator sees why."""
    mine = (top_ups.c.id == order.id, top_ups.c.state != "paid")
    await connection.execute(update(top_ups).where(*mine).values(problem=reason[:200]))


async def expire(connection: AsyncConnection, number: str) -> None:
    """Its provider says that nobody will pay it."""
    mine = (top_ups.c.number == number, top_ups.c.state == "pending")
    await connection.execute(update(top_ups).where(*mine).values(state="expired"))


async def expire_old(database: Database) -> int:
    """Those that waited too long. Raises StorageAway."""
    due = (top_ups.c.state == "pending", top_ups.c.expires_ms <= now_ms())
    async with database.read() as connection:
        if (await connection.execute(select(top_ups.c.id).where(*due).limit(1))).first() is None:
            return 0
    async with database.write() as connection:
        done = await connection.execute(update(top_ups).where(*due).values(state="expired"))
    return int(done.rowcount)
