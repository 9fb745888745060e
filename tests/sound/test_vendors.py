"""Where each vendor's channels are asked for sound, and with which credentials."""

import json

import pytest

from tests.pictures.studio import UPSTREAM_KEY
from tests.sound.conftest import Begin
from tests.sound.sounds import sound, spoken, written
from tests.sound.test_hearing import form_of, hear

PLAIN = "/v1/audio/{}"
WAYS = {
    "azure-openai": ("/openai/v1/audio/{}?api-version=preview", "api-key", UPSTREAM_KEY),
    "groq": ("/openai/v1/audio/{}", "authorization", f"Bearer {UPSTREAM_KEY}"),
    "new-api": (PLAIN, "authorization", f"Bearer {UPSTREAM_KEY}"),
}


@pytest.mark.parametrize("vendor", WAYS)
async def test_each_page_of_each_vendor(begin: Begin, vendor: str) -> None:
    studio = await begin(vendor=vendor)
    path, header, credentials = WAYS[vendor]
    studio.near.queue(spoken(sound("wav", 1.0), "audio/wav"), written(), written())
    asked = {"input": "hello", "voice": "alloy", "response_format": "wav"}
    reply = await studio.post("/v1/audio/speech", model="voice", **asked)
    assert (reply.status, reply.body) == (200, sound("wav", 1.0))
    for page in ("transcriptions", "translations"):
        heard = await hear(studio, path=f"/v1/audio/{page}")
        assert heard.json()["text"] == "the door is open"
    assert [seen.target for seen in studio.near.seen] == [
        path.format(page) for page in ("speech", "transcriptions", "translations")
    ]
    assert {seen.headers[header] for seen in studio.near.seen} == {credentials}
    assert json.loads(studio.near.seen[0].body)["model"] == "voice"
    assert form_of(studio.near.seen[1].body)["file"] == "a.mp3"
