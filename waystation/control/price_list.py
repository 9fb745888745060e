"""The shipped price catalogue in the table of prices: written when the library's edition changes.

The operator's own rows (source `override`) are never touched, and beat these in any case. Where
the policy is not to follow, models that have a price keep it until the operator accepts the new
one. A charge keeps its formula and version itself, so an edition may go with all its rows.
"""

import msgspec
from sqlalchemy import delete, insert, select

from waystation.control.site import CataloguePolicy, setting_in
from waystation.kernel.clock import now_ms
from waystation.storage.database import Database, next_epoch
from waystation.storage.main import PRICE_KINDS, prices, settings

_EDITION = "catalogue_edition"


async def ensure_catalogue(database: Database) -> int:
    """Bring the catalogue's rows to the installed edition. Returns how many were written, 0 when
    they are that already. Raises StorageAway."""
    from waystation.control.official_prices.catalogue import EDITION
    from waystation.control.official_prices.midjourney import EDITION as MIDJOURNEY
    from waystation.control.official_prices.suno import EDITION as SUNO

    edition = msgspec.json.encode(f"{EDITION}; {MIDJOURNEY}; {SUNO}").decode()
    async with database.read() as connection:
        known = select(settings.c.value).where(settings.c.name == _EDITION)
        if (await connection.execute(known)).scalar() == edition:
            return 0
    rows = _rows()
    async with database.write() as connection:
        await next_epoch(connection)
        mine = prices.c.source == "catalogue"
        if (await setting_in(connection, CataloguePolicy)).follow:
            await connection.execute(delete(prices).where(mine))
        else:
            kept = set((await connection.execute(select(prices.c.model).where(mine))).scalars())
            rows = [row for row in rows if row["model"] not in kept]
        if rows:
            await connection.execute(insert(prices), rows)
        await connection.execute(delete(settings).where(settings.c.name == _EDITION))
        await connection.execute(insert(settings).values(name=_EDITION, value=edition))
    return len(rows)


def _rows() -> list[dict[str, object]]:
    from waystation.control.official_prices.catalogue import catalogue
    from waystation.control.official_prices.midjourney import midjourney_entries
    from waystation.control.official_prices.suno import suno_entries

    created_ms = now_ms()
    made: dict[tuple[str, int], dict[str, object]] = {}
    for entry in [*catalogue(), *midjourney_entries(), *suno_entries()]:
        row = entry.row
        origin = {
            "maker": entry.maker,
            "url": entry.url,
            "from": entry.library,
            "since": entry.since,
        }
        if entry.seen:
            origin |= {"seen": entry.seen, "source": entry.source}
        made[row.model, row.effective_ms] = {
            "model": row.model,
            "effective_ms": row.effective_ms,
            "source": "catalogue",
            "version": row.version,
            **{kind: getattr(row, kind) for kind in PRICE_KINDS},
            "tiers": msgspec.json.encode(row.tiers).decode() if row.tiers else None,
            "tools": msgspec.json.encode(row.tools).decode() if row.tools else None,
            "service_tiers": msgspec.json.encode(row.service_tiers).decode()
            if row.service_tiers
            else None,
            "images": msgspec.json.encode(row.images).decode() if row.images else None,
            "origin": msgspec.json.encode(origin).decode(),
            "created_ms": created_ms,
        }
    return list(made.values())
