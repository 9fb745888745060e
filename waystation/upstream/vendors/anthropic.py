"""Anthropic itself."""

from waystation.upstream.vendors.vendor import Vendor

ANTHROPIC = Vendor(
    name="anthropic",
    title="Anthropic",
    base_url="https://api.anthropic.com",
    auth="header:x-api-key",
    dialect="anthropic",
    paths={"messages": "/v1/messages", "count_tokens": "/v1/messages/count_tokens"},
    documentation="https://docs.claude.com/en/api/messages",
    recorded=True,
)
