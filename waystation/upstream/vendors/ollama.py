"""Ollama, local and without a key: name its base_url, and allow_private."""

from waystation.upstream.vendors.vendor import Vendor

OLLAMA = Vendor(
    name="ollama",
    title="Ollama",
    auth="none",
    paths={
        "chat": "/v1/chat/completions",
        "completion": "/v1/completions",
        "embedding": "/v1/embeddings",
        "messages": "/v1/messages",
    },
    optional_paths={"responses": "/v1/responses"},  # without a store of any kind
    needs_key=False,
    documentation="https://docs.ollama.com/api/openai-compatibility",
    checked="2026-11-22",
)
