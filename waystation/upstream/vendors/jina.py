"""Jina AI: embeddings and rerank."""

from waystation.upstream.vendors.vendor import Vendor

JINA = Vendor(
    name="jina",
    title="Jina AI",
    base_url="https://api.jina.ai",
    paths={"embedding": "/v1/embeddings", "rerank": "/v1/rerank"},
    documentation="https://jina.ai/reranker/",
    checked="2026-11-22",
)
