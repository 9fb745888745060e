"""/api/v1/access: account × group × model: who may use what, why, and at what price."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.catalogue import Catalogue, Offer, read_catalogue
from waystation.control.desk.action import Action, Call
from waystation.control.desk.pages import Number, Page, PageQuery, page_by_id
from waystation.control.endpoints.pricing import prices_at
from waystation.ledger.price import Rate
from waystation.storage.main import account_grants, accounts, group_rates, groups

Why = Literal["own", "granted", "selectable", ""]


class AccessQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """account_id: one account; 0: all, page by page. search: in the address. group, model: only
    these; a model's exact name is found behind patterns too."""

    account_id: Number = 0
    search: Annotated[str, Meta(max_length=254)] = ""
    group: Annotated[str, Meta(max_length=64)] = ""
    model: Annotated[str, Meta(max_length=256)] = ""


class ModelPriceView(msgspec.Struct, frozen=True):
    """prices: of this account in this group, USD; {}: no price is set, so it is not served."""

    model: str
    prices: dict[str, str]


class AccessCell(msgspec.Struct, frozen=True):
    """why: it is the account's own group, was granted, or may be chosen by it; "": it may not be
    used. special: the rate is set for the account's group. models: told of one account, or of one
    model; model_count always."""

    group: str
    usable: bool
    why: Why
    rate: str
    special: bool
    model_count: int
    models: list[ModelPriceView]


class AccessRowView(msgspec.Struct, frozen=True):
    """enabled: of the account. account_group: what rates and choices go by."""

    account_id: int
    email: str
    account_group: str
    enabled: bool
    groups: list[AccessCell]


class _Rules(msgspec.Struct, frozen=True):
    """Everything that a row's cells are made of. rates: special ones, by (account's group, group).
    grants: by account."""

    rows: tuple[Any, ...]
    rates: Mapping[tuple[str, str], str]
    grants: Mapping[int, frozenset[str]]
    offers: Mapping[str, tuple[Offer, ...]]
    in_full: bool


async def show(call: Call) -> Page[AccessRowView]:
    asked = call.query(AccessQuery)
    query = select(accounts)
    if asked.account_id:
        query = query.where(accounts.c.id == asked.account_id)
    if asked.search:
        query = query.where(accounts.c.email.contains(asked.search.lower(), autoescape=True))
    async with call.services.database.read() as connection:
        page = await page_by_id(connection, query, accounts.c.id, asked, lambda row: row)
        rules = await _rules(connection, asked, [row.id for row in page.data])
    every = frozenset(row.name for row in rules.rows)
    catalogue = await read_catalogue(call.services.database, every)
    rules = msgspec.structs.replace(rules, offers=_offers(catalogue, every, asked.model))
    return Page([_row(row, rules) for row in page.data], page.next_cursor)


async def _rules(connection: AsyncConnection, asked: AccessQuery, ids: list[int]) -> _Rules:
    wanted = select(groups).order_by(groups.c.id)
    if asked.group:
        wanted = wanted.where(groups.c.name == asked.group)
    rows = (await connection.execute(wanted)).all()
    rates = (await connection.execute(select(group_rates))).all()
    of_these = select(account_grants).where(account_grants.c.account_id.in_(ids))
    grants: dict[int, set[str]] = {}
    for each in (await connection.execute(of_these)).all():
        grants.setdefault(each.account_id, set()).add(each.group_name)
    return _Rules(
        tuple(rows),
        {(each.account_group, each.group_name): each.rate for each in rates},
        {account_id: frozenset(names) for account_id, names in grants.items()},
        {},
        bool(asked.account_id or asked.model),
    )


def _offers(
    catalogue: Catalogue, names: frozenset[str], model: str
) -> dict[str, tuple[Offer, ...]]:
    """By group. model: as a caller would say it."""
    found: dict[str, list[Offer]] = {name: [] for name in names}
    for offer in catalogue.offers:
        if model and not _means(offer.model, model):
            continue
        for name in offer.groups:
            if name in found:
                found[name].append(offer)
    return {name: tuple(offers) for name, offers in found.items()}


def _means(offered: str, model: str) -> bool:
    return offered == model or (offered.endswith("*") and model.startswith(offered[:-1]))


def _row(account: Any, rules: _Rules) -> AccessRowView:
    cells = [_cell(account, group, rules) for group in rules.rows]
    return AccessRowView(account.id, account.email, account.account_group, account.enabled, cells)


def _cell(account: Any, group: Any, rules: _Rules) -> AccessCell:
    why = _why(account, group, rules.grants.get(account.id, frozenset()))
    special = rules.rates.get((account.account_group, group.name))
    text, offers = special or group.rate, rules.offers.get(group.name, ())
    models: list[ModelPriceView] = []
    if rules.in_full:
        rate = Rate.parse(text)
        models = [
            ModelPriceView(each.model, {} if each.price is None else prices_at(each.price, rate))
            for each in offers
        ]
    return AccessCell(group.name, bool(why), why, text, special is not None, len(offers), models)


def _why(account: Any, group: Any, granted: frozenset[str]) -> Why:
    """The rule by which tokens may name a group."""
    if group.name == account.account_group:
        return "own"
    if group.name in granted:
        return "granted"
    allowed = json.loads(group.allowed_account_groups)
    may = group.selectable and (not allowed or account.account_group in allowed)
    return "selectable" if may else ""


ACTIONS = (
    Action(
        id="listAccess",
        method="GET",
        path="/api/v1/access",
        role="operator",
        answer=show,
        tag="Groups",
        summary="Account × group × model: who may use what, at which price",
        summary_zh="访问矩阵：账户 × 分组 × 模型与实际价格",
        query=AccessQuery,
        reply=Page[AccessRowView],
    ),
)
