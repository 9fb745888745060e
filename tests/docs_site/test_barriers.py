"""What axe finds on the pages: each kind in `make test`, every page in the soak."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.console.conftest import WEB
from tests.docs_site.visit import Visit, visiting
from waystation.control.docs_site.tree import PAGES

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT_ONCE = 2
"""Pages that are looked at in parallel."""
_SHARES = 8
"""In which all pages are looked at: each ends in time on a busy machine."""
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
_RULES = {"runOnly": [*_TAGS, "best-practice"], "resultTypes": ["violations"]}
_KINDS = ["", "/embeddings/create", "/status", "/chat/object"]
"""The first page, a call, a guide, an object."""
_OTHERS = ["", "/search?q=blend", "/search?q=no-such-word-anywhere"]
_Window = tuple[int, bool]
"""Its width, and whether it is dark."""
_WINDOWS: list[_Window] = [(width, dark) for width in (1280, 390) for dark in (False, True)]
_IS_DRAWN = """([width, dark]) =>
  innerWidth === width && matchMedia("(prefers-color-scheme: dark)").matches === dark"""


@pytest.mark.parametrize(("language", "window"), [("en", (1280, False)), ("zh", (390, True))])
async def test_no_barrier_on_a_page_of_each_kind(
    browser: Browser, site: str, language: str, window: _Window
) -> None:
    assert await _barriers(list(_KINDS), browser, site, language, [window]) == []


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", range(_SHARES))
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_no_barrier_anywhere(browser: Browser, site: str, language: str, share: int) -> None:
    """Wide and narrow, light and dark."""
    waiting = [*_OTHERS, *(f"/{slug}" for slug in PAGES)][share::_SHARES]
    assert await _barriers(waiting, browser, site, language, _WINDOWS) == []


async def _barriers(
    waiting: list[str], browser: Browser, site: str, language: str, windows: list[_Window]
) -> list[str]:
    """Each page is fetched once: it is the same text in every window."""
    problems: list[str] = []

    async def read_some() -> None:
        async with visiting(browser, site, *windows[0]) as visit:
            while waiting:
                path = f"/docs/{language}{waiting.pop()}"
                await visit.open(path)
                await _prepare(visit)
                for window in windows:
                    visit.problems += await _found(visit, path, window)
            problems.extend(visit.problems)

    await asyncio.gather(*(read_some() for _ in range(AT_ONCE)))
    return problems


async def _prepare(visit: Visit) -> None:
    """The parts that stand closed are looked at too."""
    await visit.page.evaluate(
        "document.querySelectorAll('details.status').forEach(o => o.open = 1)"
    )
    await visit.page.evaluate((WEB / "node_modules/axe-core/axe.min.js").read_text())


async def _found(visit: Visit, path: str, window: _Window) -> list[str]:
    """What axe says of the page."""
    width, dark = window
    await visit.page.set_viewport_size({"width": width, "height": 900})
    await visit.page.emulate_media(color_scheme="dark" if dark else "light")
    await visit.page.wait_for_function(_IS_DRAWN, arg=[width, dark])
    found: dict[str, Any] = await visit.page.evaluate("rules => axe.run(rules)", _RULES)
    return [
        f"{path} {window}: {one['id']}: {node['html'][:160]}: {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
