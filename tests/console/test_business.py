"""What the console is for: an operator sets up a business by its forms, and a stranger becomes a
customer, against an upstream on a real socket."""

import contextlib
import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.console.conftest import OPERATOR, PASSWORD, USER
from tests.console.filling import Speaker, signed_in
from tests.console.visitor import Visitor, visiting
from tests.support.rogue import Rogue

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

UPSTREAM_KEY = "sk-upstream-console-0123456789"
CODE_AMOUNT = "5"


def field(page: Page, name: str) -> Locator:
    """In the form that is open."""
    return page.locator(".ant-drawer-body").get_by_label(name, exact=True)


async def choose(page: Page, name: str, option: str) -> None:
    """The list opens with a movement: on a slow machine a click may meet it half-way."""
    box = field(page, name)
    around = box.locator("xpath=ancestor::*[contains(concat(' ', @class, ' '), ' ant-select ')]")
    for _ in range(3):
        await box.click()
        await page.locator(".ant-select-dropdown:visible").get_by_title(option, exact=True).click()
        with contextlib.suppress(AssertionError):
            await expect(around).to_contain_text(option, timeout=2000)
            return
    raise AssertionError(f"{option!r} cannot be chosen for {name!r}")


async def save(page: Page) -> None:
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.locator(".ant-drawer-body")).to_have_count(0)


async def test_an_operator_sets_up_a_business(browser: Browser, site: str, upstream: Rogue) -> None:
    """A channel by address and keys, its models fetched before it is saved, its group with a rate
    and its prices; it answers its test, and one of its keys is switched off."""
    async with visiting(browser, site) as visitor:
        await visitor.sign_in(OPERATOR)
        await _group(visitor)
        await _channel(visitor, upstream)
        await _prices(visitor)
        await _trial(visitor)
        await _key_off(visitor)
        assert upstream.seen[0].headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
        assert visitor.problems == []


async def _group(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.go("/console/groups")
    await page.get_by_role("button", name="New group").click()
    await field(page, "Name").fill("north")
    await field(page, "Rate").fill("1.5")
    await field(page, "Pros").fill("near")
    await save(page)
    row = page.get_by_role("row").filter(has_text="north")
    await expect(row).to_contain_text("×1.5")


async def _channel(visitor: Visitor, upstream: Rogue) -> None:
    page = visitor.page
    await visitor.go("/console/channels")
    await page.get_by_role("button", name="New channel").click()
    await field(page, "Name").fill("north")
    await choose(page, "Vendor", "OpenAI")
    await field(page, "Base address").fill(f"http://127.0.0.1:{upstream.port}")
    await field(page, "Private addresses allowed").click()
    await field(page, "Keys").fill(f"{UPSTREAM_KEY}\nsk-upstream-second-0123456789")
    await choose(page, "Groups", "north")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Fetch models").click()
    await page.get_by_role("button", name="Take all 2").click()
    await save(page)
    row = page.get_by_role("row").filter(has_text="north-1")
    await expect(row).to_contain_text("2 of 2 keys on")


async def _prices(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.go("/console/prices")
    await page.get_by_role("button", name="New price").click()
    await field(page, "Model").fill("north-*")
    await field(page, "Input").fill("100")
    await field(page, "Output").fill("200")
    await save(page)
    await expect(page.get_by_role("row").filter(has_text="north-*")).to_contain_text("out $200")


async def _trial(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.go("/console/channels")
    row = page.get_by_role("row").filter(has_text="north-1")
    await row.get_by_role("button", name="Test").click()
    await page.get_by_role("button", name="Send one request").click()
    await expect(page.get_by_text(re.compile(r"north-1 · 200 · \d+ ms"))).to_be_visible()
    await page.keyboard.press("Escape")


async def _key_off(visitor: Visitor) -> None:
    page = visitor.page
    row = page.get_by_role("row").filter(has_text="north-1")
    await row.get_by_role("button", name="Edit").click()
    second = (
        page.locator(".ant-drawer-body").get_by_role("switch", name=re.compile("On sk-u")).nth(1)
    )
    await second.click()
    await expect(second).not_to_be_checked()
    await page.get_by_role("button", name="Cancel").click()
    await expect(row).to_contain_text("1 of 2 keys on")


async def test_a_stranger_becomes_a_customer(browser: Browser, site: str, upstream: Rogue) -> None:
    """Registers, redeems a code, makes a token in a group, copies a set-up, asks, sees the formula;
    and the operator gives the charge back."""
    boss = signed_in(site, OPERATOR, PASSWORD)
    sign_up = {"mode": "open", "captcha": False, "credit": "0", "account_group": "default"}
    boss.ok("PUT", "/api/v1/settings/sign-up", sign_up)
    made = boss.ok("POST", "/api/v1/redemption-codes", {"amount": CODE_AMOUNT, "count": 1})
    async with visiting(browser, site) as visitor:
        await _register(visitor, "new@example.com")
        await _redeem(visitor, made["codes"][0])
        await _token(visitor)
        await _set_up(visitor)
        await _ask(visitor)
        await _see(visitor)
        assert visitor.problems == []
    await _refund(browser, site, boss)


async def _register(visitor: Visitor, email: str) -> None:
    page = visitor.page
    await visitor.open("/console/register")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Make an account").click()
    await page.wait_for_url("**/console/dashboard")


async def _redeem(visitor: Visitor, code: str) -> None:
    page = visitor.page
    await visitor.go("/console/wallet")
    await page.get_by_label("Redemption code").fill(code)
    await page.get_by_role("button", name="Redeem").click()
    await expect(page.get_by_text(f"${CODE_AMOUNT}").first).to_be_visible()


async def _token(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.go("/console/tokens")
    await page.get_by_role("button", name="New token").click()
    await choose(page, "Groups", "Everyday · ×2")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="Set up a client").click()


async def _set_up(visitor: Visitor) -> None:
    """The key is filled in, and what is copied is what is shown."""
    page = visitor.page
    await page.get_by_role("tab", name="Claude Code").click()
    block = page.get_by_label(re.compile("^Claude Code shell"))
    await expect(block).to_contain_text(re.compile(r"ANTHROPIC_AUTH_TOKEN=sk-\w{8}"))
    link = page.get_by_role("link", name="Import into CC Switch").first
    await expect(link).to_have_attribute("href", re.compile(r"^ccswitch://v1/import\?.*apiKey=sk-"))


async def _ask(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.go("/console/playground")
    await page.get_by_label("Model").first.fill("demo-chat")
    await page.get_by_label("Message").fill("Hello")
    await page.get_by_label("Message").press("Enter")
    await expect(page.get_by_text(re.compile(r"tokens in, \d+ out · \$0\.\d+"))).to_be_visible()
    await page.get_by_role("tab", name="Midjourney").click()
    await page.get_by_label("Prompt").last.fill("a blue boat")
    await page.get_by_role("button", name="Imagine").click()
    await page.get_by_role("button", name="U1").click(timeout=40_000)
    await expect(page.get_by_text(re.compile("^UPSCALE · SUCCESS"))).to_be_visible(timeout=40_000)


async def _see(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.go("/console/log")
    formula = page.get_by_text(re.compile(r"in × \$1000 / 1M \+ \d+ out × \$2000 / 1M\) × 2 ="))
    await expect(formula.first).to_be_visible()
    await visitor.go("/console/tasks")
    await expect(page.get_by_role("img", name="a blue boat").first).to_be_visible()


async def _refund(browser: Browser, site: str, boss: Speaker) -> None:
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.sign_in(OPERATOR)
        rows = boss.ok("GET", "/api/v1/log?model=demo-chat")["data"]
        whose = rows[0]["account_id"]
        await visitor.go("/console/house-log")
        row = page.get_by_role("row").filter(has_text=f"#{whose}").filter(has_text="demo-chat")
        await row.first.get_by_role("button").first.click()
        await page.get_by_role("button", name="Refund").click()
        await page.get_by_role("button", name="Yes").click()
        await expect(page.get_by_text("refund", exact=True)).to_be_visible()
        assert visitor.problems == []


async def test_white_label_and_currency(browser: Browser, site: str) -> None:
    """The operator's name, and every amount in the operator's currency; then as it was."""
    boss = signed_in(site, OPERATOR, PASSWORD)
    before = boss.ok("GET", "/api/v1/settings")["site"]
    try:
        async with visiting(browser, site) as visitor:
            page = visitor.page
            await visitor.sign_in(OPERATOR)
            await visitor.go("/console/settings")
            await page.get_by_label("Name of the site").fill("Northern Lights")
            await page.get_by_label("Display currency").fill("CNY")
            await page.get_by_label("Units in one US dollar").fill("7")
            await page.get_by_role("button", name="Save").first.click()
            await expect(page.get_by_role("link", name="Northern Lights")).to_be_visible()
            await visitor.go("/console/prices")
            row = page.get_by_role("row").filter(has_text="demo-image")
            await expect(row.first).to_contain_text("¥0.28")
            assert await page.title() == "Northern Lights"
            assert visitor.problems == []
    finally:
        boss.ok("PUT", "/api/v1/settings/site", before)


async def test_alerts_are_tried_out(browser: Browser, site: str, upstream: Rogue) -> None:
    """A receiver by webhook, its test button, and the log of what was sent."""
    upstream.on("/alerts", upstream.reply(200, b"{}"))
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.sign_in(OPERATOR)
        await visitor.go("/console/alerts")
        await page.get_by_role("tab", name="Receivers").click()
        await page.get_by_role("button", name="Add a receiver").click()
        await field(page, "Name").fill("bell")
        await choose(page, "Kind", "Webhook")
        await field(page, "To").fill(f"http://127.0.0.1:{upstream.port}/alerts")
        await field(page, "Private addresses allowed").click()
        await page.get_by_role("button", name="Save").last.click()
        secret = page.locator("code", has_text=re.compile(r"\w{16}"))
        shown = page.get_by_role("dialog").filter(has=secret)
        await expect(shown).to_be_visible()
        await shown.get_by_role("button", name="Close").click()
        await (
            page.get_by_role("row")
            .filter(has_text="bell")
            .get_by_role("button", name="Test")
            .click()
        )
        await expect(page.get_by_role("alert").get_by_text("sent")).to_be_visible()
        await page.get_by_role("tab", name="Messages").click()
        await expect(page.get_by_role("row").filter(has_text="/alerts")).to_contain_text("sent")
        assert visitor.problems == []


async def test_a_payment_by_hand(browser: Browser, site: str) -> None:
    boss = signed_in(site, OPERATOR, PASSWORD)
    (ada,) = boss.ok("GET", f"/api/v1/accounts?search={USER}")["data"]
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.sign_in(OPERATOR)
        await visitor.go("/console/top-ups")
        await page.get_by_role("button", name="Enter a payment").click()
        await field(page, "Account number").fill(str(ada["id"]))
        await field(page, "Amount paid").fill("20")
        await field(page, "Credit").fill("3")
        await save(page)
        row = page.get_by_role("row").filter(has_text=f"#{ada['id']}")
        await expect(row).to_contain_text("$3")
        await expect(row).to_contain_text("paid")
        assert visitor.problems == []
    (later,) = boss.ok("GET", f"/api/v1/accounts?search={USER}")["data"]
    assert float(later["balance"]) == pytest.approx(float(ada["balance"]) + 3)
