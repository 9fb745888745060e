"""The docs in a browser: every page in both languages, try-it, search, samples, keyboard."""

import asyncio
import re

import pytest
from playwright.async_api import Browser, Route, expect

from tests.docs_site.conftest import KEY
from tests.docs_site.visit import visiting
from waystation.control.docs_site.explorer_page import is_built
from waystation.control.docs_site.import_links import clients, import_link
from waystation.control.docs_site.tree import PAGES, SECTIONS
from waystation.control.docs_site.tree import Page as DocsPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

_TABS = 3


_WAYS = pytest.mark.parametrize(
    ("language", "width", "dark"), [("en", 1280, False), ("zh", 390, True)]
)


@_WAYS
@pytest.mark.soak
async def test_some_pages(
    browser: Browser, site: str, language: str, width: int, dark: bool
) -> None:
    """The first of every third section; the others are looked at in the soak."""
    await _look_at([each.pages[0] for each in SECTIONS[::3]], browser, site, language, width, dark)


@pytest.mark.soak
@pytest.mark.timeout(600)
@_WAYS
async def test_every_page(
    browser: Browser, site: str, language: str, width: int, dark: bool
) -> None:
    await _look_at(list(PAGES.values()), browser, site, language, width, dark)


async def _look_at(
    waiting: list[DocsPage], browser: Browser, site: str, language: str, width: int, dark: bool
) -> None:
    """Drawn without a complaint, no wider than the window, with its samples in tabs."""
    problems: list[str] = []

    async def read_some() -> None:
        async with visiting(browser, site, width, dark) as visit:
            while waiting:
                page = waiting.pop()
                await visit.open(f"/docs/{language}/{page.slug}")
                wide, tabs, empty = await visit.page.evaluate(_LOOK)
                if wide > width:
                    visit.problems.append(f"{page.slug} is {wide} wide at {width}")
                if page.kind == "endpoint" and tabs < 15:
                    visit.problems.append(f"{page.slug} has {tabs} tabs")
                if empty:
                    visit.problems.append(f"{page.slug} has an empty button")
            problems.extend(visit.problems)

    await asyncio.gather(*(read_some() for _ in range(_TABS)))
    assert problems == []


_LOOK = """() => [
  document.documentElement.scrollWidth,
  document.querySelectorAll(".samples .tabs [role=tab]").length,
  [...document.querySelectorAll("button")].some((one) => !one.textContent.trim()),
]"""


async def test_imagine_in_ocaml_and_tried_with_a_token(browser: Browser, site: str) -> None:
    """From /docs to a finished task with its picture, and what it cost."""
    async with visiting(browser, site) as visit:
        page = visit.page
        await visit.open("/docs/en")
        await page.get_by_role("main").get_by_role("link", name="Imagine", exact=True).click()
        await page.get_by_role("tab", name="OCaml").click()
        await expect(page.locator(".sample:visible code")).to_contain_text("open Cohttp_lwt_unix")
        await page.reload()
        await expect(page.get_by_role("tab", name="OCaml")).to_have_attribute(
            "aria-selected", "true"
        )
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".try .told")).to_contain_text("Enter your token first.")
        await page.get_by_label("Your token").fill(KEY)
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".try[data-ended=SUCCESS]")).to_be_visible(timeout=60_000)
        picture = page.locator(".try img").first
        await expect(picture).to_be_visible()
        await page.wait_for_function("document.querySelector('.try img').naturalWidth > 100")
        await expect(page.locator(".try .cost")).to_contain_text("$0.15", timeout=20_000)
        assert visit.problems == []


async def test_a_stream_and_a_sound_are_tried(browser: Browser, site: str) -> None:
    async with visiting(browser, site) as visit:
        page = visit.page
        await visit.open("/docs/en/chat/streamed")
        await page.get_by_label("Your token").fill(KEY)
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".try .said")).to_contain_text("demo", timeout=30_000)
        await expect(page.locator(".try pre").last).to_contain_text("[DONE]")
        await expect(page.locator(".try .cost")).to_contain_text("$", timeout=20_000)
        await visit.open("/docs/en/audio/speech")
        assert await page.get_by_label("Your token").input_value() == KEY
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".try audio")).to_be_visible(timeout=30_000)
        assert visit.problems == []


async def test_copied_text_is_runnable(browser: Browser, site: str) -> None:
    async with visiting(browser, site) as visit:
        page = visit.page
        await visit.open("/docs/en/chat/whole")
        await page.get_by_label("Your token").fill(KEY)
        await page.locator(".sample:visible .copy").click()
        await expect(page.locator(".sample:visible .copy")).to_have_text("Copied")
        text = await page.evaluate("navigator.clipboard.readText()")
        assert text.startswith(f"curl '{site}/v1/chat/completions'")
        assert KEY in text
        assert KEY not in await page.locator(".sample:visible code").inner_text()
        await page.locator(".call .copy").click()
        address = await page.evaluate("navigator.clipboard.readText()")
        assert address == f"{site}/v1/chat/completions"


@pytest.mark.parametrize("client", ["codex", "cherry-studio", "nextchat"])
async def test_a_set_up_is_imported_by_a_link(browser: Browser, site: str, client: str) -> None:
    """The reader's key is in it, and has been sent to nobody."""
    async with visiting(browser, site) as visit:
        page = visit.page
        asked: list[str] = []
        page.on("request", lambda sent: asked.append(f"{sent.url} {sent.headers} {sent.post_data}"))
        await visit.open(f"/docs/en/clients/{client}")
        link = page.locator(".imports a").first
        await expect(link).to_have_attribute("aria-disabled", "true")
        await page.get_by_label("Your token").first.fill(KEY)
        await expect(link).to_have_attribute("aria-disabled", "false")
        (program, told), *_ = clients()[client].items()
        values = {"address": site, "key": KEY, "site": "Waystation"}
        values |= {"model": "gpt-4o", "nextChat": "https://app.nextchat.dev"}
        await expect(link).to_have_text(f"Open {program} with this set-up")
        await expect(link).to_have_attribute("href", import_link(told, values))
        assert not any(KEY in each for each in asked)
        assert visit.problems == []


async def test_search_and_ways_by_keyboard(browser: Browser, site: str) -> None:
    async with visiting(browser, site) as visit:
        page = visit.page
        await visit.open("/docs/en")
        await page.keyboard.press("/")
        await page.keyboard.type("model_not_available_in_group")
        await expect(page.locator(".found a").first).to_contain_text("model_not_available")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/docs/en/status#model_not_available_in_group")
        row = page.locator("#model_not_available_in_group")
        await expect(row).to_be_in_viewport()
        await expect(row).to_contain_text("Make a token in one of them.")
        await visit.open("/docs/en/chat/streamed")
        await page.keyboard.press("]")
        await page.wait_for_url("**/docs/en/chat/whole")
        await page.keyboard.press("[")
        await page.wait_for_url("**/docs/en/chat/streamed")
        await page.get_by_role("tab", name="Shell", exact=True).focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("tab", name="JavaScript", exact=True)).to_be_focused()
        await visit.open("/docs/zh")
        await page.keyboard.press("Control+k")
        await page.keyboard.type("余额")
        await expect(page.locator(".found a").first).to_be_visible()
        assert visit.problems == []


async def test_the_search_answers_what_the_field_holds_now(browser: Browser, site: str) -> None:
    """The index is asked for at the first letter, and may be there long after the last."""
    async with visiting(browser, site) as visit:
        page = visit.page
        asked = asyncio.Event()
        may_answer = asyncio.Event()

        async def answer(route: Route) -> None:
            if not asked.is_set():
                asked.set()
                await may_answer.wait()
            await route.continue_()

        await page.route("**/search.json", answer)
        await visit.open("/docs/en")
        await page.keyboard.press("/")
        await page.keyboard.type("m")
        await asked.wait()
        await page.keyboard.type("odel_not_available_in_group")
        async with page.expect_request_finished(lambda one: "search.json" in one.url):
            may_answer.set()
        await page.evaluate("new Promise(done => setTimeout(() => requestAnimationFrame(done)))")
        await expect(page.locator(".found a")).to_contain_text(["model_not_available_in_group"])
        assert visit.problems == []


async def test_theme_and_language_are_kept(browser: Browser, site: str) -> None:
    async with visiting(browser, site) as visit:
        page = visit.page
        await visit.open("/docs/en/status")
        light = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        await page.get_by_role("button", name="Light or dark").click()
        await page.get_by_role("link", name="中文").click()
        await page.wait_for_url("**/docs/zh/status")
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") != light


async def test_the_table_of_prices_is_filtered(browser: Browser, site: str) -> None:
    async with visiting(browser, site) as visit:
        page = visit.page
        await visit.open("/docs/en/groups/prices")
        await page.get_by_label("Model").fill("only")
        rows = page.locator("tbody tr:visible")
        await expect(rows).to_have_count(1)
        await expect(rows).to_have_text(
            re.compile("only-there.*spare × 1.*in \\$1, out \\$2", re.S)
        )


async def test_readable_without_scripts(browser: Browser, site: str) -> None:
    async with visiting(browser, site, 390, scripts=False) as visit:
        page = visit.page
        await visit.open("/docs/en/midjourney/imagine")
        await expect(page.get_by_role("heading", name="Imagine", exact=True)).to_be_visible()
        await page.get_by_text("OCaml · cohttp", exact=True).first.click()
        await expect(page.get_by_text("open Cohttp_lwt_unix")).to_be_visible()
        await expect(page.get_by_text("must run scripts")).to_be_visible()
        await page.locator(".menu-button").click()
        await expect(page.locator(".tree").get_by_role("link", name="Blend")).to_be_visible()
        await page.get_by_role("searchbox").fill("blend")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/docs/en/search?q=blend")
        assert visit.problems == []


async def test_the_interactive_reference_asks_nobody_else(browser: Browser, site: str) -> None:
    if not is_built():
        pytest.fail("the reference is not built: `make setup` does it, or web/explorer.mjs")
    async with visiting(browser, site) as visit:
        page = visit.page
        await visit.open("/docs/en/reference")
        await page.get_by_role("link", name="Open the interactive reference").click()
        call = page.get_by_text("Create a chat completion").first
        await expect(call).to_be_visible(timeout=60_000)
        await page.wait_for_load_state("networkidle")
        assert visit.problems == []
