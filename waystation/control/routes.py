"""Every address of the control plane, and who may call it. What is not in this table is a 404.

The tests hold this table against what each role gets.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from fastapi import Request
from fastapi.responses import Response

from waystation.control.desk import self_description
from waystation.control.desk.action import handler_of
from waystation.control.desk.actions import ACTIONS
from waystation.control.endpoints import (
    artefacts,
    console,
    docs,
    family_tokens,
    family_user,
    internal,
    metrics,
    openapi,
    pricing,
    status,
    token_log,
    token_usage,
)
from waystation.control.guards import Role

Handler = Callable[[Request], Awaitable[Response]]


class Route(NamedTuple):
    method: str
    path: str
    role: Role
    handler: Handler


def _family(method: str, path: str, role: Role, handler: Handler) -> tuple[Route, Route]:
    """Clients call these with and without the final slash."""
    return Route(method, path, role, handler), Route(method, f"{path}/", role, handler)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/", "public", console.page),
    Route("GET", "/console/{page:path}", "public", console.page),
    Route("GET", "/account", "public", console.page),
    Route("GET", "/account/{page:path}", "public", console.page),
    Route("GET", "/assets/{file}", "public", console.asset),
    Route("GET", "/icon.svg", "public", console.asset),
    Route("GET", "/docs", "public", docs.show),
    Route("GET", "/docs/explorer.js", "public", docs.explorer),
    Route("GET", "/docs/static/{file}", "public", docs.static),
    Route("GET", "/docs/{page:path}", "public", docs.show),
    Route("GET", "/llms.txt", "public", docs.llms),
    Route("GET", "/openapi.json", "public", openapi.show),
    Route("GET", "/metrics", "metrics", metrics.show),
    *_family("GET", "/api/status", "public", status.show),
    *_family("GET", "/api/pricing", "public", pricing.show),
    *_family("GET", "/api/usage/token", "token", token_usage.show),
    *_family("GET", "/api/log/token", "token", token_log.show),
    *_family("GET", "/api/token", "person", family_tokens.show_all),
    *_family("POST", "/api/token", "person", family_tokens.create),
    *_family("PUT", "/api/token", "person", family_tokens.update),
    *_family("GET", "/api/token/search", "person", family_tokens.search),
    *_family("GET", "/api/token/{token}", "person", family_tokens.show),
    *_family("DELETE", "/api/token/{token}", "person", family_tokens.remove),
    *_family("GET", "/api/user/self", "person", family_user.show_self),
    *_family("GET", "/api/user/self/groups", "person", family_user.show_groups),
    *_family("GET", "/api/user/models", "person", family_user.show_models),
    *_family("GET", "/api/log/self", "person", family_user.show_log),
    *_family("GET", "/api/ratio_config", "public", family_user.show_ratios),
    Route("GET", "/api/v1/openapi.json", "public", self_description.show),
    Route("GET", "/api/v1/artefacts", "person", artefacts.show),
    Route("DELETE", "/api/v1/artefacts/{artefact}", "person", artefacts.delete),
    Route("POST", "/internal/metrics", "internal", internal.take_metrics),
    Route("GET", "/internal/health", "internal", internal.health),
    *(Route(each.method, each.path, each.role, handler_of(each)) for each in ACTIONS),
)
