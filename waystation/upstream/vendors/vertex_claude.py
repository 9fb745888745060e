"""Google's Vertex AI: Claude. Keys and hosts as with `vertex`."""

from waystation.upstream.vendors.vendor import Vendor

_MODELS = "/v1/publishers/anthropic/models"

VERTEX_CLAUDE = Vendor(
    name="vertex-claude",
    title="Google Vertex AI (Claude)",
    base_url="https://aiplatform.googleapis.com",
    auth="cloud",
    cloud="vertex",
    dialect="anthropic",
    paths={
        "messages": f"{_MODELS}/{{segment}}:rawPredict",
        "messages_stream": f"{_MODELS}/{{segment}}:streamRawPredict",
        "count_tokens": f"{_MODELS}/count-tokens:rawPredict",
    },
    documentation="https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude",
    checked="2026-11-22",
)
