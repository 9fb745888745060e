"""OpenAI itself, and the shape that all others are measured by."""

from waystation.upstream.vendors.vendor import Vendor

OPENAI = Vendor(
    name="openai",
    title="OpenAI",
    base_url="https://api.openai.com",
    paths={
        "chat": "/v1/chat/completions",
        "completion": "/v1/completions",
        "embedding": "/v1/embeddings",
        "moderation": "/v1/moderations",
        "image": "/v1/images/generations",
        "image_edit": "/v1/images/edits",
        "image_variation": "/v1/images/variations",
    },
    native_n=True,
    documentation="https://platform.openai.com/docs/api-reference/chat",
    recorded=True,
)
