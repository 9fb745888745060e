from tests.pairs.board import Board, board
from tests.support.gateway import data_template

__all__ = ["Board", "board", "data_template"]
