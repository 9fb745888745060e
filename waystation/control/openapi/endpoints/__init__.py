"""All endpoints, in the order in which the documentation shows them."""

from waystation.control.openapi.endpoint import Endpoint
from waystation.control.openapi.endpoints import (
    artefacts,
    audio,
    billing,
    catalogue,
    chat,
    chat_reply,
    chat_request,
    completions,
    embeddings,
    family,
    gemini,
    generation,
    health,
    ideogram,
    image_requests,
    images,
    messages,
    midjourney,
    models,
    moderations,
    rerank,
    response_items,
    responses,
    suno,
    tasks,
    token_pages,
    usage,
)
from waystation.control.openapi.fields import Schema

_MODULES = (
    chat,
    responses,
    response_items,
    gemini,
    messages,
    completions,
    embeddings,
    moderations,
    images,
    ideogram,
    audio,
    rerank,
    models,
    midjourney,
    suno,
    artefacts,
    tasks,
    generation,
    billing,
    token_pages,
    family,
    catalogue,
    health,
)

ENDPOINTS: tuple[Endpoint, ...] = tuple(e for module in _MODULES for e in module.ENDPOINTS)

SCHEMAS: dict[str, Schema] = {}
for _part in (usage, chat_request, chat_reply, image_requests, *_MODULES):
    SCHEMAS.update(getattr(_part, "SCHEMAS", {}))
