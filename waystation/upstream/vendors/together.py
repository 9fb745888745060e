"""Together AI."""

from waystation.upstream.vendors.vendor import Vendor

TOGETHER = Vendor(
    name="together",
    title="Together AI",
    base_url="https://api.together.xyz",
    paths={
        "chat": "/v1/chat/completions",
        "completion": "/v1/completions",
        "embedding": "/v1/embeddings",
        "rerank": "/v1/rerank",
    },
    documentation="https://docs.together.ai/docs/rerank-overview",
    checked="2026-11-22",
    recorded=True,
)
