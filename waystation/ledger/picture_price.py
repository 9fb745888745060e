"""What one picture costs, by size and quality."""

from collections.abc import Sequence

import msgspec

from waystation.ledger.price_row import PriceRow
from waystation.ledger.price_tier import UnitPrice, unit_price
from waystation.meter.areas import area_asked, area_word


class PicturePrice(msgspec.Struct, frozen=True):
    """rows: (size, quality, price), in lower case, "" any. flat: of what no row names; None: the
    dearest row that may be meant, for nothing is cheap by omission."""

    rows: tuple[tuple[str, str, UnitPrice], ...]
    flat: UnitPrice | None
    by_area: bool = False
    """A row's size is a word such as 2K: sizes in pixels are taken for theirs."""

    def of(self, size: str, quality: str) -> UnitPrice:
        """size, quality: as drawn, "" unknown."""
        size, quality = self._size(size), quality.lower()
        for row_size, row_quality, price in self.rows:
            if row_size in ("", size) and row_quality in ("", quality):
                return price
        if self._is_unheard_of(size):
            return self.most("", quality)
        if self.flat is not None:
            return self.flat
        return _dearest(self._fitting(size, quality) or [row[2] for row in self.rows])

    def most(self, size: str, quality: str) -> UnitPrice:
        """No picture that was ordered so costs more, whatever the upstream makes of "auto"."""
        size, quality = self._size(size), quality.lower()
        if not (_is_open(size) or _is_open(quality)):
            return self.of(size, quality)
        known = self._fitting(size, quality)
        if self.flat is not None:
            known.append(self.flat)
        return _dearest(known or [row[2] for row in self.rows])

    def names_quality(self, quality: str) -> bool:
        return any(row[1] == quality for row in self.rows)

    def _size(self, size: str) -> str:
        return ((area_asked(size) if self.by_area else None) or size).lower()

    def _is_unheard_of(self, size: str) -> bool:
        """An area's word in a table by pixels: nobody knows which row it is."""
        return not self.by_area and bool(self.rows) and area_word(size) is not None

    def _fitting(self, size: str, quality: str) -> list[UnitPrice]:
        """Of the rows that may be meant."""
        return [
            row[2]
            for row in self.rows
            if (_is_open(size) or row[0] in ("", size))
            and (_is_open(quality) or row[1] in ("", quality))
        ]


def _dearest(prices: Sequence[UnitPrice]) -> UnitPrice:
    return max(prices, key=lambda price: price.atoms)


def _is_open(value: str) -> bool:
    return value in ("", "auto")


def picture_price(row: PriceRow) -> PicturePrice | None:
    """None for a row without picture prices. Raises ValueError."""
    if row.per_image is None and not row.images:
        return None
    rows = tuple(
        (one.size.lower(), one.quality.lower(), unit_price(one.price)) for one in row.images
    )
    if len({one[:2] for one in rows}) != len(rows):
        raise ValueError(f"the images of {row.model!r} name a size and quality twice")
    flat = None if row.per_image is None else unit_price(row.per_image)
    return PicturePrice(rows, flat, any(area_word(one.size) for one in row.images))
