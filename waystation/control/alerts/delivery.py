"""Messages on their way: by mail or to a webhook, tried again, each try in the log."""

import asyncio
import uuid
from typing import Any

import aiosmtplib
import msgspec
from sqlalchemy import select, update

from waystation.control.alerts.words import Message
from waystation.control.mail.post import Unwritable, deliver, mail_server
from waystation.control.services import Services
from waystation.kernel.clock import now_ms
from waystation.storage.main import alert_deliveries, alert_receivers
from waystation.storage.sealing import SealBroken
from waystation.tasks.hooks.signature import sign
from waystation.upstream.egress import EgressGuard
from waystation.upstream.outbound import Outbound
from waystation.upstream.transport import Deadlines, Outgoing, TransportFault
from waystation.upstream.url import parse_url

ATTEMPTS_MAX = 6
FIRST_WAIT_MS = 15_000
TAKEN_MS = 120_000
BATCH_COUNT = 20
_NAMESPACE = uuid.UUID("6a3c7a5e-3d55-4b5f-9d2b-0b6f0f1c8a11")
_DEADLINES = Deadlines(
    connect_seconds=5.0, first_byte_seconds=10.0, idle_seconds=10.0, total_seconds=15.0
)


class NotTaken(Exception):
    """status: the receiver's, 0 none came."""

    def __init__(self, problem: str, status: int = 0) -> None:
        super().__init__(problem)
        self.status = status


async def deliver_due(services: Services, only: int = 0) -> int:
    """Send what is due, or this one; how many were taken. Raises StorageAway, MasterKeyError."""
    rows = await _take(services, only)
    # At once: one after the other, slow receivers would keep the last longer than it is ours.
    async with asyncio.TaskGroup() as sending:
        for row in rows:
            sending.create_task(_deliver(services, row))
    return len(rows)


async def _deliver(services: Services, row: Any) -> None:
    problem, status = "", 0
    try:
        status = await _send(services, row)
    except NotTaken as fault:
        problem, status = str(fault), fault.status
    await _note(services, row, problem, status)


async def _take(services: Services, only: int) -> list[Any]:
    """Nobody else gets them for TAKEN_MS."""
    now = now_ms()
    due = select(alert_deliveries).where(alert_deliveries.c.due_ms <= now)
    if only:
        due = due.where(alert_deliveries.c.id == only)
    due = due.order_by(alert_deliveries.c.due_ms).limit(BATCH_COUNT)
    async with services.database.read() as connection:
        if (await connection.execute(due.limit(1))).first() is None:
            return []
    async with services.database.write() as connection:
        rows = list((await connection.execute(due.with_for_update(skip_locked=True))).all())
        ids = [row.id for row in rows]
        later = {"due_ms": now + TAKEN_MS, "attempts": alert_deliveries.c.attempts + 1}
        await connection.execute(
            update(alert_deliveries).where(alert_deliveries.c.id.in_(ids)).values(later)
        )
    return rows


async def _send(services: Services, row: Any) -> int:
    """The receiver's status, 0 of a letter. Raises NotTaken."""
    if row.kind == "mail":
        await _mail(services, row)
        return 0
    return await _post(services, row)


async def _mail(services: Services, row: Any) -> None:
    server = mail_server(services.settings)
    if server is None:
        raise NotTaken("WAYSTATION_MAIL_URL and WAYSTATION_PUBLIC_URL are not set")
    try:
        await deliver(server, row.target, row.title, f"{row.text}\n")
    except (Unwritable, aiosmtplib.SMTPException, OSError) as fault:
        raise NotTaken(str(fault) or type(fault).__name__) from None


async def _post(services: Services, row: Any) -> int:
    query = select(alert_receivers).where(alert_receivers.c.id == row.receiver_id)
    async with services.database.read() as connection:
        receiver = (await connection.execute(query)).one_or_none()
    if receiver is None:
        raise NotTaken("the receiver is gone")
    outbound = Outbound(EgressGuard(services.settings.egress_allow))
    try:
        secret = services.sealing().open(receiver.sealed, "alert")
        origin, target = parse_url(receiver.target, allow_private=bool(receiver.allow_private))
        headers, body = _signed(row, secret)
        incoming = await outbound.send(Outgoing(origin, "POST", target, headers, body), _DEADLINES)
        incoming.close()
    except (TransportFault, ValueError, SealBroken) as fault:
        raise NotTaken(str(fault)) from None
    finally:
        await outbound.close()
    if not 200 <= incoming.status < 300:
        raise NotTaken(f"status {incoming.status}", incoming.status)
    return incoming.status


def _signed(row: Any, secret: str) -> tuple[tuple[tuple[bytes, bytes], ...], bytes]:
    """As the hooks of tasks are."""
    told = msgspec.structs.asdict(Message(row.title, row.text))
    told |= {"event": row.event, "rule": row.rule, "subject": row.subject}
    body, stamp = msgspec.json.encode(told), now_ms() // 1000
    identity = uuid.uuid5(_NAMESPACE, str(row.id))
    headers = {
        "content-type": "application/json",
        "user-agent": "waystation",
        "x-waystation-event": row.event,
        "x-waystation-delivery": str(identity),
        "x-waystation-timestamp": str(stamp),
        "x-waystation-signature": sign(secret, stamp, body),
    }
    return tuple((name.encode(), value.encode()) for name, value in headers.items()), body


async def _note(services: Services, row: Any, problem: str, status: int) -> None:
    """A test is tried once; all else again, each time later."""
    now, values = now_ms(), dict[str, Any](status=status, problem=problem[:300])
    if not problem:
        values |= {"state": "sent", "due_ms": None, "finished_ms": now}
    elif row.event == "alert.test" or row.attempts + 1 >= ATTEMPTS_MAX:
        values |= {"state": "failed", "due_ms": None, "finished_ms": now}
    else:
        values |= {"due_ms": now + FIRST_WAIT_MS * 4**row.attempts}
    mine = alert_deliveries.c.id == row.id
    async with services.database.write() as connection:
        await connection.execute(update(alert_deliveries).where(mine).values(values))
