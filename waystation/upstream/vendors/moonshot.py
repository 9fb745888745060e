"""Moonshot (Kimi). Its current models take no n; in China the base is https://api.moonshot.cn."""

from waystation.upstream.vendors.vendor import Vendor

MOONSHOT = Vendor(
    name="moonshot",
    title="Moonshot AI",
    base_url="https://api.moonshot.ai",
    paths={"chat": "/v1/chat/completions"},
    documentation="https://platform.kimi.ai/docs/overview",
    recorded=True,
)
