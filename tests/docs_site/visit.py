"""A reader's window on the docs, and what is wrong in it."""

import contextlib
from collections.abc import AsyncIterator

from playwright.async_api import Browser, Page

_SECONDS_MAX = 120
"""For a page to come: a busy machine is slow, not wrong."""


class Visit:
    """problems: what the browser complains about, and requests to other places."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site
        self.problems: list[str] = []
        page.on("console", lambda said: self._note(said.type == "error", said.text))
        page.on("pageerror", lambda fault: self._note(True, str(fault)))
        page.on("request", lambda asked: self._note(self._is_foreign(asked.url), asked.url))

    def _note(self, bad: bool, what: str) -> None:
        if bad:
            self.problems.append(f"{self.page.url}: {what}")

    def _is_foreign(self, url: str) -> bool:
        return not url.startswith((self.site + "/", "data:", "blob:"))

    async def open(self, path: str) -> None:
        await self.page.goto(self.site + path)


@contextlib.asynccontextmanager
async def visiting(
    browser: Browser, site: str, width: int = 1280, dark: bool = False, scripts: bool = True
) -> AsyncIterator[Visit]:
    context = await browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        java_script_enabled=scripts,
    )
    await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site)
    try:
        context.set_default_timeout(_SECONDS_MAX * 1000)
        yield Visit(await context.new_page(), site)
    finally:
        await context.close()
