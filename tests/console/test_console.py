"""From the sign-in to a billed reply; what the first load weighs; where letters lead."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.console.conftest import USER
from tests.console.visitor import visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST_LOAD_BYTES_MAX = 400_000


async def test_from_the_sign_in_to_a_billed_reply(browser: Browser, site: str) -> None:
    async with visiting(browser, site) as visitor:
        page = visitor.page
        await visitor.sign_in(USER)
        await visitor.click(page.get_by_role("menuitem", name="Tokens"))
        await visitor.click(page.get_by_role("button", name="New token"))
        await visitor.click(page.get_by_role("button", name="Save"))
        await visitor.click(page.get_by_role("button", name="Try it"))
        await expect(page.get_by_label("Model")).to_have_value("demo-chat")
        await page.get_by_label("Message").fill("Hello")
        await page.get_by_label("Message").press("Enter")
        await expect(page.get_by_text(re.compile(r"tokens in, \d+ out · \$0\.\d+"))).to_be_visible()
        await visitor.click(page.get_by_role("menuitem", name="Requests"))
        formula = page.get_by_text(re.compile(r"in × \$1000 / 1M \+ \d+ out × \$2000 / 1M\) × 2 ="))
        await expect(formula.first).to_be_visible()
        assert visitor.clicks <= 8
        assert visitor.problems == []


async def test_the_first_load(browser: Browser, site: str) -> None:
    """What the browser got, packed, before any chart; and that only scripts of ours may run."""
    async with visiting(browser, site) as visitor:
        wire = await visitor.page.context.new_cdp_session(visitor.page)
        sizes: list[int] = []
        wire.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
        await wire.send("Network.enable")
        async with visitor.page.expect_response(f"{site}/") as first:
            await visitor.open("/")
        policy = (await (await first.value).all_headers())["content-security-policy"]
        assert "script-src 'self';" in policy
        await visitor.page.wait_for_load_state("networkidle")
        assert 50_000 < sum(sizes) < FIRST_LOAD_BYTES_MAX, sum(sizes)
        assert visitor.problems == []


async def test_letters_lead_to_pages(browser: Browser, site: str) -> None:
    async with visiting(browser, site) as visitor:
        for name in ("confirm", "change", "reset", "sign-in"):
            await visitor.open(f"/account/{name}#token=x")
        await visitor.open("/account/confirm#token=worthless")
        await visitor.page.get_by_role("button", name="Confirm this address").click()
        await expect(visitor.page.get_by_role("alert")).to_contain_text("link_invalid")
