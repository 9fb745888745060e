"""Perplexity, by its Agent API, which is OpenAI's Responses; Sonar's address of chats ends."""

from waystation.upstream.vendors.vendor import Vendor

PERPLEXITY = Vendor(
    name="perplexity",
    title="Perplexity",
    base_url="https://api.perplexity.ai",
    paths={"responses": "/v1/responses"},
    documentation="https://docs.perplexity.ai/docs/agent-api/migrate-from-sonar",
    checked="2026-11-22",
)
