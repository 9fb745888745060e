"""Is a picture or a sound sold at a price that nobody could verify when the catalogue was made?"""

from collections.abc import Sequence

from sqlalchemy import select

from waystation.control.doctor.check import Check
from waystation.routing.snapshot import Channel
from waystation.storage.database import Database, StorageAway
from waystation.storage.main import prices

PICTURES, SOUNDS = "picture prices", "sound prices"
_ADVICE = "Compare them with your bill and name your own in [[prices]]."
_DRAWING = ("image", "image_edit", "image_variation", "ideogram", "recraft")
_SOUNDING = ("speech", "transcription", "translation")
_SHOWN_MOST = 12


async def check_picture_prices(database: Database, channels: Sequence[Channel]) -> Check:
    """Of the models that a channel serves and for which the operator has no price of his own."""
    from waystation.control.official_prices.pictures import PICTURE_PRICES

    names = [n for p in PICTURE_PRICES if p.seen == "operator must confirm" for n in p.names]
    return await _check(PICTURES, database, names, _serving(channels, _DRAWING))


async def check_sound_prices(database: Database, channels: Sequence[Channel]) -> Check:
    """The same of speech and listening."""
    from waystation.control.official_prices.sounds import SOUND_PRICES

    names = [n for price in SOUND_PRICES if price.seen == "not verified" for n in price.names]
    return await _check(SOUNDS, database, names, _serving(channels, _SOUNDING))


async def _check(
    title: str, database: Database, names: Sequence[str], channels: Sequence[Channel]
) -> Check:
    """names: of models in doubt."""
    served = {pattern for channel in channels for pattern in channel.models}
    unsure = [name for name in names if any(_covers(pattern, name) for pattern in served)]
    if not unsure:
        return Check(title, True, "none that is served waits to be confirmed")
    query = select(prices.c.model).where(prices.c.source == "override")
    try:
        async with database.read() as connection:
            own = (await connection.execute(query)).scalars().all()
    except StorageAway as away:
        return Check(title, False, str(away))
    left = [name for name in unsure if not any(_covers(pattern, name) for pattern in own)]
    if not left:
        return Check(title, True, "those in doubt have the operator's own price")
    shown = ", ".join(left[:_SHOWN_MOST]) + (", ..." if len(left) > _SHOWN_MOST else "")
    return Check(title, True, f"in doubt when the catalogue was made: {shown}", _ADVICE)


def _serving(channels: Sequence[Channel], paths: Sequence[str]) -> list[Channel]:
    return [c for c in channels if not c.free_by_default and not c.paths.keys().isdisjoint(paths)]


def _covers(pattern: str, name: str) -> bool:
    """Exact, or up to a `*` at the end."""
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
