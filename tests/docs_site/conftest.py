"""The docs as they are served: one instance, on the demo channel, and one Chromium."""

from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.console.conftest import _OPTIONS, CHROMIUM, _need_chromium
from tests.support.gateway import data_template
from tests.support.serve import Serve, serving
from waystation.control.docs_site.blocks import Block, Status
from waystation.control.docs_site.build import blocks_of
from waystation.control.docs_site.offers import Offers
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.specification import Specification, specification
from waystation.control.docs_site.tree import PAGES
from waystation.settings import Settings

__all__ = ["data_template"]

Made = dict[str, list[Block]]
"""slug → what the page consists of."""
KEY = "sk-docs-proofs-0123456789abcdef"
EMAIL = "ada@example.com"
MJ = {
    "mj_*": "demo-image",
    "mj_describe": "demo-describe",
    "mj_shorten": "demo-shorten",
    "mj_swap_face": "demo-swap-face",
    "swap_face": "demo-swap-face",
}
DOCUMENT = {
    "groups": [
        {"name": "default", "rate": "1.5", "label": "Everyday", "selectable": True},
        {"name": "spare", "rate": "1", "selectable": True, "pros": "cheap", "tags": ["AZ"]},
    ],
    "channels": [
        {
            "name": "demo",
            "vendor": "demo",
            "groups": ["default"],
            "models": ["demo-chat", "gpt-4o-mini", "dall-e-3", "*"],
            "model_map": MJ,
            "allow_private": True,
        },
        {"name": "other", "vendor": "demo", "groups": ["spare"], "models": ["only-there"]},
    ],
    "prices": [
        {"model": "gpt-4o-mini", "input": "0.15", "output": "0.6"},
        {"model": "mj_imagine", "per_call": "0.1"},
        {"model": "only-there", "input": "1", "output": "2"},
        {"model": "mj_*", "per_call": "0"},
        {"model": "swap_face", "per_call": "0"},
        {"model": "suno*", "per_call": "0"},
    ],
    "midjourney": {"swap_face": True},
    "accounts": [{"email": EMAIL, "password": "a long enough word", "credit": "100"}],
    "tokens": [{"account": EMAIL, "name": "docs", "key": KEY, "groups": ["default"]}],
}


@pytest.fixture(scope="session")
def book() -> Specification:
    return specification("https://relay.example", Settings.model_construct())


@pytest.fixture(scope="session", params=["en", "zh"])
def reader(request: pytest.FixtureRequest, book: Specification) -> Reader:
    return Reader(request.param, book, Offers())


@pytest.fixture(scope="session")
def made(reader: Reader) -> Made:
    return {slug: blocks_of(page, reader) for slug, page in PAGES.items()}


def inside(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, and those of their replies."""
    for block in blocks:
        yield block
        if isinstance(block, Status):
            yield from inside(block.blocks)


@pytest.fixture(scope="session")
def served(data_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    options = {"egress_allow": "127.0.0.0/8"}
    with serving(data_template, tmp_path_factory.mktemp("docs"), DOCUMENT, **options) as one:
        yield one


@pytest.fixture(scope="session")
def site(served: Serve) -> str:
    return f"http://127.0.0.1:{served.port}"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    _need_chromium()
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=_OPTIONS)
        yield launched
        await launched.close()
