"""Further examples of a chat: what the models of other makers and other kinds are asked."""

from typing import Any

from waystation.control.openapi.endpoint import Example
from waystation.control.openapi.sample_picture import SAMPLE_PICTURE

_STREAMED = {"stream": True, "stream_options": {"include_usage": True}}


def _said(model: str, text: str, **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def _shown(model: str, text: str, **more: Any) -> dict[str, Any]:
    parts = [
        {"type": "text", "text": text},
        {"type": "image_url", "image_url": {"url": SAMPLE_PICTURE}},
    ]
    return {"model": model, "messages": [{"role": "user", "content": parts}], **more}


_WEATHER = {
    "type": "function",
    "function": {
        "name": "look_up_weather",
        "description": "The weather at a place now.",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["place"],
        },
    },
}
_BRIEF = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hello!"},
]
_KEEPER = [
    {"role": "system", "content": "You speak like a lighthouse keeper."},
    {"role": "user", "content": "Who are you?"},
]
_CLAUDE, _GEMINI = "claude-sonnet-4-5", "gemini-2.5-pro"
VISION = _shown("gpt-4o-mini", "What is in the picture?", max_tokens=300)

EXAMPLES = (
    Example("vision, streamed", {**VISION, **_STREAMED}),
    Example(
        "function calling",
        _said("gpt-4o-mini", "How warm is it in Bergen?", tools=[_WEATHER], tool_choice="auto"),
    ),
    Example("several answers", _said("gpt-4o-mini", "Name a tree.", n=3, max_tokens=100)),
    Example("claude, streamed", {"model": _CLAUDE, "messages": _BRIEF, **_STREAMED}),
    Example("claude", {"model": _CLAUDE, "messages": _BRIEF}),
    Example(
        "claude vision, streamed",
        {**_shown(_CLAUDE, "What is in the picture?", max_tokens=300), **_STREAMED},
    ),
    Example("claude vision", _shown(_CLAUDE, "What is in the picture?", max_tokens=300)),
    Example(
        "gemini",
        {"model": _GEMINI, "messages": _KEEPER, "temperature": 0.1, "top_p": 1, "stream": False},
    ),
    Example("gemini vision", _shown(_GEMINI, "What is in the picture?", max_tokens=1000)),
    Example(
        "a file in the text",
        _said("gpt-4-all", "{{base_url}}/docs/static/picture.png what does it show?"),
    ),
    Example("a picture in the answer", _said("gpt-4-all", "Draw a cat on a windowsill.")),
    Example("a GPT", _said("gpt-4-gizmo-g-AbC123xyZ", "Who are you?", stream=False)),
    Example("a drawing", _said("stable-diffusion", "fox under a red umbrella, ink")),
    Example("a song", _said("suno-v3.5", "a slow waltz about ferries", stream=True)),
)
