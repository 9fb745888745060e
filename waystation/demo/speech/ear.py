"""The demo's ear: it reads back what its own voice has put into the sound."""

import re
from typing import Any, NamedTuple

from waystation.demo.kinds import refuse_misplaced
from waystation.demo.pictures.multipart import Part, parts
from waystation.demo.pictures.refusal import Refused
from waystation.demo.speech.english import in_english
from waystation.demo.speech.voices import language_of
from waystation.sound.decoding import decode
from waystation.sound.modem.frame import NoText
from waystation.sound.modem.receiving import SEARCH_SECONDS_MOST, read_text
from waystation.sound.modem.spectrum import RATE
from waystation.sound.pcm import BadSound

_SECONDS_MOST = 1200.0
_SENTENCE = re.compile(r"[^.!?。！？\n]*[.!?。！？\n]+|[^.!?。！？\n]+$")
_LANGUAGES = {"en-us": "english", "cmn": "chinese", "ja": "japanese", "ko": "korean"}


class Heard(NamedTuple):
    """seconds: of the sound."""

    text: str
    seconds: float
    language: str


class Question(NamedTuple):
    sound: bytes
    form: str
    stream: bool
    translate: bool


def question_of(body: bytes, content_type: str, path: str) -> Question:
    """Raises Refused, BadRequest."""
    given = parts(body, content_type)
    refuse_misplaced(_text(given, "model"), path)
    sound = next((part.data for part in given if part.name == "file"), None)
    if sound is None:
        raise Refused("the file is missing")
    form = _text(given, "response_format") or "json"
    return Question(sound, form, _text(given, "stream") == "true", path.endswith("/translations"))


def _text(given: list[Part], name: str) -> str:
    return next((p.data.decode("utf-8", "replace") for p in given if p.name == name), "")


def heard(question: Question) -> Heard:
    """For a thread. Raises Refused for what is no sound, or none of this voice's."""
    try:
        sound = decode(question.sound, RATE, _SECONDS_MOST)
        text = read_text(sound.samples)
    except BadSound as bad:
        raise Refused(f"The file cannot be read: {bad}.") from None
    except NoText:
        raise Refused(
            "The demo can only write down what its own voice has said, and found none of that in "
            f"the first {SEARCH_SECONDS_MOST:g} seconds."
        ) from None
    language = _LANGUAGES.get(language_of(text), "other")
    if question.translate:
        english = in_english(text)
        if english is None:
            raise Refused("The demo translates a set of simple Chinese sentences only.")
        text = english
    return Heard(text, sound.seconds, language)


def answer_of(found: Heard, question: Question) -> dict[str, Any]:
    usage = {"type": "duration", "seconds": max(1, round(found.seconds))}
    if question.form != "verbose_json":
        return {"text": found.text, "usage": usage}
    return {
        "task": "translate" if question.translate else "transcribe",
        "language": found.language,
        "duration": round(found.seconds, 2),
        "text": found.text,
        "segments": _segments(found),
        "usage": usage,
    }


def _segments(found: Heard) -> list[dict[str, Any]]:
    """A sentence each, as long as its share of the text."""
    sentences = [one for one in _SENTENCE.findall(found.text) if one.strip()]
    whole = sum(len(one) for one in sentences) or 1
    segments: list[dict[str, Any]] = []
    at = 0
    for number, sentence in enumerate(sentences):
        start, at = at, at + len(sentence)
        segments.append(
            {
                "id": number,
                "start": round(found.seconds * start / whole, 2),
                "end": round(found.seconds * at / whole, 2),
                "text": sentence.strip(),
            }
        )
    return segments


def words(text: str) -> list[str]:
    """As a stream tells them; joined they are the text."""
    return re.findall(r"\s*\S{1,12}|\s+$", text)
