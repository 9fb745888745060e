"""Whose prices are official: the makers of models, by their id in genai-prices.

A name belongs to the first maker in this order that knows it. Resellers are left out: they have
prices of their own for other people's models.
"""

from collections.abc import Mapping

MAKERS = (
    "openai",
    "anthropic",
    "google",
    "deepseek",
    "mistral",
    "x-ai",
    "moonshotai",
    "zai",
    "minimax",
    "cohere",
    "perplexity",
    "meta",
    "voyageai",
    "groq",
    "cerebras",
)

FREE: Mapping[str, tuple[str, ...]] = {
    "openai": (
        "omni-moderation-latest",
        "omni-moderation-2024-09-26",
        "text-moderation-latest",
        "text-moderation-stable",
    ),
}
"""Names that their maker declares to be free of charge. The library has an empty price for those,
but for models of unknown price as well, so they are named here one by one."""
