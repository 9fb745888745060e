"""What the operator says about the site and who may register, kept in the table of settings."""

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.alerts.rules import AlertRules
from waystation.storage.database import Database
from waystation.storage.main import settings

WORDS_MAX = 100_000
_NEXTCHAT = re.compile(r"(?:https?://[^\s?#]{1,500})?")

Kind = TypeVar("Kind")


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """White label. logo: an address, or a data: URL. home, footer, terms, privacy: Markdown.
    display_rate: units of the display currency in one USD; a matter of view, nothing is charged
    by it. public_pricing: prices without a sign-in. docs_url: where users find help.
    nextchat_url: the NextChat that set-ups are imported into, with a key in the part of the address
    that browsers do not send; "": none is offered."""

    name: str = "Waystation"
    logo: str = ""
    home: str = ""
    footer: str = ""
    terms: str = ""
    privacy: str = ""
    contact: str = ""
    docs_url: str = "/docs"
    nextchat_url: str = "https://app.nextchat.dev"
    display_currency: str = "USD"
    display_rate: str = "1"
    public_pricing: bool = True


class SignUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may register. credit: USD that a new account gets. captcha: a picture must be read.
    domains: of mail addresses that are accepted, [] all. blocked_domains: those that are not."""

    mode: Literal["open", "invited", "closed"] = "closed"
    credit: str = "0"
    account_group: str = "default"
    captcha: bool = True
    domains: tuple[str, ...] = ()
    blocked_domains: tuple[str, ...] = ()


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """amount: what is paid. credit: USD that it buys, whatever the rate."""

    amount: Annotated[str, Meta(max_length=32)]
    credit: Annotated[str, Meta(max_length=32)]


class TopUpTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What credit costs. currency: that is paid in; "": the display currency. rate: units of it
    for one USD of credit; "": the display rate. minimum, maximum: of what is paid, beside the
    packages."""

    currency: Annotated[str, Meta(max_length=8)] = ""
    rate: Annotated[str, Meta(max_length=32)] = ""
    minimum: Annotated[str, Meta(max_length=32)] = "1"
    maximum: Annotated[str, Meta(max_length=32)] = "10000"
    packages: tuple[Package, ...] = ()


class CataloguePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """follow: prices that a new version of the program brings count at once. false: a model that
    has a price keeps it until the new one is accepted; only models without one get theirs."""

    follow: bool = True


NAMES: dict[type, str] = {
    CataloguePolicy: "catalogue_policy",
    Site: "site",
    SignUp: "sign_up",
    TopUpTerms: "top_ups",
    AlertRules: "alerts",
}


async def read_setting(database: Database, kind: type[Kind]) -> Kind:
    """As it was set, else the default. Raises StorageAway."""
    async with database.read() as connection:
        return await setting_in(connection, kind)


async def setting_in(connection: AsyncConnection, kind: type[Kind]) -> Kind:
    query = select(settings.c.value).where(settings.c.name == NAMES[kind])
    text = (await connection.execute(query)).scalar_one_or_none()
    return kind() if text is None else msgspec.json.decode(text, type=kind)


async def write_setting(connection: AsyncConnection, value: object) -> None:
    name = NAMES[type(value)]
    await connection.execute(delete(settings).where(settings.c.name == name))
    text = msgspec.json.encode(value).decode()
    await connection.execute(insert(settings).values(name=name, value=text))


def problem_of(site: Site) -> tuple[str, str] | None:
    """(field, reason) of what cannot be."""
    for name in ("home", "footer", "terms", "privacy", "logo"):
        if len(getattr(site, name)) > WORDS_MAX:
            return name, f"at most {WORDS_MAX} characters"
    if not 1 <= len(site.name) <= 64 or not site.name.isprintable():
        return "name", "1 to 64 printable characters"
    if not 1 <= len(site.display_currency) <= 8 or not site.display_currency.isprintable():
        return "display_currency", "1 to 8 characters, like CNY"
    try:
        rate = Decimal(site.display_rate)
    except InvalidOperation:
        rate = Decimal(0)
    if not rate.is_finite() or not 0 < rate < 10**9:
        return "display_rate", "a decimal above 0"
    for name in ("logo", "docs_url"):
        text = getattr(site, name)
        good = ("https://", "http://", "/", "data:image/") if name == "logo" else ("http", "/")
        if text and not text.startswith(good):
            return name, "an address that begins with https://, http:// or /"
    if not _NEXTCHAT.fullmatch(site.nextchat_url):
        return "nextchat_url", "an address that begins with https:// or http://, without ? and #"
    return None
