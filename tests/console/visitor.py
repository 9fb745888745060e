"""Somebody in front of a browser: signs in, counts clicks, and notes what goes wrong."""

import contextlib
from collections.abc import AsyncIterator
from typing import Literal

from playwright.async_api import Browser, Locator, Page, expect

from tests.console.conftest import PASSWORD

Language = Literal["en", "zh"]
# A page is there when its own title is, and nothing on it waits any more.
_DRAWN = """() => {
  const title = document.querySelector("#content h1");
  const waits = document.querySelector(".ant-skeleton, .ant-spin-spinning");
  return title && !title.dataset.seen && !waits;
}"""
_LEAVE = """(path) => {
  document.querySelectorAll("#content h1").forEach((title) => { title.dataset.seen = "1"; });
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}"""


class Visitor:
    """problems: console errors, broken pages, requests to other places. elsewhere: addresses of
    others, where this visitor goes on purpose."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site
        self.problems: list[str] = []
        self.clicks = 0
        self.elsewhere: tuple[str, ...] = ()
        page.on("console", lambda said: self._note(said.type == "error", said.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on("request", lambda asked: self._note(self._is_foreign(asked.url), asked.url))

    def _note(self, bad: bool, what: str) -> None:
        if bad:
            self.problems.append(f"{self.page.url}: {what}")

    def _is_foreign(self, url: str) -> bool:
        return not url.startswith((self.site + "/", "data:", "blob:", *self.elsewhere))

    async def open(self, path: str) -> None:
        await self.page.goto(self.site + path)
        await self.page.wait_for_function(_DRAWN)

    async def go(self, path: str) -> None:
        """Within the console, without loading it anew."""
        await self.page.evaluate(_LEAVE, path)
        await self.page.wait_for_function(_DRAWN)

    async def beside(self) -> "Visitor":
        """Another page of the same person."""
        return Visitor(await self.page.context.new_page(), self.site)

    async def click(self, what: Locator) -> None:
        self.clicks += 1
        await what.click()

    async def sign_in(self, email: str, code: str = "") -> None:
        """By keyboard alone: the address has the focus when the page opens, and the code's field
        when one is asked for."""
        await self.open("/console/sign-in")
        keys = self.page.keyboard
        await keys.type(email)
        await keys.press("Tab")
        await keys.type(PASSWORD)
        await keys.press("Enter")
        if code:
            await expect(self.page.get_by_label("Code of the authenticator app")).to_be_focused()
            await keys.type(code)
            await keys.press("Enter")
        await self.page.wait_for_url("**/console/dashboard")
        await self.page.wait_for_function(_DRAWN)


@contextlib.asynccontextmanager
async def visiting(
    browser: Browser, site: str, language: Language = "en", width: int = 1280, dark: bool = False
) -> AsyncIterator[Visitor]:
    context = await browser.new_context(
        viewport={"width": width, "height": 900},
        locale="zh-CN" if language == "zh" else "en-US",
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    try:
        yield Visitor(await context.new_page(), site)
    finally:
        await context.close()
