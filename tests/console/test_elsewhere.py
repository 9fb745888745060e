"""There and back: paying at a provider's page, signing in at another site; and what guards a
sign-in here: a second factor, recovery codes, a proof before secrets."""

import re
import sqlite3
from contextlib import closing
from typing import Any

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from tests.console.conftest import OPERATOR, PASSWORD
from tests.console.elsewhere import PayingPages, SigningIn, standing
from tests.console.filling import Speaker, signed_in
from tests.console.visitor import Visitor, visiting
from tests.desk.cashier import HOOK_SECRET, MERCHANT, MERCHANT_KEY, STRIPE_KEY
from tests.desk.test_elsewhere import SECRET
from tests.support.serve import Serve

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(200)]

TERMS = {"currency": "CNY", "rate": "5", "packages": [{"amount": "100", "credit": "25"}]}


def account(site: str, email: str) -> Speaker:
    """Somebody new, signed in."""
    boss = signed_in(site, OPERATOR, PASSWORD)
    boss.ok("POST", "/api/v1/accounts", {"email": email, "password": PASSWORD})
    return signed_in(site, email, PASSWORD)


@pytest.mark.soak  # its money is tested by the desk
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


@pytest.mark.soak
async def test_signing_in_at_another_site(browser: Browser, served: Serve, site: str) -> None:
    """The operator's form makes the button; there and back makes the account. Asked for a proof,
    who has no password is sent there once more, and comes back proven."""
    boss, there = signed_in(site, OPERATOR, PASSWORD), SigningIn()
    boss.ok("PUT", "/api/v1/settings/sign-up", {"mode": "open", "captcha": False})
    async with standing(there), visiting(browser, site) as visitor:
        await _provider(browser, site, there)
        visitor.elsewhere = (there.address,)
        await visitor.open("/console/sign-in")
        await visitor.page.get_by_role("link", name="Sign in with Elsewhere").click()
        await visitor.page.wait_for_url("**/console/dashboard")
        await visitor.go("/console/profile")
        await expect(visitor.page.get_by_text("zoe@else.example").first).to_be_visible()
        assert visitor.problems == []
        people = boss.ok("GET", "/api/v1/accounts")["data"]
        _proofs_are_old(served, next(p["id"] for p in people if p["email"] == "zoe@else.example"))
        await _prove_elsewhere(visitor.page)
        assert _not_refusals(visitor) == []
    (one,) = boss.ok("GET", "/api/v1/sign-in-providers")["data"]
    boss.ok("DELETE", f"/api/v1/sign-in-providers/{one['id']}")


async def _prove_elsewhere(page: Page) -> None:
    await page.get_by_role("button", name="Set it up").click()
    dialog = page.get_by_role("dialog", name="Once more: who are you?")
    again = dialog.get_by_role("link", name="Sign in with Elsewhere")
    await expect(again).to_be_visible()
    await expect(dialog.get_by_label("Password")).to_have_count(0)
    await again.click()
    await page.wait_for_url("**/console/profile")
    await page.get_by_role("button", name="Set it up").click()
    await expect(page.get_by_role("img", name=re.compile("^QR code"))).to_be_visible()


async def _provider(browser: Browser, site: str, there: SigningIn) -> None:
    async with visiting(browser, site) as visitor:
        page, form = visitor.page, visitor.page.locator(".ant-drawer-body")
        await visitor.sign_in(OPERATOR)
        await visitor.go("/console/providers")
        await page.get_by_role("button", name="Add").click()
        await form.get_by_label("Kind", exact=True).click()
        await page.locator(".ant-select-dropdown:visible").get_by_title("OpenID Connect").click()
        for label, value in (
            ("Name", "else"),
            ("Title", "Elsewhere"),
            ("Client id", "us"),
            ("Client secret", SECRET),
            ("Issuer", there.address),
        ):
            await form.get_by_label(label, exact=True).fill(value)
        await form.get_by_label("Private addresses allowed").click()
        await page.get_by_role("button", name="Save").last.click()
        await expect(page.get_by_role("row").filter(has_text="Elsewhere")).to_be_visible()
        assert visitor.problems == []


async def test_a_second_factor(browser: Browser, served: Serve, site: str) -> None:
    """Set up after a proof, asked for at each sign-in; a recovery code opens once; off again."""
    email = "careful@example.com"
    careful = account(site, email)
    async with visiting(browser, site) as visitor:
        await visitor.sign_in(email)
        _proofs_are_old(served, careful.ok("GET", "/api/v1/me")["id"])
        await visitor.go("/console/profile")
        codes = await _enrol(visitor.page)
        assert len(codes) >= 8
        assert _not_refusals(visitor) == []
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.sign_in(email, codes[0])
        again = {"email": email, "password": PASSWORD, "code": codes[0]}
        status, told = Speaker(site).say("POST", "/api/v1/session", again)
        assert (status, told["error"]["code"]) == (401, "second_factor_wrong")
        await visitor.go("/console/profile")
        await page.get_by_placeholder("Code of the authenticator app").fill(codes[1])
        await page.get_by_role("button", name="Turn it off").click()
        await expect(page.get_by_role("button", name="Set it up")).to_be_visible()
        assert _not_refusals(visitor) == []


def _not_refusals(visitor: Visitor) -> list[str]:
    """Browsers note each 401 and 403, also those that ask for a proof."""
    return [each for each in visitor.problems if not re.search("status of 40[13]", each)]


def _proofs_are_old(served: Serve, account_id: int) -> None:
    """As they are when some time has passed."""
    with closing(sqlite3.connect(served.data / "main.db", timeout=20)) as store, store:
        store.execute("UPDATE sessions SET proven_ms = 1 WHERE account_id = ?", (account_id,))


async def _enrol(page: Page) -> list[str]:
    """Recovery codes. The first proof is wrong, and told so; the second is not."""
    await page.get_by_role("button", name="Set it up").click()
    dialog = page.get_by_role("dialog", name="Once more: who are you?")
    await dialog.get_by_label("Password").fill("not the one it is")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_be_visible()
    await dialog.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("img", name=re.compile("^QR code"))).to_be_visible()
    await expect(dialog).to_be_hidden()  # it has a field of the same name
    secret = (await page.get_by_label("Secret to type in").inner_text()).strip()
    await page.get_by_placeholder("Code of the authenticator app").fill(pyotp.TOTP(secret).now())
    await page.get_by_role("button", name="Turn it on").click()
    shown = page.get_by_role("dialog", name="Recovery codes")
    codes = (await shown.get_by_label("Recovery codes").last.inner_text()).split()
    await shown.get_by_role("button", name="Close").last.click()
    return codes
