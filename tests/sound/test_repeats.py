"""The same Idempotency-Key again: the same sound, or transcript, again."""

import json

from tests.pictures.studio import Form, Studio
from tests.sound.sounds import sound
from tests.sound.test_hearing import written
from tests.sound.test_speech import ASKED, PATH, spoken

KEY = {"idempotency-key": "once"}


async def test_a_speech(studio: Studio) -> None:
    data = sound("mp3", 1.0)
    studio.near.answer(spoken(data))
    first = await studio.post(PATH, KEY, **ASKED)
    again = await studio.post(PATH, KEY, **ASKED)
    assert (first.status, first.body) == (200, data)
    assert (again.status, again.body) == (200, data)
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["x-waystation-repeats"] == first.request_id
    assert len(studio.near.seen) == 1


async def test_a_speech_that_breaks_off_is_not_repeated_as_if_it_were_whole(
    studio: Studio,
) -> None:
    head, *_ = spoken(sound())
    assert isinstance(head, bytes)
    studio.near.answer((head[:-100], "close"))
    await studio.post(PATH, KEY, **ASKED)
    await studio.settled()
    studio.near.answer(spoken(sound()))
    again = await studio.post(PATH, KEY, **ASKED)
    assert (again.status, again.code) == (409, "idempotency_replayed")


async def test_a_transcript(studio: Studio) -> None:
    studio.near.answer(written())
    form = Form([("file", "a.mp3", sound()), ("model", None, b"ear")])
    path = "/v1/audio/transcriptions"
    first = await studio.raw(path, form.body(), form.content_type, KEY)
    again = await studio.raw(path, form.body(), form.content_type, KEY)
    assert (first.status, again.status) == (200, 200)
    assert json.loads(again.body) == json.loads(first.body)
    assert len(studio.near.seen) == 1
