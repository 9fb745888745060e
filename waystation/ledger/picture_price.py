"""What one picture costs, by size and quality."""

import msgspec

from waystation.ledger.price_row import PriceRow
from waystation.ledger.price_tier import UnitPrice, unit_price


class PicturePrice(msgspec.Struct, frozen=True):
    """rows: (size, quality, price), in lower case, "" any. flat: of what no row names; None: the
    dearest row that may be meant, for nothing is cheap by omission."""

    rows: tuple[tuple[str, str, UnitPrice], ...]
    flat: UnitPrice | None

    def of(self, size: str, quality: str) -> UnitPrice:
        """size, quality: as drawn, "" unknown."""
        size, quality = size.lower(), quality.lower()
        for row_size, row_quality, price in self.rows:
            if row_size in ("", size) and row_quality in ("", quality):
                return price
        if self.flat is not None:
            return self.flat
        return self._dearest(size, quality)

    def most(self, size: str, quality: str) -> UnitPrice:
        """No picture that was ordered so costs more, whatever the upstream makes of "auto"."""
        size, quality = size.lower(), quality.lower()
        if not (_is_open(size) or _is_open(quality)):
            return self.of(size, quality)
        dearest = self._dearest(size, quality) if self.rows else None
        known = [price for price in (dearest, self.flat) if price is not None]
        return max(known, key=lambda price: price.atoms)

    def _dearest(self, size: str, quality: str) -> UnitPrice:
        fitting = [
            row
            for row in self.rows
            if (_is_open(size) or row[0] in ("", size))
            and (_is_open(quality) or row[1] in ("", quality))
        ]
        return max((row[2] for row in fitting or self.rows), key=lambda price: price.atoms)


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
    return PicturePrice(rows, None if row.per_image is None else unit_price(row.per_image))
