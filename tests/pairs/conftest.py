from tests.pairs.board import Board, board
from tests.relay.conftest import _log
from tests.support.gateway import data_template

__all__ = ["Board", "_log", "board", "data_template"]
