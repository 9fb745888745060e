"""Which calls are for pictures: told without loading what draws them."""

from typing import Any, Literal

import msgspec

from waystation.upstream.transport import Outgoing

Action = Literal["generation", "edit", "variation", "upscale", "chat", "tell"]

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


class _Asked(msgspec.Struct):
    model: Any = None


_decode = msgspec.json.Decoder(_Asked).decode


def action_of(request: Outgoing) -> Action | None:
    """None: the call is not for pictures."""
    path = request.target.partition("?")[0]
    if path.endswith("/chat/completions"):
        model = _model(bytes(request.body))
        if model in (DESCRIBES, SHORTENS):
            return "tell"
        return "chat" if draws(model) else None
    return next((action for end, action in ACTIONS.items() if path.endswith(end)), None)


def draws(model: object) -> bool:
    """A model of this name makes pictures."""
    return isinstance(model, str) and (model.startswith(_NAMES) or _ANYWHERE in model)


DESCRIBES, SHORTENS, SWAPS = "demo-describe", "demo-shorten", "demo-swap-face"
"""Models that do one thing: tell a picture, weigh a prompt's words, put a face into a picture."""


def _model(body: bytes) -> Any:
    try:
        return _decode(body).model
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # told to the caller by who reads the whole
