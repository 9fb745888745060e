"""Whoever says that it speaks Anthropic's dialect, below a base address that ends before /v1."""

from waystation.upstream.vendors.vendor import Vendor

ANTHROPIC_COMPATIBLE = Vendor(
    name="anthropic-compatible",
    title="Anthropic-compatible",
    auth="header:x-api-key",
    dialect="anthropic",
    paths={"messages": "/v1/messages"},
    recorded=True,
)
