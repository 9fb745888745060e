"""Answers of the management API, in its two shapes (relay-api 18.2 and 20).

Family calls (`/api/usage/token/`, …): {"success": false, "message": …}, as clients of older relays
read it; wrong credentials are a real 401. Our own (`/api/v1/…` and all else): {"error": {…}} with
real statuses. Messages are in the caller's language, codes never change.
"""

from typing import Any

import msgspec
from fastapi import Request
from fastapi.responses import Response

from waystation.dialects.error_shapes import write_error
from waystation.errors import Fault, Language

REQUEST_ID_HEADER = "x-waystation-request-id"
PEER_HEADER = "x-waystation-peer"
_REQUEST_ID_CHARACTERS_MAX = 64
_FAMILY = (
    "/api/token",
    "/api/user/",
    "/api/ratio_config",
    "/api/status",
    "/api/pricing",
    "/api/usage/token",
    "/api/log/",
)


def is_family(path: str) -> bool:
    return path.startswith(_FAMILY)


def json_reply(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Compact JSON, never cached."""
    return Response(
        msgspec.json.encode(value),
        status,
        {"cache-control": "no-store", **(headers or {})},
        "application/json",
    )


def request_id(request: Request) -> str:
    """The gateway's id for this request; only it speaks to our socket."""
    return request.headers.get(REQUEST_ID_HEADER, "")[:_REQUEST_ID_CHARACTERS_MAX]


def peer(request: Request) -> str:
    """The client's address as the gateway judged it."""
    return request.headers.get(PEER_HEADER, "")[:64]


def address_of(request: Request) -> str:
    """Scheme and host as the client wrote them. The gateway's own word is the last one."""
    hosts = request.headers.getlist("x-forwarded-host")
    scheme = request.headers.get("x-waystation-scheme", "http")
    return f"{scheme}://{hosts[-1] if hosts else request.headers.get('host', '')}"


def language(request: Request, default: Language) -> Language:
    """The first of ours that Accept-Language names, else the operator's."""
    for part in request.headers.get("accept-language", "").lower().split(","):
        tag = part.partition(";")[0].strip()
        if tag.startswith("zh"):
            return "zh"
        if tag.startswith("en"):
            return "en"
    return default


def fault_reply(request: Request, fault: Fault, default: Language) -> Response:
    """The fault in the shape of its address."""
    path = request.url.path
    shape = "management" if is_family(path) else "console"
    status, headers, body = write_error(
        fault, shape, request_id(request), language(request, default)
    )
    reply = Response(body, status, {name.decode(): value.decode() for name, value in headers})
    reply.headers["cache-control"] = "no-store"
    if fault.status == 401 and path == "/metrics":
        reply.headers["www-authenticate"] = 'Basic realm="waystation"'
    return reply
