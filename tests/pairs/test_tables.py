"""Every dialect at every upstream, and every fault in every dialect; and the page that says so.

Each cell is tried and compared with its place in the page, so what one process tried another need
not try again.
"""

from itertools import product
from typing import Any

import pytest

from tests.pairs.board import Board
from tests.pairs.faults import INSIDE, inside, upstream_inside
from tests.pairs.matrix import DIALECTS, FEATURES, run
from tests.pairs.pages import LANGUAGES, page, page_path, read_page, shown_in
from tests.pairs.plight import STATUSES
from tests.pairs.refusals import BEFORE, MEANS, before, upstream_before
from tests.pairs.stage import Stage
from waystation.errors import TEXTS

PAGES = {language: read_page(language) for language in LANGUAGES}


def check(table: str, key: tuple[Any, ...], found: str) -> None:
    """The page says the same, in each language."""
    for language in LANGUAGES:
        said = getattr(PAGES[language], table).get(key)
        assert said == shown_in(language, found), f"{table} {key}: python -m tests.pairs.pages"


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("upstream", DIALECTS)
@pytest.mark.parametrize("caller", DIALECTS)
def test_a_feature(stage: Stage, caller: str, upstream: str, feature: str) -> None:
    found = stage.pair(run, caller, upstream, feature)
    assert (found == "native") == (caller == upstream)
    check("pairs", (caller, upstream, feature), found)


@pytest.mark.parametrize("fault", BEFORE)
@pytest.mark.parametrize("caller", DIALECTS)
def test_a_fault_before_the_answer(stage: Stage, caller: str, fault: str) -> None:
    check("before", (caller, fault), stage.fault(before, caller, fault))


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("caller", DIALECTS)
def test_an_upstream_s_fault_before_the_answer(stage: Stage, caller: str, status: int) -> None:
    found = stage.fault(upstream_before, caller, status)
    check("upstream_before", (caller, status), found)


@pytest.mark.parametrize("fault", INSIDE)
@pytest.mark.parametrize("caller", DIALECTS)
def test_a_fault_inside_a_stream(stage: Stage, caller: str, fault: str) -> None:
    check("inside", (caller, fault), stage.fault(inside, caller, fault))


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("caller", DIALECTS)
def test_an_upstream_s_fault_inside_a_stream(stage: Stage, caller: str, status: int) -> None:
    found = stage.fault(upstream_inside, caller, status)
    check("upstream_inside", (caller, status), found)


def test_every_status_is_there() -> None:
    """Ours by the guide of errors, and 529, which is an upstream's alone."""
    wanted = {400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 422, 429, 499, 500, 502, 503, 504}
    assert {status for status, _ in BEFORE.values()} | set(MEANS.values()) >= wanted | {529}
    assert set(STATUSES) == wanted | {529}
    for name, (status, _) in BEFORE.items():
        assert TEXTS[name][0] == status


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_these_cells_and_no_others(language: str) -> None:
    """`python -m tests.pairs.pages` writes it anew."""
    said = PAGES[language]
    assert page(said, language) == page_path(language).read_text()
    wanted = Board(
        dict.fromkeys(product(DIALECTS, DIALECTS, FEATURES)),
        dict.fromkeys(product(DIALECTS, BEFORE)),
        dict.fromkeys(product(DIALECTS, STATUSES)),
        dict.fromkeys(product(DIALECTS, INSIDE)),
        dict.fromkeys(product(DIALECTS, STATUSES)),
    )
    for table in Board._fields:
        assert getattr(said, table).keys() == getattr(wanted, table).keys()
        assert all(getattr(said, table).values())
