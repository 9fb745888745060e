"""Which names are Suno's: of models over chat, of Suno's own models, of prices."""

import re
from collections.abc import Mapping

MODELS: Mapping[str, str] = {
    "suno-v2": "chirp-v2-xxl-alpha",
    "suno-v3": "chirp-v3-0",
    "suno-v3.5": "chirp-v3-5",
    "suno-v4": "chirp-v4",
    "suno-v4.5": "chirp-auk",
    "suno-v5": "chirp-v5",
}
"""Names over chat, and Suno's own of the same."""

DEFAULT = "chirp-v3-0"
MUSIC, LYRICS, CONCAT, UPLOAD = "suno_music", "suno_lyrics", "suno_concat", "suno_uploads"

_SONG_MODEL = re.compile(r"suno(-v\d[\w.]*)?")


def makes_songs(model: str) -> bool:
    """A chat with this model is an order for songs."""
    return model.startswith("suno") and _SONG_MODEL.fullmatch(model) is not None


def asked_model(asked: str) -> str:
    """Suno's own name of what a task's body asks for, so that it is sent and priced as such. ""
    the default."""
    return MODELS.get(asked, "" if asked == "suno" else asked)


def own_model(model: str, asked: str = "") -> str:
    """Suno's own name. model: the upstream's name as routing says it; one that is neither a chat
    model nor Suno's own (the name of a price) says nothing, then what was asked for counts."""
    if model.startswith("chirp"):
        return model
    return MODELS.get(model) or asked or DEFAULT


def price_names(action: str, asked: str) -> tuple[str, ...]:
    """The names that a task may be priced by, the closest first. asked: Suno's own model."""
    name = {"LYRICS": LYRICS, "CONCAT": CONCAT, "UPLOAD": UPLOAD}.get(action, MUSIC)
    return (f"{name}_{asked}", name) if asked and action == "MUSIC" else (name,)
