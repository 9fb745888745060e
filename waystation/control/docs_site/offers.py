"""What the reader may use and what it costs, as it is now; kept for a moment, since pages are many.

Prices are the operator's to show: where they are for users only, strangers see none.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from fastapi import Request

from waystation.control.catalogue import Catalogue, read_catalogue
from waystation.control.docs_site.models import matches
from waystation.control.docs_site.tree import PAGES
from waystation.control.endpoints.pricing import prices_at
from waystation.control.guards import services_of, whoever
from waystation.control.openapi.endpoints import ENDPOINTS
from waystation.control.site import Site, read_setting
from waystation.control.usable_groups import usable_groups
from waystation.kernel.clock import now_ms
from waystation.ledger.price import ONE, Price, Rate
from waystation.storage.database import StorageAway

_KEPT_MS = 3000


class ModelPrice(msgspec.Struct, frozen=True):
    """official, by_group: USD, as `prices_at` tells them; {}: no price is set."""

    model: str
    official: dict[str, str]
    by_group: dict[str, dict[str, str]]


class GroupRow(msgspec.Struct, frozen=True):
    name: str
    label: str
    rate: str
    tags: tuple[str, ...]
    description: str
    pros: str
    cons: str


class Offers(msgspec.Struct, frozen=True):
    """shown: whether this reader may see prices. away: the store does not answer. site: the site's
    name. nextchat: the NextChat that set-ups are imported into, "" none."""

    site: str = "Waystation"
    nextchat: str = ""
    models: tuple[ModelPrice, ...] = ()
    groups: tuple[GroupRow, ...] = ()
    shown: bool = True
    away: bool = False

    @property
    def digest(self) -> str:
        """Of all of it: equal for equal offers."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()

    @property
    def names(self) -> list[str]:
        return [each.model for each in self.models]


class _Kept:
    """The public's, by the store that they came from."""

    until_ms = 0
    database: object = None
    offers = Offers()


async def read_offers(request: Request) -> Offers:
    """Never fails: a page is readable without its prices."""
    services = services_of(request)
    try:
        person = await whoever(request)
        if person is not None:
            return await _read(request, person.account_id)
        if now_ms() > _Kept.until_ms or _Kept.database is not services.database:
            _Kept.offers = await _read(request, None)
            _Kept.database = services.database
            _Kept.until_ms = now_ms() + _KEPT_MS
        return _Kept.offers
    except StorageAway:
        return Offers(away=True)


async def _read(request: Request, account_id: int | None) -> Offers:
    database = services_of(request).database
    site = await read_setting(database, Site)
    if account_id is None and not site.public_pricing:
        return Offers(site.name, site.nextchat_url, shown=False)
    own: dict[str, str] = {}
    if account_id is not None:
        async with database.read() as connection:
            own = {each.name: each.rate for each in await usable_groups(connection, account_id)}
    catalogue = await read_catalogue(database, frozenset(own))
    rates = {name: Rate.parse(own.get(name, rate.text)) for name, rate in catalogue.rates.items()}
    return Offers(
        site.name,
        site.nextchat_url,
        tuple(_models(catalogue, rates)),
        tuple(_group(row, rates) for row in catalogue.groups),
    )


def _models(catalogue: Catalogue, rates: Mapping[str, Rate]) -> list[ModelPrice]:
    """What is offered, and what the pages name and a pattern offers."""
    made = [_model(each.model, each.groups, each.price, rates) for each in catalogue.offers]
    exact = {each.model for each in catalogue.offers}
    patterns = [each for each in catalogue.offers if each.model.endswith("*")]
    patterns.sort(key=lambda each: -len(each.model))
    for name in named_models():
        fitting = [] if name in exact else [p for p in patterns if matches(p.model, name)]
        if fitting:
            price = catalogue.price_under(fitting[0].model, name)
            groups = tuple(dict.fromkeys(group for each in fitting for group in each.groups))
            made.append(_model(name, groups, price, rates))
    return made


def _model(
    name: str, groups: tuple[str, ...], price: Price | None, rates: Mapping[str, Rate]
) -> ModelPrice:
    if price is None:
        return ModelPrice(name, {}, {group: {} for group in groups})
    by_group = {group: prices_at(price, rates[group]) for group in groups}
    return ModelPrice(name, prices_at(price, ONE), by_group)


@cache
def named_models() -> tuple[str, ...]:
    """Models of the document's examples, and the prices that pages are about."""
    names = [page.models for page in PAGES.values() if page.models.startswith(("mj_", "suno_"))]
    for endpoint in ENDPOINTS:
        body = endpoint.body
        examples = () if body is None else (*body.examples, *body.form_examples)
        names += [each.value["model"] for each in examples if "model" in each.value]
    return tuple(dict.fromkeys(names))


def _group(row: Any, rates: Mapping[str, Rate]) -> GroupRow:
    return GroupRow(
        row.name,
        row.label,
        rates[row.name].text,
        tuple(msgspec.json.decode(row.tags)),
        row.description,
        row.pros,
        row.cons,
    )
