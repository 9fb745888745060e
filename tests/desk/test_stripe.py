"""Top-ups by Stripe: paid, forged, repeated, paid back."""

import asyncio
from typing import Any

from tests.control.conftest import Console
from tests.desk.cashier import Cashier, stripe_call
from tests.desk.shop import STRIPE, Shop, cashier, opened, shop
from waystation.kernel.clock import now_ms

__all__ = ["cashier", "shop"]


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
