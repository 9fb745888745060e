"""xAI (Grok)."""

from waystation.upstream.vendors.vendor import Vendor

XAI = Vendor(
    name="xai",
    title="xAI",
    base_url="https://api.x.ai",
    paths={"chat": "/v1/chat/completions", "responses": "/v1/responses"},
    documentation="https://docs.x.ai/docs/api-reference",
    recorded=True,
)
