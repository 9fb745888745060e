"""/api/v1/prices/…: what others say models cost, held against what is set; accepted or not."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import select

from waystation.control.apply.document import PriceWanted
from waystation.control.apply.read_prices import read_price
from waystation.control.audit import record
from waystation.control.catalogue import price_book, read_catalogue
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of
from waystation.control.desk.edits import Subject, document, given, make_edit, read_as
from waystation.control.desk.pages import at, ms_of
from waystation.control.desk.reading import refuse
from waystation.control.outward import OutwardFault
from waystation.control.price_sync.library_prices import installed_rows, published_rows
from waystation.control.price_sync.proposals import Difference, differences
from waystation.control.price_sync.relay_prices import fetch_relay, read_relay
from waystation.control.site import (
    CataloguePolicy,
    read_setting,
    setting_in,
    write_setting,
)
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.ledger.price_row import PriceRow
from waystation.storage.main import PRICE_KINDS, groups, prices

ACCEPTED_MAX = 1000
FETCHES_MAX = 30
Amounts = dict[str, str]


class ProposalQueryBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """source: `catalogue`, the price library as it was installed; `library`, its newest data, from
    `url` or where it publishes them; `relay`, another relay's `/api/pricing` at `url`. group: of
    the relay, whose ratio is taken into the prices. factor: on all of them. offered_only: models
    that a channel has."""

    source: Literal["catalogue", "library", "relay"]
    url: Annotated[str, Meta(max_length=500, pattern="^(https?://.+)?$")] = ""
    allow_private: bool = False
    group: Annotated[str, Meta(max_length=64)] = ""
    factor: Annotated[str, Meta(max_length=20)] = "1"
    offered_only: bool = True


class PriceTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model's whole price, as `PUT /api/v1/prices` takes it."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    kinds: Amounts = {}
    tiers: list[dict[str, Any]] = []
    tools: Amounts = {}
    images: list[Amounts] = []
    service_tiers: Amounts = {}


class ProposalView(msgspec.Struct, frozen=True):
    """now, then: as the price list shows them, USD. change: `new`, no price is set."""

    change: Literal["new", "changed"]
    now: Amounts
    then: Amounts
    price: PriceTerms


class ProposalsView(msgspec.Struct, frozen=True):
    """looked_at: how many models the source prices. unread: those that it names without a price
    that can be read. groups: of a relay, with their ratios."""

    proposals: list[ProposalView]
    looked_at: int
    unread: list[str]
    groups: Amounts


class AcceptBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """effective_at: now, if not said."""

    prices: Annotated[list[PriceTerms], Meta(min_length=1, max_length=ACCEPTED_MAX)]
    effective_at: datetime | None = None


class AcceptedView(msgspec.Struct, frozen=True):
    """changed: how many prices are not what they were."""

    effective_at: datetime
    changed: int


class _Source(msgspec.Struct, frozen=True):
    rows: tuple[PriceRow, ...]
    unread: tuple[str, ...] = ()
    groups: Amounts = {}


async def propose(call: Call) -> ProposalsView:
    """Nothing is changed by it."""
    asked, services = call.body(ProposalQueryBody), call.services
    services.sign_in.limit(f"prices {call.person.account_id}", FETCHES_MAX)
    try:
        source = await _ask(call, asked)
    except OutwardFault as fault:
        raise Fault("upstream_error", reason=str(fault)) from None
    rows = source.rows
    if asked.offered_only:
        offered = await _offered(call)
        rows = tuple(row for row in rows if _is_offered(row.model, offered))
    async with services.database.read() as connection:
        book = price_book((await connection.execute(select(prices))).all())
    found = differences(rows, book, now_ms(), whole=asked.source != "relay")
    shown = sorted(map(_shown, found), key=lambda each: each.price.model)
    return ProposalsView(shown, len(rows), sorted(source.unread), source.groups)


async def _ask(call: Call, asked: ProposalQueryBody) -> _Source:
    """Raises OutwardFault."""
    settings = call.services.settings
    if asked.source == "catalogue":
        return _Source(await installed_rows())
    if asked.source == "library":
        return _Source(await published_rows(settings, asked.url, asked.allow_private))
    if not asked.url:
        raise Fault("missing_field", param="url")
    try:
        factor = Decimal(asked.factor)
    except InvalidOperation:
        factor = Decimal(0)
    if not factor.is_finite() or not 0 < factor <= 1000:
        raise refuse("factor", "a decimal above 0")
    told = read_relay(
        await fetch_relay(settings, asked.url, asked.allow_private), asked.group, factor
    )
    return _Source(told.rows, told.unread, dict(told.groups))


async def _offered(call: Call) -> frozenset[str]:
    """Names and patterns, of hidden groups too."""
    async with call.services.database.read() as connection:
        every = frozenset((await connection.execute(select(groups.c.name))).scalars())
    catalogue = await read_catalogue(call.services.database, every)
    return frozenset(offer.model for offer in catalogue.offers)


def _is_offered(name: str, offered: frozenset[str]) -> bool:
    """A pattern is, when it prices something that is."""
    if name.endswith("*"):
        return any(each.startswith(name[:-1]) for each in offered)
    return name in offered or any(
        each.endswith("*") and name.startswith(each[:-1]) for each in offered
    )


def _shown(found: Difference) -> ProposalView:
    row = found.row
    terms = PriceTerms(
        row.model,
        {kind: value for kind in PRICE_KINDS if (value := getattr(row, kind)) is not None},
        [msgspec.to_builtins(each) for each in row.tiers],
        dict(row.tools),
        [msgspec.to_builtins(each) for each in row.images],
        dict(row.service_tiers),
    )
    return ProposalView(found.change, found.now or {}, found.then, terms)


async def accept(call: Call) -> AcceptedView:
    """As prices of the operator's own, all or none of them."""
    body = call.body(AcceptBody)
    from_ms = now_ms() // 1000 * 1000 if body.effective_at is None else ms_of(body.effective_at)
    effective = at(from_ms)
    wanted = tuple(_wanted(terms, effective) for terms in body.prices)
    names = [each.row.model for each in wanted]
    if len(set(names)) != len(names):
        raise refuse("prices", "has a model twice")
    told = {"effective_at": effective.isoformat(), "prices": [given(each) for each in body.prices]}
    subject = Subject("price", f"{len(wanted)} prices", {}, told)
    report = await make_edit(call, document(prices=wanted), subject)
    changed = sum(change.action != "unchanged" for change in report.changes)
    return AcceptedView(effective, changed)


def _wanted(terms: PriceTerms, effective: datetime) -> PriceWanted:
    """Raises Fault (invalid_value)."""
    unknown = [kind for kind in terms.kinds if kind not in PRICE_KINDS]
    if unknown:
        raise refuse("prices", f"{unknown[0]!r}: no such kind")
    table: dict[str, Any] = {"model": terms.model, "effective": effective, **terms.kinds}
    for name in ("tiers", "tools", "images", "service_tiers"):
        if getattr(terms, name):
            table[name] = given(terms)[name]
    wanted = read_as(read_price, table, f"the price of {terms.model}")
    assert isinstance(wanted, PriceWanted)
    return wanted


async def show_policy(call: Call) -> CataloguePolicy:
    return await read_setting(call.services.database, CataloguePolicy)


async def put_policy(call: Call) -> CataloguePolicy:
    """Counts from the next version on."""
    wanted = call.body(CataloguePolicy)
    async with call.services.database.write() as connection:
        before = await setting_in(connection, CataloguePolicy)
        await write_setting(connection, wanted)
        await record(connection, actor_of(call), "update", "setting", "catalogue", before, wanted)
    return wanted


ACTIONS = (
    Action(
        id="getCataloguePolicy",
        method="GET",
        path="/api/v1/settings/catalogue",
        role="operator",
        answer=show_policy,
        tag="Prices",
        summary="Whether prices of a new version count at once",
        summary_zh="新版本价目是否立即生效",
        reply=CataloguePolicy,
    ),
    Action(
        id="putCataloguePolicy",
        method="PUT",
        path="/api/v1/settings/catalogue",
        role="operator",
        answer=put_policy,
        tag="Prices",
        summary="Follow the shipped catalogue, or keep prices until differences are accepted",
        summary_zh="跟随内置价目，或保持现价直至采纳差异",
        body=CataloguePolicy,
        reply=CataloguePolicy,
    ),
    Action(
        id="proposePrices",
        method="POST",
        path="/api/v1/prices/proposals",
        role="operator",
        answer=propose,
        tag="Prices",
        summary="Where the price library or another relay differs from what is set",
        summary_zh="与价目库或其他中转站比较价格差异",
        body=ProposalQueryBody,
        reply=ProposalsView,
        codes=("upstream_error", "missing_field", "too_many_attempts"),
    ),
    Action(
        id="acceptPrices",
        method="POST",
        path="/api/v1/prices/accept",
        role="operator",
        answer=accept,
        tag="Prices",
        summary="Accept proposals, some or all, now or from a day on",
        summary_zh="采纳价格差异（可部分采纳，可指定生效时间）",
        body=AcceptBody,
        reply=AcceptedView,
        codes=("managed_by_file",),
    ),
)
