"""/api/v1/alerts, /api/v1/settings/alerts: what is watched, and what is wrong."""

import json
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from waystation.control.alerts.rules import AlertRules, RuleName, problem_of
from waystation.control.audit import record
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of
from waystation.control.desk.pages import Page, PageQuery, at, at_or_none, page_by_id
from waystation.control.desk.reading import refuse
from waystation.control.site import read_setting, setting_in, write_setting
from waystation.storage.main import alerts


class AlertView(msgspec.Struct, frozen=True):
    """figures: what was found at its beginning. told_at: null: its receivers were not told, for
    the same was told a moment before. ended_at: null: it is still so."""

    id: int
    rule: RuleName
    subject: str
    name: str
    figures: dict[str, str]
    since: datetime
    told_at: datetime | None
    ended_at: datetime | None


class AlertQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    open: bool | None = None


async def list_alerts(call: Call) -> Page[AlertView]:
    asked, query = call.query(AlertQuery), select(alerts)
    if asked.open is not None:
        open_ = alerts.c.ended_ms.is_(None)
        query = query.where(open_ if asked.open else ~open_)
    async with call.services.database.read() as connection:
        return await page_by_id(connection, query, alerts.c.id, asked, _alert)


def _alert(row: Any) -> AlertView:
    return AlertView(
        row.id,
        row.rule,
        row.subject,
        row.name,
        json.loads(row.figures),
        at(row.since_ms),
        at_or_none(row.told_ms),
        at_or_none(row.ended_ms),
    )


async def show_rules(call: Call) -> AlertRules:
    return await read_setting(call.services.database, AlertRules)


async def put_rules(call: Call) -> AlertRules:
    wanted = call.body(AlertRules)
    problem = problem_of(wanted)
    if problem is not None:
        raise refuse(*problem)
    async with call.services.database.write() as connection:
        before = await setting_in(connection, AlertRules)
        await write_setting(connection, wanted)
        await record(connection, actor_of(call), "update", "setting", "alerts", before, wanted)
    return wanted


ACTIONS = (
    Action(
        id="listAlerts",
        method="GET",
        path="/api/v1/alerts",
        role="operator",
        answer=list_alerts,
        tag="Alerts",
        summary="What is wrong, and was",
        summary_zh="当前与历史告警",
        query=AlertQuery,
        reply=Page[AlertView],
    ),
    Action(
        id="getAlertRules",
        method="GET",
        path="/api/v1/settings/alerts",
        role="operator",
        answer=show_rules,
        tag="Alerts",
        summary="What is watched",
        summary_zh="告警规则",
        reply=AlertRules,
    ),
    Action(
        id="putAlertRules",
        method="PUT",
        path="/api/v1/settings/alerts",
        role="operator",
        answer=put_rules,
        tag="Alerts",
        summary="Set what is watched",
        summary_zh="设置告警规则",
        body=AlertRules,
        reply=AlertRules,
    ),
)
