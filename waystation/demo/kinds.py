"""What each of the demo's own models is for: at another's address it is refused, as a vendor does.
Names that are not its own are nobody's business, for an operator may map any to the demo."""

from collections.abc import Mapping
from typing import Any

from waystation.demo.others import BadRequest

_KINDS: Mapping[str, str] = {
    "demo-chat": "chat",
    "demo-embedding": "embeddings",
    "demo-moderation": "moderations",
    "demo-speech": "speech",
    "demo-transcription": "transcripts",
}
_PLACES: Mapping[str, str] = {
    "/chat/completions": "chat",
    "/completions": "chat",
    "/messages": "chat",
    "/responses": "chat",
    ":generateContent": "chat",
    ":streamGenerateContent": "chat",
    "/embeddings": "embeddings",
    ":embedContent": "embeddings",
    ":batchEmbedContents": "embeddings",
    "/moderations": "moderations",
    "/audio/speech": "speech",
    "/audio/transcriptions": "transcripts",
    "/audio/translations": "transcripts",
}


def refuse_misplaced(model: Any, path: str) -> None:
    """path: without its query. Raises BadRequest."""
    kind = _KINDS.get(model) if isinstance(model, str) else None
    if kind is None:
        return
    place = next((place for end, place in _PLACES.items() if path.endswith(end)), kind)
    if place != kind:
        raise BadRequest(f"{model} is for {kind}, and this address is for {place}")
