"""Sign-in by OAuth 2 (authorization code with PKCE) at GitHub, OIDC and plain OAuth 2 servers.

Who somebody is comes from the server's own userinfo, fetched with the token that it gave us over
TLS; nothing that passed through the browser is believed but the code.
"""

import base64
import hashlib
import secrets
from typing import Any, Literal
from urllib.parse import quote, urlencode

import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.outward import OutwardFault, ask_json
from waystation.kernel.clock import now_ms
from waystation.settings import Settings
from waystation.storage.main import oauth_flows
from waystation.storage.sealing import Sealing

FLOW_SECONDS = 600
Kind = Literal["github", "oidc", "oauth2"]

_GITHUB = {
    "authorize": "https://github.com/login/oauth/authorize",
    "token": "https://github.com/login/oauth/access_token",
    "userinfo": "https://api.github.com/user",
}
_SCOPES: dict[str, str] = {"github": "read:user user:email", "oidc": "openid email profile"}


class Endpoints(msgspec.Struct, frozen=True):
    """basic: the token endpoint wants the client's secret in Authorization."""

    authorize: str
    token: str
    userinfo: str
    basic: bool = False


class Identity(msgspec.Struct, frozen=True):
    """email: "" unless the server says that it is verified. login: a name at GitHub, which may
    pass on to somebody else; the subject never does."""

    subject: str
    email: str
    name: str
    login: str = ""


def named(login: str) -> str:
    """The subject of somebody of whom nothing but the name at GitHub is known yet."""
    return f"login:{login.lower()}"


class Flow(msgspec.Struct, frozen=True):
    """A sign-in that is under way. browser: what its cookie must hold."""

    url: str
    browser: str


class Ended(msgspec.Struct, frozen=True):
    """account_id: who adds an identity; None: somebody signs in."""

    verifier: str
    account_id: int | None
    invitation: str
    return_to: str


async def endpoints_of(settings: Settings, row: Any) -> Endpoints:
    """Raises OutwardFault. What the row says beats what the server's discovery says."""
    if row.kind == "github":
        return Endpoints(
            row.authorize_url or _GITHUB["authorize"],
            row.token_url or _GITHUB["token"],
            row.userinfo_url or _GITHUB["userinfo"],
        )
    found: dict[str, Any] = {}
    if row.kind == "oidc":
        address = f"{row.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = await ask_json(settings, address, allow_private=row.allow_private)
        if not isinstance(found, dict) or found.get("issuer") != row.issuer:
            raise OutwardFault("its discovery names another issuer")
    methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    made = Endpoints(
        row.authorize_url or str(found.get("authorization_endpoint", "")),
        row.token_url or str(found.get("token_endpoint", "")),
        row.userinfo_url or str(found.get("userinfo_endpoint", "")),
        bool(found) and "client_secret_post" not in methods,
    )
    if not (made.authorize and made.token and made.userinfo):
        raise OutwardFault("its authorize, token or userinfo address is not known")
    return made


async def begin(
    connection: AsyncConnection,
    sealing: Sealing,
    row: Any,
    endpoints: Endpoints,
    callback: str,
    *,
    account_id: int | None = None,
    invitation: str = "",
    return_to: str = "",
) -> Flow:
    """callback: our own address, which the server knows."""
    state, verifier, browser = (secrets.token_urlsafe(32) for _ in range(3))
    now = now_ms()
    await connection.execute(delete(oauth_flows).where(oauth_flows.c.expires_ms <= now))
    await connection.execute(
        insert(oauth_flows).values(
            digest=_digest(state),
            provider_id=row.id,
            browser=_digest(browser),
            sealed=sealing.seal(verifier, "flow"),
            account_id=account_id,
            invitation=invitation,
            return_to=return_to,
            expires_ms=now + FLOW_SECONDS * 1000,
        )
    )
    asked = {
        "response_type": "code",
        "client_id": row.client_id,
        "redirect_uri": callback,
        "state": state,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    scopes = row.scopes or _SCOPES.get(row.kind, "")
    if scopes:
        asked["scope"] = scopes
    joint = "&" if "?" in endpoints.authorize else "?"
    return Flow(f"{endpoints.authorize}{joint}{urlencode(asked, quote_via=quote)}", browser)


async def end(
    connection: AsyncConnection, sealing: Sealing, row: Any, state: str, browser: str
) -> Ended | None:
    """The flow that this state belongs to, of this very browser; used up. None: there is none."""
    mine = oauth_flows.c.digest == _digest(state)
    flow = (await connection.execute(select(oauth_flows).where(mine))).one_or_none()
    gone = await connection.execute(delete(oauth_flows).where(mine))
    if flow is None or not gone.rowcount or flow.expires_ms <= now_ms():
        return None
    same = secrets.compare_digest(bytes(flow.browser), _digest(browser))
    if flow.provider_id != row.id or not same:
        return None
    verifier = sealing.open(flow.sealed, "flow")
    return Ended(verifier, flow.account_id, flow.invitation, flow.return_to)


async def identify(
    settings: Settings,
    sealing: Sealing,
    row: Any,
    endpoints: Endpoints,
    code: str,
    verifier: str,
    callback: str,
) -> Identity:
    """Raises OutwardFault."""
    secret = sealing.open(row.sealed, "provider") if row.sealed else ""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback,
        "client_id": row.client_id,
        "code_verifier": verifier,
    }
    headers: dict[str, str] = {}
    if secret and endpoints.basic:
        pair = f"{quote(row.client_id, safe='')}:{quote(secret, safe='')}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    elif secret:
        form["client_secret"] = secret
    private = row.allow_private
    told = await ask_json(
        settings, endpoints.token, form=form, headers=headers, allow_private=private
    )
    token = told.get("access_token") if isinstance(told, dict) else None
    if not isinstance(token, str) or not token:
        raise OutwardFault("it gave no access token")
    bearer = {"authorization": f"Bearer {token}"}
    user = await ask_json(settings, endpoints.userinfo, headers=bearer, allow_private=private)
    if not isinstance(user, dict):
        raise OutwardFault("its userinfo is no object")
    email, login = _verified_email(user), ""
    if row.kind == "github":
        login = str(user.get("login") or "")
        address = f"{endpoints.userinfo}/emails"
        mails = await ask_json(settings, address, headers=bearer, allow_private=private)
        email = _primary_email(mails)
    return Identity(
        _subject(user), email, str(user.get("name") or user.get("login") or "")[:64], login
    )


def _subject(user: dict[str, Any]) -> str:
    """Raises OutwardFault."""
    for name in ("sub", "id", "user_id"):
        value = user.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            return str(value)[:200]
    raise OutwardFault("its userinfo does not say who it is")


def _verified_email(user: dict[str, Any]) -> str:
    email = user.get("email")
    if isinstance(email, str) and user.get("email_verified") in (True, "true"):
        return email
    return ""


def _primary_email(mails: Any) -> str:
    for each in mails if isinstance(mails, list) else ():
        if isinstance(each, dict) and each.get("primary") and each.get("verified"):
            return str(each.get("email", ""))
    return ""


def _digest(text: str) -> bytes:
    return hashlib.sha256(b"waystation flow " + text.encode("utf-8", "surrogateescape")).digest()
