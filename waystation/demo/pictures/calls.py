"""Which calls are for pictures: told without loading what draws them."""

from typing import Any, Literal

Action = Literal["generation", "edit", "variation", "upscale"]

ACTIONS: dict[str, Action] = {
    "/images/generations": "generation",
    "/images/edits": "edit",
    "/images/variations": "variation",
    "/images/upscales": "upscale",
}

_NAMES = (
    "demo-image",
    "dall-e",
    "gpt-image",
    "chatgpt-image",
    "flux",
    "stable-diffusion",
    "sdxl",
    "ideogram",
    "recraft",
    "imagen",
    "midjourney",
    "seedream",
    "qwen-image",
)
_ANYWHERE = "-image"


def action_of(path: str) -> Action | None:
    return next((action for end, action in ACTIONS.items() if path.endswith(end)), None)


def draws(body: dict[str, Any]) -> bool:
    """The model that is asked makes pictures."""
    model = body.get("model")
    return isinstance(model, str) and (model.startswith(_NAMES) or _ANYWHERE in model)


DESCRIBES, SHORTENS, SWAPS = "demo-describe", "demo-shorten", "demo-swap-face"
"""Models that do one thing: tell a picture, weigh a prompt's words, put a face into a picture."""


def tells(body: dict[str, Any]) -> bool:
    return body.get("model") in (DESCRIBES, SHORTENS)
