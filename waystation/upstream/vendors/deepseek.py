"""DeepSeek."""

from waystation.upstream.vendors.vendor import Quirks, Vendor

DEEPSEEK = Vendor(
    name="deepseek",
    title="DeepSeek",
    base_url="https://api.deepseek.com",
    paths={"chat": "/chat/completions", "messages": "/anthropic/v1/messages"},
    quirks=Quirks(reasoning_field="reasoning_content", thinking_switch="thinking"),
    documentation="https://api-docs.deepseek.com/",
    checked="2026-11-22",
    recorded=True,
)
