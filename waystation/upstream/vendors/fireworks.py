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
    native_n=True,
    quirks=Quirks(reasoning_field="reasoning_content"),
    documentation="https://docs.fireworks.ai/tools-sdks/openai-compatibility",
)
