"""SiliconFlow. Outside China the base is https://api.siliconflow.com."""

from waystation.upstream.vendors.vendor import Quirks, Vendor

SILICONFLOW = Vendor(
    name="siliconflow",
    title="SiliconFlow",
    base_url="https://api.siliconflow.cn",
    paths={
        "chat": "/v1/chat/completions",
        "embedding": "/v1/embeddings",
        "rerank": "/v1/rerank",
        "messages": "/v1/messages",
    },
    quirks=Quirks(thinking_switch="enable_thinking"),
    documentation="https://docs.siliconflow.cn/docs/api/chat-completions-post",
    checked="2026-11-22",
)
