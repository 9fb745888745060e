"""xAI (Grok)."""

from waystation.upstream.vendors.vendor import Vendor

XAI = Vendor(
    name="xai",
    title="xAI",
    base_url="https://api.x.ai",
    paths={"chat": "/v1/chat/completions", "responses": "/v1/responses"},
    documentation="https://docs.x.ai/developers/model-capabilities/text/comparison",
    checked="2026-11-22",
    recorded=True,
)
