"""/api/v1/usage, /api/v1/dashboard, /api/v1/wallet: sums of what was used, and money's way."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from waystation.control.desk.action import Action, Call
from waystation.control.desk.me import account_state
from waystation.control.desk.pages import (
    Number,
    Page,
    PageQuery,
    at,
    ms_of,
    read_cursor,
    write_cursor,
)
from waystation.control.first_tokens import first_token_medians
from waystation.control.totals import BY, HOUR_MS
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.kernel.money import format_usd
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AskSums, AskTransfers, Sum, Sums, Transfers
from waystation.storage.main import channels

DAYS_MAX = 93
By = Literal["hour", "day", "model", "group", "token", "channel"]


class UsageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """since: 30 days ago if not said. account_id: for operators; 0: of all. by: what the sums are
    told apart by; tokens only of one account, channels only by operators."""

    by: By = "day"
    since: datetime | None = None
    until: datetime | None = None
    account_id: Number = 0
    mine: bool = False


class UsageView(msgspec.Struct, frozen=True):
    """key: a time for hours and days, else a name or a number. cost: what upstreams took, for
    operators. first_token_ms: of the house by model, group or channel: what half of the streams of
    the last 24 hours took at most, about; null: none was seen since the last start."""

    key: str
    requests: int
    failures: int
    charge: str
    input_tokens: int
    output_tokens: int
    cost: str | None = None
    first_token_ms: int | None = None


class DashboardView(msgspec.Struct, frozen=True):
    """USD. today, month: since midnight and since the first, in the site's time zone."""

    balance: str
    held: str
    spent: str
    today: UsageView
    month: UsageView
    days: list[UsageView]
    models: list[UsageView]


class WalletView(msgspec.Struct, frozen=True):
    """Money in and out by people. amount: USD, below 0 for what left. short: of a debit, what was
    not there to take."""

    id: str
    kind: str
    amount: str
    short: str
    note: str
    created_at: datetime


async def show(call: Call) -> Page[UsageView]:
    asked, operator = call.query(UsageQuery), call.person.role == "operator"
    to_ms = now_ms() + 1 if asked.until is None else ms_of(asked.until)
    from_ms = to_ms - 30 * 24 * HOUR_MS if asked.since is None else ms_of(asked.since)
    if not from_ms < to_ms <= from_ms + DAYS_MAX * 24 * HOUR_MS:
        raise Fault("invalid_value", param="since", reason=f"at most {DAYS_MAX} days before until")
    whose = asked.account_id if operator and not asked.mine else call.person.account_id
    if asked.by == "channel" and not operator:
        raise Fault("invalid_value", param="by", reason="channels are told to operators")
    if whose:
        return Page(await sums_of(call, whose, from_ms, to_ms, asked.by, operator=operator))
    if asked.by == "token":
        raise Fault("invalid_value", param="by", reason="tokens of one account only")
    return Page(await _with_waits(call, await house_sums(call, from_ms, to_ms, asked.by), asked.by))


async def _with_waits(call: Call, views: list[UsageView], by: By) -> list[UsageView]:
    if by in ("hour", "day"):
        return views
    waits = first_token_medians(call.services.aggregate.first_tokens(), by)
    names: dict[str, str] = {}
    if by == "channel":
        async with call.services.database.read() as connection:
            rows = (await connection.execute(select(channels.c.id, channels.c.name))).all()
        names = {str(row.id): row.name for row in rows}
    return [
        msgspec.structs.replace(each, first_token_ms=waits.get((names.get(each.key, each.key),)))
        for each in views
    ]


async def sums_of(
    call: Call, account_id: int, from_ms: int, to_ms: int, by: By, *, operator: bool = False
) -> list[UsageView]:
    """Raises LedgerAway."""
    zone = ZoneInfo(call.services.settings.time_zone)
    step = 24 * HOUR_MS if by == "day" else HOUR_MS
    offset = _offset_ms(zone, to_ms) if by == "day" else 0
    names = ("hour",) if by in ("hour", "day") else (by,)
    asked = AskSums(request_id(), account_id, from_ms, to_ms, names, step, offset)
    told = await call.services.ledger.ask(asked)
    if not isinstance(told, Sums):
        raise LedgerAway("an answer to another question")
    return _views(((each.key[0], each) for each in told.sums), by, operator=operator)


async def house_sums(call: Call, from_ms: int, to_ms: int, by: By) -> list[UsageView]:
    """Raises LedgerAway."""
    zone = ZoneInfo(call.services.settings.time_zone)
    offset = _offset_ms(zone, to_ms)
    day = 24 * HOUR_MS
    found = await call.services.totals.between(from_ms, to_ms)
    if by == "hour":
        pairs: Iterable[tuple[int | str, Sum]] = found
    elif by == "day":
        pairs = (((hour + offset) // day * day - offset, each) for hour, each in found)
    else:
        place = BY.index(by)
        pairs = ((each.key[place], each) for _, each in found)
    return _views(pairs, by, operator=True)


def _offset_ms(zone: ZoneInfo, moment_ms: int) -> int:
    """Of the zone to UTC, in whole hours: totals are kept by the hour."""
    offset = at(moment_ms).astimezone(zone).utcoffset() or timedelta()
    return int(offset.total_seconds() // 3600) * HOUR_MS


def _views(pairs: Iterable[tuple[int | str, Sum]], by: By, *, operator: bool) -> list[UsageView]:
    """Times in order, else the dearest first."""
    summed: dict[int | str, list[int]] = {}
    for key, each in pairs:
        figures = summed.setdefault(key, [0] * 6)
        for place, value in enumerate(
            (
                each.requests,
                each.failures,
                each.nanos,
                each.cost_nanos,
                each.input_tokens,
                each.output_tokens,
            )
        ):
            figures[place] += value
    timed = by in ("hour", "day")
    order = sorted(summed.items(), key=lambda one: (0, one[0]) if timed else (-one[1][2], one[0]))
    return [_view(_key(key) if timed else str(key), figures, operator) for key, figures in order]


def _key(ms: int | str) -> str:
    return datetime.fromtimestamp(int(ms) / 1000, UTC).isoformat()


def _view(key: str, figures: list[int], operator: bool) -> UsageView:
    requests, failures, nanos, cost, read, written = figures
    return UsageView(
        key,
        requests,
        failures,
        format_usd(nanos),
        read,
        written,
        format_usd(cost) if operator else None,
    )


async def dashboard(call: Call) -> DashboardView:
    whose, now = call.person.account_id, now_ms()
    zone = ZoneInfo(call.services.settings.time_zone)
    midnight = at(now).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = await sums_of(call, whose, now - 30 * 24 * HOUR_MS, now + 1, "day")
    models = await sums_of(call, whose, now - 30 * 24 * HOUR_MS, now + 1, "model")
    today = await sums_of(call, whose, ms_of(midnight), now + 1, "hour")
    month = await sums_of(call, whose, ms_of(midnight.replace(day=1)), now + 1, "hour")
    state = await account_state(call, whose)
    return DashboardView(
        format_usd(state.balance),
        format_usd(state.held),
        format_usd(state.spent),
        _whole("today", today),
        _whole("month", month),
        days,
        models[:20],
    )


def _whole(key: str, views: list[UsageView]) -> UsageView:
    from waystation.kernel.money import parse_usd

    return UsageView(
        key,
        sum(each.requests for each in views),
        sum(each.failures for each in views),
        format_usd(sum(parse_usd(each.charge) for each in views)),
        sum(each.input_tokens for each in views),
        sum(each.output_tokens for each in views),
    )


async def wallet(call: Call) -> Page[WalletView]:
    return await _wallet(call, call.person.account_id)


async def wallet_of(call: Call) -> Page[WalletView]:
    return await _wallet(call, call.id("account", "account"))


async def _wallet(call: Call, account_id: int) -> Page[WalletView]:
    asked = call.query(PageQuery)
    (before,) = read_cursor(asked.cursor, 1)
    question = AskTransfers(request_id(), account_id, asked.limit + 1, before)
    told = await call.services.ledger.ask(question)
    if not isinstance(told, Transfers):
        raise LedgerAway("an answer to another question")
    lines = told.lines[: asked.limit]
    shown = [
        WalletView(
            each.id,
            each.kind,
            format_usd(each.nanos),
            format_usd(each.short_nanos),
            each.note,
            at(each.created_ms),
        )
        for each in lines
    ]
    return Page(shown, write_cursor(lines[-1].n) if len(told.lines) > asked.limit else None)


ACTIONS = (
    Action(
        id="getDashboard",
        method="GET",
        path="/api/v1/dashboard",
        role="person",
        answer=dashboard,
        tag="Usage",
        summary="Your money and your last 30 days",
        summary_zh="我的概览（近 30 天）",
        reply=DashboardView,
    ),
    Action(
        id="listUsage",
        method="GET",
        path="/api/v1/usage",
        role="person",
        answer=show,
        tag="Usage",
        summary="Sums by time, model, group, token or channel",
        summary_zh="按时间、模型、分组、令牌或渠道汇总",
        query=UsageQuery,
        reply=Page[UsageView],
    ),
    Action(
        id="listWallet",
        method="GET",
        path="/api/v1/wallet",
        role="person",
        answer=wallet,
        tag="Usage",
        summary="Money in and out of your account",
        summary_zh="我的资金明细",
        query=PageQuery,
        reply=Page[WalletView],
    ),
    Action(
        id="listAccountTransfers",
        method="GET",
        path="/api/v1/accounts/{account}/transfers",
        role="operator",
        answer=wallet_of,
        tag="Usage",
        summary="Money in and out of an account",
        summary_zh="账户资金明细",
        query=PageQuery,
        reply=Page[WalletView],
    ),
)
