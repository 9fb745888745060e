"""/api/v1/prices: what models cost, from when on; the operator's beat the catalogue's."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, UnsetType
from sqlalchemy import select

from waystation.control.apply.read_prices import read_price
from waystation.control.apply.run import Run
from waystation.control.apply.write_prices import price_name, remove_price
from waystation.control.desk.action import Action, Call
from waystation.control.desk.edits import Subject, document, given, make_edit, read_as
from waystation.control.desk.pages import Page, PageQuery, at, at_or_none, ms_of, page_by_id
from waystation.errors import Fault
from waystation.ledger.price_row import PriceRow
from waystation.storage.main import PRICE_KINDS, prices

Amount = str | UnsetType


class PriceView(msgspec.Struct, frozen=True):
    """kinds: USD per 1,000,000 tokens by kind; per_call, per_image in USD. effective_at: null:
    since ever. The latest of a model that is in force counts."""

    id: int
    model: str
    source: Literal["override", "catalogue"]
    effective_at: datetime | None
    kinds: dict[str, str]
    tiers: list[dict[str, Any]]
    tools: dict[str, str]
    images: list[dict[str, str]]
    service_tiers: dict[str, str]
    version: str
    origin: dict[str, Any]
    managed: bool
    created_at: datetime


class PriceBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A price from effective_at on, whole; one of the same model and time is replaced."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    effective_at: datetime | None = None
    kinds: dict[str, str] = {}
    tiers: list[dict[str, Any]] = []
    tools: dict[str, str] = {}
    images: list[dict[str, str]] = []
    service_tiers: dict[str, str] = {}


class PriceQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """model: exactly. search: in the name."""

    model: Annotated[str, Meta(max_length=256)] = ""
    search: Annotated[str, Meta(max_length=64)] = ""
    source: Literal["", "override", "catalogue"] = ""


async def list_all(call: Call) -> Page[PriceView]:
    asked = call.query(PriceQuery)
    query = select(prices)
    if asked.model:
        query = query.where(prices.c.model == asked.model)
    if asked.search:
        query = query.where(prices.c.model.icontains(asked.search, autoescape=True))
    if asked.source:
        query = query.where(prices.c.source == asked.source)
    async with call.services.database.read() as connection:
        return await page_by_id(connection, query, prices.c.id, asked, _shown)


def _shown(row: Any) -> PriceView:
    return PriceView(
        id=row.id,
        model=row.model,
        source=row.source,
        effective_at=at_or_none(row.effective_ms),
        kinds={kind: value for kind in PRICE_KINDS if (value := getattr(row, kind)) is not None},
        tiers=json.loads(row.tiers or "[]"),
        tools=json.loads(row.tools or "{}"),
        images=json.loads(row.images or "[]"),
        service_tiers=json.loads(row.service_tiers or "{}"),
        version=row.version,
        origin=json.loads(row.origin or "{}"),
        managed=row.managed,
        created_at=at(row.created_ms),
    )


async def put(call: Call) -> PriceView:
    body = call.body(PriceBody)
    unknown = [kind for kind in body.kinds if kind not in PRICE_KINDS]
    if unknown:
        raise Fault("invalid_value", param="kinds", reason=f"{unknown[0]!r}: no such kind")
    table: dict[str, Any] = {"model": body.model, **body.kinds}
    if body.effective_at is not None:
        table["effective"] = body.effective_at
        ms_of(body.effective_at)
    for name in ("tiers", "tools", "images", "service_tiers"):
        if getattr(body, name):
            table[name] = given(body)[name]
    wanted = read_as(read_price, table, "the price")
    before = await _find(call, wanted.row)
    subject = Subject(
        "price",
        price_name(body.model, wanted.row.effective_ms),
        {} if before is None else before,
        body,
    )
    await make_edit(call, document(prices=(wanted,)), subject)
    found = await _find(call, wanted.row)
    assert found is not None
    return found


async def _find(call: Call, row: PriceRow) -> PriceView | None:
    query = select(prices).where(
        prices.c.model == row.model,
        prices.c.effective_ms == row.effective_ms,
        prices.c.source == "override",
    )
    async with call.services.database.read() as connection:
        found = (await connection.execute(query)).one_or_none()
    return None if found is None else _shown(found)


async def remove(call: Call) -> None:
    """Only the operator's own: the catalogue comes with the program."""
    mine = (prices.c.id == call.id("price", "price"), prices.c.source == "override")
    async with call.services.database.read() as connection:
        row = (await connection.execute(select(prices).where(*mine))).one_or_none()
    if row is None:
        raise Fault("not_found", kind="price")

    async def gone(run: Run) -> None:
        await remove_price(run, row)

    subject = Subject("price", price_name(row.model, row.effective_ms), _shown(row), None)
    await make_edit(call, document(), subject, before=gone)


ACTIONS = (
    Action(
        id="listPrices",
        method="GET",
        path="/api/v1/prices",
        role="operator",
        answer=list_all,
        tag="Prices",
        summary="Prices with their history",
        summary_zh="价格及其历史",
        query=PriceQuery,
        reply=Page[PriceView],
    ),
    Action(
        id="putPrice",
        method="PUT",
        path="/api/v1/prices",
        role="operator",
        answer=put,
        tag="Prices",
        summary="Set a model's price, now or from a day on",
        summary_zh="设置模型价格（可指定生效时间）",
        body=PriceBody,
        reply=PriceView,
        codes=("managed_by_file", "already_exists"),
    ),
    Action(
        id="deletePrice",
        method="DELETE",
        path="/api/v1/prices/{price}",
        role="operator",
        answer=remove,
        tag="Prices",
        summary="Delete a price of your own",
        summary_zh="删除自定义价格",
        codes=("managed_by_file",),
    ),
)
