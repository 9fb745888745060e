"""Google's Gemini by its developer addresses (AI Studio keys)."""

from waystation.upstream.vendors.vendor import Vendor

_MODEL = "/v1beta/models/{model}"

GEMINI_PATHS = {
    "generate": f"{_MODEL}:generateContent",
    "generate_stream": f"{_MODEL}:streamGenerateContent?alt=sse",
    "gemini_count": f"{_MODEL}:countTokens",
    "gemini_embed": f"{_MODEL}:embedContent",
    "gemini_embeds": f"{_MODEL}:batchEmbedContents",
}
"""Of a channel in Google's own form; `…_stream` is the same call, streamed."""

GEMINI = Vendor(
    name="gemini",
    title="Google Gemini",
    base_url="https://generativelanguage.googleapis.com",
    auth="header:x-goog-api-key",
    dialect="gemini",
    paths=GEMINI_PATHS,
    native_n=True,
    documentation="https://ai.google.dev/api/generate-content",
    recorded=True,
)
