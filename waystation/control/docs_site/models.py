"""Which models a page is about, and which of them stands in its samples."""

import re

_WORDS = {
    "image": "gpt-image|dall-e|flux|stable-diffusion|recraft|ideogram|imagen|seedream|image",
    "speech": "tts|speech",
    "transcription": "whisper|transcri",
    "embedding": "embed|bge-",
    "moderation": "moderation",
    "rerank": "rerank",
    "completion": "instruct$|davinci|babbage|demo-completion",
    "gpts": "^gpt-4-all|^gpt-4-gizmo",
    "suno": "^suno(-v|$)",
    "claude": "claude",
    "gemini": "^gemini",
    "flux": "flux",
    "dalle": "dall-e|gpt-image",
    "diffusion": "stable-diffusion",
    "ideogram": "ideogram",
    "recraft": "recraft",
}
_NO_CHAT = re.compile(
    "|".join(_WORDS[kind] for kind in ("image", "speech", "transcription", "embedding",
                                        "moderation", "rerank", "completion", "gpts", "suno"))
    + "|^mj_|^suno_|swap_face|veo|sora|kling|realtime|audio|demo-describe|demo-shorten|demo-swap"
)  # fmt: skip
_KINDS = {kind: re.compile(words) for kind, words in _WORDS.items()}
_DRAWERS = frozenset({"flux", "dalle", "diffusion", "ideogram", "recraft"})


def matches(pattern: str, name: str) -> bool:
    """As offers are written: a last `*` stands for anything."""
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else pattern == name


def is_of(kind: str, model: str) -> bool:
    """model: as it is offered, a name or a pattern. A kind that is no word here is a price's own
    name, of Midjourney's verbs and Suno's tasks."""
    if kind == "chat":
        return model != "*" and not _NO_CHAT.search(model)
    if kind in _KINDS:
        inside = kind in ("claude", "gemini") and _NO_CHAT.search(model)
        return bool(_KINDS[kind].search(model)) and not inside
    names = (kind, kind.removeprefix("mj_")) if kind == "mj_swap_face" else (kind,)
    return any(matches(model, name) for name in names) and model != "*"


def chosen(kind: str, asked: str, offered: list[str]) -> str:
    """The model for a sample: the declared one where it is offered, else the first of its kind that
    is; a page about one maker keeps the declared one where none of them is offered."""
    if any(matches(each, asked) for each in offered):
        return asked
    named = [each for each in offered if "*" not in each]
    wider = "image" if kind in _DRAWERS else kind
    wider = "chat" if kind in ("claude", "gemini", "completion") else wider
    for each in (kind, wider):
        found = next((model for model in named if is_of(each, model)), None)
        if found is not None:
            return found
    return asked
