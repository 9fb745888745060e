"""Every page in both languages and two widths, and the way from the sign-in to a billed reply."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.console.conftest import OPERATOR, USER, WEB
from tests.console.visitor import Language, Visitor, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST_LOAD_BYTES_MAX = 400_000
_PATHS = re.findall(r'path: "(/[^"]*)"', (WEB / "src" / "pages.ts").read_text())
# The same pages under the addresses of letters, which stand alone below.
PATHS = [path for path in _PATHS if not path.startswith("/account")]
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("language", "width", "dark"),
    [("en", 1280, False), ("zh", 390, True)],
    ids=["english", "chinese"],
)
async def test_every_page(
    browser: Browser, site: str, language: Language, width: int, dark: bool
) -> None:
    """In its own width and the other one."""
    other = 390 if width == 1280 else 1280
    async with visiting(browser, site, language, width, dark) as visitor:
        await visitor.sign_in(OPERATOR)
        await visitor.page.evaluate((WEB / "node_modules/axe-core/axe.min.js").read_text())
        for path in PATHS:
            await visitor.go(path)
            visitor.problems += await _too_wide(visitor, path, width)
            visitor.problems += await _barriers(visitor, path)
            await visitor.page.set_viewport_size({"width": other, "height": 900})
            visitor.problems += await _too_wide(visitor, path, other)
            await visitor.page.set_viewport_size({"width": width, "height": 900})
        assert visitor.problems == [], "\n".join(visitor.problems)


async def _too_wide(visitor: Visitor, path: str, width: int) -> list[str]:
    """Wide tables scroll in themselves; the page does not."""
    wide = await visitor.page.evaluate("document.documentElement.scrollWidth")
    return [f"{path} is {wide} wide at {width}"] if wide > width else []


async def _barriers(visitor: Visitor, path: str) -> list[str]:
    """What axe finds serious."""
    found: dict[str, Any] = await visitor.page.evaluate("rules => axe.run(rules)", _RULES)
    return [
        f"{path}: {one['id']}: {node['html'][:160]}: {node['failureSummary'][:300]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


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
