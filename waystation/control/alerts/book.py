"""Rows of what is wrong: opened, told, over; and what is to be delivered of it."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.alerts.rules import AlertRules, Finding, RuleName
from waystation.control.alerts.words import Event, message
from waystation.control.profiles import profile_of
from waystation.control.site import Site, setting_in
from waystation.errors import Language
from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import accounts, alert_deliveries, alert_receivers, alerts

KEPT_MS = 30 * 24 * 3_600_000


class Book:
    def __init__(self, database: Database, language: Language) -> None:
        self._database = database
        self._language = language

    async def write(
        self, rules: AlertRules, found: Mapping[RuleName, list[Finding] | None]
    ) -> None:
        """Open what is new, tell what may be told, end what is over. Raises StorageAway."""
        known = {rule: each for rule, each in found.items() if each is not None}
        async with self._database.read() as connection:
            rows = await _open(connection)
        off = {(row.rule, row.subject) for row in rows if row.rule not in found}
        now = {(each.rule, each.subject) for some in known.values() for each in some}
        there = {(row.rule, row.subject) for row in rows}
        over = {key for key in there - now if key[0] in known} | off
        waiting = {(row.rule, row.subject) for row in rows if row.told_ms is None}
        fresh = [
            each
            for some in known.values()
            for each in some
            if (each.rule, each.subject) not in there or (each.rule, each.subject) in waiting
        ]
        if not fresh and not over:
            return
        async with self._database.write() as connection:
            for each in fresh:
                await self._fire(connection, each, rules.quiet_seconds * 1000)
            for row in await _open(connection):
                if (row.rule, row.subject) in over:
                    await self._end(connection, row, told=(row.rule, row.subject) not in off)

    async def _fire(self, connection: AsyncConnection, finding: Finding, quiet_ms: int) -> None:
        """Told now, unless the same was told a moment ago: then it is told when that is past."""
        now = now_ms()
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        values = {
            "rule": finding.rule,
            "subject": finding.subject,
            "name": finding.name,
            "figures": json.dumps(dict(finding.figures)),
            "since_ms": now,
        }
        made = dialect.insert(alerts).values(values).on_conflict_do_nothing()
        await connection.execute(made)
        mine = (alerts.c.rule == finding.rule, alerts.c.subject == finding.subject)
        late = select(alerts.c.id).where(*mine, alerts.c.told_ms > now - quiet_ms).limit(1)
        if (await connection.execute(late)).first() is not None:
            return
        told = update(alerts).where(*mine, alerts.c.ended_ms.is_(None), alerts.c.told_ms.is_(None))
        if not (await connection.execute(told.values(told_ms=now))).rowcount:
            return
        figures = {**finding.figures, "name": finding.name}
        await self._deliver(connection, "alert.firing", finding.rule, finding.subject, figures, "")

    async def _end(self, connection: AsyncConnection, row: Any, *, told: bool) -> None:
        """told: the receivers are, if they were of its beginning; nobody is of a rule that is off
        now."""
        mine = (alerts.c.id == row.id, alerts.c.ended_ms.is_(None))
        ended = await connection.execute(update(alerts).where(*mine).values(ended_ms=now_ms()))
        if not ended.rowcount or row.told_ms is None or not told or row.rule == "account_balance":
            return
        figures = {**json.loads(row.figures), "name": row.name}
        since = datetime.fromtimestamp(row.since_ms / 1000, UTC).isoformat(timespec="seconds")
        await self._deliver(connection, "alert.recovered", row.rule, row.subject, figures, since)

    async def _deliver(
        self,
        connection: AsyncConnection,
        event: Event,
        rule: RuleName,
        subject: str,
        figures: Mapping[str, str],
        since: str,
    ) -> None:
        site = (await setting_in(connection, Site)).name
        if rule == "account_balance":
            targets = await self._owner(connection, int(subject))
        else:
            targets = await self._receivers(connection, rule)
        for receiver_id, kind, target, language in targets:
            told = message(event, language, site, rule, figures, since)
            values = {"receiver_id": receiver_id, "kind": kind, "target": target}
            values |= {"event": event, "rule": rule, "subject": subject}
            await put_delivery(connection, {**values, **msgspec.structs.asdict(told)})

    async def _owner(
        self, connection: AsyncConnection, account_id: int
    ) -> Sequence[tuple[int | None, str, str, Language]]:
        """Those with a confirmed address."""
        query = select(accounts.c.email).where(accounts.c.id == account_id, accounts.c.enabled)
        email = (await connection.execute(query)).scalar_one_or_none()
        profile = await profile_of(connection, account_id)
        if email is None or not profile.confirmed or email.endswith("@users.invalid"):
            return ()
        return ((None, "mail", email, self.language_of(profile.language)),)

    async def _receivers(
        self, connection: AsyncConnection, rule: RuleName
    ) -> Sequence[tuple[int | None, str, str, Language]]:
        query = select(alert_receivers).where(alert_receivers.c.enabled)
        rows = (await connection.execute(query.order_by(alert_receivers.c.id))).all()
        return [
            (row.id, row.kind, row.target, self.language_of(row.language))
            for row in rows
            if rule in (json.loads(row.rules) or (rule,))
        ]

    def language_of(self, said: str) -> Language:
        return "zh" if said == "zh" else "en" if said == "en" else self._language

    async def tidy(self) -> None:
        """What is long over goes. Raises StorageAway."""
        oldest = now_ms() - KEPT_MS
        async with self._database.write() as connection:
            await connection.execute(delete(alerts).where(alerts.c.ended_ms < oldest))
            gone = (alert_deliveries.c.created_ms < oldest, alert_deliveries.c.due_ms.is_(None))
            await connection.execute(delete(alert_deliveries).where(*gone))


async def _open(connection: AsyncConnection) -> Sequence[Any]:
    query = select(alerts).where(alerts.c.ended_ms.is_(None)).order_by(alerts.c.id)
    return (await connection.execute(query)).all()


async def put_delivery(connection: AsyncConnection, values: Mapping[str, Any]) -> int:
    """Waits from now on; its number."""
    now = now_ms()
    made = insert(alert_deliveries).values({**values, "created_ms": now, "due_ms": now})
    return int((await connection.execute(made.returning(alert_deliveries.c.id))).scalar_one())
