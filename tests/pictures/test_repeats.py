"""The same Idempotency-Key again: the same pictures again, made and paid for once."""

import asyncio
import os
import threading
from base64 import b64decode
from pathlib import Path

import pytest

from tests.pictures.conftest import Begin
from tests.pictures.studio import CENT, Studio, b64, images, png
from tests.pictures.test_streams import DONE, PRICES, partial, script
from tests.support.gateway import EMAIL
from tests.support.script import Gate
from waystation.artefacts import kept_replies
from waystation.artefacts.kept_replies import KeptReplies
from waystation.artefacts.sweep import sweep_orphans

PNG = png()
KEY = {"idempotency-key": "once"}


async def kept(studio: Studio) -> Path:
    """The one reply, once it is there."""
    await studio.settled()
    async with asyncio.timeout(10):
        while True:
            for found in (studio.settings.data / "artefacts").glob("*-replies/*"):
                if "#" not in found.name:
                    return found
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("wanted", ["url", "b64_json"])
async def test_a_repeat_is_answered_as_the_first_time(studio: Studio, wanted: str) -> None:
    studio.near.answer(images({"b64_json": b64(PNG), "revised_prompt": "a red boat"}))
    first = await studio.draw(KEY, response_format=wanted)
    again = await studio.draw(KEY, response_format=wanted)
    assert (first.status, again.status) == (200, 200), again.body
    assert again.body == first.body
    assert len(studio.near.seen) == 1
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["x-waystation-repeats"] == first.request_id != again.request_id
    assert "x-waystation-cost" in first.headers
    assert "x-waystation-cost" not in again.headers
    row = await studio.row(first.request_id)
    assert row.nanos == 2 * CENT
    (entry,) = again.json()["data"]
    if wanted == "b64_json":
        assert b64decode(entry["b64_json"]) == PNG
    else:
        assert (await studio.file(entry["url"])).body == PNG


async def test_another_body_is_refused_and_no_key_draws_anew(studio: Studio) -> None:
    studio.near.answer(images({"b64_json": b64(PNG)}))
    await studio.draw(KEY)
    reused = await studio.draw(KEY, n=1, size="8x8")
    assert (reused.status, reused.code) == (422, "idempotency_key_reused")
    assert (await studio.draw()).status == 200
    assert len(studio.near.seen) == 2


async def test_while_it_is_drawn_a_repeat_is_told_so(begin: Begin) -> None:
    studio = await begin()
    gate = threading.Event()
    studio.near.answer((Gate(gate), *images({"b64_json": b64(PNG)})))
    first = asyncio.create_task(studio.draw(KEY))
    await studio.near.until(lambda: studio.near.seen)
    early = await studio.draw(KEY)
    assert (early.status, early.code) == (409, "idempotency_in_progress")
    gate.set()
    assert (await first).status == 200
    assert (await studio.draw(KEY)).body == (await first).body


async def test_a_failure_is_no_answer_to_repeat(studio: Studio) -> None:
    studio.near.answer(studio.near.reply(400, b'{"error":{"message":"no"}}'))
    studio.far.answer(studio.far.reply(400, b'{"error":{"message":"no"}}'))
    assert (await studio.draw(KEY)).status == 400
    await studio.settled()
    studio.near.answer(images({"b64_json": b64(PNG)}))
    assert (await studio.draw(KEY)).status == 200


async def test_a_stream_is_repeated_as_a_stream(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(script(partial(0), DONE))
    asked = {"model": "gpt-image-1", "stream": True, "partial_images": 1}
    first = await studio.draw(KEY, **asked)
    again = await studio.draw(KEY, **asked)
    assert again.headers["content-type"].startswith("text/event-stream")
    assert again.headers["transfer-encoding"] == "chunked"
    assert again.events() == first.events() != []
    assert len(studio.near.seen) == 1


async def test_who_lost_the_connection_gets_what_was_made(begin: Begin) -> None:
    studio = await begin(more='on_disconnect = "drain"')
    gate = threading.Event()
    studio.near.answer((Gate(gate), *images({"b64_json": b64(PNG)})))
    body = b'{"model":"m","prompt":"a boat"}'
    _, writer = await studio.open("/v1/images/generations", body, "application/json", KEY)
    await studio.near.until(lambda: studio.near.seen)
    writer.transport.abort()
    gate.set()
    await studio.settled()
    again = await studio.raw("/v1/images/generations", body, "application/json", KEY)
    assert again.status == 200, again.body
    assert len(again.json()["data"]) == 1
    assert len(studio.near.seen) == 1


async def test_where_the_reply_is_lost_the_repeat_is_told_409(studio: Studio) -> None:
    studio.near.answer(images({"b64_json": b64(PNG)}))
    first = await studio.draw(KEY)
    (await kept(studio)).unlink()
    again = await studio.draw(KEY)
    assert (again.status, again.code) == (409, "idempotency_replayed")
    assert first.request_id in again.json()["error"]["message"]


async def test_one_too_large_is_not_kept(begin: Begin) -> None:
    studio = await begin(reply_bytes_max=1_000)
    near, data = studio.near, png(400, 400)
    near.on("/made/1.png", near.reply(200, data))
    near.on("/v1/images/generations", images({"url": f"{near.url}/made/1.png"}))
    first = await studio.draw(KEY, response_format="b64_json")
    assert first.status == 200, first.body
    assert len(first.body) > 1_000
    await studio.settled()
    again = await studio.draw(KEY, response_format="b64_json")
    assert (again.status, again.code) == (409, "idempotency_replayed")


async def test_a_stream_that_was_left_is_told_409(begin: Begin) -> None:
    """Its end was never written; the pictures are in the list of files."""
    studio = await begin(prices=PRICES, more='on_disconnect = "drain"')
    gate = threading.Event()
    studio.near.answer(script(partial(0), Gate(gate), DONE))
    body = b'{"model":"gpt-image-1","prompt":"x","stream":true}'
    reader, writer = await studio.open("/v1/images/generations", body, "application/json", KEY)
    await reader.readuntil(b"partial_image_index")
    writer.transport.abort()
    gate.set()
    await studio.settled()
    again = await studio.raw("/v1/images/generations", body, "application/json", KEY)
    assert (again.status, again.code) == (409, "idempotency_replayed")


async def test_it_ends_after_a_day(studio: Studio) -> None:
    studio.near.answer(images({"b64_json": b64(PNG)}))
    first = await studio.draw(KEY)
    path = await kept(studio)
    replies, account_id = KeptReplies(studio.gateway.site.artefacts), studio.account_ids[EMAIL]
    assert await replies.find(first.request_id, account_id) is not None
    assert await replies.find(first.request_id, account_id + 1) is None
    assert await replies.end_old() == 0
    assert await sweep_orphans(studio.gateway.site.artefacts, None, -60) == 0, "no file without row"
    over = path.stat().st_mtime - kept_replies.KEPT_MS / 1000 - 1
    os.utime(path, (over, over))
    assert await replies.end_old() == 1
    assert await replies.find(first.request_id, account_id) is None
    assert list(path.parent.iterdir()) == []
