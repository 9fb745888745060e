"""The cells of the tables: which there are, how each is tried, and all of them at once."""

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from tests.pairs.faults import INSIDE, inside, upstream_inside
from tests.pairs.matrix import DIALECTS, FEATURES, run
from tests.pairs.plight import STATUSES
from tests.pairs.refusals import BEFORE, before, upstream_before
from tests.pairs.stage import Stage

Key = tuple[Any, ...]
Tried = Mapping[Key, Any]
"""By its key, what was seen, or the failure that stands in its place."""
_MISTAKES = (AssertionError, LookupError, TypeError, ValueError, EOFError)


class Board(NamedTuple):
    """pairs: by (caller, upstream, feature). The others: by (caller, fault), or (caller, status of
    the upstream)."""

    pairs: Tried
    before: Tried
    upstream_before: Tried
    inside: Tried
    upstream_inside: Tried


def tried(template: Path, folder: Path) -> Board:
    with Stage(template, folder) as stage:
        return Board(
            {key: _cell(stage.pair, run, key) for key in product(DIALECTS, DIALECTS, FEATURES)},
            {key: _cell(stage.fault, before, key) for key in product(DIALECTS, BEFORE)},
            {key: _cell(stage.fault, upstream_before, key) for key in product(DIALECTS, STATUSES)},
            {key: _cell(stage.fault, inside, key) for key in product(DIALECTS, INSIDE)},
            {key: _cell(stage.fault, upstream_inside, key) for key in product(DIALECTS, STATUSES)},
        )


def _cell(try_one: Any, run: Any, key: Key) -> Any:
    try:
        return try_one(run, *key)
    except _MISTAKES as failure:
        return failure
