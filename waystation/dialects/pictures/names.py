"""Names that picture models go by: aliases, and which names mean a picture model at all."""

ALIASES = {
    "flux.1.1-pro": "flux-pro-1.1",
    "flux-1.1-pro": "flux-pro-1.1",
    "flux1.1-pro": "flux-pro-1.1",
    "flux.1.1-pro-ultra": "flux-pro-1.1-ultra",
    "flux-1.1-pro-ultra": "flux-pro-1.1-ultra",
    "flux.1-pro": "flux-pro",
    "flux-1-pro": "flux-pro",
    "flux.1-dev": "flux-dev",
    "flux-1-dev": "flux-dev",
    "flux.1-kontext-pro": "flux-kontext-pro",
    "flux-1-kontext-pro": "flux-kontext-pro",
    "flux.1-kontext-max": "flux-kontext-max",
    "flux-1-kontext-max": "flux-kontext-max",
    "recraft-v3": "recraftv3",
    "recraft-20b": "recraft20b",
    "ideogram": "ideogram-v2",
    "stable-diffusion-api": "stable-diffusion",
}
PREFIXES = (
    "dall-e",
    "gpt-image",
    "chatgpt-image",
    "flux",
    "stable-diffusion",
    "stable-image",
    "sd3",
    "ideogram",
    "recraft",
    "imagen",
    "demo-image",
)
"""Of models that draw and do nothing else."""
WORDLESS = (
    "recraft-creative-upscale",
    "recraft-crisp-upscale",
    "recraft-erase-region",
    "recraft-remix",
    "recraft-remove-background",
    "recraft-vectorize",
    "stable-image-erase",
    "stable-image-remove-background",
    "stable-image-upscale-fast",
)
"""Tools that work on a picture and take no prompt."""
IDEOGRAM_PREFIX = "ideogram-"
IDEOGRAM_QUALITIES = {"low": "turbo", "medium": "default", "standard": "default"}
"""Others' words for its rendering speeds."""


def canonical(model: str) -> str:
    """The one name of a model that has several; Ideogram's bare versions (`V_2_TURBO`) become
    `ideogram-v2-turbo`."""
    known = ALIASES.get(model)
    if known is not None:
        return known
    if model[:2].upper() == "V_" and len(model) < 32:
        return f"{IDEOGRAM_PREFIX}v{model[2:].lower().replace('_', '-')}"
    return model


def ideogram_version(model: str) -> str:
    """The other way: `ideogram-v2-turbo` → `V_2_TURBO`; other names as they are."""
    if not model.startswith(f"{IDEOGRAM_PREFIX}v"):
        return model
    return f"V_{model[len(IDEOGRAM_PREFIX) + 1 :]}".replace("-", "_").upper()


def is_picture_model(model: str) -> bool:
    """Whether the name is one of a model that draws and does nothing else."""
    return model.startswith(PREFIXES)
