"""Zhipu (GLM). Outside China the base is https://api.z.ai."""

from waystation.upstream.vendors.vendor import Quirks, Vendor

ZHIPU = Vendor(
    name="zhipu",
    title="Zhipu AI (GLM)",
    base_url="https://open.bigmodel.cn",
    paths={
        "chat": "/api/paas/v4/chat/completions",
        "embedding": "/api/paas/v4/embeddings",
        "rerank": "/api/paas/v4/rerank",
        "messages": "/api/anthropic/v1/messages",
    },
    quirks=Quirks(
        reasoning_field="reasoning_content", reports_usage=True, thinking_switch="thinking"
    ),
    documentation="https://docs.bigmodel.cn/cn/guide/develop/openai/introduction",
    checked="2026-11-22",
)
