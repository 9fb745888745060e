"""Which calls are for pictures: told without loading what draws them."""

from typing import Any, Literal

import msgspec

from waystation.upstream.transport import Outgoing

Action = Literal["generation", "edit", "variation", "upscale", "chat"]

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
        return "chat" if _asks_a_picture_model(bytes(request.body)) else None
    return next((action for end, action in ACTIONS.items() if path.endswith(end)), None)


def draws(model: object) -> bool:
    """A model of this name makes pictures."""
    return isinstance(model, str) and (model.startswith(_NAMES) or _ANYWHERE in model)


def _asks_a_picture_model(body: bytes) -> bool:
    try:
        return draws(_decode(body).model)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False  # told to the caller by who reads the whole
