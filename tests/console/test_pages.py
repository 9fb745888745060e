"""Every page, filled, in both languages, both schemes and two widths: no errors, nothing foreign,
nothing too wide, nothing that axe finds serious."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Browser
from playwright.async_api import TimeoutError as Late

from tests.console.conftest import OPERATOR, WEB
from tests.console.visitor import Language, Visitor, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT_ONCE = 3
"""Pages that are looked at in parallel."""
FIT_MS = 8_000
_PATHS = re.findall(r'path: "(/[^"]*)"', (WEB / "src" / "pages.ts").read_text())
# The same pages under the addresses of letters are opened by test_letters_lead_to_pages.
PATHS = [path for path in _PATHS if not path.startswith("/account")]
# A name that runs over the cell beside it, or hides the rest of its row on a phone.
_SPILLED = """() => [...document.querySelectorAll("tr.ant-table-row > td")]
  .filter((cell) => cell.scrollWidth > cell.clientWidth + 1
    || (innerWidth < 600 && cell.clientWidth > 0.6 * innerWidth))
  .filter((cell) => cell.textContent.includes("-unbroken-"))
  .map((cell) => `${cell.textContent} is ${cell.scrollWidth} in ${cell.clientWidth}`)"""
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("language", "width", "dark"),
    [
        pytest.param("en", 1280, False, id="english"),
        pytest.param("zh", 390, True, id="chinese", marks=pytest.mark.soak),  # as long again
    ],
)
async def test_every_page(
    filled: None, browser: Browser, site: str, language: Language, width: int, dark: bool
) -> None:
    """In its own width and the other one."""
    async with visiting(browser, site, language, width, dark) as first:
        await first.sign_in(OPERATOR)
        visitors = [first, *[await first.beside() for _ in range(AT_ONCE - 1)]]
        left = iter(PATHS)
        await asyncio.gather(*(_walk(visitor, left, width) for visitor in visitors))
        problems = [problem for visitor in visitors for problem in visitor.problems]
        assert problems == [], "\n".join(problems)


async def _walk(visitor: Visitor, paths: Any, width: int) -> None:
    """As many of the pages as come to it."""
    await visitor.open("/console/terms")
    await visitor.page.evaluate((WEB / "node_modules/axe-core/axe.min.js").read_text())
    for path in paths:
        await visitor.go(path)
        visitor.problems += await _too_wide(visitor, path, width)
        visitor.problems += await _barriers(visitor, path)
        other = 390 if width == 1280 else 1280
        await visitor.page.set_viewport_size({"width": other, "height": 900})
        visitor.problems += await _too_wide(visitor, path, other)
        await visitor.page.set_viewport_size({"width": width, "height": 900})


async def _too_wide(visitor: Visitor, path: str, width: int) -> list[str]:
    """Wide tables scroll in themselves; the page does not, once it is drawn anew. Long names stay
    in their places."""
    try:
        await visitor.page.wait_for_function(
            "width => innerWidth === width && document.documentElement.scrollWidth <= width",
            arg=width,
            timeout=FIT_MS,
        )
    except Late:
        wide = await visitor.page.evaluate("document.documentElement.scrollWidth")
        return [f"{path} is {wide} wide at {width}"]
    spilled: list[str] = await visitor.page.evaluate(_SPILLED)
    return [f"{path} at {width}: {one}" for one in spilled]


async def _barriers(visitor: Visitor, path: str) -> list[str]:
    """What axe finds serious."""
    found: dict[str, Any] = await visitor.page.evaluate("rules => axe.run(rules)", _RULES)
    return [
        f"{path}: {one['id']}: {node['html'][:160]}: {node['failureSummary'][:300]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
