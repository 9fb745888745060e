"""Where what others say differs from what is set."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from waystation.control.endpoints.pricing import KINDS, prices_at
from waystation.ledger.price import ONE, Price
from waystation.ledger.price_book import PriceBook
from waystation.ledger.price_row import PriceRow
from waystation.storage.main import PRICE_KINDS


class Difference(msgspec.Struct, frozen=True):
    """now, then: as prices are shown. now None: no price is set."""

    row: PriceRow
    now: dict[str, str] | None
    then: dict[str, str]

    @property
    def change(self) -> Literal["new", "changed"]:
        return "new" if self.now is None else "changed"


def differences(
    rows: Iterable[PriceRow], book: PriceBook, now_ms: int, *, whole: bool
) -> Sequence[Difference]:
    """whole: a kind that is not named costs what it falls back to; else only named kinds are
    compared, for relays name few."""
    found: list[Difference] = []
    for row in rows:
        then = Price.build(row)
        set_ = book.find(row.model.removesuffix("*"), now_ms)
        told = prices_at(then, ONE)
        if set_ is None:
            found.append(Difference(row, None, told))
            continue
        now = prices_at(set_, ONE)
        same = _substance(set_) == _substance(then) if whole else _agree(row, set_, then)
        if not same:
            found.append(Difference(row, now, told))
    return found


def _substance(price: Price) -> tuple[object, ...]:
    return (
        price.tiers,
        price.per_call,
        dict(price.tools),
        dict(price.service_tiers),
        price.pictures,
        price.sound,
        price.by_token,
    )


def _agree(row: PriceRow, set_: Price, then: Price) -> bool:
    if (set_.per_call is None) != (then.per_call is None):
        return False
    ours, theirs = _every(set_), _every(then)
    named = [kind for kind in PRICE_KINDS if getattr(row, kind) is not None]
    return all(ours.get(kind) == theirs.get(kind) for kind in named)


def _every(price: Price) -> dict[str, str]:
    """By kind, those that are only fallen back to as well."""
    plain = prices_at(price, ONE)
    if not price.by_token:
        return plain
    return plain | {KINDS[kind]: text for kind, _, text in price.tiers[0].kinds}
