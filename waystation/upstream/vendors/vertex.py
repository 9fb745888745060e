"""Google's Vertex AI: Gemini. A key is a service account's JSON file, or an API key (express mode).

The host names the location: https://europe-west1-aiplatform.googleapis.com; without one, global."""

from waystation.upstream.vendors.vendor import Vendor

_MODEL = "/v1/publishers/google/models/{segment}"

VERTEX = Vendor(
    name="vertex",
    title="Google Vertex AI (Gemini)",
    base_url="https://aiplatform.googleapis.com",
    auth="cloud",
    cloud="vertex",
    dialect="gemini",
    paths={
        "generate": f"{_MODEL}:generateContent",
        "generate_stream": f"{_MODEL}:streamGenerateContent?alt=sse",
        "gemini_count": f"{_MODEL}:countTokens",
        "embedding": f"{_MODEL}:predict",
    },
    native_n=True,
    documentation="https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
    checked="2026-11-22",
    recorded=True,
)
