"""The request log of the last days, charged here as it was there.

An account is opened with its balance and with what these rows cost; then each row is posted. So
the balance is what it was, and usage, statistics and the audit have these days too. The range of
ids is settled by the first run: rows that come later belong to no opening.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from waystation.control.importing.report import Total
from waystation.control.importing.source import (
    Row,
    Source,
    flag,
    known_columns,
    number,
    pages,
    text,
)
from waystation.control.importing.work import Work
from waystation.journal.row import Facts
from waystation.journal.row import Row as LogRow
from waystation.ledger.messages import Done, Recall

CONSUMED = 2
_SECONDS_PER_DAY = 86_400
_AT_ONCE = 256
_COLUMNS = (
    "id", "user_id", "created_at", "type", "token_name", "model_name", "quota", "prompt_tokens",
    "completion_tokens", "use_time", "elapsed_time", "request_time", "is_stream",
    "is_stream_mode", "channel_id", "channel", "token_id", "group", "ip",
)  # fmt: skip
_OURS = f" AND type = {CONSUMED} AND quota >= 0"


class Range(msgspec.Struct):
    """Ids, both included; first 0: none. done: up to where they are here."""

    first: int = 0
    last: int = 0
    done: int = 0
    here: int = 0
    units: int = 0
    left_out: int = 0
    units_left_out: int = 0


class Logs:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._range = Range()
        self.by_user: dict[int, int] = {}
        self.by_token: dict[tuple[int, int], int] = {}

    async def look(self, days: int) -> None:
        """What the rows cost, by user and by token, in nanos."""
        work = self._work
        async with work.database.read() as connection:
            state = await work.remembered.state(connection, "log", "range")
        if state:
            self._range = msgspec.json.decode(state, type=Range)
        else:
            since = work.now_ms // 1000 - days * _SECONDS_PER_DAY
            self._range = await _new_range(work.log_source, since) if days > 0 else Range()
            await self._keep()
        if self._range.first:
            await self._sum()
        elif days > 0:
            work.report.note(
                "no charged log rows of these days were found; where that system has LOG_SQL_DSN, "
                "name that database by --log-dsn"
            )

    async def _sum(self) -> None:
        work, ids = self._work, self._range
        tokened = bool(await known_columns(work.log_source, "logs", ("token_id",)))
        by = "user_id, token_id, quota" if tokened else "user_id, quota"
        sql = (
            f"SELECT {by}, count(*) AS many FROM logs WHERE id >= ? AND id <= ?{_OURS} "  # noqa: S608
            f"GROUP BY {by}"
        )
        for row in await work.log_source.query(sql, (ids.first, ids.last)):
            nanos = work.units.nanos(number(row, "quota")) * number(row, "many")
            user, token = number(row, "user_id"), number(row, "token_id")
            self.by_user[user] = self.by_user.get(user, 0) + nanos
            if token:
                self.by_token[user, token] = self.by_token.get((user, token), 0) + nanos

    async def run(self) -> None:
        work, total = self._work, self._work.total("log rows")
        ids = self._range
        if not ids.first:
            return
        async with work.database.read() as connection:
            tokens = await work.remembered.known(connection, "token")
            channels = await work.remembered.known(connection, "channel")
        where = f" AND id <= {int(ids.last)}{_OURS}"
        start = max(ids.first - 1, ids.done)
        async for page in pages(work.log_source, "logs", _COLUMNS, where, start):
            before = ids.here
            await self._bring(page, tokens, channels)
            ids.done = int(page[-1]["id"])
            total.new += ids.here - before
            await self._keep()
        self._tell(total)

    def _tell(self, total: Total) -> None:
        ids = self._range
        total.here, total.left_out = ids.here, ids.left_out
        total.there = ids.here + ids.left_out
        total.units_here, total.units_left_out = ids.units, ids.units_left_out
        total.units_there = ids.units + ids.units_left_out

    async def _bring(
        self, page: list[dict[str, Any]], tokens: Mapping[str, Any], channels: Mapping[str, Any]
    ) -> None:
        work, ids = self._work, self._range
        recalls = []
        for row in page:
            units = number(row, "quota")
            if work.accounts.get(str(row.get("user_id"))) is None:
                ids.left_out += 1
                ids.units_left_out += units
                work.report.count("log rows", "their user is not here")
                continue
            ids.here += 1
            ids.units += units
            recalls.append(self._recall(row, tokens, channels))
        ask = work.ask
        if ask is None:
            return
        for at in range(0, len(recalls), _AT_ONCE):
            part = recalls[at : at + _AT_ONCE]
            for answer in await asyncio.gather(*(ask(each) for each in part)):
                if isinstance(answer, Done) and answer.problem:
                    work.report.problems.append(f"log row {answer.id}: {answer.problem}")

    def _recall(self, row: Row, tokens: Mapping[str, Any], channels: Mapping[str, Any]) -> Recall:
        work = self._work
        name = f"import-{work.report.origin}-{row['id']}"
        channel = text(row, "channel_id") or text(row, "channel")
        seconds = number(row, "use_time") or number(row, "request_time")
        facts = Facts(
            request_id=name,
            created_ms=number(row, "created_at") * 1000,
            account_id=work.accounts[str(row["user_id"])],
            token_id=tokens.get(text(row, "token_id")) or 0,
            token_name=text(row, "token_name"),
            operation="chat",
            dialect="openai_chat",
            model=text(row, "model_name"),
            stream=flag(row, "is_stream"),
            peer=text(row, "ip"),
            client="",
            group=text(row, "group"),
            price_version=work.report.origin,
            rate="",
        )
        told = LogRow(
            facts=facts,
            status=200,
            end="complete",
            group=facts.group,
            price_version=work.report.origin,
            channel_id=channels.get(channel) or 0,
            nanos=work.units.nanos(number(row, "quota")),
            input_tokens=number(row, "prompt_tokens"),
            output_tokens=number(row, "completion_tokens"),
            total_millis=number(row, "elapsed_time") or seconds * 1000,
        )
        return Recall(id=name, row=told)

    async def _keep(self) -> None:
        work = self._work
        if not work.dry:
            state = msgspec.json.encode(self._range).decode()
            async with work.database.write() as connection:
                await work.remembered.put_state(connection, "log", "range", state, work.now_ms)


async def _new_range(source: Source, since: int) -> Range:
    if "id" not in await known_columns(source, "logs", ("id",)):
        return Range()
    sql = f"SELECT min(id) AS first, max(id) AS last FROM logs WHERE created_at >= ?{_OURS}"  # noqa: S608
    (row,) = await source.query(sql, (since,))
    return Range(number(row, "first"), number(row, "last"))
