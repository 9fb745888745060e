"""Is a picture sold at a price that nobody could verify when the catalogue was made?"""

from collections.abc import Sequence

from sqlalchemy import select

from waystation.control.doctor.check import Check
from waystation.routing.snapshot import Channel
from waystation.storage.database import Database, StorageAway
from waystation.storage.main import prices

_NAME = "picture prices"
_ADVICE = "Compare them with your bill and name your own in [[prices]]."
_DRAWING = ("image", "image_edit", "image_variation", "ideogram", "recraft")
_SHOWN_MOST = 12


async def check_picture_prices(database: Database, channels: Sequence[Channel]) -> Check:
    """Of the models that a channel serves and for which the operator has no price of his own."""
    unsure = _unsure(channels)
    if not unsure:
        return Check(_NAME, True, "none that is served waits to be confirmed")
    query = select(prices.c.model).where(prices.c.source == "override")
    try:
        async with database.read() as connection:
            own = (await connection.execute(query)).scalars().all()
    except StorageAway as away:
        return Check(_NAME, False, str(away))
    left = [name for name in unsure if not any(_covers(pattern, name) for pattern in own)]
    if not left:
        return Check(_NAME, True, "those in doubt have the operator's own price")
    shown = ", ".join(left[:_SHOWN_MOST]) + (", ..." if len(left) > _SHOWN_MOST else "")
    return Check(_NAME, True, f"in doubt when the catalogue was made: {shown}", _ADVICE)


def _unsure(channels: Sequence[Channel]) -> list[str]:
    from waystation.control.official_prices.pictures import PICTURE_PRICES

    drawing = [
        channel
        for channel in channels
        if not channel.free_by_default and any(each in channel.paths for each in _DRAWING)
    ]
    return [
        name
        for each in PICTURE_PRICES
        if each.seen == "operator must confirm"
        for name in each.names
        if any(_covers(pattern, name) for channel in drawing for pattern in channel.models)
    ]


def _covers(pattern: str, name: str) -> bool:
    """Exact, or up to a `*` at the end."""
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
