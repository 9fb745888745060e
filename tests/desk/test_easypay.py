"""Top-ups by EasyPay: paid, forged, raced, by its page and its API."""

import asyncio
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.control.conftest import PEER, Console
from tests.desk.cashier import MERCHANT, Cashier, easypay_notice, md5_sign
from tests.desk.shop import EASYPAY, Shop, cashier, opened, shop

__all__ = ["cashier", "shop"]


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
