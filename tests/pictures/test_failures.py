"""What goes wrong: told in the caller's dialect, unbilled, tried elsewhere where that may help."""

import asyncio
import json
import shutil
import threading
from typing import Any

import pytest

from tests.pictures.conftest import Begin
from tests.pictures.studio import CENT, KEY, UPSTREAM_KEY, Studio, b64, images, png
from tests.support.rogue import Rogue
from tests.support.script import RESET, STALL, Gate, Pause
from waystation.routing.health import Health

PNG = png()
ANSWER = images({"b64_json": b64(PNG)})


def refusal(status: int, **error: Any) -> Any:
    return Rogue.reply(status, json.dumps({"error": error}).encode())


@pytest.mark.parametrize("code", ["content_policy_violation", "moderation_blocked"])
async def test_moderation(studio: Studio, code: str) -> None:
    studio.near.answer(
        refusal(400, code=code, message="Rejected.", type="image_generation_user_error")
    )
    reply = await studio.draw()
    assert (reply.status, reply.code) == (400, "content_policy_violation")
    assert "Rejected." in reply.json()["error"]["message"]
    assert not studio.far.seen
    assert (await studio.row(reply.request_id)).nanos == 0


async def test_all_blocked_is_moderation(studio: Studio) -> None:
    studio.near.answer(images({"is_image_safe": False, "url": None}))
    reply = await studio.draw()
    assert (reply.status, reply.code) == (400, "content_policy_violation")


async def test_the_upstreams_own_400_is_handed_on(studio: Studio) -> None:
    studio.near.answer(
        refusal(400, code="bad_size", message="Size 7x7 is not offered", param="size")
    )
    reply = await studio.draw(size="7x7")
    error = reply.json()["error"]
    assert (reply.status, error["code"], error["param"]) == (400, "bad_size", "size")
    assert not studio.far.seen


BROKEN = [
    Rogue.error(500),
    Rogue.error(429),
    Rogue.reply(200, b"<html>busy</html>", {"content-type": "text/html"}),
    Rogue.reply(200, b'{"created":1,"data":[]}'),
    Rogue.reply(200, b'{"created":1,"data":[{}]}'),
    Rogue.reply(200, b'{"created":1,"data":[{"b64_json":"@@@"}]}'),
    Rogue.reply(200, b'{"created":1,"data":{"a":1}}'),
    Rogue.reply(200, b'{"created":1,"data":[{"url":"http://169.254.169.254/latest"}]}'),
    Rogue.reply(200, b'{"created":1,"data":[{"url":"file:///etc/passwd"}]}'),
    images({"b64_json": b64(b"<html><script>alert(1)</script></html>")}),
    images({"b64_json": b64(b"not a picture")}),
    refusal(401, message=f"bad key {UPSTREAM_KEY}"),
    (RESET,),
    (*Rogue.reply(200, b'{"created":1,', content_length=500), RESET),
]


async def test_another_channel_draws(studio: Studio) -> None:
    studio.far.answer(ANSWER)
    for script in BROKEN:
        studio.gateway.site.router.health = Health()
        studio.near.answer(script)
        reply = await studio.draw()
        assert reply.status == 200, (script, reply.body)
        row = await studio.row(reply.request_id)
        assert (row.nanos, row.group, len(row.attempts)) == (1 * CENT, "half", 2), script


async def test_nobody_draws(studio: Studio) -> None:
    html = images({"b64_json": b64(b"<html></html>")})
    studio.near.answer(html)
    studio.far.answer(html)
    reply = await studio.draw()
    assert (reply.status, reply.code) == (502, "bad_upstream_response")
    row = await studio.row(reply.request_id)
    assert (row.nanos, row.end) == (0, "failed")
    assert UPSTREAM_KEY.encode() not in reply.body


async def test_one_of_several_is_no_picture(studio: Studio) -> None:
    studio.near.answer(images({"b64_json": b64(b"<html>")}, {"b64_json": b64(PNG)}))
    reply = await studio.draw(n=2)
    assert len(reply.json()["data"]) == 1
    assert (await studio.row(reply.request_id)).nanos == 2 * CENT


async def test_a_vendor_that_never_finishes(begin: Begin) -> None:
    studio = await begin(picture_seconds_max=0.3)
    studio.near.answer((STALL,))
    reply = await studio.draw()
    assert (reply.status, reply.code) == (504, "upstream_timeout")
    assert not studio.far.seen
    row = await studio.row(reply.request_id)
    assert (row.nanos, row.end) == (0, "failed")
    await studio.near.until(lambda: studio.near.links[0].closed_by == "peer")


async def test_a_vendor_that_finishes_too_late(begin: Begin) -> None:
    studio = await begin(picture_seconds_max=0.2)
    studio.near.answer((Pause(0.5), *ANSWER))
    reply = await studio.draw()
    assert reply.status == 504
    assert (await studio.row(reply.request_id)).nanos == 0


async def test_a_link_that_drips_for_ever(begin: Begin) -> None:
    studio = await begin(fetch_seconds_max=0.3)
    near = studio.near
    near.on("/v1/images/generations", images({"url": f"{near.url}/slow.png"}))
    near.on("/slow.png", (near.reply(200, PNG, content_length=10**6)[0][:80], STALL))
    studio.far.answer(Rogue.error(503))
    reply = await studio.draw()
    assert reply.status in (502, 503)
    assert (await studio.row(reply.request_id)).nanos == 0


async def test_a_client_that_leaves_pays_nothing(studio: Studio) -> None:
    studio.near.answer((STALL,))
    body = json.dumps({"model": "m", "prompt": "x"}).encode()
    _, writer = await studio.open("/v1/images/generations", body, "application/json")
    await studio.near.until(lambda: studio.near.seen)
    writer.transport.abort()
    await studio.near.until(lambda: studio.near.links[0].closed_by == "peer")
    await studio.settled()
    (hold_id,) = studio.books._state.resolved
    row = await studio.row(hold_id)
    assert (row.nanos, row.end, row.status) == (0, "client_gone", 499)


async def test_a_drained_picture_is_kept_and_billed(begin: Begin) -> None:
    studio = await begin(more='on_disconnect = "drain"')
    gate = threading.Event()
    studio.near.answer((Gate(gate), *ANSWER))
    body = json.dumps({"model": "m", "prompt": "x"}).encode()
    _, writer = await studio.open("/v1/images/generations", body, "application/json")
    await studio.near.until(lambda: studio.near.seen)
    writer.transport.abort()
    await asyncio.sleep(0.05)
    gate.set()
    await studio.settled()
    (hold_id,) = studio.books._state.resolved
    row = await studio.row(hold_id)
    assert (row.nanos, row.end) == (2 * CENT, "client_gone")
    page = await studio.listed(row.facts.account_id)
    assert [each.request_id for each in page] == [hold_id]


REFUSED: list[tuple[dict[str, Any], str, str | None]] = [
    ({"prompt": ""}, "missing_field", "prompt"),
    ({"prompt": 7}, "invalid_value", "prompt"),
    ({"prompt": "x" * 32_001}, "invalid_value", "prompt"),
    ({"n": 0}, "invalid_value", "n"),
    ({"n": 11}, "invalid_value", "n"),
    ({"n": 1.5}, "invalid_value", "n"),
    ({"n": "1e400"}, "invalid_value", "n"),
    ({"size": "100000x1"}, "invalid_value", "size"),
    ({"size": "0x0"}, "invalid_value", "size"),
    ({"size": "large please"}, "invalid_value", "size"),
    ({"aspect_ratio": "16/0"}, "invalid_value", "aspect_ratio"),
    ({"response_format": "jpeg"}, "invalid_value", "response_format"),
    ({"quality": "q" * 300}, "invalid_value", "quality"),
    ({"seed": -3}, "invalid_value", "seed"),
    ({"stream": "maybe"}, "invalid_value", "stream"),
    ({"image": []}, "invalid_value", "image"),
    ({"image": {"a": 1}}, "invalid_value", "image"),
    ({"model": "dall-e-3", "size": "512x512"}, "invalid_size", "size"),
    ({"model": "dall-e-2", "prompt": "x" * 1001}, "invalid_value", "prompt"),
    ({"model": "nothing-here"}, "price_not_configured", None),
]


async def test_refused_before_anybody_is_asked(studio: Studio) -> None:
    for order, code, param in REFUSED:
        reply = await studio.draw(**order)
        assert (reply.code, reply.json()["error"]["param"]) == (code, param), (order, reply.body)
        if code == "invalid_size":
            assert "1792x1024" in reply.json()["error"]["message"]
    assert not studio.near.seen


async def test_what_is_held_covers_all_that_was_asked(begin: Begin) -> None:
    studio = await begin(credit="0.07")
    reply = await studio.draw(n=4)
    assert (reply.status, reply.code) == (402, "insufficient_user_quota")
    studio.near.answer(images(*({"b64_json": b64(PNG)} for _ in range(3))))
    assert (await studio.draw(n=3)).status == 200
    assert not any(json.loads(seen.body).get("n") == 4 for seen in studio.near.seen)


async def test_the_store_is_away(studio: Studio) -> None:
    """A picture that cannot be kept is not sold."""
    studio.near.answer(ANSWER)
    shelf = studio.gateway.site.settings.data / "artefacts"
    shutil.rmtree(shelf, ignore_errors=True)
    shelf.write_text("a file where the folder was")
    reply = await studio.draw()
    assert reply.status == 503, reply.body
    assert (await studio.row(reply.request_id)).nanos == 0
    assert KEY not in reply.body.decode()
