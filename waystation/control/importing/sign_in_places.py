"""Which of our sign-in providers is which place of theirs. What is not set up here yet is made from
their options: the same client at GitHub, the same OpenID Connect server."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import insert, select

from waystation.control.audit import Actor, record
from waystation.control.importing.work import Work
from waystation.storage.main import sign_in_providers

Options = Mapping[str, str]

TITLES = {
    "github_id": "GitHub",
    "oidc_id": "OpenID Connect",
    "discord_id": "Discord",
    "linux_do_id": "LINUX DO",
    "wechat_id": "WeChat",
    "telegram_id": "Telegram",
    "lark_id": "Lark",
}
"""By their column of `users`."""
_HOSTS = {"discord_id": "discord.com", "linux_do_id": "connect.linux.do"}
_WELL_KNOWN = "/.well-known/openid-configuration"


class Theirs(NamedTuple):
    """A provider as their options have it; of one that is not set up, client_id is ""."""

    name: str
    title: str
    kind: Literal["github", "oidc", "oauth2"]
    client_id: str
    secret: str
    enabled: bool
    issuer: str = ""
    authorize: str = ""
    token: str = ""
    userinfo: str = ""


class Places:
    """Asked for a place; what it makes on the way is told in the notes."""

    def __init__(self, work: Work, options: Options) -> None:
        self._work = work
        self._options = options
        self._here: list[Any] = []

    async def look(self) -> None:
        async with self._work.database.read() as connection:
            query = select(sign_in_providers).order_by(sign_in_providers.c.id)
            self._here = list(await connection.execute(query))

    async def of_column(self, column: str) -> int | None:
        """The id of our provider; None: there is none."""
        if column == "github_id":
            return await self._of(_github(self._options), self._is_github)
        if column == "oidc_id":
            theirs = _oidc(self._options)
            return await self._of(theirs, lambda row: _is_same(row, theirs))
        host = _HOSTS.get(column)
        if host is None:
            return None
        return self._find(lambda row: urlsplit(row.token_url).hostname == host)

    def by_token_url(self, address: str) -> int | None:
        return self._find(lambda row: bool(address) and row.token_url == address)

    @staticmethod
    def _is_github(row: Any) -> bool:
        return row.kind == "github" and urlsplit(row.token_url).hostname in (None, "github.com")

    def _find(self, fits: Any) -> int | None:
        return next((int(row.id) for row in self._here if fits(row)), None)

    async def _of(self, theirs: Theirs, fits: Any) -> int | None:
        found = self._find(fits)
        if found is not None or not theirs.client_id:
            return found
        work = self._work
        if any(row.name == theirs.name for row in self._here):
            work.report.note(
                f"the sign-in provider {theirs.name!r} that is here leads elsewhere than theirs"
            )
            return None
        work.report.note(
            f"the sign-in provider {theirs.name!r} comes along: {theirs.title} must be told the "
            "address that the console shows for it"
        )
        return work.invented_id() if work.dry else await self._make(theirs)

    async def _make(self, theirs: Theirs) -> int:
        work = self._work
        values = {
            "name": theirs.name,
            "title": theirs.title,
            "kind": theirs.kind,
            "client_id": theirs.client_id,
            "sealed": work.sealing.seal(theirs.secret, "provider") if theirs.secret else "",
            "issuer": theirs.issuer,
            "authorize_url": "" if theirs.kind == "oidc" else theirs.authorize,
            "token_url": "" if theirs.kind == "oidc" else theirs.token,
            "userinfo_url": "" if theirs.kind == "oidc" else theirs.userinfo,
            "scopes": "openid email profile" if theirs.kind == "oauth2" else "",
            "enabled": theirs.enabled,
            "created_ms": work.now_ms,
        }
        async with work.database.write() as connection:
            made = insert(sign_in_providers).values(values).returning(sign_in_providers)
            row = (await connection.execute(made)).one()
            actor = Actor(None, "waystation import", "", "")
            told = {name: value for name, value in values.items() if name != "sealed"}
            await record(connection, actor, "create", "sign-in provider", row.name, None, told)
        self._here.append(row)
        return int(row.id)


def _is_same(row: Any, theirs: Theirs) -> bool:
    """Who somebody is means something at one server only: issuer or token address must agree."""
    if theirs.issuer and row.kind == "oidc" and row.issuer.rstrip("/") == theirs.issuer.rstrip("/"):
        return True
    return bool(theirs.token) and row.token_url == theirs.token


def _github(options: Options) -> Theirs:
    return Theirs(
        "github",
        "GitHub",
        "github",
        options.get("GitHubClientId", "").strip(),
        options.get("GitHubClientSecret", "").strip(),
        options.get("GitHubOAuthEnabled") == "true",
    )


def _oidc(options: Options) -> Theirs:
    """new-api writes oidc.client_id where one-api writes OidcClientId."""

    def said(theirs: str, older: str) -> str:
        return (options.get(f"oidc.{theirs}") or options.get(f"Oidc{older}") or "").strip()

    well_known = said("well_known", "WellKnown")
    issuer = well_known.removesuffix(_WELL_KNOWN) if well_known.endswith(_WELL_KNOWN) else ""
    authorize = said("authorization_endpoint", "AuthorizationEndpoint")
    token = said("token_endpoint", "TokenEndpoint")
    userinfo = said("user_info_endpoint", "UserinfoEndpoint")
    whole = bool(issuer or (authorize and token and userinfo))
    return Theirs(
        "oidc",
        "OpenID Connect",
        "oidc" if issuer else "oauth2",
        said("client_id", "ClientId") if whole else "",
        said("client_secret", "ClientSecret"),
        said("enabled", "Enabled") == "true",
        issuer,
        authorize,
        token,
        userinfo,
    )
