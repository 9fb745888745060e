"""AWS Signature Version 4 for a request whose body is known. Pure: the time is given.

What is signed is what goes over the wire: the path as it is escaped there, escaped once more (all
services but S3), the query sorted, the given headers and the body's digest.
"""

import hmac
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qsl, quote

Headers = Iterable[tuple[bytes, bytes]]

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNRESERVED = "-_.~"


class Credentials(NamedTuple):
    """token: of a session, "" for lasting keys."""

    access: str
    secret: str
    token: str = ""


class Scope(NamedTuple):
    region: str
    service: str


def signed_headers(
    method: str,
    target: str,
    headers: Headers,
    body: bytes,
    credentials: Credentials,
    scope: Scope,
    at: datetime,
) -> list[tuple[bytes, bytes]]:
    """The headers to add: date, session token if there is one, authorization.

    headers: those to sign, `host` among them, names in lower case. at: of UTC."""
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    added = [(b"x-amz-date", stamp.encode())]
    if credentials.token:
        added.append((b"x-amz-security-token", credentials.token.encode()))
    lines, names = _canonical_headers([*headers, *added])
    path, _, query = target.partition("?")
    request = "\n".join(
        (
            method,
            quote(path, safe="/" + _UNRESERVED),
            _canonical_query(query),
            lines,
            names,
            sha256(body).hexdigest(),
        )
    )
    day = stamp[:8]
    place = f"{day}/{scope.region}/{scope.service}/aws4_request"
    text = "\n".join((_ALGORITHM, stamp, place, sha256(request.encode()).hexdigest()))
    key = _signing_key(credentials.secret, day, scope)
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    told = (
        f"{_ALGORITHM} Credential={credentials.access}/{place}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return [*added, (b"authorization", told.encode())]


def _canonical_headers(headers: Headers) -> tuple[str, str]:
    """(the lines with a line end each, the names): sorted, blanks folded."""
    pairs = sorted((n.decode("ascii"), " ".join(v.decode("latin-1").split())) for n, v in headers)
    lines = "".join(f"{name}:{value}\n" for name, value in pairs)
    return lines, ";".join(name for name, _ in pairs)


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = parse_qsl(query, keep_blank_values=True)
    escaped = sorted((quote(n, safe=_UNRESERVED), quote(v, safe=_UNRESERVED)) for n, v in pairs)
    return "&".join(f"{name}={value}" for name, value in escaped)


@lru_cache(maxsize=256)
def _signing_key(secret: str, day: str, scope: Scope) -> bytes:
    """Good for its day: four digests that need not be made anew for each request."""
    key = b"AWS4" + secret.encode()
    for step in (day, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    return key
