"""Top-ups against a provider that signs, forges, repeats, races, and says wrong amounts."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from sqlalchemy import select, update

from tests.control.conftest import PEER, Console
from tests.desk.cashier import (
    HOOK_SECRET,
    MERCHANT,
    MERCHANT_KEY,
    STRIPE_KEY,
    Cashier,
    easypay_notice,
    md5_sign,
    open_cashier,
    stripe_call,
)
from tests.desk.conftest import Caller, signed_in
from waystation.control.top_ups.amounts import (
    credit_nanos,
    currency_code,
    format_amount,
    parse_amount,
    parse_rate,
)
from waystation.control.top_ups.audit import cross_audit
from waystation.control.top_ups.orders import expire_old
from waystation.kernel.clock import now_ms
from waystation.ledger.messages import Transfer
from waystation.ledger.questions import AskAudit, AuditState
from waystation.storage.main import payment_providers, top_ups

EASYPAY = "/api/v1/top-ups/easypay"
STRIPE = "/api/v1/top-ups/stripe"
TERMS = {"currency": "CNY", "rate": "5", "packages": [{"amount": "100", "credit": "25"}]}


class Shop:
    """Somebody who buys, and who sells."""

    def __init__(self, console: Console, boss: Caller, ada: Caller, cashier: Cashier) -> None:
        self.console, self.boss, self.ada, self.cashier = console, boss, ada, cashier

    async def stripe(self, event: Any, secret: str = HOOK_SECRET, late: int = 0) -> int:
        body, headers = stripe_call(event, now_ms() // 1000 - late, secret)
        return (await self.console.call("POST", STRIPE, headers, data=body)).status

    async def told(self, query: str, method: str = "GET") -> tuple[int, str]:
        if method == "GET":
            reply = await self.console.call("GET", f"{EASYPAY}?{query}")
        else:
            kind = {"content-type": "application/x-www-form-urlencoded"}
            reply = await self.console.call("POST", EASYPAY, kind, data=query.encode())
        return reply.status, (await reply.text())

    async def order(self, provider: str, amount: str = "10", **more: Any) -> Any:
        body = {"provider": provider, "amount": amount, **more}
        return await self.ada.ok("POST", "/api/v1/me/top-ups", body)

    async def balance(self) -> str:
        return str((await self.ada.get("/api/v1/me"))["balance"])

    async def state(self, made: Any) -> Any:
        return await self.ada.get(f"/api/v1/me/top-ups/{made['number']}")

    async def clean(self) -> None:
        told = await self.console.ledger.ask(AskAudit("a"))
        assert isinstance(told, AuditState)
        assert json.loads(told.report)["clean"] is True
        assert await cross_audit(self.console.store, self.console.ledger.ask, 0) == []


async def opened(console: Console, cashier: Cashier) -> Shop:
    services = console.services
    public = {"public_url": "https://relay.example"}
    services.settings = services.settings.model_copy(update=public)
    boss = await signed_in(console, "boss@example.com", role="operator")
    ada = await signed_in(console, "ada@example.com")
    await boss.ok("PUT", "/api/v1/settings/top-ups", TERMS)
    here = {"base_url": cashier.address, "allow_private": True}
    stripe = here | {"key": STRIPE_KEY, "webhook_secret": HOOK_SECRET}
    await boss.ok("PATCH", "/api/v1/settings/payment-providers/stripe", stripe)
    easypay = here | {"key": MERCHANT_KEY, "merchant": MERCHANT, "methods": ["alipay", "wxpay"]}
    told = await boss.ok("PATCH", "/api/v1/settings/payment-providers/easypay", easypay)
    assert [each["ready"] for each in told["providers"]] == [True, True]
    assert told["problem"] == ""
    assert MERCHANT_KEY not in json.dumps(told)
    return Shop(console, boss, ada, cashier)


@pytest.fixture
async def cashier() -> AsyncIterator[Cashier]:
    async with open_cashier() as made:
        yield made


@pytest.fixture
async def shop(console: Console, cashier: Cashier) -> Shop:
    return await opened(console, cashier)


async def test_what_is_offered(shop: Shop) -> None:
    told = await shop.ada.get("/api/v1/me/top-up-options")
    assert told == {
        "currency": "CNY",
        "rate": "5",
        "minimum": "1.00",
        "maximum": "10000.00",
        "packages": [{"amount": "100.00", "credit": "25"}],
        "methods": [
            {"provider": "stripe", "method": "card"},
            {"provider": "easypay", "method": "alipay"},
            {"provider": "easypay", "method": "wxpay"},
        ],
    }
    await shop.boss.ok("PUT", "/api/v1/settings/top-ups", {"currency": "USD", "rate": "1"})
    methods = (await shop.ada.get("/api/v1/me/top-up-options"))["methods"]
    assert methods == [{"provider": "stripe", "method": "card"}]
    lines = json.dumps((await shop.boss.get("/api/v1/audit"))["data"])
    assert MERCHANT_KEY not in lines
    assert STRIPE_KEY not in lines
    async with shop.console.store.read() as connection:
        rows = (await connection.execute(select(payment_providers))).all()
    assert MERCHANT_KEY not in repr(rows)


async def test_stripe_from_order_to_credit(both: Console, cashier: Cashier) -> None:
    shop = await opened(both, cashier)
    made = await shop.order("stripe")
    assert (made["state"], made["amount"], made["credit"]) == ("pending", "10.00", "2")
    (asked,) = cashier.asked
    assert asked["line_items[0][price_data][unit_amount]"] == "1000"
    assert asked["success_url"].startswith("https://relay.example/console/wallet?top_up=")
    assert await shop.balance() == "0"
    event = cashier.event(made["number"])
    pending = cashier.event(made["number"], payment_status="unpaid")
    assert await shop.stripe(pending) == 200
    assert (await shop.state(made))["state"] == "pending"
    again = cashier.event(made["number"], type="checkout.session.async_payment_succeeded")
    statuses = await asyncio.gather(*(shop.stripe(each) for each in [event, again] * 10))
    assert set(statuses) == {200}
    assert (await shop.state(made))["state"] == "paid"
    assert await shop.balance() == "2"
    (line,) = (await shop.ada.get("/api/v1/wallet"))["data"]
    assert (line["kind"], line["amount"]) == ("topup", "2")
    await shop.clean()


def returned(made: Any, minor: int, **more: Any) -> dict[str, Any]:
    """An event of Stripe's about a charge of which so much went back so far."""
    charge = {"id": "ch_1", "object": "charge", "amount": 1000, "amount_refunded": minor}
    charge |= {"currency": "cny", "payment_intent": f"pi_{made['number']}"}
    kind = more.pop("type", "charge.refunded")
    return {"id": "evt_2", "type": kind, "data": {"object": charge | more}}


async def paid_by_stripe(shop: Shop) -> Any:
    made = await shop.order("stripe")
    payment = f"pi_{made['number']}"
    assert await shop.stripe(shop.cashier.event(made["number"], payment_intent=payment)) == 200
    assert await shop.balance() == "2"
    return made


async def test_money_that_goes_back_takes_its_credit_along_once(
    both: Console, cashier: Cashier
) -> None:
    """A part, the same part told again and again, then the rest, which a dispute tells too."""
    shop = await opened(both, cashier)
    made = await paid_by_stripe(shop)
    other = returned({"number": "another"}, 1000)
    assert await shop.stripe(other) == 200
    assert await shop.stripe(returned(made, 500, currency="usd")) == 400
    assert await shop.stripe(returned(made, 0)) == 200
    assert await shop.balance() == "2"
    told = await asyncio.gather(*(shop.stripe(returned(made, 250)) for _ in range(10)))
    assert set(told) == {200}
    assert await shop.balance() == "1.5"
    assert (await shop.state(made))["state"] == "paid"
    dispute = {"object": "dispute", "type": "charge.dispute.funds_withdrawn"}
    last = [returned(made, 1000), returned(made, 0, **dispute)] * 5
    assert set(await asyncio.gather(*(shop.stripe(each) for each in last))) == {200}
    assert await shop.stripe(returned(made, 250)) == 200  # an old one, late
    assert await shop.balance() == "0"
    assert (await shop.state(made))["state"] == "refunded"
    await shop.clean()


async def test_a_refund_by_the_operator_is_not_taken_again(shop: Shop) -> None:
    """A part went back at Stripe; the operator takes the rest; then Stripe tells of it."""
    made = await paid_by_stripe(shop)
    assert await shop.stripe(returned(made, 100)) == 200
    path = f"/api/v1/top-ups/{made['number']}/refund"
    assert (await shop.boss.ok("POST", path, {}))["state"] == "refunded"
    assert await shop.stripe(returned(made, 1000)) == 200
    assert await shop.balance() == "0"
    lines = (await shop.ada.get("/api/v1/wallet"))["data"]
    assert [line["amount"] for line in lines] == ["-1.8", "-0.2", "2"]
    await shop.clean()


FORGED: list[dict[str, Any]] = [
    {"amount_total": 999},
    {"amount_total": 100000},
    {"amount_total": None},
    {"currency": "usd"},
    {"id": "cs_another"},
]


async def test_stripe_events_that_do_not_fit(shop: Shop) -> None:
    made = await shop.order("stripe")
    for lie in FORGED:
        assert await shop.stripe(shop.cashier.event(made["number"], **lie)) == 400, lie
    assert (await shop.state(made))["state"] == "pending"
    assert await shop.balance() == "0"
    (row,) = (await shop.boss.get(f"/api/v1/top-ups?number={made['number']}"))["data"]
    assert row["problem"]
    await shop.clean()


async def test_stripe_signatures(shop: Shop) -> None:
    made = await shop.order("stripe")
    event = shop.cashier.event(made["number"])
    assert await shop.stripe(event, secret="another") == 400
    assert await shop.stripe(event, secret="") == 400
    assert await shop.stripe(event, late=301) == 400
    assert await shop.stripe(event, late=-301) == 400
    body, headers = stripe_call(event, now_ms() // 1000)
    altered = body.replace(b'"paid"', b'"paid" ')
    for sent, shown in (
        (altered, headers["stripe-signature"]),
        (body, ""),
        (body, "t=x,v1=y"),
        (body, headers["stripe-signature"].replace("v1=", "v0=")),
        (body, headers["stripe-signature"].replace("t=", "t=1")),
    ):
        told = await shop.console.call("POST", STRIPE, {"stripe-signature": shown}, data=sent)
        assert told.status == 400, shown
    assert await shop.balance() == "0"
    for other in (
        shop.cashier.event("nobody-s"),
        {"type": "customer.created", "data": {"object": {"id": "cus_1"}}},
    ):
        assert await shop.stripe(other) == 200
    assert await shop.stripe({"type": "checkout.session.completed", "data": {"object": 7}}) == 400
    assert await shop.stripe([1]) == 400


async def test_an_order_that_stripe_ends(shop: Shop) -> None:
    made = await shop.order("stripe")
    over = shop.cashier.event(made["number"], type="checkout.session.expired")
    assert await shop.stripe(over) == 200
    assert (await shop.state(made))["state"] == "expired"
    assert await shop.stripe(shop.cashier.event(made["number"])) == 200  # it was paid after all
    assert await shop.balance() == "2"
    await shop.clean()


async def test_a_provider_that_fails(shop: Shop) -> None:
    shop.cashier.broken = True
    body = {"provider": "stripe", "amount": "10"}
    assert await shop.ada.refused("POST", "/api/v1/me/top-ups", body) == "upstream_error"
    (row,) = (await shop.ada.get("/api/v1/me/top-ups"))["data"]
    assert row["state"] == "expired"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_easypay_from_order_to_credit(both: Console, cashier: Cashier, method: str) -> None:
    shop = await opened(both, cashier)
    made = await shop.order("easypay", "100", method="wxpay")
    assert made["credit"] == "25"  # the package's, not the rate's
    page = urlsplit(made["url"])
    asked = dict(parse_qsl(page.query))
    assert page.path == "/submit.php"
    assert (asked["pid"], asked["type"], asked["money"]) == (MERCHANT, "wxpay", "100.00")
    assert asked["notify_url"] == f"https://relay.example{EASYPAY}"
    notice = easypay_notice(made["url"])
    told = await asyncio.gather(*(shop.told(notice, method) for _ in range(50)))
    assert set(told) == {(200, "success")}
    assert await shop.balance() == "25"
    assert (await shop.state(made))["state"] == "paid"
    await shop.clean()


LIES: list[dict[str, str]] = [
    {"money": "0.01"},
    {"money": "10.001"},
    {"money": "1e1"},
    {"money": ""},
    {"pid": "1002"},
    {"trade_status": "TRADE_CLOSED"},
    {"trade_status": ""},
    {"out_trade_no": "20260101AAAA"},
]


async def test_easypay_notices_that_do_not_fit(shop: Shop) -> None:
    """Rightly signed, and yet not this order's payment."""
    made = await shop.order("easypay", method="alipay")
    for lie in LIES:
        status, told = await shop.told(easypay_notice(made["url"], **lie))
        assert (status, told[:4]) == (400, "fail"), lie
    assert await shop.balance() == "0"
    await shop.clean()


async def test_easypay_signs(shop: Shop) -> None:
    made = await shop.order("easypay", method="alipay")
    notice = dict(parse_qsl(easypay_notice(made["url"]), keep_blank_values=True))
    for forged in (
        md5_sign(notice, "another key"),
        md5_sign(notice, ""),
        notice | {"sign": ""},
        notice | {"money": "9.99"},
        notice | {"sign_type": "RSA"},
        {name: value for name, value in notice.items() if name != "sign"},
    ):
        assert (await shop.told(urlencode(forged)))[0] == 400
    assert (await shop.told(f"{urlencode(notice)}&money=10.00"))[0] == 400  # twice
    assert (await shop.told("%ff=%ff"))[0] == 400
    assert await shop.balance() == "0"
    assert (await shop.told(urlencode(notice)))[0] == 200
    assert await shop.balance() == "2"


async def test_providers_do_not_speak_for_each_other(shop: Shop) -> None:
    paid_by_card = await shop.order("stripe")
    by_scan = await shop.order("easypay", method="alipay")
    lie = easypay_notice(by_scan["url"], out_trade_no=paid_by_card["number"])
    assert (await shop.told(lie))[0] == 400
    assert await shop.stripe(shop.cashier.event(by_scan["number"])) == 200  # none of its orders
    assert await shop.balance() == "0"


async def test_easypay_by_its_api(shop: Shop) -> None:
    path = "/api/v1/settings/payment-providers/easypay"
    await shop.boss.ok("PATCH", path, {"by_form": False})
    made = await shop.order("easypay", method="alipay")
    assert (made["url"], made["code_image"]) == (f"{shop.cashier.address}/scan", "")
    by_code = await shop.order("easypay", method="wxpay")
    assert by_code["url"].startswith("weixin://")
    assert by_code["code_image"].startswith("data:image/svg+xml")
    assert shop.cashier.asked[0]["clientip"] == PEER["x-waystation-peer"]
    shop.cashier.broken = True
    body = {"provider": "easypay", "amount": "10"}
    assert await shop.ada.refused("POST", "/api/v1/me/top-ups", body) == "upstream_error"


async def test_without_a_secret_there_is_no_such_address(shop: Shop) -> None:
    by_scan = await shop.order("easypay", method="alipay")
    notice = easypay_notice(by_scan["url"])
    place = "/api/v1/settings/payment-providers"
    await shop.boss.ok("PATCH", f"{place}/easypay", {"key": ""})
    unsigned = urlencode(md5_sign(dict(parse_qsl(notice, keep_blank_values=True)), ""))
    for query, method in ((notice, "GET"), (unsigned, "GET"), (unsigned, "POST")):
        assert (await shop.told(query, method))[0] == 404
    await shop.boss.ok("PATCH", f"{place}/stripe", {"webhook_secret": ""})
    for secret in (HOOK_SECRET, ""):
        assert await shop.stripe(shop.cashier.event("x"), secret) == 404
    assert (await shop.ada.get("/api/v1/me/top-up-options"))["methods"] == []
    for provider in ("stripe", "easypay"):
        body = {"provider": provider, "amount": "10"}
        assert await shop.ada.refused("POST", "/api/v1/me/top-ups", body) == "conflict"
    assert await shop.balance() == "0"


async def test_amounts(shop: Shop) -> None:
    for amount in ("0", "-1", "0.99", "10000.01", "1.001", "1e2", "x", "NaN"):
        body = {"provider": "stripe", "amount": amount}
        assert await shop.ada.refused("POST", "/api/v1/me/top-ups", body) in (
            "invalid_value",
            "invalid_request",
        )
    for body in (
        {"rate": "0"},
        {"rate": "-1"},
        {"rate": "NaN"},
        {"currency": "coins"},
        {"minimum": "5", "maximum": "4"},
        {"packages": [{"amount": "1", "credit": "0"}]},
        {"packages": [{"amount": "1", "credit": "1"}, {"amount": "1.00", "credit": "2"}]},
    ):
        whole = {"currency": "CNY", "rate": "5"} | body
        assert (
            await shop.boss.refused("PUT", "/api/v1/settings/top-ups", whole) == "invalid_value"
        ), body


async def test_what_the_operator_does(both: Console, cashier: Cashier) -> None:
    shop = await opened(both, cashier)
    whose = (await shop.ada.get("/api/v1/me"))["id"]
    body = {"account_id": whose, "amount": "35", "credit": "5", "note": "by bank transfer"}
    by_hand = await shop.boss.ok("POST", "/api/v1/top-ups", body)
    assert (by_hand["state"], by_hand["provider"]) == ("paid", "manual")
    assert await shop.balance() == "5"
    made = await shop.order("stripe")
    path = f"/api/v1/top-ups/{made['number']}"
    assert await shop.boss.refused("POST", f"{path}/refund", {}) == "conflict"
    assert (await shop.boss.ok("POST", f"{path}/confirm"))["state"] == "paid"
    assert await shop.boss.refused("POST", f"{path}/confirm") == "conflict"
    assert await shop.stripe(cashier.event(made["number"])) == 200  # told late: once all the same
    assert await shop.balance() == "7"
    assert (await shop.boss.ok("POST", f"{path}/refund", {}))["state"] == "refunded"
    assert await shop.boss.refused("POST", f"{path}/refund", {}) == "conflict"
    assert await shop.stripe(cashier.event(made["number"])) == 200
    assert await shop.balance() == "5"
    found = (await shop.boss.get("/api/v1/top-ups?state=refunded"))["data"]
    assert [each["number"] for each in found] == [made["number"]]
    lines = (await shop.boss.get("/api/v1/audit?kind=top-up"))["data"]
    assert [line["action"] for line in lines] == ["refund", "pay", "pay"]
    await shop.clean()


async def test_orders_of_others(shop: Shop) -> None:
    made = await shop.order("stripe")
    eve = await signed_in(shop.console, "eve@example.com")
    path = f"/api/v1/me/top-ups/{made['number']}"
    assert await eve.refused("GET", path) == "not_found"
    assert (await eve.get("/api/v1/me/top-ups"))["data"] == []
    for method, where in (("POST", "confirm"), ("POST", "refund")):
        where = f"/api/v1/top-ups/{made['number']}/{where}"
        assert await shop.ada.refused(method, where, {}) == "operator_only"


async def test_secrets_ask_for_a_proof(shop: Shop) -> None:
    script = await shop.boss.ok("POST", "/api/v1/access-tokens", {"name": "ci"})
    caller = Caller(shop.console, {"authorization": script["token"]})
    path = "/api/v1/settings/payment-providers/stripe"
    assert await caller.refused("PATCH", path, {"key": "mine"}) == "step_up_required"


async def test_orders_wait_an_hour(shop: Shop) -> None:
    made = await shop.order("stripe")
    assert await expire_old(shop.console.store) == 0
    async with shop.console.store.write() as connection:
        await connection.execute(update(top_ups).values(expires_ms=1))
    shown = await shop.state(made)
    assert (shown["state"], shown["url"]) == ("expired", "")
    assert await expire_old(shop.console.store) == 1
    assert await expire_old(shop.console.store) == 0


async def test_the_audit_finds_what_does_not_fit(shop: Shop) -> None:
    made = await shop.order("stripe")
    assert await shop.stripe(shop.cashier.event(made["number"])) == 200
    whose, store, ask = made["account_id"], shop.console.store, shop.console.ledger.ask
    await ask(Transfer(whose, "easypay:invented", "topup", 10**9))
    (wrong,) = await cross_audit(store, ask, 0)
    assert wrong == "a top-up was credited without an order: easypay:invented"
    for values, found in (
        ({"nanos": 1}, "differ"),
        ({"paid_ms": None}, "is not paid"),
        ({"number": "N", "paid_ms": 1}, "was not credited"),
    ):
        async with store.write() as connection:
            await connection.execute(update(top_ups).values(**values))
        assert found in " ".join(await cross_audit(store, ask, 0)), found


def test_amounts_are_exact() -> None:
    assert [currency_code(text) for text in ("¥", "$", "cny", "CREDITS", "积分", "")] == [
        "CNY", "USD", "CNY", "", "", "",
    ]  # fmt: skip
    assert (parse_amount("1.5", "CNY"), parse_amount("500", "JPY")) == (150, 500)
    assert (format_amount(150, "CNY"), format_amount(500, "JPY")) == ("1.50", "500")
    with pytest.raises(ValueError, match="decimal places"):
        parse_amount("1.5", "JPY")
    assert credit_nanos(100, "CNY", parse_rate("7.3")) == 136986301
    assert credit_nanos(1, "CNY", parse_rate("3")) == 3333333
    assert credit_nanos(2, "CNY", parse_rate("3")) == 6666667
