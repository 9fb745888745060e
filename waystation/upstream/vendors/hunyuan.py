"""Tencent Hunyuan, by its OpenAI-compatible addresses."""

from waystation.upstream.vendors.vendor import Vendor

HUNYUAN = Vendor(
    name="hunyuan",
    title="Tencent Hunyuan",
    base_url="https://api.hunyuan.cloud.tencent.com",
    paths={"chat": "/v1/chat/completions", "embedding": "/v1/embeddings"},
    documentation="https://cloud.tencent.com/document/product/1729/111007",
    checked="2026-11-22",
)
