"""/api/v1/log: requests, each with its charge's formula; exported as they stream by; refunded."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from fastapi.responses import Response, StreamingResponse
from msgspec import Meta

from waystation.control.audit import record
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of
from waystation.control.desk.log_views import (
    LogDetailView,
    LogView,
    TransferPart,
    attempt_view,
    log_view,
)
from waystation.control.desk.pages import (
    Number,
    Page,
    PageQuery,
    at,
    ms_of,
    read_cursor,
    write_cursor,
)
from waystation.errors import Fault
from waystation.kernel.ids import request_id
from waystation.kernel.money import format_usd, parse_usd
from waystation.ledger.messages import Done, Transfer
from waystation.ledger.port import Ledger, LedgerAway
from waystation.ledger.questions import (
    AskLog,
    AskRow,
    LogFilter,
    LogLine,
    LogState,
    RowState,
)

ROUNDS_MAX = 5
"""Questions for one page: a rare thing is looked for among so many times the ledger's bound."""
EXPORT_ROWS = 500
EXPORT_ROWS_MAX = 1_000_000

Name = Annotated[str, Meta(max_length=256)]


class LogFilterQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """account_id, channel_id: for operators; account_id 0: all, mine: their own. since, until:
    RFC 3339. outcome: "failed" are those with a code."""

    account_id: Number = 0
    token_id: Number = 0
    model: Name = ""
    group: Name = ""
    channel_id: Number = 0
    status: Number = 0
    code: Name = ""
    outcome: Literal["", "ok", "failed"] = ""
    request_id: Name = ""
    since: datetime | None = None
    until: datetime | None = None
    mine: bool = False


class ExportQuery(LogFilterQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    format: Literal["csv", "jsonl"] = "csv"


class RefundBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """amount: USD; "": all that was charged. note: for both sides to read."""

    amount: Annotated[str, Meta(max_length=32)] = ""
    note: Annotated[str, Meta(max_length=200)] = ""


class RefundView(msgspec.Struct, frozen=True):
    request_id: str
    amount: str


async def list_all(call: Call) -> Page[LogView]:
    """A page may be shorter than its limit and yet have a next one."""
    asked = call.query(LogFilterQuery)
    place = read_cursor(asked.cursor, 2)
    wanted, lines = _filter(call, asked), list[LogLine]()
    for _ in range(ROUNDS_MAX):
        state = await _ask(call.services.ledger, wanted, asked.limit - len(lines), place)
        lines += state.lines
        place = (state.next_ms, state.next_n)
        if len(lines) >= asked.limit or not state.next_n:
            break
    operator = call.person.role == "operator"
    shown = [log_view(line, operator=operator) for line in lines]
    return Page(shown, write_cursor(*place) if place[1] else None)


def _filter(call: Call, asked: LogFilterQuery) -> LogFilter:
    """A user sees its own requests, whatever it asks for."""
    operator = call.person.role == "operator" and not asked.mine
    return LogFilter(
        account_id=asked.account_id if operator else call.person.account_id,
        token_id=asked.token_id,
        model=asked.model,
        group=asked.group,
        channel_id=asked.channel_id if operator else 0,
        status=asked.status,
        code=asked.code,
        outcome=asked.outcome,
        request_id=asked.request_id,
        from_ms=0 if asked.since is None else ms_of(asked.since),
        to_ms=0 if asked.until is None else ms_of(asked.until),
    )


async def _ask(ledger: Ledger, wanted: LogFilter, count: int, place: tuple[int, ...]) -> LogState:
    """Raises LedgerAway."""
    state = await ledger.ask(AskLog(request_id(), wanted, count, place[0], place[1]))
    if not isinstance(state, LogState):
        raise LedgerAway("an answer to another question")
    return state


async def show(call: Call) -> LogDetailView:
    line, operator = await _find(call), call.person.role == "operator"
    row = line.open()
    whose = row.facts.account_id
    told = await call.services.ledger.ask(AskRow(request_id(), whose, row.facts.request_id))
    if not isinstance(told, RowState):
        raise LedgerAway("an answer to another question")
    return LogDetailView(
        log_view(line, operator=operator),
        msgspec.json.decode(row.usage) if row.usage else {},
        [attempt_view(each, operator=operator) for each in row.attempts],
        [TransferPart(kind, format_usd(nanos), at(ms)) for kind, nanos, ms in told.transfers],
    )


async def _find(call: Call) -> LogLine:
    """Raises Fault (not_found), for other people's too."""
    whose = 0 if call.person.role == "operator" else call.person.account_id
    wanted = LogFilter(account_id=whose, request_id=call.word("request")[:256])
    state = await _ask(call.services.ledger, wanted, 1, (0, 0))
    if not state.lines:
        raise Fault("not_found", kind="request")
    return state.lines[0]


async def refund(call: Call) -> RefundView:
    """Once for each request, and never more than it was charged."""
    line, body = await _find(call), call.body(RefundBody)
    row = line.open()
    nanos = row.nanos
    if body.amount:
        try:
            nanos = parse_usd(body.amount)
        except ValueError as wrong:
            raise Fault("invalid_value", param="amount", reason=str(wrong)) from None
    if line.hold_id is None or not 0 < nanos <= row.nanos:
        reason = f"up to {format_usd(row.nanos)} USD can be refunded"
        raise Fault("invalid_value", param="amount", reason=reason)
    note = body.note or f"refund of {row.facts.request_id}"
    whose = row.facts.account_id
    made = Transfer(whose, f"refund:{line.hold_id}", "refund", nanos, note)
    done = await call.services.ledger.ask(made)
    if not isinstance(done, Done):
        raise LedgerAway("an answer to another question")
    if done.problem or not done.applied:
        raise Fault("conflict", reason=done.problem or "this request was refunded already")
    async with call.services.database.write() as connection:
        after = {"amount": format_usd(nanos), "account_id": whose, "note": body.note}
        name = row.facts.request_id
        await record(connection, actor_of(call), "refund", "request", name, None, after)
    return RefundView(row.facts.request_id, format_usd(nanos))


async def export(call: Call) -> Response:
    """Newest first, as it is read: nothing is held in memory but a page."""
    asked = call.query(ExportQuery)
    wanted, operator = _filter(call, asked), call.person.role == "operator"
    first = await _ask(call.services.ledger, wanted, EXPORT_ROWS, (0, 0))
    pages = _pages(call.services.ledger, wanted, first)
    write = _csv if asked.format == "csv" else _jsonl
    kind = "text/csv; charset=utf-8" if asked.format == "csv" else "application/x-ndjson"
    name = f"requests.{asked.format}"
    return StreamingResponse(
        write(pages, operator),
        media_type=kind,
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "no-store",
        },
    )


async def _pages(
    ledger: Ledger, wanted: LogFilter, state: LogState
) -> AsyncIterator[tuple[LogLine, ...]]:
    count = 0
    while True:
        yield state.lines
        count += len(state.lines)
        if not state.next_n or count >= EXPORT_ROWS_MAX:
            return
        state = await _ask(ledger, wanted, EXPORT_ROWS, (state.next_ms, state.next_n))


async def _jsonl(pages: AsyncIterator[tuple[LogLine, ...]], operator: bool) -> AsyncIterator[bytes]:
    async for lines in pages:
        views = (log_view(line, operator=operator) for line in lines)
        yield b"".join(msgspec.json.encode(view) + b"\n" for view in views)


async def _csv(pages: AsyncIterator[tuple[LogLine, ...]], operator: bool) -> AsyncIterator[bytes]:
    names = [name for name in LogView.__struct_fields__ if operator or name not in _INSIDE]
    yield "\ufeff".encode() + _csv_line(names)
    async for lines in pages:
        told = []
        for line in lines:
            view = log_view(line, operator=operator)
            told.append(_csv_line([_cell(view, name) for name in names]))
        yield b"".join(told)


_INSIDE = ("account_id", "channel_id", "upstream_model", "cost", "margin", "loss")


def _cell(view: LogView, name: str) -> str:
    value = getattr(view, name)
    if name == "formula":
        return " + ".join(f"{part.count} {part.kind} × {part.price}" for part in view.formula)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if value is None else str(value)
    if name in ("charge", "cost", "margin", "loss", "rate"):
        return text  # our own numbers; a margin may begin with a minus
    # A spreadsheet would take what begins so for a formula, and callers choose these texts.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _csv_line(cells: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()


ACTIONS = (
    Action(
        id="listLog",
        method="GET",
        path="/api/v1/log",
        role="person",
        answer=list_all,
        tag="Log",
        summary="Requests, newest first, each with its charge's formula",
        summary_zh="请求日志（含计费公式）",
        query=LogFilterQuery,
        reply=Page[LogView],
    ),
    Action(
        id="exportLog",
        method="GET",
        path="/api/v1/log/export",
        role="person",
        answer=export,
        tag="Log",
        summary="The same as a file: CSV, or a JSON object a line",
        summary_zh="导出日志（CSV 或 JSONL）",
        query=ExportQuery,
        media="text/csv",
    ),
    Action(
        id="getLogRow",
        method="GET",
        path="/api/v1/log/{request}",
        role="person",
        answer=show,
        tag="Log",
        summary="One request with its attempts and all that moved for it",
        summary_zh="请求详情",
        reply=LogDetailView,
    ),
    Action(
        id="refundRequest",
        method="POST",
        path="/api/v1/log/{request}/refund",
        role="operator",
        answer=refund,
        tag="Log",
        summary="Give a charge back, once",
        summary_zh="退款（每个请求一次）",
        body=RefundBody,
        reply=RefundView,
        status=201,
        codes=("conflict",),
    ),
)
