"""Fireworks AI. Models are named accounts/fireworks/models/…."""

from waystation.upstream.vendors.vendor import Quirks, Vendor

FIREWORKS = Vendor(
    name="fireworks",
    title="Fireworks AI",
    base_url="https://api.fireworks.ai",
    paths={
        "chat": "/inference/v1/chat/completions",
        "completion": "/inference/v1/completions",
        "embedding": "/inference/v1/embeddings",
        "rerank": "/inference/v1/rerank",
        "responses": "/inference/v1/responses",
    },
    optional_paths={"messages": "/inference/v1/messages"},
    native_n=True,
    quirks=Quirks(reasoning_field="reasoning_content", reports_usage=True),
    documentation="https://docs.fireworks.ai/tools-sdks/openai-compatibility",
    checked="2026-11-22",
)
