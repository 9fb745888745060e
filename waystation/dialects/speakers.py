"""Every dialect that an upstream may speak, and which one a request is put into."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, cast

from waystation.dialects import embedding_lane
from waystation.dialects.anthropic.pictures import fitted, needs_fitting
from waystation.dialects.anthropic.speaker import MessagesSpeaker
from waystation.dialects.embedding_lane import TranslatedEmbedding
from waystation.dialects.gemini.speaker import GeminiSpeaker
from waystation.dialects.ir import Chat
from waystation.dialects.lanes import Speaker, Translatable
from waystation.dialects.openai_chat.speaker import ChatSpeaker
from waystation.dialects.openai_responses.speaker import ResponsesSpeaker
from waystation.dialects.operation import Operation
from waystation.dialects.translated import Translated

_ALL: tuple[Speaker, ...] = (
    ChatSpeaker(),
    MessagesSpeaker(),
    ResponsesSpeaker(),
    GeminiSpeaker(),
)

SPEAKERS: Mapping[str, Speaker] = {speaker.operation: speaker for speaker in _ALL}

ORDER = ("chat", "messages", "responses", "generate")
"""Of preference, where a channel speaks several and not the caller's own."""


class Fitter(NamedTuple):
    """What must happen to a request before it is written for a dialect, if it is needed: slow, so
    it belongs into a thread."""

    is_needed: Callable[[Chat], bool]
    fit: Callable[[Chat], Chat]


FITTERS: Mapping[str, Fitter] = {"messages": Fitter(needs_fitting, fitted)}


_OTHERS: Mapping[str, tuple[str, ...]] = {
    operation: tuple(each for each in ORDER if each != operation and each in SPEAKERS)
    for operation in (*SPEAKERS, "completion")
} | embedding_lane.OTHERS


def others(operation: str) -> tuple[str, ...]:
    """The operations that this one can be put into, the best first; () for what has no other
    form."""
    return _OTHERS.get(operation, ())


def translate(operation: Operation, spoken: str) -> Translated | TranslatedEmbedding:
    """The operation as a channel takes it that speaks `spoken`, one of its `others`. Raises Fault
    (400)."""
    if operation.name in embedding_lane.OTHERS:
        return TranslatedEmbedding(operation, spoken)
    return Translated(cast(Translatable, operation), SPEAKERS[spoken])
