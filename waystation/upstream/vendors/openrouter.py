"""OpenRouter. Models are named maker/model."""

from waystation.upstream.vendors.vendor import Vendor

OPENROUTER = Vendor(
    name="openrouter",
    title="OpenRouter",
    base_url="https://openrouter.ai",
    paths={
        "chat": "/api/v1/chat/completions",
        "completion": "/api/v1/completions",
        "embedding": "/api/v1/embeddings",
        "rerank": "/api/v1/rerank",
        "messages": "/api/v1/messages",
    },
    documentation="https://openrouter.ai/docs/api-reference/overview",
    checked="2026-11-22",
)
