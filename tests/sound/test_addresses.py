"""A sound that lies at an address: fetched by us, through the egress guard."""

from base64 import b64encode

import pytest

from tests.pictures.studio import Reply, Studio
from tests.sound.conftest import Begin
from tests.sound.sounds import sound, written
from tests.sound.test_hearing import PATH, form_of
from tests.support.files import Host
from tests.transport.hostile import URLS
from tests.transport.test_egress import Tripwire

pytestmark = pytest.mark.untraced

TRANSLATIONS = "/v1/audio/translations"


async def hear(studio: Studio, url: str, path: str = PATH, **more: str) -> Reply:
    given = {"model": "ear", "url": url, **more}
    return await studio.upload(path, *((n, None, v.encode()) for n, v in given.items()))


async def test_a_sound_at_an_address(begin: Begin, host: Host) -> None:
    studio = await begin(egress_allow=("127.0.0.0/8",))
    studio.near.answer(written())
    url = host.put("/a/voice.mp3", sound("mp3", 2.0))
    for path in (PATH, TRANSLATIONS):
        reply = await hear(studio, f"{url}?sig=x", path)
        assert (reply.status, reply.json()["text"]) == (200, "the door is open")
        form = form_of(studio.near.seen[-1].body)
        assert (form["file"], "url" in form) == ("voice.mp3", False)
        assert studio.near.seen[-1].body.count(sound("mp3", 2.0)) == 1
        assert (await studio.row(reply.request_id)).nanos == 2_000_000
    data = f"data:audio/flac;base64,{b64encode(sound('flac')).decode()}"
    assert (await hear(studio, data)).status == 200
    assert form_of(studio.near.seen[-1].body)["file"] == "audio.flac"


async def test_what_is_no_sound_there(begin: Begin, host: Host) -> None:
    studio = await begin(egress_allow=("127.0.0.0/8",), sound_bytes_max=30_000)
    for url in (
        host.url + "/none.mp3",
        host.put("/page.mp3", b"<html>busy</html>"),
        host.put("/large.wav", sound("wav", 2.0)),
        "ftp://files.example/a.mp3",
    ):
        reply = await hear(studio, url)
        assert (reply.status, reply.code) == (400, "image_fetch_failed"), url
        assert reply.json()["error"]["param"] == "url"
    missing = await studio.upload(PATH, ("url", None, host.url.encode()))
    assert (missing.code, missing.json()["error"]["param"]) == ("missing_field", "model")
    assert not studio.near.seen


async def test_no_address_leads_inside(studio: Studio) -> None:
    async with Tripwire() as tripwire:
        for url in URLS:
            reply = await hear(studio, url.replace("{port}", str(tripwire.ports[0])))
            assert reply.status == 400, url
        assert tripwire.touched == 0
    assert not studio.near.seen
