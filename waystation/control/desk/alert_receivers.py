"""/api/v1/alert-receivers, /api/v1/alert-deliveries: who is told, and what became of it."""

import json
import secrets
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.alerts.book import Book, put_delivery
from waystation.control.alerts.delivery import deliver_due
from waystation.control.alerts.rules import RuleName
from waystation.control.alerts.words import message
from waystation.control.audit import record
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of
from waystation.control.desk.pages import (
    Number,
    Page,
    PageQuery,
    all_by_id,
    at,
    at_or_none,
    page_by_id,
)
from waystation.control.desk.reading import refuse
from waystation.control.newcomers import clean_email
from waystation.control.site import Site, setting_in
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.storage.main import alert_deliveries, alert_receivers
from waystation.tasks.hooks.address import judge
from waystation.upstream.egress import EgressGuard
from waystation.upstream.url import parse_url

SECRET_PREFIX = "whsec_"  # noqa: S105
TESTS_MAX = 20
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Target = Annotated[str, Meta(min_length=3, max_length=2000)]
Language = Literal["", "en", "zh"]


class ReceiverView(msgspec.Struct, frozen=True, omit_defaults=True):
    """target: a mail address, or where to post. rules: []: all. secret: by which the messages to a
    webhook are signed; told once, when it is made."""

    id: int
    name: str
    kind: Literal["mail", "webhook"]
    target: str
    rules: list[RuleName]
    language: Language
    allow_private: bool
    enabled: bool
    created_at: datetime
    secret: str = ""


class ReceiverBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    kind: Literal["mail", "webhook"]
    target: Target
    rules: list[RuleName] = []
    language: Language = ""
    allow_private: bool = False
    enabled: bool = True


class ReceiverChangeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not said stays as it is."""

    name: Name | UnsetType = UNSET
    target: Target | UnsetType = UNSET
    rules: list[RuleName] | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    allow_private: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class DeliveryView(msgspec.Struct, frozen=True):
    """receiver_id: null: the owner of an account. status: the webhook's, 0: none came."""

    id: int
    receiver_id: int | None
    kind: Literal["mail", "webhook"]
    target: str
    event: Literal["alert.firing", "alert.recovered", "alert.test"]
    rule: str
    subject: str
    title: str
    text: str
    state: Literal["waiting", "sent", "failed"]
    attempts: int
    status: int
    problem: str
    created_at: datetime
    finished_at: datetime | None


class DeliveryQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    receiver_id: Number = 0
    state: Literal["", "waiting", "sent", "failed"] = ""


async def list_receivers(call: Call) -> Page[ReceiverView]:
    database, asked = call.services.database, call.query(PageQuery)
    return await all_by_id(database, alert_receivers, asked, _receiver)


def _receiver(row: Any) -> ReceiverView:
    return ReceiverView(
        row.id,
        row.name,
        row.kind,
        row.target,
        json.loads(row.rules),
        row.language,
        row.allow_private,
        row.enabled,
        at(row.created_ms),
    )


async def _judge(call: Call, kind: str, target: str, allow_private: bool) -> str:
    """The target as it is kept. Raises Fault (invalid_value)."""
    if kind == "mail":
        try:
            return clean_email(target)
        except Fault:
            raise refuse("target", "an address like ops@example.com") from None
    try:
        parse_url(target, allow_private=allow_private)
        if not allow_private:
            await judge(target, EgressGuard(call.services.settings.egress_allow))
    except ValueError as wrong:
        raise refuse("target", str(wrong)) from None
    return target


async def create_receiver(call: Call) -> ReceiverView:
    body = call.body(ReceiverBody)
    target = await _judge(call, body.kind, body.target, body.allow_private)
    secret = SECRET_PREFIX + secrets.token_urlsafe(24) if body.kind == "webhook" else ""
    values = msgspec.structs.asdict(body) | {
        "target": target,
        "rules": json.dumps(body.rules),
        "sealed": call.services.sealing().seal(secret, "alert") if secret else "",
        "created_ms": now_ms(),
    }
    made = insert(alert_receivers).values(values).returning(alert_receivers)
    try:
        async with call.services.database.write() as connection:
            row = (await connection.execute(made)).one()
            view = _receiver(row)
            actor = actor_of(call)
            await record(connection, actor, "create", "alert receiver", row.name, None, view)
    except IntegrityError:
        raise Fault("already_exists", name=f"the receiver {body.name}") from None
    return msgspec.structs.replace(view, secret=secret)


async def _find(connection: AsyncConnection, receiver_id: int) -> Any:
    query = select(alert_receivers).where(alert_receivers.c.id == receiver_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise Fault("not_found", kind="receiver")
    return row


async def change_receiver(call: Call) -> ReceiverView:
    body, number = call.body(ReceiverChangeBody), call.id("receiver", "receiver")
    said = {n: v for n in body.__struct_fields__ if (v := getattr(body, n)) is not UNSET}
    async with call.services.database.read() as connection:
        row = await _find(connection, number)
    private = bool(said.get("allow_private", row.allow_private))
    said["target"] = await _judge(call, row.kind, said.get("target", row.target), private)
    try:
        async with call.services.database.write() as connection:
            row = await _find(connection, number)
            if "rules" in said:
                said["rules"] = json.dumps(said["rules"])
            mine = alert_receivers.c.id == number
            await connection.execute(update(alert_receivers).where(mine).values(said))
            view = _receiver(await _find(connection, number))
            actor, before = actor_of(call), _receiver(row)
            await record(connection, actor, "update", "alert receiver", row.name, before, view)
    except IntegrityError:
        raise Fault("already_exists", name="a receiver of this name") from None
    return view


async def drop_receiver(call: Call) -> None:
    number = call.id("receiver", "receiver")
    async with call.services.database.write() as connection:
        row = await _find(connection, number)
        await connection.execute(delete(alert_receivers).where(alert_receivers.c.id == number))
        await record(connection, actor_of(call), "delete", "alert receiver", row.name)


async def test_receiver(call: Call) -> DeliveryView:
    """One message, now; the reply says what became of it."""
    services = call.services
    services.sign_in.limit(f"alert test {call.person.account_id}", TESTS_MAX)
    async with services.database.write() as connection:
        row = await _find(connection, call.id("receiver", "receiver"))
        site = await setting_in(connection, Site)
        language = Book(services.database, services.settings.language).language_of(row.language)
        told = msgspec.structs.asdict(message("alert.test", language, site.name, None, {}))
        values = {"receiver_id": row.id, "kind": row.kind, "target": row.target}
        number = await put_delivery(connection, {**values, **told, "event": "alert.test"})
    await deliver_due(services, number)
    query = select(alert_deliveries).where(alert_deliveries.c.id == number)
    async with services.database.read() as connection:
        return _delivery((await connection.execute(query)).one())


async def list_deliveries(call: Call) -> Page[DeliveryView]:
    asked, query = call.query(DeliveryQuery), select(alert_deliveries)
    if asked.receiver_id:
        query = query.where(alert_deliveries.c.receiver_id == asked.receiver_id)
    if asked.state:
        query = query.where(alert_deliveries.c.state == asked.state)
    async with call.services.database.read() as connection:
        return await page_by_id(connection, query, alert_deliveries.c.id, asked, _delivery)


def _delivery(row: Any) -> DeliveryView:
    return DeliveryView(
        row.id,
        row.receiver_id,
        row.kind,
        row.target,
        row.event,
        row.rule,
        row.subject,
        row.title,
        row.text,
        row.state,
        row.attempts,
        row.status,
        row.problem,
        at(row.created_ms),
        at_or_none(row.finished_ms),
    )


ACTIONS = (
    Action(
        id="listAlertReceivers",
        method="GET",
        path="/api/v1/alert-receivers",
        role="operator",
        answer=list_receivers,
        tag="Alerts",
        summary="Who is told",
        summary_zh="告警接收方",
        query=PageQuery,
        reply=Page[ReceiverView],
    ),
    Action(
        id="createAlertReceiver",
        method="POST",
        path="/api/v1/alert-receivers",
        role="operator",
        answer=create_receiver,
        tag="Alerts",
        summary="Add a receiver; a webhook's secret is told this once",
        summary_zh="新建告警接收方（Webhook 密钥仅显示一次）",
        body=ReceiverBody,
        reply=ReceiverView,
        status=201,
        codes=("already_exists",),
    ),
    Action(
        id="updateAlertReceiver",
        method="PATCH",
        path="/api/v1/alert-receivers/{receiver}",
        role="operator",
        answer=change_receiver,
        tag="Alerts",
        summary="Change a receiver",
        summary_zh="修改告警接收方",
        body=ReceiverChangeBody,
        reply=ReceiverView,
        codes=("already_exists",),
    ),
    Action(
        id="deleteAlertReceiver",
        method="DELETE",
        path="/api/v1/alert-receivers/{receiver}",
        role="operator",
        answer=drop_receiver,
        tag="Alerts",
        summary="Delete a receiver",
        summary_zh="删除告警接收方",
    ),
    Action(
        id="testAlertReceiver",
        method="POST",
        path="/api/v1/alert-receivers/{receiver}/test",
        role="operator",
        answer=test_receiver,
        tag="Alerts",
        summary="Send a message now, and see what becomes of it",
        summary_zh="立即发送测试告警",
        reply=DeliveryView,
        codes=("too_many_attempts",),
    ),
    Action(
        id="listAlertDeliveries",
        method="GET",
        path="/api/v1/alert-deliveries",
        role="operator",
        answer=list_deliveries,
        tag="Alerts",
        summary="What was sent to whom, and what became of it",
        summary_zh="告警投递记录",
        query=DeliveryQuery,
        reply=Page[DeliveryView],
    ),
)
