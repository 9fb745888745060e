"""One attempt at a sound: what goes out, and who reads what comes back."""

from waystation.dialects.sound.basis import Basis
from waystation.dialects.sound.hearing import Form, HearingOperation
from waystation.dialects.sound.in_english import (
    TIMED,
    cannot_translate,
    lines_of,
    read_transcript,
    written,
)
from waystation.dialects.sound.speech import SpeechOperation
from waystation.dialects.sound.spoken import SpeechStream
from waystation.dialects.sound.transcript import TranscriptReply
from waystation.dialects.sound.transcript_stream import TranscriptStream
from waystation.edge.answers import Try
from waystation.edge.story import EVENTS as EVENTS_TYPE
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.ledger.prices import Price
from waystation.routing.choice import Attempt
from waystation.sound.formats import FORMATS
from waystation.upstream.attempt import AttemptFailed, Whole, fetch, send
from waystation.upstream.form_body import FormBody, FormFile
from waystation.upstream.sound.content import EVENTS, main_type, refuse_unless_sound, sound_type
from waystation.upstream.sound.source import SpeechSource
from waystation.upstream.source import StreamSource
from waystation.upstream.transport import Incoming, Outgoing

NO_TRANSLATION = "no-translation"
"""The channel tag that says: its models write down what they hear, and do not translate."""
_ASKED: tuple[Form, Form] = ("json", "verbose_json")
"""A transcript to be translated: without times, and with them."""
_ASKS = "stream_format"
_NOT_UNDERSTOOD = (400, 422)


class SoundTry(Try):
    """Instead of the way of chats."""

    __slots__ = ("_asked", "_basis", "_by_token")

    def __init__(self, story: Story, attempt: Attempt) -> None:
        super().__init__(story, attempt)
        asked = story.operation
        assert isinstance(asked, SpeechOperation | HearingOperation)
        self._asked = asked
        price = attempt.candidate.price
        self._by_token = price.by_token and price.per_call is None
        self._basis = basis_of(price, isinstance(asked, SpeechOperation))

    async def fetch(self) -> Whole:
        """A whole transcript. Raises AttemptFailed, ClientLeft."""
        asked, translate = self._asked, self._story.translate
        assert isinstance(asked, HearingOperation)
        if translate is None or not self._only_hears():
            return await self._heard(asked)
        whole = await self._heard(asked.as_transcription(_ASKED[asked.form in TIMED]))
        try:
            transcript = read_transcript(whole.body)
        except Fault as fault:
            raise AttemptFailed(fault, status=200) from None
        lines = lines_of(transcript)
        english = await translate(lines) if lines else []
        return whole._replace(body=written(transcript, english, asked.form))

    def _only_hears(self) -> bool:
        """This model at this channel does not translate."""
        candidate = self._attempt.candidate
        return NO_TRANSLATION in candidate.channel.tags or cannot_translate(
            candidate.upstream_model
        )

    async def _heard(self, asked: HearingOperation) -> Whole:
        reader = TranscriptReply(asked, self.target, self.receipt, self._basis)
        return await fetch(self.wire, self._form(asked), reader)

    async def begin(self) -> StreamSource:
        """Raises AttemptFailed."""
        asked = self._asked
        if isinstance(asked, SpeechOperation):
            return await self._speech(asked)
        incoming = await send(self.wire, self._form(asked))
        events = main_type(incoming) == EVENTS
        reader = TranscriptStream(asked, self.target, self.receipt, self._basis, events)
        return StreamSource(incoming, reader)

    async def _speech(self, asked: SpeechOperation) -> SpeechSource:
        incoming = await self._sent(asked)
        told = main_type(incoming)
        events = told == EVENTS
        if not events:
            await refuse_unless_sound(incoming, self.target.secrets)
        if asked.delivery == "sse":
            self._story.stream_type = EVENTS_TYPE
        else:
            named = FORMATS[asked.form].media_type.encode()
            self._story.stream_type = sound_type(told) or named
        reader = SpeechStream(asked, self.target, self.receipt, self._basis, events)
        return SpeechSource(incoming, reader, is_bare=not events)

    async def _sent(self, asked: SpeechOperation) -> Incoming:
        """Where tokens are paid for, the upstream is asked for events: it tells them in no other
        way. One that does not know them is asked again, for the bare sound. Raises
        AttemptFailed."""
        if not self._by_token:
            return await send(self.wire, self._request(asked, events=False))
        try:
            return await send(self.wire, self._request(asked, events=True))
        except AttemptFailed as failed:
            if failed.status not in _NOT_UNDERSTOOD or _ASKS not in failed.fault.text("en"):
                raise
        return await send(self.wire, self._request(asked, events=False))

    def _request(self, asked: SpeechOperation, events: bool) -> Outgoing:
        attempt = self._attempt
        body = asked.body_for(self.target, events)
        return self._way.outgoing(
            attempt.key,
            asked.name,
            body,
            events,
            self._story.call.header,
            self.target.upstream_model,
        )

    def _form(self, asked: HearingOperation) -> Outgoing:
        attempt, file = self._attempt, asked.file
        fields: list[tuple[str, str | FormFile]] = list(asked.texts_for(self.target))
        fields.append(("file", FormFile(file.data, file.content_type, file.name)))
        form = FormBody(fields)
        return self._way.outgoing(
            attempt.key,
            asked.name,
            form,
            asked.stream,
            self._story.call.header,
            self.target.upstream_model,
            form.content_type,
        )


def basis_of(price: Price, speech: bool) -> Basis:
    """By what this price is paid where the upstream tells no tokens."""
    if price.per_call is not None:
        return "call"
    if price.sound is not None:
        return "characters" if price.sound.basis(int(speech))[0] == "characters" else "seconds"
    return "tokens" if price.by_token else "call"
