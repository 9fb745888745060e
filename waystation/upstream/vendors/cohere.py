"""Cohere: chat and embeddings by its OpenAI-compatible addresses, rerank by its own."""

from waystation.upstream.vendors.vendor import Quirks, Vendor

COHERE = Vendor(
    name="cohere",
    title="Cohere",
    base_url="https://api.cohere.ai",
    paths={
        "chat": "/compatibility/v1/chat/completions",
        "embedding": "/compatibility/v1/embeddings",
        "rerank": "/v2/rerank",
    },
    quirks=Quirks(
        refuses=("stream_options", "return_documents", "rank_fields", "max_chunks_per_doc"),
        reports_usage=True,
    ),
    documentation="https://docs.cohere.com/docs/compatibility-api",
    checked="2026-11-22",
    recorded=True,
)
