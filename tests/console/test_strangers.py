"""Somebody who types anything, presses twice and owns no mouse."""

import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.console.conftest import OPERATOR, PASSWORD, USER
from tests.console.filling import signed_in
from tests.console.test_business import field
from tests.console.visitor import Visitor, visiting

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
    pytest.mark.soak,
]

RTL, TURNED, EMOJI = "\u05e9\u05dc\u05d5\u05dd", "\u202egnp.exe", "🦊🚀 müßig"


def beside(page: Page, name: str) -> Locator:
    """What is said beside a field of the form that is open."""
    item = page.locator(".ant-drawer-body .ant-form-item").filter(
        has=page.get_by_label(name, exact=True)
    )
    return item.locator(".ant-form-item-explain-error")


def refusals_only(visitor: Visitor) -> list[str]:
    return [each for each in visitor.problems if not re.search(r"status of 4\d\d", each)]


async def test_from_the_sign_in_to_a_billed_reply_by_keyboard(browser: Browser, site: str) -> None:
    """Tab, typing and Enter alone; links and buttons are pressed where the focus stands."""
    async with visiting(browser, site) as visitor:
        page, keys = visitor.page, visitor.page.keyboard
        await visitor.sign_in(USER)
        await _walk_to(page, "link", "Tokens")
        await keys.press("Enter")
        await page.wait_for_url("**/console/tokens")
        await _walk_to(page, "button", "New token")
        await keys.press("Enter")
        await expect(field(page, "Name")).to_be_visible()
        await field(page, "Name").focus()
        await keys.press("Enter")
        await expect(page.get_by_role("button", name="Try it")).to_be_visible()
        await _walk_to(page, "button", "Try it")
        await keys.press("Enter")
        await expect(page.get_by_label("Model")).to_have_value("demo-chat")
        await _walk_to(page, "textbox", "Message")
        await keys.type("Hello")
        await keys.press("Enter")
        await expect(page.get_by_text(re.compile(r"tokens in, \d+ out · \$0\.\d+"))).to_be_visible()
        assert visitor.problems == []


async def _walk_to(page: Page, role: str, name: str) -> None:
    wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    await expect(wanted).to_be_visible()
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead to {name!r}")


async def test_money_that_is_none(browser: Browser, site: str) -> None:
    """Below nothing, no number, more than there is: each is said beside its field, nothing moves;
    and a press too many moves money once."""
    boss = signed_in(site, OPERATOR, PASSWORD)
    (ada,) = boss.ok("GET", f"/api/v1/accounts?search={USER}")["data"]
    before = float(ada["balance"])
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.sign_in(OPERATOR)
        await visitor.go("/console/top-ups")
        await page.get_by_role("button", name="Enter a payment").click()
        save = page.get_by_role("button", name="Save").last
        await save.click()
        await expect(beside(page, "Amount paid")).to_have_text("Amount paid, please")
        await field(page, "Account number").fill(str(ada["id"]))
        await field(page, "Amount paid").fill("-5")
        await field(page, "Credit").fill("ten")
        await save.click()
        for name in ("Amount paid", "Credit"):
            said = beside(page, name).filter(has_text="such as 12.5")
            await expect(said).to_be_visible()
        await field(page, "Amount paid").fill("20")
        await field(page, "Credit").fill("1000000000000")
        await save.click()
        await expect(beside(page, "Credit")).not_to_be_empty()
        (now,) = boss.ok("GET", f"/api/v1/accounts?search={USER}")["data"]
        assert float(now["balance"]) == pytest.approx(before)
        await field(page, "Credit").fill("2")
        await save.dblclick()
        await expect(page.locator(".ant-drawer-body")).to_have_count(0)
        assert refusals_only(visitor) == []
    (now,) = boss.ok("GET", f"/api/v1/accounts?search={USER}")["data"]
    assert float(now["balance"]) == pytest.approx(before + 2)


async def test_names_that_are_strange(browser: Browser, site: str) -> None:
    """Too long is told beside the field and kept to be mended; any script of the world is taken,
    and shown as it was typed, within the page."""
    async with visiting(browser, site, width=390) as visitor:
        page = visitor.page
        await visitor.sign_in(USER)
        await visitor.go("/console/tokens")
        for name in (f"{EMOJI} {RTL}", "x" * 30, "<img src=x onerror=alert(1)>"):
            await page.get_by_role("button", name="New token").click()
            for wrong, said in (("n" * 5000, "30"), (TURNED, "printable")):
                await field(page, "Name").fill(wrong)
                await page.get_by_role("button", name="Save").last.click()
                await expect(beside(page, "Name").filter(has_text=said).first).to_be_visible()
            await field(page, "Name").fill(name)
            await page.get_by_role("button", name="Save").last.click()
            made = page.get_by_role("dialog").filter(has_text="Shown this once")
            await made.get_by_role("button", name="Close").last.click()
            row = page.get_by_role("row").filter(has_text=name)
            await expect(row).to_be_visible()
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390
        assert refusals_only(visitor) == []


async def test_what_is_folded_away_is_opened_where_it_is_wrong(browser: Browser, site: str) -> None:
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.sign_in(USER)
        await visitor.go("/console/tokens")
        await page.get_by_role("button", name="New token").click()
        await field(page, "Name").fill("folded")
        await page.get_by_text("More settings").click()
        await field(page, "Budget a day").fill("much")
        await field(page, "Requests a minute").fill("-4")
        await page.get_by_text("More settings").click()
        await page.get_by_role("button", name="Save").last.click()
        await expect(beside(page, "Budget a day")).to_be_visible()
        await field(page, "Budget a day").fill("1")
        await page.get_by_text("More settings").click()
        await page.get_by_role("button", name="Save").last.click()
        await expect(beside(page, "Requests a minute")).to_be_visible()
        await field(page, "Requests a minute").fill("4")
        await page.get_by_role("button", name="Save").last.click()
        await expect(page.get_by_role("button", name="Try it")).to_be_visible()
        assert refusals_only(visitor) == []


async def test_a_registration_that_is_refused(browser: Browser, site: str) -> None:
    """What is wrong stands beside the field, in the reader's language; then it is mended."""
    boss = signed_in(site, OPERATOR, PASSWORD)
    sign_up = {"mode": "open", "captcha": False, "credit": "0", "account_group": "default"}
    boss.ok("PUT", "/api/v1/settings/sign-up", sign_up)
    async with visiting(browser, site, "zh", 390) as visitor:
        page = visitor.page
        await visitor.open("/console/register")
        told = page.locator(".ant-form-item-explain-error")
        await page.get_by_role("button", name="注册账户").click()
        await expect(told).to_have_count(2)
        await page.get_by_label("邮箱").fill("someone@nowhere")
        await page.get_by_label("密码", exact=True).fill("short")
        await page.get_by_role("button", name="注册账户").click()
        await expect(told.first).to_contain_text("ada@example.com")
        await page.get_by_label("邮箱").fill("late@example.com")
        await page.get_by_role("button", name="注册账户").click()
        await expect(told.first).to_contain_text("10")
        await page.get_by_label("密码", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="注册账户").dblclick()
        await page.wait_for_url("**/console/dashboard")
        assert refusals_only(visitor) == []
    assert len(boss.ok("GET", "/api/v1/accounts?search=late@example.com")["data"]) == 1
