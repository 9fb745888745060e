"""The operator's other forms, and what people do with what comes out of them."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.console.conftest import KEY, OPERATOR, PASSWORD, USER
from tests.console.filling import Speaker, signed_in
from tests.console.test_business import choose, field, save
from tests.console.visitor import visiting
from tests.support.rogue import Rogue

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
    pytest.mark.soak,
]


async def test_an_invitation(browser: Browser, site: str) -> None:
    """Made by the form, it opens a site that is closed to others, once."""
    boss = signed_in(site, OPERATOR, PASSWORD)
    sign_up = {"mode": "invited", "captcha": False, "account_group": "default"}
    boss.ok("PUT", "/api/v1/settings/sign-up", sign_up)
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.sign_in(OPERATOR)
        await visitor.go("/console/codes")
        await page.get_by_role("tab", name="Invitations").click()
        await page.get_by_role("button", name="Invite").click()
        await choose(page, "Group", "spare")
        await field(page, "Credit").fill("2.5")
        await save(page)
        shown = page.get_by_role("dialog").get_by_label("Code", exact=True)
        link = (await shown.inner_text()).strip()
        assert link.startswith(f"{site}/console/register?invitation=")
        assert visitor.problems == []
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.open(link.removeprefix(site))
        await expect(page.get_by_label("Invitation code")).to_have_value(re.compile(r"\w{8}"))
        await page.get_by_label("E-mail").fill("friend@example.com")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Make an account").click()
        await page.wait_for_url("**/console/dashboard")
        await expect(page.get_by_text("$2.5").first).to_be_visible()
        assert visitor.problems == []
    (friend,) = boss.ok("GET", "/api/v1/accounts?search=friend@")["data"]
    assert friend["group"] == "spare"
    again = {"email": "other@example.com", "password": PASSWORD}
    again["invitation"] = link.rpartition("=")[2]
    assert Speaker(site).say("POST", "/api/v1/registration", again)[0] >= 400


async def test_an_account_by_hand(browser: Browser, site: str) -> None:
    """Made with limits, granted a group, given money, switched off."""
    boss, email = signed_in(site, OPERATOR, PASSWORD), "hand@example.com"
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.sign_in(OPERATOR)
        await visitor.go("/console/accounts")
        await page.get_by_role("button", name="New account").click()
        await field(page, "E-mail").fill(email)
        await field(page, "Password").fill(PASSWORD)
        await page.get_by_text("More settings").click()
        await field(page, "Budget a day").fill("4")
        await field(page, "Requests a minute").fill("30")
        await save(page)
        row = page.get_by_role("row").filter(has_text=email)
        await row.get_by_role("button", name="Edit", exact=True).click()
        await choose(page, "Groups granted beyond its own", "spare")
        await page.keyboard.press("Escape")
        await page.locator(".ant-drawer-body").get_by_role("button", name="Save").click()
        await page.get_by_role("button", name="Cancel").click()
        await row.get_by_role("button", name="Credit").click()
        await field(page, "Amount").fill("12")
        await field(page, "Note").fill("welcome")
        await save(page)
        await expect(row).to_contain_text("$12")
        await row.get_by_role("switch").click()
        await expect(row.get_by_role("switch")).not_to_be_checked()
        assert visitor.problems == []
    (made,) = boss.ok("GET", f"/api/v1/accounts?search={email}")["data"]
    assert made["grants"] == ["spare"]
    assert (made["budget"], made["limits"]) == ({"day": "4"}, {"rpm": 30})
    assert made["enabled"] is False


async def test_an_announcement(browser: Browser, site: str) -> None:
    """Seen by everybody while it is in force, changed, and gone."""
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.sign_in(OPERATOR)
        await visitor.go("/console/announcements")
        await page.get_by_role("button", name="New announcement").click()
        await field(page, "Title").fill("New models today")
        await field(page, "Text").fill("Two of them: **fast** and `slow`.")
        await choose(page, "Level", "Critical")
        await field(page, "Pinned").click()
        await save(page)
        row = page.get_by_role("row").filter(has_text="New models today")
        await expect(row).to_contain_text("Critical")
        await _stranger_reads(browser, site, "New models today", 1)
        await row.get_by_role("button", name="Edit", exact=True).click()
        await field(page, "Title").fill("Older models today")
        await save(page)
        row = page.get_by_role("row").filter(has_text="Older models today")
        await row.get_by_role("button", name="Delete").click()
        await page.get_by_role("button", name="Yes").click()
        await expect(row).to_have_count(0)
        await _stranger_reads(browser, site, "models today", 0)
        assert visitor.problems == []


async def _stranger_reads(browser: Browser, site: str, text: str, times: int) -> None:
    async with visiting(browser, site) as visitor:
        await visitor.open("/")
        await expect(visitor.page.get_by_role("button", name="OpenAPI")).to_be_visible()
        await visitor.page.wait_for_load_state("networkidle")
        await expect(visitor.page.get_by_role("alert").filter(has_text=text)).to_have_count(times)
        assert visitor.problems == []


async def test_who_may_use_what(browser: Browser, site: str) -> None:
    """The matrix of one model, and the drawer of one account, with the effective price."""
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.sign_in(OPERATOR)
        await visitor.go("/console/access")
        await page.get_by_label("Model", exact=True).fill("demo-chat")
        await page.keyboard.press("Enter")
        row = page.get_by_role("row").filter(has_text=USER)
        await expect(row).to_contain_text("$2000")
        await page.get_by_role("button", name=USER).click()
        drawer = page.get_by_role("dialog", name=USER)
        await expect(drawer.get_by_role("tab", name="default ×2")).to_be_visible()
        priced = drawer.get_by_role("row").filter(has_text="demo-image")
        await expect(priced.first).to_contain_text("$0.08")
        assert visitor.problems == []


async def test_prices_of_another_relay_are_accepted(
    browser: Browser, site: str, upstream: Rogue
) -> None:
    """What differs is shown beside what is, and only what is chosen is taken over."""
    told = {"data": [_priced("demo-chat", 3), _priced("demo-speech", 4)], "group_ratio": {"x": 2}}
    upstream.on("/api/pricing", upstream.reply(200, json.dumps(told | {"success": True}).encode()))
    boss = signed_in(site, OPERATOR, PASSWORD)
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.sign_in(OPERATOR)
        await visitor.go("/console/prices")
        await page.get_by_role("tab", name="Compare and take over").click()
        await _compare(page, f"http://127.0.0.1:{upstream.port}")
        old = page.get_by_role("row").filter(has=page.get_by_label("demo-chat", exact=True))
        await expect(old).to_contain_text("$1000")
        await expect(old).to_contain_text("$6")
        await page.get_by_label("demo-speech", exact=True).check()
        await page.get_by_role("button", name="Accept 1").click()
        await expect(page.get_by_text("1 differences among 2 prices")).to_be_visible()
        assert visitor.problems == []
    shown = {one["model"]: one["kinds"] for one in boss.ok("GET", "/api/v1/prices")["data"]}
    assert shown["demo-chat"]["input"] == "1000"
    assert shown["demo-speech"]["input"] == "8"


def _priced(model: str, ratio: float) -> dict[str, Any]:
    return {
        "model_name": model,
        "quota_type": 0,
        "model_ratio": ratio,
        "completion_ratio": 2,
        "enable_groups": ["default"],
    }


async def _compare(page: Page, address: str) -> None:
    panel = page.get_by_role("tabpanel", name="Compare and take over")
    await panel.get_by_label("Source").click()
    await page.locator(".ant-select-dropdown:visible").get_by_title("Another relay").click()
    await panel.get_by_label("Address", exact=True).fill(address)
    await panel.get_by_label("Private addresses allowed").click()
    await panel.get_by_role("button", name="Compare").click()


async def test_a_picture_and_a_voice(browser: Browser, site: str) -> None:
    """Drawn and spoken by the page, and really drawn and played."""
    boss = signed_in(site, OPERATOR, PASSWORD)
    boss.ok("PUT", "/api/v1/prices", {"model": "demo-speech", "kinds": {"per_call": "0.01"}})
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.open("/console/playground")
        await page.get_by_label("Your key").fill(KEY)
        await page.get_by_role("tab", name="Picture").click()
        panel = page.get_by_role("tabpanel", name="Picture")
        await panel.get_by_label("Prompt").fill("a lighthouse at night")
        await panel.get_by_role("button", name="Draw").click()
        picture = panel.get_by_role("img", name="a lighthouse at night").first
        await expect(picture).to_be_visible()
        await expect(picture).to_have_js_property("naturalWidth", 1024)
        await page.get_by_role("tab", name="Speech").click()
        panel = page.get_by_role("tabpanel", name="Speech")
        await panel.get_by_label("Text").fill("Good evening.")
        await panel.get_by_role("button", name="Speak").click()
        sound = panel.get_by_label("What was spoken")
        await expect(sound).to_be_visible()
        await page.wait_for_function("document.querySelector('audio').duration > 0.3")
        assert visitor.problems == []


async def test_a_token_s_hook(browser: Browser, site: str, upstream: Rogue) -> None:
    """Midjourney's fields of a token are kept; its secret is shown, and turned."""
    caller = signed_in(site, USER, PASSWORD)
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.sign_in(USER)
        await visitor.go("/console/tokens")
        await page.get_by_role("button", name="New token").click()
        await field(page, "Name").fill("drawing")
        await page.get_by_text("More settings").click()
        await field(page, "Hook address").fill("https://93.184.215.14/mj")
        await field(page, "Remix mode").click()
        await choose(page, "Answer while queued", "22, in line")
        await save(page)
        await page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
        row = page.get_by_role("row").filter(has_text="drawing")
        await row.get_by_role("button", name="Hook secret").click()
        await page.get_by_role("button", name="Yes").click()
        shown = page.get_by_role("dialog").filter(has_text="Hook secret: drawing")
        first = (await shown.get_by_label("Hook secret").inner_text()).strip()
        assert len(first) >= 20
        await expect(page.get_by_role("button", name="Yes")).to_have_count(0)
        await shown.get_by_role("button", name="New secret").click()
        await page.get_by_role("button", name="Yes").click()
        await expect(shown.get_by_text("The secret before is valid until")).to_be_visible()
        assert (await shown.get_by_label("Hook secret").inner_text()).strip() != first
        assert visitor.problems == []
    (made,) = [
        one for one in caller.ok("GET", "/api/v1/tokens")["data"] if one["name"] == "drawing"
    ]
    assert made["hook_url"] == "https://93.184.215.14/mj"
    assert made["midjourney"] == {"remix": True, "queue_code_22": True}
