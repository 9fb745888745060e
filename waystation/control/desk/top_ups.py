"""/api/v1/me/top-ups: buying credit; and what providers tell about payments."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi.responses import PlainTextResponse, Response
from msgspec import Meta
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.audit import Actor
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import tell_ledger
from waystation.control.desk.pages import Page, PageQuery, page_by_id
from waystation.control.desk.reading import refuse
from waystation.control.desk.top_up_views import TopUpView, top_up_view
from waystation.control.outward import OutwardFault
from waystation.control.replies import address_of
from waystation.control.site import Site, setting_in
from waystation.control.top_ups import easypay, stripe
from waystation.control.top_ups.amounts import format_amount
from waystation.control.top_ups.notice import NotBelieved, Opened
from waystation.control.top_ups.orders import (
    NewOrder,
    doubt,
    expire,
    find_order,
    find_paid,
    give_back,
    open_order,
    pay,
)
from waystation.control.top_ups.providers import Name, Ready, ready_provider, takes
from waystation.control.top_ups.terms import Refused, Terms, read_terms
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.kernel.money import format_usd
from waystation.storage.main import top_ups

OPENED_MAX = 20
"""Orders of one account within the window of the throttle."""
_WALLET = "/console/wallet"
_ANSWER_BYTES_MAX = 256 * 1024


class PayMethod(msgspec.Struct, frozen=True):
    """method: card; alipay, wxpay or what the operator has with EasyPay."""

    provider: Name
    method: str


class PackageView(msgspec.Struct, frozen=True):
    """amount: in the currency. credit: USD."""

    amount: str
    credit: str


class TopUpOptions(msgspec.Struct, frozen=True):
    """currency: "" where nothing can be paid; then there are no methods. rate: units of it for one
    USD of credit."""

    currency: str
    rate: str
    minimum: str
    maximum: str
    packages: list[PackageView]
    methods: list[PayMethod]


class TopUpBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """amount: what is to be paid, in the currency of the options."""

    amount: Annotated[str, Meta(min_length=1, max_length=32)]
    provider: Name
    method: Annotated[str, Meta(max_length=32)] = ""


async def options(call: Call) -> TopUpOptions:
    async with call.services.database.read() as connection:
        try:
            terms = await read_terms(connection)
        except Refused:
            return TopUpOptions("", "", "", "", [], [])
        ready = [await _ready(call, connection, name) for name in ("stripe", "easypay")]
    methods = [
        PayMethod(each.row.name, method)
        for each in ready
        if each is not None and takes(each.row.name, terms.currency)
        for method in each.methods
    ]
    return _shown(terms, methods if call.services.settings.public_url else [])


def _shown(terms: Terms, methods: list[PayMethod]) -> TopUpOptions:
    currency = terms.currency
    packages = [
        PackageView(format_amount(minor, currency), format_usd(nanos))
        for minor, nanos in terms.packages.items()
    ]
    least, most = (format_amount(m, currency) for m in (terms.minimum, terms.maximum))
    return TopUpOptions(currency, terms.rate_text, least, most, packages, methods)


async def _ready(call: Call, connection: AsyncConnection, name: str) -> Ready | None:
    return await ready_provider(connection, call.services.sealing(), name)


async def order(call: Call) -> TopUpView:
    """Opened here, paid at the provider's. Raises Fault: conflict where it takes no payments."""
    body, services, account_id = call.body(TopUpBody), call.services, call.person.account_id
    services.sign_in.limit(f"top-up {account_id}", OPENED_MAX)
    async with services.database.write() as connection:
        ready = await _ready(call, connection, body.provider)
        terms = await _terms(connection)
        method = body.method or (ready.methods[0] if ready is not None else "")
        if ready is None or method not in ready.methods or not takes(body.provider, terms.currency):
            raise Fault("conflict", reason=f"nothing can be paid by {body.provider} {method}")
        if not services.settings.public_url:
            raise Fault("conflict", reason="WAYSTATION_PUBLIC_URL is not set")
        minor, nanos = _credit(terms, body.amount)
        new = NewOrder(account_id, body.provider, terms.currency, minor, nanos, method)
        row = await open_order(connection, new)
        site = await setting_in(connection, Site)
    try:
        opened = await _open(call, ready, row, f"{site.name} {row.number}")
    except OutwardFault as fault:
        async with services.database.write() as connection:
            await expire(connection, row.number)
        raise Fault("upstream_error", reason=f"{body.provider}: {fault}") from None
    return await _keep_page(call, row, opened)


async def _terms(connection: AsyncConnection) -> Terms:
    try:
        return await read_terms(connection)
    except Refused as wrong:
        raise Fault("conflict", reason=f"{wrong.field}: {wrong.reason}") from None


def _credit(terms: Terms, amount: str) -> tuple[int, int]:
    try:
        return terms.credit(amount)
    except Refused as wrong:
        raise refuse(wrong.field, wrong.reason) from None


async def _open(call: Call, ready: Ready, row: Any, title: str) -> Opened:
    """Raises OutwardFault."""
    settings, key = call.services.settings, ready.secrets["key"]
    base = (settings.public_url or address_of(call.request)).rstrip("/")
    back = f"{base}{_WALLET}?top_up={row.number}"
    if row.provider == "stripe":
        return await stripe.open_session(settings, ready.row, key, row, title, back)
    notify = f"{base}/api/v1/top-ups/easypay"
    if ready.row.by_form:
        return easypay.page_of(ready.row, key, row, title, notify, back)
    return await easypay.ask_page(
        settings, ready.row, key, row, title, notify, back, call.peer or "127.0.0.1"
    )


async def _keep_page(call: Call, row: Any, opened: Opened) -> TopUpView:
    """Its payment may have been told already: then only the state counts."""
    mine = (top_ups.c.id == row.id, top_ups.c.state == "pending")
    async with call.services.database.write() as connection:
        values = {"reference": opened.reference[:200], "url": opened.url}
        await connection.execute(update(top_ups).where(*mine).values(values))
        found = await find_order(connection, row.number)
    return top_up_view(found, operator=False)


async def list_own(call: Call) -> Page[TopUpView]:
    mine = select(top_ups).where(top_ups.c.account_id == call.person.account_id)
    async with call.services.database.read() as connection:
        return await page_by_id(
            connection,
            mine,
            top_ups.c.id,
            call.query(PageQuery),
            lambda row: top_up_view(row, operator=False),
        )


async def show_own(call: Call) -> TopUpView:
    async with call.services.database.read() as connection:
        row = await find_order(connection, call.word("number"))
    if row is None or row.account_id != call.person.account_id:
        raise Fault("not_found", kind="top-up")
    return top_up_view(row, operator=False)


async def stripe_event(call: Call) -> Response:
    """Answered by 200 to whatever is rightly signed and fits, or is none of ours; else by 400, so
    that it stands among the failures at Stripe. Without its secrets there is no such address."""
    secret = (await _opened_for(call, "stripe")).secrets["webhook"]
    shown, body = call.request.headers.get("stripe-signature", ""), await call.request.body()
    try:
        event = stripe.read_event(secret, shown, body[:_ANSWER_BYTES_MAX], now_ms() / 1000)
        if event.says_paid or event.says_over:
            await _take_session(call, event)
        elif event.says_returned:
            await _take_returned(call, event.returned())
    except NotBelieved as fault:
        raise Fault("invalid_request", reason=str(fault)) from None
    return Response(b'{"received":true}', 200, media_type="application/json")


async def _take_session(call: Call, event: stripe.Event) -> None:
    """Raises NotBelieved."""
    session = event.session()
    number = session.client_reference_id or ""
    if event.says_paid and session.payment_status != "paid":
        return  # the money is still on its way; another event will say so
    async with call.services.database.read() as connection:
        row = await find_order(connection, number)
    if row is None or row.provider != "stripe":
        return  # the account at Stripe sells other things too
    if event.says_over:
        async with call.services.database.write() as connection:
            await expire(connection, number)
        return
    payment = session.payment_intent or ""
    await _settle(call, row, session.id, lambda: stripe.judge(session, row), payment)


async def _take_returned(call: Call, told: stripe.Returned) -> None:
    """Money that went back takes its credit along, as far as that is there. Raises NotBelieved."""
    async with call.services.database.write() as connection:
        row = await find_paid(connection, "stripe", told.payment_intent or "")
        if row is None:
            return  # of something else that is sold there
        if told.currency.upper() != row.currency:
            raise NotBelieved(f"given back in {told.currency}, not in {row.currency}")
        actor = Actor(None, row.provider, call.peer, call.request_id)
        await give_back(connection, row, actor, "", told.minor)
    await tell_ledger(call)


async def easypay_notice(call: Call) -> Response:
    """`success` when it is credited, now or before; else `fail`, and it is told again."""
    ready = await _opened_for(call, "easypay")
    try:
        body = await call.request.body()
        notice = easypay.read_notice(call.request.url.query, body, ready.secrets["key"])
        await _take_notice(call, ready, notice)
    except NotBelieved as fault:
        return PlainTextResponse(f"fail: {fault}", 400)
    return PlainTextResponse("success")


async def _take_notice(call: Call, ready: Ready, notice: dict[str, str]) -> None:
    """Raises NotBelieved."""
    async with call.services.database.read() as connection:
        row = await find_order(connection, notice.get("out_trade_no", ""))
    if row is None or row.provider != "easypay":
        raise NotBelieved("no such order")
    if notice.get("trade_status") != easypay.PAID:
        raise NotBelieved("it is not paid")
    merchant = ready.row.merchant
    judged = notice.get("trade_no", "")
    await _settle(call, row, judged, lambda: easypay.judge(notice, row, merchant))


async def _settle(call: Call, row: Any, reference: str, judge: Any, payment: str = "") -> None:
    """Raises NotBelieved, which the order remembers."""
    services = call.services
    try:
        judge()
    except NotBelieved as fault:
        async with services.database.write() as connection:
            await doubt(connection, row, str(fault))
        raise
    actor = Actor(None, row.provider, call.peer, call.request_id)
    async with services.database.write() as connection:
        await pay(connection, row, actor, reference, payment)
    await tell_ledger(call)


async def _opened_for(call: Call, name: Literal["stripe", "easypay"]) -> Ready:
    """Raises Fault (unknown_url): without a secret anybody could sign."""
    async with call.services.database.read() as connection:
        ready = await _ready(call, connection, name)
    if ready is None:
        path = call.request.url.path
        raise Fault("unknown_url", method=call.request.method, path=path)
    return ready


ACTIONS = (
    Action(
        id="getTopUpOptions",
        method="GET",
        path="/api/v1/me/top-up-options",
        role="person",
        answer=options,
        tag="Top-ups",
        summary="What credit costs, and how it can be paid",
        summary_zh="充值汇率、套餐与支付方式",
        reply=TopUpOptions,
    ),
    Action(
        id="orderTopUp",
        method="POST",
        path="/api/v1/me/top-ups",
        role="person",
        answer=order,
        tag="Top-ups",
        summary="Order credit; paid at the address in the reply",
        summary_zh="创建充值订单（在返回的地址支付）",
        body=TopUpBody,
        reply=TopUpView,
        status=201,
        codes=("conflict", "upstream_error", "too_many_attempts"),
    ),
    Action(
        id="listOwnTopUps",
        method="GET",
        path="/api/v1/me/top-ups",
        role="person",
        answer=list_own,
        tag="Top-ups",
        summary="Your orders",
        summary_zh="我的充值订单",
        query=PageQuery,
        reply=Page[TopUpView],
    ),
    Action(
        id="getOwnTopUp",
        method="GET",
        path="/api/v1/me/top-ups/{number}",
        role="person",
        answer=show_own,
        tag="Top-ups",
        summary="One order of yours",
        summary_zh="我的充值订单详情",
        reply=TopUpView,
    ),
    Action(
        id="takeStripeEvent",
        method="POST",
        path="/api/v1/top-ups/stripe",
        role="public",
        answer=stripe_event,
        tag="Top-ups",
        summary="Where Stripe tells of payments; signed by it",
        summary_zh="Stripe 支付回调（验签）",
        reply=dict[str, bool],
        codes=("invalid_request", "unknown_url"),
    ),
    *(
        Action(
            id=name,
            method=method,
            path="/api/v1/top-ups/easypay",
            role="public",
            answer=easypay_notice,
            tag="Top-ups",
            summary="Where EasyPay tells of payments; signed by it",
            summary_zh="易支付异步通知（验签）",
            media="text/plain",
            codes=("unknown_url",),
        )
        for name, method in (("takeEasyPayNotice", "GET"), ("takeEasyPayNoticePosted", "POST"))
    ),
)
