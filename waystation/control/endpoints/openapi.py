"""GET /openapi.json: the relay's own description, with this deployment's address."""

from functools import lru_cache

import msgspec
from fastapi import Request
from fastapi.responses import Response

from waystation.control.guards import services_of
from waystation.control.openapi import build_document
from waystation.settings import Settings


@lru_cache(maxsize=4)
def _encoded(base_url: str, settings: Settings) -> bytes:
    return msgspec.json.encode(build_document(base_url, settings))


async def show(request: Request) -> Response:
    settings = services_of(request).settings
    return Response(
        _encoded(settings.public_url or "/", settings),
        media_type="application/json",
        headers={"cache-control": "public, max-age=300"},
    )
