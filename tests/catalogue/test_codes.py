"""`make test` knows which stable codes a running app answered: it notes those, and only those."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.answered import Answered, main, unanswered
from tests.support.gateway import channel, data_template, document, open_station, rogue
from tests.support.rogue import Rogue
from waystation.dialects.error_shapes import write_error
from waystation.errors import TEXTS, Fault

__all__ = ["data_template", "rogue"]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where codes are noted meanwhile."""
    made = tmp_path / "answered"
    made.mkdir()
    answered = Answered(made)
    answered.start()
    yield made
    answered.stop()


def _noted(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


async def test_what_an_app_answers_is_noted(
    folder: Path, data_template: Path, tmp_path: Path, rogue: Rogue
) -> None:
    told = document([channel("only", rogue.url)])
    async with open_station(data_template, tmp_path / "station", told, rogue) as station:
        assert (await station.request("POST", "/v1/of/nobody", {})).status == 404
        assert (await station.chat(key="sk-nobody")).status == 401
    assert _noted(folder) == {"unknown_url", "invalid_api_key"}


def test_what_a_test_names_or_writes_is_not(folder: Path) -> None:
    for code in TEXTS:
        fault = Fault(code, reason="so")
        assert fault.text("zh")
        assert write_error(fault)[2]
    assert _noted(folder) == set()


def test_a_code_that_nobody_answered_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "noted"
    folder.mkdir()
    for code in TEXTS:
        (folder / code).touch()
    (folder / "draining").unlink()
    assert unanswered(folder) == ["draining"]
    assert main(folder) == 1
    assert capsys.readouterr().out.startswith("draining: ")
    assert not folder.exists()


def test_all_answered_is_good(tmp_path: Path) -> None:
    for code in TEXTS:
        (tmp_path / code).touch()
    assert main(tmp_path) == 0
