"""POST /v1/audio/transcriptions and /v1/audio/translations: a sound to be written down."""

from collections.abc import Sequence
from copy import copy
from math import ceil
from typing import Literal, get_args

import msgspec

from waystation.dialects.operation import Target
from waystation.errors import Fault
from waystation.kernel.estimate import tokens_bound, tokens_guess
from waystation.kernel.scalars import flag, required_text, text
from waystation.kernel.spool import Spool
from waystation.kernel.strictjson import Fields, raw_of
from waystation.meter.sounds import HEARD_TOKENS_PER_SECOND, whole_seconds
from waystation.meter.usage import Usage

Kind = Literal["transcription", "translation"]
Form = Literal["json", "text", "srt", "vtt", "verbose_json", "diarized_json"]
Texts = Sequence[tuple[str, str]]

FORMS: tuple[Form, ...] = get_args(Form)
PROMPT_CHARACTERS_MOST = 8192
TEXT_TOKENS_PER_SECOND_MOST = 12
"""Of what is said in a second, whatever the language."""
_ASKED_AS = {"text": "json", "srt": "verbose_json", "vtt": "verbose_json"}
"""What an upstream is asked for: forms that tell their times and their usage. Plain text can be
made of them, and of an answer in plain text nobody knows whether it is an error."""
_GRANULARITIES = ("timestamp_granularities[]", "timestamp_granularities")
_OWN = frozenset(("model", "file", "response_format", "stream", "url"))
"""What is not handed on as it came; `url`: nobody measures what a vendor would fetch."""


class SoundFile:
    """What is to be heard. name: as the caller's, for upstreams that go by its ending. seconds:
    measured, 0 not yet."""

    __slots__ = ("content_type", "data", "name", "seconds")

    def __init__(self, data: Spool, content_type: str, name: str) -> None:
        self.data = data
        self.content_type = content_type
        self.name = name
        self.seconds = 0.0


class HearingOperation:
    """Implements `Request`. form: of the reply."""

    __slots__ = (
        "_prompt",
        "_texts",
        "file",
        "form",
        "model",
        "name",
        "prompt_tokens",
        "stream",
    )

    dialect = "openai_chat"
    expects_output = True
    fans_out = False
    n = 1
    choices = 1
    output_limit: int | None = 0
    needs: frozenset[str] = frozenset()
    affinity: str | None = None

    def __init__(
        self, name: Kind, file: SoundFile, fields: Fields, texts: Texts, form: Form, stream: bool
    ) -> None:
        self.name: str = name
        self.file = file
        self.form = form
        self.stream = stream
        self.model = required_text(fields, "model")
        self._texts = [pair for pair in texts if pair[0] not in _OWN]
        self._prompt = (text(fields, "prompt") or "").encode()
        self.prompt_tokens = tokens_bound(self._prompt) + 16

    def as_transcription(self, form: Form) -> "HearingOperation":
        """The same sound, to be written down in its own language."""
        other = copy(self)
        other.name, other.form = "transcription", form
        return other

    def texts_for(self, target: Target) -> list[tuple[str, str]]:
        """The form's fields but for the file, as the upstream is to get them."""
        texts = [
            ("model", target.upstream_model),
            ("response_format", _ASKED_AS.get(self.form, self.form)),
        ]
        if self.stream:
            texts.append(("stream", "true"))
        texts += self._texts
        over = {name: _plain(raw) for name, raw in target.overrides.items()}
        kept = [pair for pair in texts if pair[0] not in over and pair[0] not in target.refuses]
        return [*kept, *over.items()]

    def prompt_guess(self) -> int:
        return min(tokens_guess(self._prompt), self.prompt_tokens)

    @property
    def seconds(self) -> int:
        """As they are paid for."""
        return whole_seconds(self.file.seconds)

    def most(self) -> Usage:
        """What it may consume; the file has been measured."""
        seconds = ceil(self.file.seconds) + 1
        return Usage(
            input_fresh=self.prompt_tokens,
            audio_in=seconds * HEARD_TOKENS_PER_SECOND,
            output_text=seconds * TEXT_TOKENS_PER_SECOND_MOST + 64,
            units={"seconds": self.seconds},
        )

    def prompt_usage(self) -> Usage:
        """Of a request whose upstream was at work and told nothing: the sound that it heard."""
        return Usage(
            input_fresh=self.prompt_guess(),
            audio_in=ceil(self.file.seconds * HEARD_TOKENS_PER_SECOND),
            units={"seconds": self.seconds},
        )


def parse_hearing(kind: Kind, fields: Fields, texts: Texts, file: SoundFile) -> HearingOperation:
    """fields: the texts as JSON strings. Raises Fault (400)."""
    form = _form(fields, kind)
    prompt = text(fields, "prompt")
    if prompt is not None and len(prompt) > PROMPT_CHARACTERS_MOST:
        reason = f"longer than {PROMPT_CHARACTERS_MOST} characters"
        raise Fault("invalid_value", param="prompt", reason=reason)
    _check_temperature(fields)
    granularities = [value for field, value in texts if field in _GRANULARITIES]
    if granularities and form != "verbose_json":
        reason = "only with response_format verbose_json"
        raise Fault("invalid_value", param="timestamp_granularities", reason=reason)
    if any(value not in ("word", "segment") for value in granularities):
        reason = "expected word or segment"
        raise Fault("invalid_value", param="timestamp_granularities", reason=reason)
    stream = kind == "transcription" and flag(fields, "stream")
    return HearingOperation(kind, file, fields, texts, form, stream)


def _form(fields: Fields, kind: Kind) -> Form:
    given = text(fields, "response_format") or "json"
    forms = FORMS if kind == "transcription" else FORMS[:-1]
    if given not in forms:
        reason = f"expected one of {', '.join(forms)}"
        raise Fault("invalid_value", param="response_format", reason=reason)
    return given


def _check_temperature(fields: Fields) -> None:
    given = text(fields, "temperature")
    if not given:
        return
    try:
        temperature = float(given)
    except ValueError:
        temperature = -1.0
    if not 0 <= temperature <= 1:
        raise Fault("invalid_value", param="temperature", reason="expected a number from 0 to 1")


def _plain(raw: msgspec.Raw) -> str:
    """A channel's override as a form has it."""
    written = bytes(raw)
    if written.startswith(b'"'):
        return msgspec.json.decode(written, type=str)
    return written.decode()


def fields_of_texts(texts: Texts) -> Fields:
    """The last of a name wins, as in JSON bodies."""
    return {name: raw_of(value) for name, value in texts}
