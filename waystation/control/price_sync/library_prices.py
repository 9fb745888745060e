"""The price library's data: as installed, or newer than that from where its makers publish them."""

import asyncio
from typing import Any

from waystation.control.outward import OutwardFault, ask_json
from waystation.kernel.clock import now_ms
from waystation.ledger.price_row import PriceRow
from waystation.settings import Settings

DATA_BYTES_MAX = 32 * 1024 * 1024


async def installed_rows() -> tuple[PriceRow, ...]:
    """Those in effect now."""
    return await asyncio.to_thread(_rows, None)


async def published_rows(settings: Settings, url: str, allow_private: bool) -> tuple[PriceRow, ...]:
    """url: ""; where the library itself would look. Raises OutwardFault."""
    from genai_prices.update_prices import DEFAULT_UPDATE_URL

    told = await ask_json(
        settings,
        url or DEFAULT_UPDATE_URL,
        allow_private=allow_private,
        bytes_max=DATA_BYTES_MAX,
    )
    return await asyncio.to_thread(_rows, told)


def _rows(told: Any) -> tuple[PriceRow, ...]:
    from waystation.control.official_prices.catalogue import catalogue
    from waystation.control.official_prices.midjourney import midjourney_entries
    from waystation.control.official_prices.suno import suno_entries

    if told is None:
        entries = [*catalogue(), *midjourney_entries(), *suno_entries()]
    else:
        entries = catalogue(_providers(told))
    latest: dict[str, PriceRow] = {}
    now = now_ms()
    for entry in entries:
        row, known = entry.row, latest.get(entry.row.model)
        if row.effective_ms <= now and (known is None or known.effective_ms <= row.effective_ms):
            latest[row.model] = row
    return tuple(latest.values())


def _providers(told: Any) -> Any:
    from genai_prices import types

    if not isinstance(told, list):
        raise OutwardFault("these are not the library's data")
    try:
        # The library reads what it fetched by this, and offers no other door to it.
        return types._providers_from_raw(told)
    except (ValueError, TypeError, LookupError) as wrong:
        raise OutwardFault(f"these are not the library's data: {str(wrong)[:200]}") from None
