"""MiniMax. In China the base is https://api.minimaxi.com."""

from waystation.upstream.vendors.vendor import Vendor

MINIMAX = Vendor(
    name="minimax",
    title="MiniMax",
    base_url="https://api.minimax.io",
    paths={"chat": "/v1/chat/completions", "messages": "/anthropic/v1/messages"},
    optional_paths={"responses": "/v1/responses"},
    documentation="https://platform.minimax.io/docs/api-reference/text-chat-anthropic",
    checked="2026-11-22",
)
