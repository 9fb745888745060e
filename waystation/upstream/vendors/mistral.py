"""Mistral. It refuses fields that it does not know, usage comes in streams unasked."""

from waystation.upstream.vendors.vendor import Quirks, Vendor

MISTRAL = Vendor(
    name="mistral",
    title="Mistral AI",
    base_url="https://api.mistral.ai",
    paths={
        "chat": "/v1/chat/completions",
        "embedding": "/v1/embeddings",
        "moderation": "/v1/moderations",
    },
    quirks=Quirks(refuses=("stream_options", "max_completion_tokens", "store"), reports_usage=True),
    documentation="https://docs.mistral.ai/api/",
    recorded=True,
)
