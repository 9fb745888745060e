"""Which price applies to a model, and when."""

from collections.abc import Iterable, Iterator, Sequence

from waystation.kernel.patterns import PatternTable
from waystation.ledger.price import Price
from waystation.ledger.price_row import PriceRow

_FOREVER_MS = 1 << 62
_REMEMBERED_MAX = 4096
_NAME_MAX = 256

_Timeline = tuple[Price, ...]
_Span = tuple[int, int, Price | None]
"""(from_ms, until_ms, price): the answer between two changes."""


class PriceBook:
    """All prices. What the operator wrote beats the catalogue, be it by wildcard; among the rows
    of one source the exact name, then the longest prefix; of one name the latest that is in
    effect. Where none is in effect yet, the next best name is asked."""

    __slots__ = ("_catalogue", "_overrides", "_remembered")

    def __init__(self, prices: Iterable[Price]) -> None:
        prices = sorted(prices, key=lambda price: price.effective_ms)
        self._overrides = _table(p for p in prices if p.source == "override")
        self._catalogue = _table(p for p in prices if p.source == "catalogue")
        self._remembered: dict[str, _Span] = {}

    @classmethod
    def build(cls, rows: Sequence[PriceRow]) -> "PriceBook":
        """Raises ValueError, naming the model, for a row that cannot be a price."""
        return cls(Price.build(row) for row in rows)

    def find(self, model: str, at_ms: int) -> Price | None:
        """The price in effect at that time, None when there is none."""
        span = self._remembered.get(model)
        if span is not None and span[0] <= at_ms < span[1]:
            return span[2]
        span = self._search(model, at_ms)
        if len(model) <= _NAME_MAX:
            if len(self._remembered) >= _REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[model] = span
        return span[2]

    def _search(self, model: str, at_ms: int) -> _Span:
        from_ms, until_ms = -_FOREVER_MS, _FOREVER_MS
        found: Price | None = None
        for timeline in self._timelines(model):
            for price in timeline:
                if price.effective_ms > at_ms:
                    until_ms = min(until_ms, price.effective_ms)
                    break
                from_ms = max(from_ms, price.effective_ms)
                found = price
            if found is not None:
                break
        return from_ms, until_ms, found

    def _timelines(self, model: str) -> Iterator[_Timeline]:
        yield from self._overrides.matches(model)
        yield from self._catalogue.matches(model)

    @property
    def models(self) -> tuple[str, ...]:
        """Every exact name that has a price in either source."""
        return tuple(dict.fromkeys((*self._overrides.names, *self._catalogue.names)))


def _table(prices: Iterable[Price]) -> PatternTable[_Timeline]:
    timelines: dict[str, list[Price]] = {}
    for price in prices:
        timelines.setdefault(price.model, []).append(price)
    return PatternTable((model, tuple(rows)) for model, rows in timelines.items())
