"""What everybody may see: the site, announcements, models by group with their prices, how they
fare, and what a key has left; and the groups and models that a person may use."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import or_, select

from waystation import __version__
from waystation.control.catalogue import Catalogue, Offer, read_catalogue
from waystation.control.desk.action import Action, Call
from waystation.control.desk.house import AnnouncementView, announcement_view
from waystation.control.desk.pages import Page, at_or_none
from waystation.control.desk.tokens import token_state
from waystation.control.endpoints.pricing import prices_at
from waystation.control.first_tokens import first_token_medians
from waystation.control.guards import whoever
from waystation.control.mail.post import mail_server
from waystation.control.site import SignUp, Site, read_setting
from waystation.control.token_owner import TokenOwner
from waystation.control.totals import BY, HOUR_MS
from waystation.control.usable_groups import usable_groups
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.kernel.money import format_usd
from waystation.kernel.patterns import NameSet
from waystation.ledger.port import LedgerAway
from waystation.ledger.price import ONE, Rate
from waystation.ledger.questions import AccountState, AskAccount
from waystation.storage.main import announcements, sign_in_providers, tokens

ANNOUNCEMENTS_MAX = 20
STATUS_HOURS = 24


class ProviderOption(msgspec.Struct, frozen=True):
    """A way to sign in elsewhere."""

    name: str
    title: str
    kind: Literal["github", "oidc", "oauth2"]


class SiteView(msgspec.Struct, frozen=True):
    """registration: how one gets an account. time_zone: of budgets and days."""

    site: Site
    version: str
    registration: Literal["open", "invited", "closed"]
    captcha: bool
    sends_mail: bool
    providers: list[ProviderOption]
    time_zone: str
    api_base: str


class GroupOption(msgspec.Struct, frozen=True):
    """usable: the person may choose it, at this rate."""

    name: str
    label: str
    description: str
    pros: str
    cons: str
    tags: list[str]
    rate: str
    usable: bool


class ModelOffer(msgspec.Struct, frozen=True):
    """official, prices: USD per 1,000,000 tokens by kind, or per call or picture; prices: by
    group, the rate included. {}: no price is set."""

    model: str
    groups: list[str]
    official: dict[str, str]
    prices: dict[str, dict[str, str]]


class ModelsOffered(msgspec.Struct, frozen=True):
    models: list[ModelOffer]
    groups: list[GroupOption]
    auto_groups: list[str]


class StatusView(msgspec.Struct, frozen=True):
    """From real traffic of the last 24 hours. success: 0 to 1. hours: the same by the hour, oldest
    first, null without traffic. first_token_ms: of half of the streams at most, about; null: none
    was seen since the last start."""

    group: str
    model: str
    success: float
    hours: list[float | None]
    first_token_ms: int | None


class KeyView(msgspec.Struct, frozen=True):
    """USD. budget: "": none of its own. available: what it may still spend."""

    name: str
    status: Literal["enabled", "expired"]
    spent: str
    budget: str
    available: str
    models: list[str]
    expires_at: datetime | None


async def site(call: Call) -> SiteView:
    services = call.services
    sign_up = await read_setting(services.database, SignUp)
    query = select(sign_in_providers).where(sign_in_providers.c.enabled)
    async with services.database.read() as connection:
        rows = (await connection.execute(query.order_by(sign_in_providers.c.id))).all()
    return SiteView(
        await read_setting(services.database, Site),
        __version__,
        sign_up.mode,
        sign_up.captcha,
        mail_server(services.settings) is not None,
        [ProviderOption(row.name, row.title or row.name, row.kind) for row in rows],
        services.settings.time_zone,
        services.settings.public_url or "",
    )


async def news(call: Call) -> Page[AnnouncementView]:
    now = now_ms()
    query = (
        select(announcements)
        .where(announcements.c.from_ms <= now)
        .where(or_(announcements.c.until_ms.is_(None), announcements.c.until_ms > now))
        .order_by(announcements.c.pinned.desc(), announcements.c.from_ms.desc())
    )
    async with call.services.database.read() as connection:
        rows = (await connection.execute(query.limit(ANNOUNCEMENTS_MAX))).all()
    return Page([announcement_view(row) for row in rows])


async def models(call: Call) -> ModelsOffered:
    """Of the visible groups; a person sees its own and granted ones too, at its own rates."""
    services, person = call.services, await whoever(call.request)
    if person is None and not (await read_setting(services.database, Site)).public_pricing:
        raise Fault("session_required")
    own: dict[str, str] = {}
    if person is not None:
        async with services.database.read() as connection:
            usable = await usable_groups(connection, person.account_id)
        own = {each.name: each.rate for each in usable}
    catalogue = await read_catalogue(services.database, frozenset(own))
    rates = {name: Rate.parse(own.get(name, rate.text)) for name, rate in catalogue.rates.items()}
    return ModelsOffered(
        [_offer(each, rates) for each in _told_by_name(catalogue)],
        [_group(row, rates, own) for row in catalogue.groups],
        list(catalogue.auto_groups),
    )


def _told_by_name(catalogue: Catalogue) -> list[Offer]:
    """A pattern is followed by the names under it that have a price: what it costs itself says
    little of them. A bare `*` names nothing."""
    told = {each.model: each for each in catalogue.offers}
    named = [name for name in catalogue.book.models if name not in told]
    for offer in catalogue.offers:
        prefix = offer.model[:-1] if offer.model.endswith("*") else ""
        for name in named if prefix else ():
            known = told.get(name)
            groups = offer.groups if known is None else tuple({*known.groups, *offer.groups})
            if name.startswith(prefix):
                price = catalogue.price_under(offer.model, name)
                told[name] = Offer(name, tuple(sorted(groups)), price)
    return [told[name] for name in sorted(told)]


def _offer(offer: Offer, rates: dict[str, Rate]) -> ModelOffer:
    price = offer.price
    if price is None:
        return ModelOffer(offer.model, list(offer.groups), {}, {})
    by_group = {name: prices_at(price, rates[name]) for name in offer.groups}
    return ModelOffer(offer.model, list(offer.groups), prices_at(price, ONE), by_group)


def _group(row: Any, rates: dict[str, Rate], own: dict[str, str]) -> GroupOption:
    return GroupOption(
        row.name,
        row.label,
        row.description,
        row.pros,
        row.cons,
        msgspec.json.decode(row.tags),
        rates[row.name].text,
        row.name in own,
    )


async def status(call: Call) -> Page[StatusView]:
    """Groups and models that everybody may see."""
    catalogue = await read_catalogue(call.services.database)
    last = now_ms() // HOUR_MS
    first = last - STATUS_HOURS + 1
    counted: dict[tuple[str, str], list[tuple[int, int]]] = {}
    group_at, model_at = BY.index("group"), BY.index("model")
    for hour_ms, each in await call.services.totals.between(first * HOUR_MS, (last + 1) * HOUR_MS):
        group, model = str(each.key[group_at]), str(each.key[model_at])
        hours = counted.setdefault((group, model), [(0, 0)] * STATUS_HOURS)
        place = hour_ms // HOUR_MS - first
        requests, failures = hours[place]
        hours[place] = (requests + each.requests, failures + each.failures)
    offered = _offered_names(catalogue)
    waits = first_token_medians(call.services.aggregate.first_tokens(), "group", "model")
    return Page(
        [
            StatusView(
                group,
                model,
                _success(_sum(hours)) or 0.0,
                [_success(h) for h in hours],
                waits.get((group, model)),
            )
            for (group, model), hours in sorted(counted.items())
            if group in offered and model in offered[group] and _sum(hours)[0]
        ]
    )


def _offered_names(catalogue: Catalogue) -> dict[str, NameSet]:
    """By group, patterns among them."""
    offered: dict[str, list[str]] = {}
    for offer in catalogue.offers:
        for group in offer.groups:
            offered.setdefault(group, []).append(offer.model)
    return {group: NameSet(models) for group, models in offered.items()}


def _sum(hours: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(each[0] for each in hours), sum(each[1] for each in hours)


def _success(counted: tuple[int, int]) -> float | None:
    requests, failures = counted
    return round((requests - failures) / requests, 4) if requests else None


async def key(call: Call) -> KeyView:
    """By the key alone, without a sign-in; an expired one too."""
    owner: TokenOwner = call.request.state.token
    async with call.services.database.read() as connection:
        row = (await connection.execute(select(tokens).where(tokens.c.id == owner.token_id))).one()
    state = await token_state(call, row)
    told = await call.services.ledger.ask(AskAccount(request_id(), owner.account_id))
    if not isinstance(told, AccountState):
        raise LedgerAway("an answer to another question")
    available = told.balance - told.held
    if owner.total_nanos is not None:
        available = min(available, owner.total_nanos - state.spent - state.held)
    expired = owner.expires_ms is not None and owner.expires_ms <= now_ms()
    return KeyView(
        owner.name,
        "expired" if expired else "enabled",
        format_usd(state.spent),
        "" if owner.total_nanos is None else format_usd(owner.total_nanos),
        format_usd(max(available, 0)),
        list(owner.models),
        at_or_none(owner.expires_ms),
    )


ACTIONS = (
    Action(
        id="getSite",
        method="GET",
        path="/api/v1/site",
        role="public",
        answer=site,
        tag="Public",
        summary="The site: name, pages, how to sign in",
        summary_zh="站点信息与登录方式",
        reply=SiteView,
    ),
    Action(
        id="listNews",
        method="GET",
        path="/api/v1/news",
        role="public",
        answer=news,
        tag="Public",
        summary="Announcements in force",
        summary_zh="当前公告",
        reply=Page[AnnouncementView],
    ),
    Action(
        id="listModels",
        method="GET",
        path="/api/v1/models",
        role="public",
        answer=models,
        tag="Public",
        summary="Models by group with their effective prices",
        summary_zh="模型广场：各分组的模型与实际价格",
        reply=ModelsOffered,
        codes=("session_required",),
    ),
    Action(
        id="getStatus",
        method="GET",
        path="/api/v1/status",
        role="public",
        answer=status,
        tag="Public",
        summary="How models fare, from real traffic",
        summary_zh="基于真实流量的可用率",
        reply=Page[StatusView],
    ),
    Action(
        id="getKey",
        method="GET",
        path="/api/v1/key",
        role="token",
        answer=key,
        tag="Public",
        summary="What a relay key has left; the key is the credential",
        summary_zh="凭密钥查询余额",
        reply=KeyView,
        codes=("invalid_api_key", "missing_api_key", "token_disabled", "user_banned"),
    ),
)
