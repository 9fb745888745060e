"""Top-ups of either provider: what is offered, exact amounts, the operator's part, the audit."""

import json
from urllib.parse import parse_qsl, urlencode

import pytest
from sqlalchemy import select, update

from tests.control.conftest import Console
from tests.desk.cashier import (
    HOOK_SECRET,
    MERCHANT_KEY,
    STRIPE_KEY,
    Cashier,
    easypay_notice,
    md5_sign,
)
from tests.desk.conftest import Caller, signed_in
from tests.desk.shop import Shop, cashier, opened, shop
from waystation.control.top_ups.amounts import (
    credit_nanos,
    currency_code,
    format_amount,
    parse_amount,
    parse_rate,
)
from waystation.control.top_ups.audit import cross_audit
from waystation.control.top_ups.orders import expire_old
from waystation.ledger.messages import Transfer
from waystation.storage.main import payment_providers, top_ups

__all__ = ["cashier", "shop"]


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


async def test_a_provider_that_fails(shop: Shop) -> None:
    shop.cashier.broken = True
    body = {"provider": "stripe", "amount": "10"}
    assert await shop.ada.refused("POST", "/api/v1/me/top-ups", body) == "upstream_error"
    (row,) = (await shop.ada.get("/api/v1/me/top-ups"))["data"]
    assert row["state"] == "expired"


async def test_providers_do_not_speak_for_each_other(shop: Shop) -> None:
    paid_by_card = await shop.order("stripe")
    by_scan = await shop.order("easypay", method="alipay")
    lie = easypay_notice(by_scan["url"], out_trade_no=paid_by_card["number"])
    assert (await shop.told(lie))[0] == 400
    assert await shop.stripe(shop.cashier.event(by_scan["number"])) == 200  # none of its orders
    assert await shop.balance() == "0"


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
