"""vLLM's server. It wants the key that it was started with; without one, any."""

from waystation.upstream.vendors.vendor import Vendor

VLLM = Vendor(
    name="vllm",
    title="vLLM",
    paths={
        "chat": "/v1/chat/completions",
        "completion": "/v1/completions",
        "embedding": "/v1/embeddings",
        "rerank": "/v1/rerank",
        "messages": "/v1/messages",
        "count_tokens": "/v1/messages/count_tokens",
    },
    optional_paths={"responses": "/v1/responses"},  # its store forgets: for `store: false`
    native_n=True,
    documentation="https://docs.vllm.ai/en/stable/serving/online_serving.html",
    checked="2026-11-22",
)
