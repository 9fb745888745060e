"""How long streams took to their first content, out of what the gateways counted."""

from collections.abc import Mapping
from itertools import pairwise

from waystation.journal.metrics import FAMILIES, FIRST_TOKEN, Histogram

_LABELS = FAMILIES[FIRST_TOKEN].labels


def first_token_medians(
    counted: Mapping[tuple[str, ...], Histogram], *by: str
) -> dict[tuple[str, ...], int]:
    """Milliseconds by these of channel, group and model."""
    places = [_LABELS.index(name) for name in by]
    sums: dict[tuple[str, ...], Histogram] = {}
    for labels, each in counted.items():
        key = tuple(labels[place] for place in places)
        sums.setdefault(key, Histogram(each.bounds)).add(each.counts, each.total)
    return {key: median for key, each in sums.items() if (median := median_millis(each))}


def median_millis(counted: Histogram) -> int | None:
    """Within its bucket by proportion; None: nothing was counted."""
    half = sum(counted.counts) / 2
    if not half:
        return None
    edges = (0.0, *counted.bounds, counted.bounds[-1] * 2)
    below = 0
    for (low, high), count in zip(pairwise(edges), counted.counts, strict=True):
        if count and below + count >= half:
            return round((low + (high - low) * (half - below) / count) * 1000) or 1
        below += count
    raise AssertionError("half of a sum lies within it")
