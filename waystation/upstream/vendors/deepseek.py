"""DeepSeek."""

from waystation.upstream.vendors.vendor import Vendor

DEEPSEEK = Vendor(
    name="deepseek",
    title="DeepSeek",
    base_url="https://api.deepseek.com",
    paths={"chat": "/chat/completions"},
    documentation="https://api-docs.deepseek.com/",
    checked="2026-11-22",
    recorded=True,
)
