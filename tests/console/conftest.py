"""The console as a browser sees it: one served instance and one Chromium for all of its tests."""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.console.filling import fill
from tests.support.gateway import data_template
from tests.support.rogue import Rogue
from tests.support.serve import Serve, serving
from waystation.control.built_console.files import BUILT

__all__ = ["data_template"]

WEB = Path(__file__).parents[2] / "web"
CHROMIUM = "/usr/bin/chromium"
USER, OPERATOR, PASSWORD = "ada@example.com", "boss@example.com", "a long enough word"
KEY, OPERATOR_KEY = "sk-relay-user00-0123456789abcdef", "sk-relay-boss00-0123456789abcdef"
LONG_MODEL = (
    "demo-chat-with-an-unbroken-name-of-a-fine-tuned-preview-of-the-year-2026-with-a-long-context"
)
LONG_EMAIL = (
    "a-rather-long-unbroken-name-of-some-mailbox@mail.subsidiary.of.a.corporation.example.com"
)
DOCUMENT = {
    "groups": [
        {"name": "default", "rate": "2", "label": "Everyday", "selectable": True},
        {"name": "spare", "rate": "1", "selectable": True, "description": "Another one."},
    ],
    "channels": [
        {
            "name": "demo",
            "vendor": "demo",
            "groups": ["default", "spare"],
            "models": ["demo-chat", LONG_MODEL, "demo-image", "demo-speech", "mj_*", "suno*"],
            "model_map": {"mj_*": "demo-image"},
            "cost": {"*": "0.5"},
        }
    ],
    "prices": [
        {"model": "demo-chat", "input": "1000", "output": "2000"},
        {"model": LONG_MODEL, "input": "1000", "output": "2000"},
        {"model": "demo-image", "per_image": "0.04"},
    ],
    "accounts": [
        {"email": USER, "password": PASSWORD, "credit": "10"},
        {"email": LONG_EMAIL, "password": PASSWORD, "credit": "10"},
        {"email": OPERATOR, "password": PASSWORD, "credit": "10", "role": "operator"},
    ],
    "tokens": [
        {"account": USER, "name": "laptop", "key": KEY, "groups": ["default"]},
        {"account": OPERATOR, "name": "desk", "key": OPERATOR_KEY, "groups": ["default", "spare"]},
    ],
}
_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
_OPTIONS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


# A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)


def _need_chromium() -> None:
    if Path(CHROMIUM).exists():
        return
    apt = ["apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-noto-cjk"]
    done = subprocess.run(apt, capture_output=True, text=True, timeout=110, check=False)
    if done.returncode:
        pytest.fail(f"{CHROMIUM} is missing and cannot be installed:\n{done.stderr[-500:]}")


def _need_console() -> None:
    if not (BUILT / "index.html").is_file():
        pytest.fail("the console is not built: `make setup` does it, or `npm run build` in web/")


@pytest.fixture(scope="session")
def served(data_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    _need_console()
    folder, own = tmp_path_factory.mktemp("console"), "http://127.0.0.1:<port>"
    with serving(data_template, folder, DOCUMENT, public_url=own) as one:
        yield one


@pytest.fixture(scope="session")
def site(served: Serve) -> str:
    return f"http://127.0.0.1:{served.port}"


@pytest.fixture(scope="session")
def filled(served: Serve, site: str) -> None:
    """Something to see on every page: requests, failures, pictures, songs, codes, news."""
    fill(site, OPERATOR, PASSWORD, OPERATOR_KEY, LONG_MODEL)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    _need_chromium()
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=_OPTIONS)
        yield launched
        await launched.close()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Rogue]:
    with Rogue() as rogue:
        models = {"object": "list", "data": [{"id": "north-1"}, {"id": "north-2"}]}
        rogue.on("/v1/models", rogue.reply(200, json.dumps(models).encode()))
        rogue.answer(rogue.chat(text="ready"))
        yield rogue


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node")
    if found is None or not (WEB / "node_modules" / "openapi-typescript").is_dir():
        pytest.fail("Node or the packages of web/ are missing: `make setup` installs them")
    return found
