"""[[prices]]: USD per 1,000,000 tokens, or per call."""

import msgspec

from waystation.control.apply.document import PriceWanted
from waystation.control.apply.fields import MODEL_LENGTH_MAX, Fields, model_problem, to_json
from waystation.ledger.price import Price
from waystation.ledger.price_row import PriceImage, PriceRow, PriceTier
from waystation.ledger.price_tier import ROW_FIELDS
from waystation.storage.main import PRICE_KINDS


def read_price(fields: Fields) -> PriceWanted:
    model = fields.text("model", length_max=MODEL_LENGTH_MAX)
    problem = model_problem(model)
    if problem is not None:
        raise fields.refuse("model", problem)
    effective_ms = fields.moment("effective") or 0
    kinds = {kind: fields.decimal(kind) for kind in PRICE_KINDS}
    tiers = _tiers(fields)
    tools = _tools(fields)
    service_tiers = _service_tiers(fields)
    images = _images(fields)
    fields.end()
    row = msgspec.convert(
        {"model": model, "effective_ms": effective_ms, "tools": tools, **kinds}, PriceRow
    )
    row = msgspec.structs.replace(row, tiers=tiers, images=images, service_tiers=service_tiers)
    version = fields.judged("model", lambda: Price.build(row).version)
    columns = {
        **kinds,
        "version": version,
        "tiers": to_json([_tier_json(tier) for tier in tiers]) if tiers else None,
        "tools": to_json(dict(tools)) if tools else None,
        "service_tiers": to_json(dict(service_tiers)) if service_tiers else None,
        "images": to_json([msgspec.to_builtins(each) for each in images]) if images else None,
    }
    return PriceWanted(line=fields.line, columns=columns, row=row)


def _tiers(fields: Fields) -> tuple[PriceTier, ...]:
    """[{ above_tokens = 200000, input = "2.50" }, …]"""
    tiers = []
    for table in fields.tables("tiers") or ():
        above = table.count("above_tokens", None, least=1)
        if above is None:
            raise table.refuse("above_tokens", "is missing")
        tiers.append(
            PriceTier(above_tokens=above, **{name: table.decimal(name) for name in ROW_FIELDS})
        )
        table.end()
    return tuple(tiers)


def _images(fields: Fields) -> tuple[PriceImage, ...]:
    """[{ size = "1024x1024", quality = "hd", price = "0.08" }, …]"""
    images = []
    for table in fields.tables("images") or ():
        price = table.decimal("price")
        if price is None:
            raise table.refuse("price", "is missing")
        size, quality = (table.text(name, default="") for name in ("size", "quality"))
        images.append(PriceImage(size=size.replace("×", "x"), quality=quality, price=price))
        table.end()
    return tuple(images)


def _tier_json(tier: PriceTier) -> dict[str, object]:
    told = {name: getattr(tier, name) for name in ROW_FIELDS}
    given = {name: text for name, text in told.items() if text is not None}
    return {"above_tokens": tier.above_tokens, **given}


def _tools(fields: Fields) -> dict[str, str]:
    """{ web_search = "0.01" }: USD for each unit of that name."""
    table = fields.table("tools")
    return {name: table.as_decimal(name, value) for name, value in table.rest().items()}


def _service_tiers(fields: Fields) -> dict[str, str]:
    """{ flex = "0.5" }: factors of the price of tokens or call."""
    table = fields.table("service_tiers")
    return {name: table.as_decimal(name, value) for name, value in table.rest().items()}
