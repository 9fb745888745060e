"""/api/v1/top-ups: everybody's orders; money that came another way; who takes payments."""

import json
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.audit import record
from waystation.control.desk.accounts import find_account
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of, tell_ledger
from waystation.control.desk.pages import Number, Page, PageQuery, page_by_id
from waystation.control.desk.reading import refuse
from waystation.control.desk.top_up_views import TopUpView, top_up_view
from waystation.control.site import Site, TopUpTerms, setting_in, write_setting
from waystation.control.top_ups.amounts import currency_code, parse_amount
from waystation.control.top_ups.orders import NewOrder, find_order, give_back, open_order, pay
from waystation.control.top_ups.providers import Name, is_whole, open_secrets
from waystation.control.top_ups.terms import CREDIT_NANOS_MAX, Refused, terms_of
from waystation.errors import Fault
from waystation.kernel.money import parse_usd
from waystation.storage.main import payment_providers, top_ups

Words = Annotated[str, Meta(max_length=200)]
Secret = Annotated[str, Meta(max_length=500)]
Address = Annotated[str, Meta(max_length=500, pattern="^(https?://[^?#]+)?$")]
_PLAIN = ("base_url", "merchant", "by_form", "allow_private", "enabled")


class TopUpQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    account_id: Number = 0
    state: Literal["", "pending", "paid", "expired", "refunded"] = ""
    provider: Literal["", "stripe", "easypay", "manual"] = ""
    number: Annotated[str, Meta(max_length=64)] = ""


class ManualTopUpBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """credit: USD. amount, currency: what was paid for it, "" the display currency."""

    account_id: Annotated[int, Meta(ge=1, le=2**53)]
    amount: Annotated[str, Meta(max_length=32)]
    credit: Annotated[str, Meta(max_length=32)]
    currency: Annotated[str, Meta(max_length=8)] = ""
    reference: Words = ""
    note: Words = ""


class NoteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: Words = ""


class PaymentProviderView(msgspec.Struct, frozen=True):
    """ready: it has all its secrets and is on, so its addresses exist. methods: of EasyPay.
    notify: where it must tell of payments."""

    name: Name
    base_url: str
    merchant: str
    methods: list[str]
    by_form: bool
    allow_private: bool
    enabled: bool
    has_key: bool
    has_webhook_secret: bool
    ready: bool
    notify: str


class PaymentProviderBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not said stays as it is. key: Stripe's secret key, EasyPay's merchant key; "": none.
    webhook_secret: Stripe's. by_form: EasyPay's submit.php, else mapi.php."""

    base_url: Address | UnsetType = UNSET
    merchant: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    methods: (
        Annotated[list[Annotated[str, Meta(pattern="^[a-z0-9_]{1,32}$")]], Meta(max_length=10)]
        | UnsetType
    ) = UNSET
    by_form: bool | UnsetType = UNSET
    allow_private: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    key: Secret | UnsetType = UNSET
    webhook_secret: Secret | UnsetType = UNSET


class TopUpSettingsView(msgspec.Struct, frozen=True):
    """problem: why nothing can be sold on these terms."""

    terms: TopUpTerms
    problem: str
    providers: list[PaymentProviderView]


async def list_all(call: Call) -> Page[TopUpView]:
    asked = call.query(TopUpQuery)
    query = select(top_ups)
    for name in ("account_id", "state", "provider", "number"):
        if getattr(asked, name):
            query = query.where(top_ups.c[name] == getattr(asked, name))
    async with call.services.database.read() as connection:
        return await page_by_id(
            connection, query, top_ups.c.id, asked, lambda row: top_up_view(row, operator=True)
        )


async def enter(call: Call) -> TopUpView:
    """Money that came by another way: credited at once."""
    body = call.body(ManualTopUpBody)
    async with call.services.database.write() as connection:
        site = await setting_in(connection, Site)
        currency = currency_code(body.currency or site.display_currency) or "USD"
        try:
            minor, nanos = parse_amount(body.amount, currency), parse_usd(body.credit)
        except ValueError as wrong:
            raise refuse("amount", str(wrong)) from None
        if not 0 < nanos <= CREDIT_NANOS_MAX:
            raise refuse("credit", "not an amount that can be given")
        await find_account(connection, body.account_id)
        new = NewOrder(
            body.account_id,
            "manual",
            currency,
            minor,
            nanos,
            note=body.note,
            created_by=call.person.account_id,
        )
        row = await open_order(connection, new)
        await pay(connection, row, actor_of(call), body.reference)
    return await _told(call, row.number)


async def confirm(call: Call) -> TopUpView:
    """A payment that its provider did not tell of, seen by the operator."""
    row = await _find(call)
    async with call.services.database.write() as connection:
        if not await pay(connection, row, actor_of(call)):
            raise Fault("conflict", reason=f"it is {row.state}")
    return await _told(call, row.number)


async def refund(call: Call) -> TopUpView:
    """The credit goes, as far as it is there; the money is given back at the provider's."""
    row = await _find(call)
    async with call.services.database.write() as connection:
        if not await give_back(connection, row, actor_of(call), call.body(NoteBody).note):
            raise Fault("conflict", reason=f"it is {row.state}, not paid")
    return await _told(call, row.number)


async def _find(call: Call) -> Any:
    async with call.services.database.read() as connection:
        row = await find_order(connection, call.word("number"))
    if row is None:
        raise Fault("not_found", kind="top-up")
    return row


async def _told(call: Call, number: str) -> TopUpView:
    await tell_ledger(call)
    async with call.services.database.read() as connection:
        return top_up_view(await find_order(connection, number), operator=True)


async def show_settings(call: Call) -> TopUpSettingsView:
    async with call.services.database.read() as connection:
        said, site = await setting_in(connection, TopUpTerms), await setting_in(connection, Site)
        rows = {r.name: r for r in (await connection.execute(select(payment_providers))).all()}
    try:
        problem = "" if terms_of(said, site).currency else "nothing is paid in this currency"
    except Refused as wrong:
        problem = f"{wrong.field}: {wrong.reason}"
    if not call.services.settings.public_url:
        problem = problem or "WAYSTATION_PUBLIC_URL is not set"
    names: tuple[Name, ...] = ("stripe", "easypay")
    return TopUpSettingsView(said, problem, [_shown(call, name, rows.get(name)) for name in names])


def _shown(call: Call, name: Name, row: Any | None) -> PaymentProviderView:
    notify = f"{(call.services.settings.public_url or '').rstrip('/')}/api/v1/top-ups/{name}"
    if row is None:
        none = ("", "", list[str](), True, False, False, False, False, False)
        return PaymentProviderView(name, *none, notify)
    secrets = open_secrets(call.services.sealing(), row)
    whole = is_whole(name, secrets) and (name == "stripe" or bool(row.merchant and row.base_url))
    return PaymentProviderView(
        name,
        row.base_url,
        row.merchant,
        json.loads(row.methods),
        row.by_form,
        row.allow_private,
        row.enabled,
        bool(secrets.get("key")),
        bool(secrets.get("webhook")),
        whole and row.enabled,
        notify,
    )


async def put_terms(call: Call) -> TopUpSettingsView:
    wanted = call.body(TopUpTerms)
    async with call.services.database.write() as connection:
        site, before = await setting_in(connection, Site), await setting_in(connection, TopUpTerms)
        try:
            terms_of(wanted, site)
        except Refused as wrong:
            raise refuse(wrong.field, wrong.reason) from None
        await write_setting(connection, wanted)
        await record(connection, actor_of(call), "update", "setting", "top_ups", before, wanted)
    return await show_settings(call)


async def put_provider(call: Call) -> TopUpSettingsView:
    """Asks for a proof: who changes this chooses where money goes."""
    name, body = call.word("provider"), call.body(PaymentProviderBody)
    if name not in ("stripe", "easypay"):
        raise Fault("not_found", kind="provider")
    sealing = call.services.sealing()
    async with call.services.database.write() as connection:
        row = await _provider_row(connection, name)
        told: dict[str, Any] = {n: v for n in _PLAIN if (v := getattr(body, n)) is not UNSET}
        if body.methods is not UNSET:
            told["methods"] = json.dumps(body.methods)
        secrets = open_secrets(sealing, row)
        for field, stored in (("key", "key"), ("webhook_secret", "webhook")):
            if getattr(body, field) is not UNSET:
                secrets[stored] = getattr(body, field)
        sealed = sealing.seal(json.dumps(secrets), "payment")
        mine = payment_providers.c.id == row.id
        changed = update(payment_providers).where(mine).values(**told, sealed=sealed)
        await connection.execute(changed)
        said = {
            n: getattr(body, n) for n in ("key", "webhook_secret") if getattr(body, n) is not UNSET
        }
        said = {n: "(set)" if value else "(none)" for n, value in said.items()}
        before = {n: getattr(row, n) for n in told}
        await record(
            connection, actor_of(call), "update", "payment provider", name, before, told | said
        )
    return await show_settings(call)


async def _provider_row(connection: AsyncConnection, name: str) -> Any:
    query = select(payment_providers).where(payment_providers.c.name == name)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        made = insert(payment_providers).values(name=name).returning(payment_providers)
        row = (await connection.execute(made)).one()
    return row


ACTIONS = (
    Action(
        id="listTopUps",
        method="GET",
        path="/api/v1/top-ups",
        role="operator",
        answer=list_all,
        tag="Top-ups",
        summary="Everybody's orders",
        summary_zh="全部充值订单",
        query=TopUpQuery,
        reply=Page[TopUpView],
    ),
    Action(
        id="enterTopUp",
        method="POST",
        path="/api/v1/top-ups",
        role="operator",
        answer=enter,
        tag="Top-ups",
        summary="Enter money that came another way",
        summary_zh="人工充值入账",
        body=ManualTopUpBody,
        reply=TopUpView,
        status=201,
        codes=("not_found",),
    ),
    Action(
        id="confirmTopUp",
        method="POST",
        path="/api/v1/top-ups/{number}/confirm",
        role="operator",
        answer=confirm,
        tag="Top-ups",
        summary="Credit an order whose payment nobody told of",
        summary_zh="补单：确认已支付",
        reply=TopUpView,
        codes=("conflict",),
    ),
    Action(
        id="refundTopUp",
        method="POST",
        path="/api/v1/top-ups/{number}/refund",
        role="operator",
        answer=refund,
        tag="Top-ups",
        summary="Take a credit back; the money goes back at the provider's",
        summary_zh="退款：扣回额度（款项在支付平台退回）",
        body=NoteBody,
        reply=TopUpView,
        codes=("conflict",),
    ),
    Action(
        id="getTopUpSettings",
        method="GET",
        path="/api/v1/settings/top-ups",
        role="operator",
        answer=show_settings,
        tag="Top-ups",
        summary="What credit costs, and who takes payments",
        summary_zh="充值设置与支付渠道",
        reply=TopUpSettingsView,
    ),
    Action(
        id="putTopUpTerms",
        method="PUT",
        path="/api/v1/settings/top-ups",
        role="operator",
        answer=put_terms,
        tag="Top-ups",
        summary="Set what credit costs",
        summary_zh="设置充值汇率、限额与套餐",
        body=TopUpTerms,
        reply=TopUpSettingsView,
    ),
    Action(
        id="putPaymentProvider",
        method="PATCH",
        path="/api/v1/settings/payment-providers/{provider}",
        role="operator",
        answer=put_provider,
        tag="Top-ups",
        summary="Set up who takes payments",
        summary_zh="配置支付渠道",
        body=PaymentProviderBody,
        reply=TopUpSettingsView,
        proof=True,
    ),
)
