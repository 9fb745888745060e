"""OpenAI itself, and the shape that all others are measured by.

Sound: https://developers.openai.com/api/reference/resources/audio (2026-11-22)."""

from waystation.upstream.vendors.vendor import Vendor

RESPONSES_PATHS = {
    "responses": "/v1/responses",
    "responses_input_tokens": "/v1/responses/input_tokens",
    "responses_compact": "/v1/responses/compact",
}

COMMON_PATHS = {
    "chat": "/v1/chat/completions",
    "completion": "/v1/completions",
    "embedding": "/v1/embeddings",
    "moderation": "/v1/moderations",
    "image": "/v1/images/generations",
    "image_edit": "/v1/images/edits",
    "image_variation": "/v1/images/variations",
    "speech": "/v1/audio/speech",
    "transcription": "/v1/audio/transcriptions",
    "translation": "/v1/audio/translations",
}
"""What others have who say that they are compatible."""

OPENAI = Vendor(
    name="openai",
    title="OpenAI",
    base_url="https://api.openai.com",
    paths={**COMMON_PATHS, **RESPONSES_PATHS},
    native_n=True,
    documentation="https://platform.openai.com/docs/api-reference/chat",
    recorded=True,
)
