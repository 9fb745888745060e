"""The handlers of the audio routes: their bodies, then the relay path."""

from contextlib import closing
from functools import partial
from hashlib import sha256

from waystation.dialects.openai_chat.request import parse as parse_chat
from waystation.dialects.operation import Request
from waystation.dialects.sound.hearing import Kind, SoundFile, fields_of_texts, parse_hearing
from waystation.dialects.sound.speech import parse_speech
from waystation.dialects.sound.transcript import JSON_REPLY, REPLY_TYPES
from waystation.edge.call import Call
from waystation.edge.content_type import multipart_boundary
from waystation.edge.relay import Relay
from waystation.edge.site import Site
from waystation.edge.sound.translating import Translator
from waystation.edge.sound.uploaded import fetched_sound, seconds_of, uploaded_sound
from waystation.edge.story import Story
from waystation.edge.upload_form import FormHolder, UploadForm
from waystation.errors import Fault
from waystation.kernel.scalars import required_text, text

DIALECT = "openai_chat"


class SpeechRelay(Relay):
    """POST /v1/audio/speech."""

    __slots__ = ()

    def __init__(self, site: Site) -> None:
        super().__init__(site, DIALECT, parse_speech, site.settings.body_bytes_max, repeats=True)


class HearingRelay(Relay):
    """POST /v1/audio/transcriptions and /v1/audio/translations."""

    __slots__ = ("_kind", "_translator")

    def __init__(self, site: Site, kind: Kind) -> None:
        # The parser of JSON bodies is never asked here: `_read_form` reads.
        super().__init__(site, DIALECT, parse_speech, site.settings.upload_bytes_max, repeats=True)
        self._kind = kind
        self._translator: Translator | None = None
        if kind == "translation" and site.settings.translation_model:
            self._translator = Translator(site, DIALECT, parse_chat, site.settings.body_bytes_max)

    async def __call__(self, call: Call) -> None:
        # What was spooled is given back as soon as the request has ended, however it did.
        with closing(FormHolder[SoundFile]()) as holder:
            story = Story(self._site, call, self._dialect)
            if self._translator is not None:
                story.translate = partial(self._translator.english, story)
            await self._run(story, partial(self._read_form, story, holder))

    async def _read_form(
        self, story: Story, holder: FormHolder[SoundFile], call: Call
    ) -> tuple[Request, str | None]:
        site = self._site
        settings = site.settings
        boundary = multipart_boundary(call.header("content-type"))
        form = holder.form = UploadForm(
            boundary, settings.sound_bytes_max, uploaded_sound, call.hold_body
        )
        hashed = sha256() if call.header("idempotency-key") else None

        def take(data: bytes) -> None:
            if hashed is not None:
                hashed.update(data)
            form.take(data)

        await call.read(settings.upload_bytes_max, settings.upload_seconds_max, take)
        await form.finish()
        fields = fields_of_texts(form.texts)
        url = "" if form.files else text(fields, "url")
        if url:
            required_text(fields, "model")  # before somebody's address is asked
        file = await fetched_sound(site, url) if url else _one(form)
        operation = parse_hearing(self._kind, fields, form.texts, file)
        file.seconds = await seconds_of(site, file)
        story.reply_type = REPLY_TYPES.get(operation.form, JSON_REPLY)
        return operation, None if hashed is None else hashed.hexdigest()


def _one(form: UploadForm[SoundFile]) -> SoundFile:
    """Raises Fault (400)."""
    if not form.files:
        if any(name == "file" for name, _ in form.texts):
            reason = "expected a file, not a text; let the HTTP client attach it"
            raise Fault("invalid_value", param="file", reason=reason)
        raise Fault("missing_field", param="file")
    if len(form.files) > 1:
        raise Fault("invalid_value", param="file", reason="expected one file")
    return form.files[0][1]
