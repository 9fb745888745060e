"""Every dialect at every upstream, feature by feature, through the whole relay."""

import pytest

from tests.pairs.board import Board
from tests.pairs.matrix import DIALECTS, FEATURES


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("upstream", DIALECTS)
@pytest.mark.parametrize("caller", DIALECTS)
def test_cell(board: Board, caller: str, upstream: str, feature: str) -> None:
    cell = board.pairs[caller, upstream, feature]
    if isinstance(cell, BaseException):
        raise cell
    assert (cell == "native") == (caller == upstream)
