"""Every dialect at every upstream, and every fault in every dialect; and the page that says so."""

from typing import Any

import pytest

from tests.pairs.board import Board
from tests.pairs.faults import BEFORE, INSIDE
from tests.pairs.matrix import DIALECTS, FEATURES
from tests.pairs.pages import LANGUAGES, page, page_path
from waystation.errors import TEXTS


def cell(found: Any) -> str:
    if isinstance(found, BaseException):
        raise found
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("upstream", DIALECTS)
@pytest.mark.parametrize("caller", DIALECTS)
def test_a_feature(board: Board, caller: str, upstream: str, feature: str) -> None:
    is_native = cell(board.pairs[caller, upstream, feature]) == "native"
    assert is_native == (caller == upstream)


@pytest.mark.parametrize("fault", BEFORE)
@pytest.mark.parametrize("caller", DIALECTS)
def test_a_fault_before_the_answer(board: Board, caller: str, fault: str) -> None:
    assert cell(board.before[caller, fault])


@pytest.mark.parametrize("fault", INSIDE)
@pytest.mark.parametrize("caller", DIALECTS)
def test_a_fault_inside_a_stream(board: Board, caller: str, fault: str) -> None:
    assert cell(board.inside[caller, fault])


def test_the_faults_are_those_of_the_guide() -> None:
    for name, (status, _) in BEFORE.items():
        if name != "upstream_overloaded":  # an upstream_error at Anthropic's own status
            assert TEXTS[name][0] == status


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_what_was_seen(board: Board, language: str) -> None:
    """`python -m tests.pairs.pages` writes it anew."""
    assert page_path(language).read_text() == page(board, language)
