"""Azure OpenAI, by its v1 addresses (no api-version). A model is a deployment's name."""

from waystation.upstream.vendors.vendor import Vendor

AZURE_OPENAI = Vendor(
    name="azure-openai",
    title="Azure OpenAI",
    auth="header:api-key",
    paths={
        "chat": "/openai/v1/chat/completions",
        "completion": "/openai/v1/completions",
        "embedding": "/openai/v1/embeddings",
        "responses": "/openai/v1/responses",
    },
    native_n=True,
    documentation="https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle",
    checked="2026-11-22",
    recorded=True,
)
