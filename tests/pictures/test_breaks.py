"""What broke once: loops that could be held up, pictures that could be had for less or nothing."""

import asyncio
import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, thread_time
from typing import Any

import pytest

from tests.pictures.conftest import Begin
from tests.pictures.studio import CENT, Studio, b64, images, png
from tests.pictures.test_forms import PRICES, chat_answer
from tests.support.rogue import Rogue
from tests.support.script import STALL, Gate
from waystation.edge.pictures import keeping
from waystation.errors import Fault

pytestmark = pytest.mark.untraced

PNG = png()
ANSWER = images({"b64_json": b64(PNG)})
CHAT_ONLY = 'operations = ["chat"]'


@pytest.mark.parametrize(
    "text", ["![" * 200_000, "![](data:image/" + "A" * 900_000, "[a](https://" * 60_000]
)
async def test_a_chat_answer_is_read_once(begin: Begin, text: str) -> None:
    studio = await begin(more=CHAT_ONLY)
    studio.near.answer(chat_answer(text))
    studio.far.answer(ANSWER)
    began = thread_time()
    await studio.draw()
    assert thread_time() - began < 2.0


async def test_a_mask_without_a_picture(studio: Studio) -> None:
    reply = await studio.draw(mask=f"data:image/png;base64,{b64(PNG)}")
    assert (reply.status, reply.code) == (400, "missing_field"), reply.body
    assert not studio.near.seen


GPT = """
[[prices]]
model = "gpt-image-x"
per_image = "0.02"
"""
V3 = """
[[prices]]
model = "ideogram-v3"
per_image = "0.06"
images = [
  { quality = "turbo", price = "0.03" },
  { quality = "quality", price = "0.09" },
]
"""


@pytest.mark.parametrize(
    ("order", "speed", "cents"),
    [
        ({"quality": "QUALITY"}, "QUALITY", 9),
        ({"quality": "auto", "rendering_speed": "QUALITY"}, "QUALITY", 9),
        ({"rendering_speed": "Turbo"}, "TURBO", 3),
        ({"quality": "low"}, "TURBO", 3),
        ({"quality": "turbo", "rendering_speed": "QUALITY"}, "TURBO", 3),
    ],
)
async def test_what_is_drawn_is_what_is_paid(
    begin: Begin, order: dict[str, Any], speed: str, cents: int
) -> None:
    studio = await begin(vendor="ideogram", prices=V3)
    studio.near.answer(images({"url": f"data:image/png;base64,{b64(PNG)}", "is_image_safe": True}))
    reply = await studio.draw(model="ideogram-v3", **order)
    assert reply.status == 200, reply.body
    sent = studio.near.seen[0].body
    assert f'name="rendering_speed"\r\n\r\n{speed}\r\n'.encode() in sent
    assert (await studio.row(reply.request_id)).nanos == cents * CENT


COUNTS = {
    "num_images": 8,
    "samples": 8,
    "num_outputs": 8,
    "sampleCount": 8,
    "N": 8,
    "batch-size": 8,
}
ACCOUNT = 2
TAKEN_OVER = {"n": 8, "size": "4096x4096", "quality": "hd", "stream": True, "partial_images": 3}


async def test_no_other_word_for_n_is_passed_on(studio: Studio) -> None:
    studio.near.answer(ANSWER)
    reply = await studio.draw(**COUNTS, own="kept")
    assert reply.status == 200, reply.body
    sent = json.loads(studio.near.seen[0].body)
    assert (sent["own"], set(sent) & set(COUNTS)) == ("kept", set())
    assert set(reply.headers["x-waystation-dropped"].split(", ")) == set(COUNTS)


async def test_what_ideograms_form_does_not_name_is_no_back_door(begin: Begin) -> None:
    studio = await begin(prices=PRICES)
    studio.near.answer(ANSWER)
    reply = await studio.post("/ideogram/generate", image_request={"prompt": "x", **TAKEN_OVER})
    assert reply.status == 200, reply.body
    assert not set(json.loads(studio.near.seen[0].body)) & set(TAKEN_OVER)


async def test_a_form_is_no_back_door_either(studio: Studio) -> None:
    studio.near.answer(ANSWER)
    reply = await studio.upload(
        "/v1/images/edits",
        ("image", "a.png", PNG),
        ("prompt", None, b"x"),
        ("model", None, b"m"),
        ("num_images", None, b"8"),
    )
    assert reply.status == 200, reply.body
    assert b"num_images" not in studio.near.seen[0].body


async def test_who_leaves_while_pictures_are_fetched_pays_for_what_is_kept(begin: Begin) -> None:
    """One picture lay in the caller's list already when it left, and nothing was paid."""
    studio = await begin()
    near, gate = studio.near, threading.Event()
    near.on(
        "/v1/images/generations", images({"b64_json": b64(PNG)}, {"url": f"{near.url}/late.png"})
    )
    near.on("/late.png", (Gate(gate), *near.reply(200, PNG)))
    body = json.dumps({"model": "m", "prompt": "x", "n": 2}).encode()
    _, writer = await studio.open("/v1/images/generations", body, "application/json")
    await near.until(lambda: any(seen.path == "/late.png" for seen in near.seen))
    writer.transport.abort()
    await asyncio.sleep(0.05)
    gate.set()
    await studio.settled()
    (hold_id,) = studio.books._state.resolved
    row = await studio.row(hold_id)
    page = await studio.listed(row.facts.account_id)
    assert (row.nanos, row.end, len(page)) == (4 * CENT, "client_gone", 2)


async def test_what_was_kept_of_an_attempt_that_failed_is_nobodys(begin: Begin) -> None:
    studio = await begin()
    near = studio.near
    near.on(
        "/v1/images/generations", images({"b64_json": b64(PNG)}, {"url": f"{near.url}/late.png"})
    )
    near.on("/late.png", (STALL,))
    drawing = asyncio.ensure_future(studio.draw(n=2, stream=True))
    store = studio.gateway.site.artefacts
    await near.until(lambda: any(seen.path == "/late.png" for seen in near.seen))
    async with asyncio.timeout(20):
        while not await store.rows.pending((0, ""), 10):
            await asyncio.sleep(0.005)
    (stream,) = studio.gateway.site.pulse.streams.values()
    stream.cut(Fault("draining"), "gateway_lost")
    assert (await drawing).status in (200, 503)
    await studio.settled()
    assert not await store.rows.pending((0, ""), 10)
    assert not (await store.page(ACCOUNT, "", 10)).artefacts


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rogue]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with Rogue() as one:
        monkeypatch.setenv("AWS_ENDPOINT_URL", one.url)
        one.answer((STALL,))
        yield one


async def test_a_bucket_that_never_answers_ends_with_the_request(
    begin: Begin, bucket: Rogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, unbilled, asked of nobody else, and no mark against the vendor."""
    monkeypatch.setattr(keeping, "GRACE_SECONDS", 0.2)
    studio = await begin(artefacts="s3://pictures/here", picture_seconds_max=0.5)
    studio.near.answer(ANSWER)
    began = monotonic()
    reply = await studio.draw()
    assert (reply.status, reply.code) == (503, "temporarily_unavailable"), reply.body
    assert monotonic() - began < 10
    assert bucket.seen
    assert not studio.far.seen
    assert (await studio.row(reply.request_id)).nanos == 0


async def test_a_small_balance_under_many_requests_at_once(begin: Begin) -> None:
    studio = await begin(credit="0.05")
    gate = threading.Event()
    studio.near.answer((Gate(gate), *ANSWER))
    drawing = [asyncio.ensure_future(studio.draw()) for _ in range(8)]
    async with asyncio.timeout(10):
        while sum(one.done() for one in drawing) < 6:
            await asyncio.sleep(0.005)
    gate.set()
    replies = await asyncio.gather(*drawing)
    assert sorted(reply.status for reply in replies) == [200] * 2 + [402] * 6


async def test_a_mask_of_another_size_is_told_before_money_is_held(begin: Begin) -> None:
    studio = await begin(credit="0")
    reply = await studio.upload(
        "/v1/images/edits",
        ("image", "a.png", PNG),
        ("mask", "m.png", png(4, 4)),
        ("prompt", None, b"x"),
        ("model", None, b"m"),
    )
    assert (reply.status, reply.code) == (400, "invalid_image"), reply.body


async def test_no_room_for_an_upload(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    reply = await studio.upload(
        "/v1/images/edits",
        ("image", "a.png", png(weight_bytes=3_000_000)),
        ("prompt", None, b"x"),
        ("model", None, b"m"),
    )
    assert (reply.status, reply.code) == (503, "overloaded"), reply.body
    assert not studio.near.seen


async def test_a_locked_store_sells_nothing(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(keeping, "_FORGET_SECONDS_MAX", 0.2)
    studio = await begin(picture_seconds_max=1.0)
    studio.near.answer(ANSWER)
    first = await studio.draw()
    assert first.status == 200
    store = sqlite3.connect(studio.gateway.site.settings.data / "main.db", isolation_level=None)
    with contextlib.closing(store):
        store.execute("BEGIN IMMEDIATE")
        reply = await studio.draw()
        store.execute("ROLLBACK")
    assert (reply.status, reply.code) == (503, "temporarily_unavailable"), reply.body
    assert (await studio.row(reply.request_id)).nanos == 0
    page = await studio.listed(ACCOUNT)
    assert [one.request_id for one in page] == [first.request_id]


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "image_generation.partial_image", "b64_json": b64(PNG)}] * 200,
        [{"type": "image_generation.completed", "b64_json": b64(PNG)}] * 200,
    ],
)
async def test_a_flood_of_pictures_is_cut_to_what_was_asked(
    begin: Begin, events: list[dict[str, Any]]
) -> None:
    studio = await begin(prices=GPT)
    frames = [*events, {"type": "image_generation.completed", "b64_json": b64(PNG)}]
    body = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in frames)
    studio.near.answer(Rogue.reply(200, body, {"content-type": "text/event-stream"}))
    reply = await studio.draw(model="gpt-image-x", stream=True)
    kinds = [event["type"].rpartition(".")[2] for event in reply.events()]
    assert kinds.count("completed") == 1
    assert kinds.count("partial_image") <= 8
    assert (await studio.row(reply.request_id)).nanos == 2 * CENT


async def test_a_size_that_is_no_word_is_not_written_down(begin: Begin) -> None:
    studio = await begin()
    deep = json.loads("[" * 300 + "]" * 300)
    for size in ("9" * 100_000, deep, {"a": 1}):
        studio.near.answer(images({"b64_json": b64(PNG)}, size=size, quality=size))
        reply = await studio.draw()
        assert reply.status == 200, reply.body[:300]
        assert len((await studio.row(reply.request_id)).usage) < 1000
