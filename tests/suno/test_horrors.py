"""Bodies that should not be, and addresses that lead inside."""

import asyncio
import gzip
import json
from time import perf_counter

import pytest

from tests.suno.conftest import channel
from tests.support.gateway import CHAT, KEY
from tests.support.wire import Wire
from tests.transport.hostile import URLS
from tests.transport.test_egress import Tripwire
from waystation.dialects.suno import pages, songs
from waystation.dialects.suno.chat_answer import read_songs
from waystation.dialects.suno.job import Job

pytestmark = pytest.mark.untraced

BODIES = [
    b"", b"[]", b"null", b'{"prompt":"x"', b'{"prompt":"x"} x', b'{"prompt":"\\ud800"}',
    b'{"prompt":"\xff"}', b'{"prompt":"x","continue_at":1e999}', b'{"prompt":{"a":1}}',
    b'{"prompt":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
]  # fmt: skip


async def raw(port: int, path: str, body: bytes) -> tuple[int, bytes]:
    wire = await Wire.open(port)
    await wire.send("POST", path, body, KEY)
    status = await wire.read_head()
    told = await wire.read_body("POST")
    await wire.close()
    return status, told


async def test_bodies_that_are_none(studio, suno) -> None:
    port = studio.station.port
    for body in BODIES:
        for path in ("/suno/submit/music", "/suno/submit/lyrics", "/suno/generate", "/suno/fetch"):
            if path == "/suno/fetch" and b"prompt" in body and body.endswith(b"}"):
                continue  # fields that it does not read
            status, told = await raw(port, path, body)
            assert status == 400, (path, body[:40], told)
    status, _ = await raw(port, CHAT, b'{"model":"suno-v3.5","messages":[{"role":"user"},7]}')
    assert status == 400
    assert not suno.seen


async def test_bodies_that_are_too_large(begin, suno) -> None:
    """As they come and as they unfold."""
    studio = await begin([channel("suno", suno.url)], body_bytes_max=4000)
    large = json.dumps({"prompt": "x" * 5000}).encode()
    bomb = gzip.compress(b" " * 4_000_000 + large)
    for path in ("/suno/submit/music", "/suno/generate", CHAT):
        for body, headers in ((large, {}), (bomb[:3900], {"content_encoding": "gzip"})):
            reply = await studio.post(path, body, **headers)
            assert reply.status == 413, (path, reply.body)
            told = reply.json()
            code = told["code"] if path.startswith("/suno/submit") else told["error"]["code"]
            assert code == "request_too_large"
    assert not suno.seen


async def test_what_is_sent_is_what_is_paid(studio, suno) -> None:
    body = b'{"prompt":"first","mv":"chirp-v5","prompt":"last","base_url":"http://evil.example"}'
    status, told = await raw(studio.station.port, "/suno/submit/music", body)
    assert status == 200
    await studio.task(json.loads(told)["data"], "SUBMITTED")
    sent = suno.submits()[0]
    assert (sent.body["prompt"], sent.body["mv"]) == ("last", "chirp-v5")
    assert set(sent.body) == {"prompt", "tags", "title", "mv", "make_instrumental"}
    assert sent.headers["authorization"] == "Bearer secret-of-suno"


async def test_no_address_of_an_upstream_leads_inside(begin, suno) -> None:
    """As sounds, videos and covers of finished songs."""
    async with Tripwire() as tripwire:
        studio = await begin([channel("suno", suno.url, allow_private=True)])
        hostile = [url.replace("{port}", str(tripwire.ports[0])) for url in URLS]
        hostile = [url for url in hostile if "127.0.0.1:" not in url]  # the channel's own host
        ids = []
        for at in range(0, len(hostile), 30):
            ids.append(await studio.music(prompt=f"{at}"))
            await studio.task(ids[-1], "SUBMITTED")
            job = suno.jobs[-1]
            job.clips = [
                {"id": f"{at}-{n}", "status": "complete", "audio_url": url, "image_url": url}
                for n, url in enumerate(hostile[at : at + 30])
            ]
            job.status = "SUCCESS"
        for task_id in ids:
            shown = await studio.task(task_id, "FAILURE")
            assert "no sound" in shown["fail_reason"]
        await asyncio.sleep(0.05)
        assert tripwire.touched == 0


async def test_no_hook_leads_inside(studio, suno) -> None:
    async with Tripwire() as tripwire:
        refused = 0
        for url in URLS:
            hook = url.replace("{port}", str(tripwire.ports[0]))
            reply = await studio.post("/suno/submit/music", {"prompt": "x", "notify_hook": hook})
            # A name that has no address yet is judged when it is dialled.
            refused += reply.status == 400
        assert refused > 100
        assert tripwire.touched == 0


def test_answers_of_upstreams_that_are_nonsense() -> None:
    """Read without a crash, as nothing or as Malformed."""
    for body in (
        b"", b"null", b"7", b"[]", b'[null,7,{"id":5}]', b'{"code":"success"}', b"\xff",
        b'{"code":"success","data":[[],null,{"task_id":7,"status":9,"progress":"x","data":"y"}]}',
        b'{"code":1,"data":{"task_id":"a","data":{"clips":{"x":{"id":"y","metadata":7}}}}}',
        b"[" * 100_000,
    ):  # fmt: skip
        for reader in (pages.read_tasks, songs.read_feed, songs.read_lyrics):
            try:
                assert reader(body) is not None
            except (pages.Malformed, pages.Declined):
                pass
        for action in ("MUSIC", "LYRICS"):
            try:
                assert songs.read_submitted(body, Job(action=action))[0]  # type: ignore[arg-type]
            except (pages.Malformed, pages.Declined):
                pass
    endless = b"9" * 400
    feed = songs.read_feed(b'[{"id":"a","metadata":{"duration":' + endless + b"}}]")
    assert feed["a"].duration is None
    text = "ID1：" + "x" * 100_000 + "\n- 歌名：" + "*" * 100_000 + "https://" + "a" * 100_000
    assert all(not song.audio for song in read_songs(text * 2))


def test_no_answer_over_chat_costs_endless_time() -> None:
    began = perf_counter()
    for part in ("lyrics", "`", "lyrics\n", "lyrics\n```x\n", "lyrics````\n"):
        head = "lyrics\n" if part == "`" else ""
        read_songs(head + part * (60_000 // len(part)))
    assert perf_counter() - began < 2
