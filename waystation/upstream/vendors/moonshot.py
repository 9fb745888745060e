"""Moonshot (Kimi). Its current models take no n; in China the base is https://api.moonshot.cn."""

from waystation.upstream.vendors.vendor import Quirks, Vendor

MOONSHOT = Vendor(
    name="moonshot",
    title="Moonshot AI",
    base_url="https://api.moonshot.ai",
    paths={"chat": "/v1/chat/completions", "messages": "/anthropic/v1/messages"},
    quirks=Quirks(reasoning_field="reasoning_content"),
    documentation="https://platform.kimi.ai/docs/overview",
    checked="2026-11-22",
    recorded=True,
)
