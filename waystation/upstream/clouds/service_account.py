"""Google's service accounts: a token for a signed statement (RFC 7523), kept and renewed in time.

Whoever comes first asks; the others wait for the same answer. In the last minutes of a token's life
it still serves while the next one is fetched.
"""

import asyncio
import base64
import re
from collections.abc import Callable
from time import monotonic, time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from waystation.upstream.transport import (
    Deadlines,
    NotSent,
    Origin,
    Outgoing,
    Transport,
    TransportFault,
)
from waystation.upstream.url import parse_url

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_LIFE_SECONDS = 3600
_RENEW_SECONDS = 300.0
_LAST_SECONDS = 30.0
_AGAIN_SECONDS = 5.0
_TOKEN = re.compile(r"[\x21-\x7e]+")
_REPLY_BYTES_MAX = 64 * 1024
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_DEADLINES = Deadlines(first_byte_seconds=10.0, idle_seconds=10.0, total_seconds=20.0)


class Refused(Exception):
    """The token's server said no. status: what it stands for at the model's own address."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Account(msgspec.Struct, frozen=True):
    """The file that Google gives out, what we need of it. location: ours, for who wants to name it
    here."""

    client_email: str
    private_key: str
    project_id: str = ""
    private_key_id: str = ""
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105
    location: str = ""

    def __repr__(self) -> str:
        return "Account()"


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float = _LIFE_SECONDS


class _Error(msgspec.Struct):
    error: str = ""
    error_description: str = ""


_decode_account = msgspec.json.Decoder(Account).decode
_decode_token = msgspec.json.Decoder(_Token).decode
_decode_error = msgspec.json.Decoder(_Error).decode


def read_account(text: str) -> Account:
    """Raises ValueError, which does not repeat the text."""
    try:
        account = _decode_account(text)
    except msgspec.DecodeError:
        raise ValueError("not a service account's JSON file") from None
    parse_url(account.token_uri)
    _private_key(account)
    return account


class Tokens:
    """One account's. clock: seconds, rising. now: seconds of the day's clock, for the statement."""

    def __init__(
        self,
        account: Account,
        clock: Callable[[], float] = monotonic,
        now: Callable[[], float] = time,
    ) -> None:
        self._account = account
        self._key = _private_key(account)
        self._clock = clock
        self._now = now
        self._token = ""
        self._until = 0.0
        self._again_at = 0.0
        self._asking: asyncio.Task[None] | None = None

    async def token(self, transport: Transport, origin: Origin) -> str:
        """origin: of the model's address; the token is asked for under its channel's consents and
        by its proxy. Raises NotSent, Refused."""
        left = self._until - self._clock()
        if left > _RENEW_SECONDS:
            return self._token
        must_wait = left <= _LAST_SECONDS
        asking = self._asking
        if asking is None and (must_wait or self._clock() >= self._again_at):
            self._again_at = self._clock() + _AGAIN_SECONDS
            asking = self._asking = asyncio.create_task(self._ask(transport, origin))
            asking.add_done_callback(self._asked)
        if must_wait and asking is not None:
            await asyncio.shield(asking)
        return self._token

    def _asked(self, task: asyncio.Task[None]) -> None:
        self._asking = None
        if not task.cancelled():
            task.exception()  # who waits is told; where nobody does, the next one asks again

    async def _ask(self, transport: Transport, origin: Origin) -> None:
        place, target = parse_url(
            self._account.token_uri, allow_private=origin.allow_private, proxy=origin.proxy
        )
        if place.scheme != "https" and not origin.allow_private:
            raise Refused(401, "the token's address must be https")
        form = urlencode({"grant_type": _GRANT, "assertion": self._statement()}).encode()
        headers = (
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"accept", b"application/json"),
            (b"user-agent", b"waystation"),
        )
        try:
            incoming = await transport.send(
                Outgoing(place, "POST", target, headers, form), _DEADLINES
            )
            try:
                body = await incoming.read_all(_REPLY_BYTES_MAX)
            finally:
                incoming.close()
        except TransportFault as fault:
            # Of the request itself no byte went out, whatever became of this one.
            raise NotSent(fault.kind, f"the token's address: {fault.detail}") from None
        self._keep(incoming.status, body)

    def _keep(self, status: int, body: bytes) -> None:
        try:
            if status != 200:
                raise _refusal(status, body)
            told = _decode_token(body)
            if not _TOKEN.fullmatch(told.access_token):
                raise Refused(502, "the token's server gave no token")
        except msgspec.DecodeError:
            raise Refused(502, "the token's server gave no token") from None
        self._token = told.access_token
        self._until = self._clock() + told.expires_in

    def _statement(self) -> str:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        account, now = self._account, int(self._now())
        head: dict[str, Any] = {"alg": "RS256", "typ": "JWT"}
        if account.private_key_id:
            head["kid"] = account.private_key_id
        claims = {
            "iss": account.client_email,
            "scope": SCOPE,
            "aud": account.token_uri,
            "iat": now,
            "exp": now + _LIFE_SECONDS,
        }
        said = b".".join(_base64(msgspec.json.encode(each)) for each in (head, claims))
        signature = self._key.sign(said, PKCS1v15(), SHA256())
        return (said + b"." + _base64(signature)).decode()


def _refusal(status: int, body: bytes) -> Refused:
    """A refusal of the statement is one of our account, whatever status it has."""
    try:
        told = _decode_error(body)
    except msgspec.DecodeError:
        told = _Error()
    reason = told.error_description or told.error or f"status {status}"
    if status == 429 or status >= 500:
        return Refused(status, reason)
    return Refused(401, reason)


def _private_key(account: Account) -> "RSAPrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(account.private_key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("the private_key of the service account cannot be read") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the private_key of the service account is no RSA key")
    return key


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
