"""Moderations on the demo's wire: a word list, and said so in the model's name."""

from typing import Any

from waystation.demo.others import prompts
from waystation.demo.words import digest, words

_CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
_FLAGGED = {
    "violence": {"kill", "murder", "bomb", "杀"},
    "hate": {"hate", "恨"},
    "harassment": {"idiot"},
}
_IMAGES_TOO = ("self-harm", "sexual", "violence")


def moderations(body: dict[str, Any]) -> dict[str, Any]:
    inputs = body.get("input")
    with_image = False
    if isinstance(inputs, list) and inputs and isinstance(inputs[0], dict):
        parts = [part for part in inputs if isinstance(part, dict)]
        with_image = any("image_url" in part for part in parts)
        inputs = [" ".join(str(part.get("text", "")) for part in parts)]
    results = [_moderate(text, with_image) for text in prompts(inputs)]
    return {"id": f"modr-demo{digest(inputs):016x}", "model": body["model"], "results": results}


def is_flagged(text: str) -> bool:
    seen = set(words(text))
    return any(seen & hit for hit in _FLAGGED.values())


def _moderate(text: str, with_image: bool) -> dict[str, Any]:
    seen = set(words(text))
    hit = {name: bool(seen & _FLAGGED.get(name, set())) for name in _CATEGORIES}
    scores = {
        name: 0.97 if hit[name] else digest(text, name) % 100 / 10_000 for name in _CATEGORIES
    }
    looked_at = {
        name: ["text", "image"] if with_image and name.startswith(_IMAGES_TOO) else ["text"]
        for name in _CATEGORIES
    }
    return {
        "flagged": any(hit.values()),
        "categories": hit,
        "category_scores": scores,
        "category_applied_input_types": looked_at,
    }
