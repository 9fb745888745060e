"""Cross-origin rules: any page may call the API with a token it holds; no cookie opens anything."""

from waystation.edge.call import HeaderList

ALLOWED_METHODS = b"GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS"
ALLOWED_HEADERS = (
    "authorization",
    "content-type",
    "x-api-key",
    "x-goog-api-key",
    "mj-api-secret",
    "anthropic-version",
    "anthropic-beta",
    "new-api-user",
    "idempotency-key",
    "anthropic-dangerous-direct-browser-access",
    "x-goog-api-client",
    "x-request-id",
)
ORIGIN_LINES = b"access-control-allow-origin: *\r\naccess-control-expose-headers: *\r\n"
ORIGIN_HEADERS: HeaderList = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"*"),
)

_ASKED_BYTES_MAX = 2048


def preflight(asked: str | None) -> HeaderList:
    """Headers of the 204 to an OPTIONS request.

    `asked` is Access-Control-Request-Headers: what it names is allowed besides the fixed list,
    for SDKs send headers of their own (x-stainless-…) and a browser refuses the unlisted.
    """
    allowed = list(ALLOWED_HEADERS)
    if asked is not None and len(asked) <= _ASKED_BYTES_MAX:
        names = (name.strip().lower() for name in asked.split(","))
        allowed.extend(name for name in names if _is_token(name) and name not in ALLOWED_HEADERS)
    return (
        (b"access-control-allow-methods", ALLOWED_METHODS),
        (b"access-control-allow-headers", ", ".join(allowed).encode("ascii")),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"access-control-request-headers"),
    )


def _is_token(name: str) -> bool:
    return bool(name) and name.isascii() and name.replace("-", "").replace("_", "").isalnum()
