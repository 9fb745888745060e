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
_WAYS = [
    (language, width, dark)
    for language in ("en", "zh")
    for width in (390, 1280)
    for dark in (False, True)
]


@pytest.mark.parametrize(("language", "width", "dark"), [_WAYS[2], _WAYS[5]])
async def test_no_barrier_on_a_page_of_each_kind(
    browser: Browser, site: str, language: str, width: int, dark: bool
) -> None:
    assert await _barriers(list(_KINDS), browser, site, language, width, dark) == []


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", range(_SHARES))
@pytest.mark.parametrize(("language", "width", "dark"), _WAYS)
async def test_no_barrier_anywhere(
    browser: Browser, site: str, language: str, width: int, dark: bool, share: int
) -> None:
    waiting = [*_OTHERS, *(f"/{slug}" for slug in PAGES)][share::_SHARES]
    assert await _barriers(waiting, browser, site, language, width, dark) == []


async def _barriers(
    waiting: list[str], browser: Browser, site: str, language: str, width: int, dark: bool
) -> list[str]:
    problems: list[str] = []

    async def read_some() -> None:
        async with visiting(browser, site, width, dark) as visit:
            while waiting:
                path = f"/docs/{language}{waiting.pop()}"
                await visit.open(path)
                visit.problems += await _found(visit, path)
            problems.extend(visit.problems)

    await asyncio.gather(*(read_some() for _ in range(AT_ONCE)))
    return problems


async def _found(visit: Visit, path: str) -> list[str]:
    """What axe says of the page, with the parts that stood closed too."""
    await visit.page.evaluate(
        "document.querySelectorAll('details.status').forEach(o => o.open = 1)"
    )
    await visit.page.evaluate((WEB / "node_modules/axe-core/axe.min.js").read_text())
    found: dict[str, Any] = await visit.page.evaluate("rules => axe.run(rules)", _RULES)
    return [
        f"{path}: {one['id']}: {node['html'][:160]}: {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
