"""The operator's prices. Rows of the catalogue are not touched: an override beats them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select

from waystation.control.apply.run import Run, Wish
from waystation.storage.main import prices


async def write_prices(run: Run) -> None:
    overrides = select(prices).where(prices.c.source == "override")
    rows = (await run.connection.execute(overrides)).all()
    existing = {price_name(row.model, row.effective_ms): row for row in rows}
    wishes = [
        Wish(
            price_name(each.row.model, each.row.effective_ms),
            {
                "model": each.row.model,
                "effective_ms": each.row.effective_ms,
                "source": "override",
            },
            each.columns,
        )
        for each in run.document.prices
    ]
    changed = await run.write(prices, "price", wishes, existing, {"created_ms": run.now_ms})
    if run.prune:
        named = {wish.name for wish in wishes}
        for name, row in existing.items():
            if row.managed and name not in named:
                await remove_price(run, row)
    run.routing |= bool(changed)


async def remove_price(run: Run, row: Any) -> None:
    """Raises ManagedRow."""
    name = price_name(row.model, row.effective_ms)
    run.may_change("price", name, row)
    await run.connection.execute(delete(prices).where(prices.c.id == row.id))
    run.note("removed", "price", name)
    run.routing = True


def price_name(model: str, effective_ms: int) -> str:
    if not effective_ms:
        return model
    moment = datetime.fromtimestamp(effective_ms / 1000, UTC)
    return f"{model} from {moment.isoformat().removesuffix('+00:00')}Z"
