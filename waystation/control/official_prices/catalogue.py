"""Official prices as rows of ours: text out of the maintained library genai-prices, pictures and
sound out of our own lists.

Its bundled data are read; nothing is fetched. Left out: models priced by what a row cannot say
(per request on top of tokens, hours of audio, pages), and resellers. Discounts for batches and
the like do not apply to a relay. A price that changes with the hour of the day is taken at its
dearest, since ours does not; an operator who buys cheaper may say so.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time

import msgspec
from genai_prices import __version__
from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, Provider, StartDateConstraint

from waystation.control.official_prices.amounts import Amounts, amounts_of, dearest, fields_of
from waystation.control.official_prices.makers import FREE, MAKERS
from waystation.control.official_prices.names import names_of
from waystation.control.official_prices.pictures import LIST, PICTURE_PRICES, PicturePrices
from waystation.control.official_prices.sounds import LIST as SOUND_LIST
from waystation.control.official_prices.sounds import SOUND_PRICES
from waystation.ledger.prices import PriceRow

LIBRARY = f"genai-prices {__version__}"
EDITION = f"{LIBRARY}; {LIST}; {SOUND_LIST}"
"""Changes with everything that the catalogue is made of."""


class CatalogueEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A row, and where it is from: the maker, its price page, the library with its version (or our
    own list with its day), since when the price holds (ISO date, "" for as long as is known). seen,
    source: of a picture's price, what was looked at."""

    row: PriceRow
    maker: str
    url: str
    library: str
    since: str
    seen: str = ""
    source: str = ""


def catalogue(told: Sequence[Provider] = providers) -> list[CatalogueEntry]:
    """Every entry, makers in order. Takes some hundred milliseconds: for apply and first start.
    told: the library's data, as it was installed or newer."""
    by_id = {provider.id: provider for provider in told}
    makers = [by_id[id] for id in MAKERS if id in by_id]
    entries: list[CatalogueEntry] = []
    for position, maker in enumerate(makers):
        entries += _free(maker)
        for model in maker.models:
            entries += _entries(model, maker, makers[:position])
    return _with_sounds(_with_pictures(entries))


def _with_pictures(entries: list[CatalogueEntry]) -> list[CatalogueEntry]:
    """Prices of pictures on the rows of their models, and rows of their own where there is none."""
    pictures = {row.model: (each, row) for each in PICTURE_PRICES for row in each.rows()}
    known = {entry.row.model for entry in entries}
    made = [
        _joined(entry, *pictures[entry.row.model]) if entry.row.model in pictures else entry
        for entry in entries
    ]
    for model, (each, row) in pictures.items():
        if model not in known:
            made.append(
                CatalogueEntry(
                    row=row,
                    maker=each.maker,
                    url=each.url,
                    library=LIST,
                    since="",
                    seen=each.seen,
                    source=each.source,
                )
            )
    return made


def _with_sounds(entries: list[CatalogueEntry]) -> list[CatalogueEntry]:
    """Likewise, of sound."""
    sounds = {row.model: (each, row) for each in SOUND_PRICES for row in each.rows()}
    made = []
    for entry in entries:
        found = sounds.get(entry.row.model)
        made.append(
            entry
            if found is None
            else msgspec.structs.replace(entry, row=_sounding(entry.row, found[1]))
        )
    known = {entry.row.model for entry in entries}
    for model, (each, row) in sounds.items():
        if model not in known:
            made.append(
                CatalogueEntry(
                    row=row, maker=each.maker, url=each.url, library=SOUND_LIST, since=""
                )
            )
    return made


def _sounding(row: PriceRow, sound: PriceRow) -> PriceRow:
    return msgspec.structs.replace(
        row,
        per_character=sound.per_character,
        per_second=sound.per_second,
        version=f"{row.version}, {SOUND_LIST}",
    )


def _joined(entry: CatalogueEntry, each: PicturePrices, pictures: PriceRow) -> CatalogueEntry:
    row = msgspec.structs.replace(
        entry.row,
        per_image=pictures.per_image,
        images=pictures.images,
        version=f"{entry.row.version}, {LIST}",
    )
    return msgspec.structs.replace(entry, row=row, seen=each.seen, source=each.source)


def _free(maker: Provider) -> Iterator[CatalogueEntry]:
    for name in FREE.get(maker.id, ()):
        row = PriceRow(
            model=name, version=f"{LIBRARY} {maker.id}/free", source="catalogue", input="0"
        )
        yield _entry(row, maker, "")


def _entry(row: PriceRow, maker: Provider, since: str) -> CatalogueEntry:
    url = (maker.pricing_urls or [""])[0]
    return CatalogueEntry(row=row, maker=maker.id, url=url, library=LIBRARY, since=since)


def _entries(
    model: ModelInfo, maker: Provider, earlier: list[Provider]
) -> Iterator[CatalogueEntry]:
    steps = _steps(model)
    if not steps:
        return
    for name in names_of(model, maker, earlier):
        for since, amounts in steps:
            row = PriceRow(
                model=name,
                effective_ms=_midnight_ms(since) if since else 0,
                version=f"{LIBRARY} {maker.id}/{model.id}{f' {since}' if since else ''}",
                source="catalogue",
                **fields_of(amounts),
            )
            yield _entry(row, maker, since)


def _steps(model: ModelInfo) -> list[tuple[str, Amounts]]:
    """(since, what it costs from then on), by rising date. Empty: a row cannot say it."""
    if isinstance(model.prices, ModelPrice):
        amounts = amounts_of(model.prices)
        return [] if amounts is None else [("", amounts)]
    dated: dict[str, Amounts] = {}
    hourly: list[Amounts] = []
    for conditional in model.prices:
        amounts = amounts_of(conditional.prices)
        if amounts is None:
            return []
        limit = conditional.constraint
        if limit is None:
            dated[""] = amounts
        elif isinstance(limit, StartDateConstraint):
            dated[limit.start_date.isoformat()] = amounts
        else:
            hourly.append(amounts)
    return [(since, dearest([dated[since], *hourly])) for since in sorted(dated)]


def _midnight_ms(since: str) -> int:
    day = datetime.combine(datetime.fromisoformat(since).date(), time(), tzinfo=UTC)
    return int(day.timestamp()) * 1000
