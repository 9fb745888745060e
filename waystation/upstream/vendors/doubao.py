"""Doubao on Volcengine Ark. A model is its name or an endpoint's id (ep-…). The page that could be
read is of 2024 and has chat and embeddings; Responses is known from others' clients only."""

from waystation.upstream.vendors.vendor import Quirks, Vendor

DOUBAO = Vendor(
    name="doubao",
    title="Doubao (Volcengine Ark)",
    base_url="https://ark.cn-beijing.volces.com",
    paths={
        "chat": "/api/v3/chat/completions",
        "embedding": "/api/v3/embeddings",
        "responses": "/api/v3/responses",
    },
    quirks=Quirks(reasoning_field="reasoning_content", thinking_switch="thinking"),
    documentation="https://www.volcengine.com/docs/82379/1263482",
    checked="2026-11-22",
)
