"""Transcripts that vendors really sent, read and written in each form."""

import json
from typing import Any

import pytest

from tests.dialects.recorded import FOLDER, needs_recordings
from waystation.dialects.operation import Receipt, Target
from waystation.dialects.sound.hearing import FORMS, HearingOperation, SoundFile, parse_hearing
from waystation.dialects.sound.transcript import TranscriptReply
from waystation.kernel.spool import Spool
from waystation.kernel.strictjson import raw_of

SECONDS = 36.71
pytestmark = needs_recordings


def asked(form: str) -> HearingOperation:
    file = SoundFile(Spool(), "audio/mpeg", "a.mp3")
    file.seconds = SECONDS
    fields = {"model": raw_of("ear"), "response_format": raw_of(form)}
    return parse_hearing("transcription", fields, [], file)


def read(form: str, content_type: str, body: bytes) -> tuple[TranscriptReply, bytes]:
    target = Target(upstream_model="ear")
    reply = TranscriptReply(asked(form), target, Receipt(lambda usage: "0.1"), "seconds")
    return reply, reply.read(200, content_type, body)


@pytest.mark.parametrize("name", ["openai/openai-transcription", "mistral/mistral-transcription"])
@pytest.mark.parametrize("form", FORMS)
def test_a_recorded_transcript(name: str, form: str) -> None:
    body = (FOLDER / f"{name}.json").read_bytes()
    told: dict[str, Any] = json.loads(body)
    reply, shown = read(form, "application/json", body)
    usage = reply.usage()
    assert (reply.text, usage.exact) == (told["text"], True)
    assert usage.units["seconds"] in (36, 37)
    if form == "text":
        assert shown.decode() == told["text"] + "\n"
    elif form in ("srt", "vtt"):
        count = len(told.get("segments") or [0])
        assert shown.count(b" --> ") == count
        assert told["text"][:40].encode() in shown
    else:
        mine = json.loads(shown)
        assert mine.pop("usage")["cost"] == 0.1
        assert {name: mine[name] for name in told if name != "usage"} == {
            name: value for name, value in told.items() if name != "usage"
        }


def test_a_recorded_transcript_in_plain_text() -> None:
    recorded = json.loads((FOLDER / "groq/groq-transcription-text.json").read_bytes())
    kind, body = recorded["headers"]["content-type"], recorded["body"].encode()
    for form in FORMS:
        reply, shown = read(form, kind.lower(), body)
        assert reply.text == recorded["body"].strip()
        assert reply.text.encode() in shown
