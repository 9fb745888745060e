"""POST /v1/audio/speech: a text to be spoken."""

import re
from collections.abc import Callable
from math import ceil
from typing import Any, Literal

import msgspec

from waystation.dialects.operation import Target
from waystation.errors import Fault
from waystation.kernel.estimate import tokens_bound, tokens_guess
from waystation.kernel.scalars import coerce_number, is_null, kind, required_text, text
from waystation.kernel.strictjson import Fields, raw_of, read_object, rebuild
from waystation.meter.usage import Usage
from waystation.sound.formats import FORMATS

Headers = Callable[[str], str | None]
Delivery = Literal["audio", "sse", "url"]

CHARACTERS_MOST = 4096
INSTRUCTIONS_CHARACTERS_MOST = 8192
TOKENS_PER_SECOND_MOST = 26
_SPEED_LEAST, _SPEED_MOST = 0.25, 4.0
_SECONDS_LIKELY = (0.065, 0.22)
"""Of speech, for a character of the Latin kind and for one of the wide kind."""
_SECONDS_MOST = (0.13, 0.45)
_WIDE = re.compile("[\u1100-\U0010ffff]+")


class SpeechOperation:
    """Implements `Request`. delivery: the sound itself, events that carry it, or a link to it.
    form: of FORMATS."""

    __slots__ = (
        "_fields",
        "_narrow",
        "_told_text",
        "characters",
        "delivery",
        "form",
        "model",
        "prompt_tokens",
        "speed",
        "stream",
    )

    name = "speech"
    dialect = "openai_chat"
    expects_output = True
    fans_out = False
    n = 1
    choices = 1
    output_limit: int | None = 0
    needs: frozenset[str] = frozenset()
    affinity: str | None = None

    def __init__(self, fields: Fields, delivery: Delivery, form: str, speed: float) -> None:
        self._fields = fields
        self.delivery = delivery
        self.form = form
        self.speed = speed
        self.stream = delivery != "url"
        self.model = required_text(fields, "model")
        spoken = required_text(fields, "input")
        self.characters = len(spoken)
        self._narrow = self.characters if spoken.isascii() else len(_WIDE.sub("", spoken))
        self._told_text = f"{spoken}{text(fields, 'instructions') or ''}".encode()
        self.prompt_tokens = tokens_bound(self._told_text) + 16

    def body_for(self, target: Target, events: bool) -> bytes:
        """events: the upstream is to tell its usage, which it does in events alone."""
        edits: dict[str, msgspec.Raw | None] = {"model": raw_of(target.upstream_model)}
        if events:
            edits["stream_format"] = raw_of("sse")
        elif "stream_format" in self._fields:
            edits["stream_format"] = None
        for name in target.refuses:
            if name in self._fields:
                edits[name] = None
        edits.update(target.overrides)
        return rebuild(self._fields, edits)

    def prompt_guess(self) -> int:
        return min(tokens_guess(self._told_text), self.prompt_tokens)

    @property
    def seconds_likely(self) -> float:
        """Of the whole speech, before it is heard."""
        return self._seconds(_SECONDS_LIKELY) / self.speed

    def most(self) -> Usage:
        """What it may consume."""
        seconds = ceil(self._seconds(_SECONDS_MOST) / min(self.speed, 1.0)) + 3
        return Usage(
            input_fresh=self.prompt_tokens,
            audio_out=seconds * TOKENS_PER_SECOND_MOST,
            units={"characters": self.characters, "seconds": seconds},
        )

    def prompt_usage(self) -> Usage:
        """Of a request whose upstream was at work and told nothing: the text that it read."""
        return Usage(input_fresh=self.prompt_guess())

    def _seconds(self, each: tuple[float, float]) -> float:
        return self._narrow * each[0] + (self.characters - self._narrow) * each[1]


def parse_speech(body: bytes, headers: Headers) -> SpeechOperation:
    """Raises Fault (400)."""
    fields = read_object(body)
    spoken = required_text(fields, "input")
    if len(spoken) > CHARACTERS_MOST:
        reason = f"{len(spoken)} characters; at most {CHARACTERS_MOST} can be spoken at once"
        raise Fault("invalid_value", param="input", reason=reason)
    _check_voice(fields)
    told = text(fields, "instructions")
    if told is not None and len(told) > INSTRUCTIONS_CHARACTERS_MOST:
        reason = f"longer than {INSTRUCTIONS_CHARACTERS_MOST} characters"
        raise Fault("invalid_value", param="instructions", reason=reason)
    form = _one_of(fields, "response_format", tuple(FORMATS), "mp3")
    delivery: Any = _one_of(fields, "stream_format", ("audio", "sse", "url"), "audio")
    if delivery == "url" and form == "pcm":
        reason = "bare samples are not stored; ask for wav"
        raise Fault("invalid_value", param="stream_format", reason=reason)
    return SpeechOperation(fields, delivery, form, _speed(fields))


def _check_voice(fields: Fields) -> None:
    """A name, or an object that names a voice of one's own."""
    voice = fields.get("voice")
    if voice is None or is_null(voice):
        raise Fault("missing_field", param="voice")
    if kind(voice) == "{":
        return
    required_text(fields, "voice")


def _one_of(fields: Fields, name: str, values: tuple[str, ...], default: str) -> str:
    found = text(fields, name)
    if not found:
        return default
    if found not in values:
        raise Fault("invalid_value", param=name, reason=f"expected one of {', '.join(values)}")
    return found


def _speed(fields: Fields) -> float:
    coerce_number(fields, "speed")
    value = fields.get("speed")
    if value is None or is_null(value):
        return 1.0
    speed = float(bytes(value))
    if not _SPEED_LEAST <= speed <= _SPEED_MOST:
        reason = f"expected {_SPEED_LEAST} to {_SPEED_MOST}"
        raise Fault("invalid_value", param="speed", reason=reason)
    return speed
