"""There and back: paying at a provider's page."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.console.conftest import OPERATOR, PASSWORD
from tests.console.elsewhere import PayingPages, standing
from tests.console.filling import Speaker, signed_in
from tests.console.visitor import Visitor, visiting
from tests.desk.cashier import HOOK_SECRET, MERCHANT, MERCHANT_KEY, STRIPE_KEY

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(200)]

TERMS = {"currency": "CNY", "rate": "5", "packages": [{"amount": "100", "credit": "25"}]}


def account(site: str, email: str) -> Speaker:
    """Somebody new, signed in."""
    boss = signed_in(site, OPERATOR, PASSWORD)
    boss.ok("POST", "/api/v1/accounts", {"email": email, "password": PASSWORD})
    return signed_in(site, email, PASSWORD)


@pytest.mark.soak
async def test_paying_at_a_provider(browser: Browser, site: str) -> None:
    """Choose an amount, go there, come back: credited once, though it is told thrice."""
    boss, payer = signed_in(site, OPERATOR, PASSWORD), account(site, "payer@example.com")
    shop = PayingPages(site)
    async with standing(shop), visiting(browser, site) as visitor:
        visitor.elsewhere = (shop.address,)
        _sell(boss, shop)
        await visitor.sign_in("payer@example.com")
        await _pay(visitor, "Card", "100", "$25")
        assert payer.ok("GET", "/api/v1/me")["balance"] == "25"
        await _pay(visitor, "Alipay", "50", "$10")
        assert payer.ok("GET", "/api/v1/me")["balance"] == "35"
        await expect(visitor.page.get_by_role("row").filter(has_text="Top-up")).to_have_count(2)
        orders = payer.ok("GET", "/api/v1/me/top-ups")["data"]
        assert [each["state"] for each in orders] == ["paid", "paid"]
        assert visitor.problems == []


def _sell(boss: Speaker, shop: PayingPages) -> None:
    boss.ok("PUT", "/api/v1/settings/top-ups", TERMS)
    here: dict[str, Any] = {"base_url": shop.address, "allow_private": True}
    stripe = here | {"key": STRIPE_KEY, "webhook_secret": HOOK_SECRET}
    boss.ok("PATCH", "/api/v1/settings/payment-providers/stripe", stripe)
    easypay = here | {"key": MERCHANT_KEY, "merchant": MERCHANT, "methods": ["alipay"]}
    boss.ok("PATCH", "/api/v1/settings/payment-providers/easypay", easypay)


async def _pay(visitor: Visitor, way: str, amount: str, credit: str) -> None:
    page = visitor.page
    await visitor.open("/console/wallet")
    await page.get_by_label(re.compile("^Amount in CNY")).fill(amount)
    await page.get_by_label(way, exact=True).check()
    await expect(page.get_by_text(f"You get about {credit}")).to_be_visible()
    await page.get_by_role("button", name=re.compile(r"^Pay .*\d")).click()
    await page.get_by_role("link", name="Pay now").click()
    await page.wait_for_url("**/console/wallet?top_up=*")
    await expect(page.get_by_role("alert").get_by_text(f"Paid: {credit}")).to_be_visible()
