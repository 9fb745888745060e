"""What is read of an answer or of a stream's chunk; everything else passes."""

from typing import Any

import msgspec

from waystation.dialects.gemini.grounding import count_grounding
from waystation.meter.tally import Tally

ABSENT = msgspec.Raw()
NULL = b"null"


class Part(msgspec.Struct):
    text: Any = None
    thought: Any = None
    call: msgspec.Raw = msgspec.field(default=ABSENT, name="functionCall")
    inline: msgspec.Raw = msgspec.field(default=ABSENT, name="inlineData")
    code: msgspec.Raw = msgspec.field(default=ABSENT, name="executableCode")
    result: msgspec.Raw = msgspec.field(default=ABSENT, name="codeExecutionResult")
    file: msgspec.Raw = msgspec.field(default=ABSENT, name="fileData")


class Content(msgspec.Struct):
    parts: list[Part] | None = None


class Candidate(msgspec.Struct):
    content: Content | None = None
    finish: Any = msgspec.field(default=None, name="finishReason")
    index: Any = None
    grounding: msgspec.Raw = msgspec.field(default=ABSENT, name="groundingMetadata")


class Chunk(msgspec.Struct):
    candidates: list[Candidate] | None = None
    usage: msgspec.Raw = msgspec.field(default=ABSENT, name="usageMetadata")
    feedback: msgspec.Raw = msgspec.field(default=ABSENT, name="promptFeedback")
    model: Any = msgspec.field(default=None, name="modelVersion")
    id: Any = msgspec.field(default=None, name="responseId")
    error: msgspec.Raw = ABSENT


decode_chunk = msgspec.json.Decoder(Chunk).decode


def count_candidate(candidate: Candidate, model: str, tally: Tally) -> None:
    """Feeds the meter with what one candidate says. model: the upstream's name of it."""
    if candidate.grounding:
        count_grounding(candidate.grounding, model, tally)
    content = candidate.content
    if content is None or content.parts is None:
        return
    for part in content.parts:
        text = part.text
        if text.__class__ is str:
            if text:
                tally.has_output = True
                tally.text.add(text)
            continue
        if part.code:
            tally.call("code_execution")
        for written in (part.call, part.code, part.result):
            if written:
                tally.has_output = True
                tally.text.add(bytes(written).decode())
        if part.inline or part.file:
            tally.has_output = True


def is_blocked(chunk: Chunk) -> bool:
    """The prompt itself was refused: there is no answer at all."""
    told = chunk.feedback
    return bool(told) and not chunk.candidates and b"lockReason" in bytes(told)
