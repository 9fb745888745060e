"""Prices and charges: official price × the serving group's rate, rounded once.

A price is kept in integers so that a charge is exact: ATOMS per nano-USD. Decimal text comes in
through `Price.build`; a charge is the sum of count × unit atoms × rate, rounded half up at the end.
"""

from waystation.ledger.charge import (
    Charge,
    Part,
    bound,
    charge,
    picture_bound,
    prompt_charge,
    sound_bound,
)
from waystation.ledger.price import FREE, ONE, Price, Rate
from waystation.ledger.price_book import PriceBook
from waystation.ledger.price_row import PriceImage, PriceRow, PriceSource, PriceTier

__all__ = [
    "FREE",
    "ONE",
    "Charge",
    "Part",
    "Price",
    "PriceBook",
    "PriceImage",
    "PriceRow",
    "PriceSource",
    "PriceTier",
    "Rate",
    "bound",
    "charge",
    "picture_bound",
    "prompt_charge",
    "sound_bound",
]
