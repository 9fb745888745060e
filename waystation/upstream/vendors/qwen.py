"""Qwen on Alibaba Cloud Model Studio, by its OpenAI- and Anthropic-compatible addresses.
Singapore's base is https://dashscope-intl.aliyuncs.com, Virginia's https://dashscope-us.aliyuncs.com."""

from waystation.upstream.vendors.vendor import Quirks, Vendor

QWEN = Vendor(
    name="qwen",
    title="Qwen (Alibaba Cloud)",
    base_url="https://dashscope.aliyuncs.com",
    paths={
        "chat": "/compatible-mode/v1/chat/completions",
        "embedding": "/compatible-mode/v1/embeddings",
        "messages": "/apps/anthropic/v1/messages",
    },
    quirks=Quirks(thinking_switch="enable_thinking"),
    documentation="https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope",
    checked="2026-11-22",
    recorded=True,
)
