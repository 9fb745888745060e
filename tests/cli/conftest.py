"""The command line called in this process, on a data folder of its own."""

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from waystation.cli import init
from waystation.cli.program import run
from waystation.control.apply.file import apply_file
from waystation.settings import Settings

RELAY = """
[[groups]]
name = "default"

[[channels]]
name = "stub"
vendor = "openai"
base_url = "{base_url}"
allow_private = true
keys = ["sk-upstream-canary-0123456789"]
groups = ["default"]
models = ["gpt-4o-mini"]

[[prices]]
model = "gpt-4o-mini"
input = "0.15"
output = "0.60"

[[accounts]]
email = "ada@example.com"
credit = "10"

[[tokens]]
account = "ada@example.com"
name = "laptop"
"""


class Outcome(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """Options are put into the environment for child processes; tests take them out again."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("WAYSTATION_")]:
        del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def cli(data: Path, capfd: pytest.CaptureFixture[str]) -> Cli:
    """cli("apply", file): with --data of the test's folder, unless `data=False`."""

    def call(*arguments: str | Path, with_data: bool = True) -> Outcome:
        more = ["--data", str(data)] if with_data else []
        capfd.readouterr()
        status = run([*map(str, arguments), *more])
        out, err = capfd.readouterr()
        return Outcome(status, out, err)

    return call


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A folder that was set up once, to be copied: making one takes a while. And what its first
    start told."""
    folder = tmp_path_factory.mktemp("template") / "data"
    told = asyncio.run(init.set_up(Settings(data=folder)))
    return folder, told


@pytest.fixture
def first(set_up: tuple[Path, Any], data: Path) -> Any:
    """This test's folder is set up; what the first start told."""
    folder, told = set_up
    shutil.copytree(folder, data)
    return told


@pytest.fixture
def relay(tmp_path: Path) -> Path:
    """A relay.toml with one of everything; its channel leads to a closed port."""
    path = tmp_path / "relay.toml"
    path.write_text(RELAY.format(base_url="http://127.0.0.1:9"))
    return path


@pytest.fixture(scope="session")
def applied_template(set_up: tuple[Path, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("applied")
    path = place / "relay.toml"
    path.write_text(RELAY.format(base_url="http://127.0.0.1:9"))
    shutil.copytree(set_up[0], place / "data")
    asyncio.run(apply_file(Settings(data=place / "data"), path))
    return place / "data"


@pytest.fixture
def applied(applied_template: Path, data: Path) -> Path:
    """This test's folder is set up, and `relay` is applied to it."""
    shutil.copytree(applied_template, data)
    return data
