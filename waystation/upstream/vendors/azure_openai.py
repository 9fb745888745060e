"""Azure OpenAI, by its v1 addresses (no api-version). A model is a deployment's name.
Sound is in the preview (https://learn.microsoft.com/azure/ai-foundry/openai/reference-preview-latest,
2026-11-22)."""

from waystation.upstream.vendors.vendor import Vendor

AZURE_OPENAI = Vendor(
    name="azure-openai",
    title="Azure OpenAI",
    auth="header:api-key",
    paths={
        "chat": "/openai/v1/chat/completions",
        "completion": "/openai/v1/completions",
        "embedding": "/openai/v1/embeddings",
        "image": "/openai/v1/images/generations",
        "image_edit": "/openai/v1/images/edits",
        "responses": "/openai/v1/responses",
        "speech": "/openai/v1/audio/speech?api-version=preview",
        "transcription": "/openai/v1/audio/transcriptions?api-version=preview",
        "translation": "/openai/v1/audio/translations?api-version=preview",
    },
    native_n=True,
    documentation="https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle",
    checked="2026-11-22",
    recorded=True,
)
