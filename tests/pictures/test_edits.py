"""Edits, variations, remixes: forms in, forms out, and what is refused before anybody is paid."""

import asyncio
import json
from email import message_from_bytes
from io import BytesIO

import pytest
from PIL import Image

from tests.pictures.conftest import Begin
from tests.pictures.studio import CENT, Form, Studio, b64, images, png
from tests.support.rogue import Rogue
from tests.support.script import Seen

PNG = png()
JPEG = b"\xff\xd8\xff\xe0" + bytes(60)
ANSWER = images({"b64_json": b64(PNG)})


def parts_of(seen: Seen) -> list[tuple[str, str | None, bytes]]:
    """(name, content type or None, content) of a form that an upstream got."""
    head = f"content-type: {seen.headers['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + seen.body)
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_content_type() if part.get_filename() else None,
            bytes(part.get_payload(decode=True)),
        )
        for part in message.get_payload()
    ]


async def test_an_edit_goes_out_as_a_form(studio: Studio) -> None:
    studio.near.answer(ANSWER)
    reply = await studio.upload(
        "/v1/images/edits",
        ("image", "my cat.png", PNG),
        ("mask", "m.png", png(shade=10)),
        ("prompt", None, "给它一顶帽子".encode()),
        ("model", None, b"m"),
        ("n", None, b"1"),
        ("size", None, b"8x8"),
        ("input_fidelity", None, b"high"),
    )
    assert reply.status == 200, reply.body
    assert "url" in reply.json()["data"][0]
    seen = studio.near.seen[0]
    assert (seen.path, seen.method) == ("/v1/images/edits", "POST")
    assert int(seen.headers["content-length"]) == len(seen.body)
    got = {name: (kind, data) for name, kind, data in parts_of(seen)}
    assert got["image"] == ("image/png", PNG)
    assert got["mask"] == ("image/png", png(shade=10))
    assert got["prompt"] == (None, "给它一顶帽子".encode())
    assert got["input_fidelity"] == (None, b"high")
    assert b"my cat" not in seen.body
    row = await studio.row(reply.request_id)
    assert (row.facts.operation, row.nanos) == ("image_edit", 2 * CENT)


@pytest.mark.parametrize("name", ["image", "image[]"])
async def test_several_pictures_all_arrive(studio: Studio, name: str) -> None:
    studio.near.answer(ANSWER)
    three = [png(shade=shade) for shade in (1, 2, 3)]
    reply = await studio.upload(
        "/v1/images/edits",
        *((name, f"{at}.png", one) for at, one in enumerate(three)),
        ("prompt", None, b"together"),
        ("model", None, b"m"),
    )
    assert reply.status == 200, reply.body
    got = [data for field, _, data in parts_of(studio.near.seen[0]) if field == "image[]"]
    assert got == three


async def test_an_edit_as_json(studio: Studio, near: Rogue) -> None:
    near.on("/my.png", near.reply(200, PNG))
    near.on("/v1/images/edits", ANSWER)
    linked = f"http://127.0.0.2:{near.port}/my.png"
    address = f"data:image/png;base64,{b64(PNG)}"
    for image in (address, [address, {"url": address}], [{"image_url": {"url": address}}]):
        reply = await studio.post("/v1/images/edits", model="m", prompt="x", image=image)
        assert reply.status == 200, reply.body
        files = [data for _, kind, data in parts_of(near.seen[-1]) if kind]
        assert set(files) == {PNG}
    listed = [{"image_url": address}, {"image_url": address}]  # as OpenAI's own JSON form
    reply = await studio.post("/v1/images/edits", model="m", prompt="x", images=listed)
    assert reply.status == 200, reply.body
    assert [data for _, kind, data in parts_of(near.seen[-1]) if kind] == [PNG, PNG]
    refused = await studio.post("/v1/images/edits", model="m", prompt="x", image=linked)
    # 127.0.0.2 is allowed by the operator; nothing listens there, which the caller is told.
    assert (refused.status, refused.code) == (400, "image_fetch_failed")
    assert (await studio.row(refused.request_id)).nanos == 0
    private = f"http://127.0.0.1:{near.port}/my.png"
    guarded = await studio.post("/v1/images/edits", model="m", prompt="x", image=private)
    assert (guarded.status, guarded.code) == (400, "image_fetch_failed")
    assert not any(seen.path == "/my.png" for seen in near.seen)


async def test_a_variation(studio: Studio) -> None:
    studio.near.answer(ANSWER)
    reply = await studio.upload(
        "/v1/images/variations", ("image", "a.png", PNG), ("model", None, b"m")
    )
    assert reply.status == 200, reply.body
    seen = studio.near.seen[0]
    assert seen.path == "/v1/images/variations"
    assert sorted(name for name, _, _ in parts_of(seen)) == ["image", "model"]


async def test_a_variation_through_edits_gets_an_instruction(begin: Begin) -> None:
    studio = await begin(more='operations = ["image_edit"]')
    studio.near.answer(ANSWER)
    reply = await studio.upload(
        "/v1/images/variations", ("image", "a.png", PNG), ("model", None, b"m")
    )
    assert reply.status == 200, reply.body
    seen = studio.near.seen[0]
    assert seen.path == "/v1/images/edits"
    assert b"variation" in {n: d for n, _, d in parts_of(seen)}["prompt"]


REFUSED: list[tuple[list[tuple[str, str | None, bytes]], int, str | None]] = [
    ([("prompt", None, b"x")], 400, "missing_field"),
    ([("image", "a.png", PNG)], 400, "missing_field"),
    ([("image", "a.txt", b"hello"), ("prompt", None, b"x")], 400, "invalid_image"),
    ([("image", "a.html", b"<html>"), ("prompt", None, b"x")], 400, "invalid_image"),
    ([("image", "a.png", b""), ("prompt", None, b"x")], 400, "invalid_image"),
    ([("image", "a.png", PNG), ("prompt", None, b"\xff\xfe")], 400, "invalid_value"),
    ([("photo", "a.png", PNG), ("prompt", None, b"x")], 400, "invalid_value"),
    (
        [("image", "a.png", PNG), ("mask", "m.jpg", JPEG), ("prompt", None, b"x")],
        400,
        "invalid_image",
    ),
    ([("image", "a.png", png(weight_bytes=70_000)), ("prompt", None, b"x")], 413, None),
    ([("n", None, b"1")] * 65, 413, None),
    ([("prompt", None, b"x" * 1_100_000)], 413, None),
    ([("image", "a.png", PNG), ("prompt", None, b"x"), ("n", None, b"99")], 400, None),
    ([("image", f"{n}.png", PNG) for n in range(17)], 400, "invalid_value"),
]


async def test_forms_that_are_refused(begin: Begin) -> None:
    studio = await begin(picture_bytes_max=65_536)
    for parts, status, code in REFUSED:
        reply = await studio.upload("/v1/images/edits", *parts)
        assert reply.status == status, (parts[0], reply.body)
        assert code is None or reply.code == code
    assert not studio.near.seen


async def test_a_mask_of_another_size_names_both(studio: Studio) -> None:
    reply = await studio.upload(
        "/v1/images/edits",
        ("image", "a.png", png(8, 8)),
        ("mask", "m.png", png(9, 8)),
        ("prompt", None, b"x"),
        ("model", None, b"m"),
    )
    assert (reply.status, reply.code) == (400, "invalid_image")
    assert "9x8" in reply.json()["error"]["message"]
    assert "8x8" in reply.json()["error"]["message"]
    assert not studio.near.seen


TYPES = [
    ("multipart/form-data", 400, "multipart_boundary_missing"),
    ("multipart/mixed; boundary=x", 415, "unsupported_media_type"),
    ("multipart/form-data; boundary=other", 400, "invalid_request"),
    ("application/json", 400, "invalid_json"),
    ("text/plain", 400, "invalid_json"),
]


async def test_the_wrong_type(studio: Studio) -> None:
    form = Form([("image", "a.png", PNG), ("prompt", None, b"x")])
    for content_type, status, code in TYPES:
        reply = await studio.raw("/v1/images/edits", form.body(), content_type)
        assert (reply.status, reply.code) == (status, code), content_type


@pytest.mark.parametrize("path", ["/v1/images/generations", "/ideogram/generate"])
async def test_a_form_where_json_is_read(studio: Studio, path: str) -> None:
    form = Form([("prompt", None, b"x")])
    reply = await studio.raw(path, form.body(), form.content_type)
    assert (reply.status, reply.code) == (415, "unsupported_media_type")


async def test_a_truncated_form(studio: Studio) -> None:
    form = Form([("image", "a.png", PNG), ("prompt", None, b"x")])
    body = form.body()
    for cut in (10, len(body) // 2, len(body) - 12):
        reply = await studio.raw("/v1/images/edits", body[:cut], form.content_type)
        assert (reply.status, reply.code) == (400, "invalid_request"), (cut, reply.body)
    assert not studio.near.seen


async def test_a_form_at_any_split(studio: Studio) -> None:
    """Byte by byte the same parts come out; the parser sees every boundary cut."""
    studio.near.answer(ANSWER)
    tricky = PNG + b"\r\n--Xtest\r\n--Xtes"
    form = Form([("image", "a.png", tricky), ("prompt", None, b"x")])
    body = form.body()
    _, writer = reader, writer = await studio.open(
        "/v1/images/edits", b"", form.content_type, {"content-length": str(len(body))}
    )
    for at in range(0, len(body), 7):
        writer.write(body[at : at + 7])
        await asyncio.sleep(0)
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()
    assert form.parts[0][2] in studio.near.seen[0].body


async def test_a_slow_form(begin: Begin) -> None:
    studio = await begin(upload_seconds_max=0.2)
    form = Form([("image", "a.png", PNG), ("prompt", None, b"x")])
    body = form.body()
    reader, writer = await studio.open(
        "/v1/images/edits", body[:100], form.content_type, {"content-length": str(len(body))}
    )
    assert (await reader.readline()).split()[1] == b"408"
    writer.close()


async def test_an_upload_needs_a_key_before_it_is_read(studio: Studio) -> None:
    form = Form([("image", "a.png", PNG), ("prompt", None, b"x")])
    reply = await studio.raw(
        "/v1/images/edits", form.body(), form.content_type, {"authorization": "Bearer sk-nobody"}
    )
    assert (reply.status, reply.code) == (401, "invalid_api_key")


async def test_an_idempotent_upload_is_made_once(studio: Studio) -> None:
    studio.near.answer(ANSWER)
    form = Form([("image", "a.png", PNG), ("prompt", None, b"x"), ("model", None, b"m")])
    told = {"idempotency-key": "once"}
    first = await studio.raw("/v1/images/edits", form.body(), form.content_type, told)
    await studio.settled()
    again = await studio.raw("/v1/images/edits", form.body(), form.content_type, told)
    other = Form([("image", "a.png", png(9, 9)), ("prompt", None, b"x"), ("model", None, b"m")])
    reused = await studio.raw("/v1/images/edits", other.body(), other.content_type, told)
    assert (first.status, again.status, reused.code) == (200, 200, "idempotency_key_reused")
    assert again.body == first.body
    assert len(studio.near.seen) == 1


async def test_dall_e_2_takes_small_png_alone(begin: Begin) -> None:
    studio = await begin(prices='\n[[prices]]\nmodel = "dall-e-2"\nper_image = "0.02"\n')
    reply = await studio.upload(
        "/v1/images/variations", ("image", "a.jpg", JPEG), ("model", None, b"dall-e-2")
    )
    assert (reply.status, reply.code) == (400, "invalid_image")
    studio.near.answer(ANSWER)
    named = await studio.upload("/v1/images/variations", ("image", "a.png", PNG))
    assert named.status == 200, "dall-e-2 is the default here"


async def test_ideogram_remix(begin: Begin) -> None:
    more = 'operations = ["ideogram", "image_edit"]'
    prices = '\n[[prices]]\nmodel = "ideogram*"\nper_image = "0.08"\n'
    studio = await begin(vendor="openai-compatible", more=more, prices=prices)
    studio.near.answer(ANSWER)
    wrapped = json.dumps({"image_request": {"prompt": "fox", "image_weight": 30, "model": "V_2"}})
    bare = json.dumps({"prompt": "fox"})
    for request in (wrapped, bare):
        reply = await studio.upload(
            "/ideogram/remix",
            ("image_file", "a.png", PNG),
            ("image_request", None, request.encode()),
        )
        assert reply.status == 200, reply.body
        (entry,) = reply.json()["data"]
        assert (entry["is_image_safe"], entry["prompt"]) == (True, "fox")
    fields = {name: data for name, _, data in parts_of(studio.near.seen[0])}
    assert fields["strength"] == b"0.7"
    assert (await studio.row(reply.request_id)).facts.model == "ideogram-v2"
    empty = await studio.upload("/ideogram/remix", ("image_request", None, bare.encode()))
    assert empty.code == "missing_field"


def jpeg(width: int, height: int, orientation: int) -> bytes:
    """Stored so; shown as EXIF says."""
    made, exif = BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (width, height), "teal").save(made, "JPEG", exif=exif)
    return made.getvalue()


@pytest.mark.parametrize("way", ["form", "json"])
async def test_a_photograph_on_its_side_is_turned_upright(studio: Studio, way: str) -> None:
    """For the vendor, and for the mask that was made over it as it is shown."""
    studio.near.answer(ANSWER)
    photograph, mask = jpeg(64, 32, 6), png(32, 64)
    if way == "form":
        reply = await studio.upload(
            "/v1/images/edits",
            ("image", "a.jpg", photograph),
            ("mask", "m.png", mask),
            ("prompt", None, b"x"),
            ("model", None, b"m"),
        )
    else:
        addresses = {
            "image": f"data:image/jpeg;base64,{b64(photograph)}",
            "mask": f"data:image/png;base64,{b64(mask)}",
        }
        reply = await studio.post("/v1/images/edits", model="m", prompt="x", **addresses)
    assert reply.status == 200, reply.body
    sent = [data for _, kind, data in parts_of(studio.near.seen[0]) if kind]
    assert [Image.open(BytesIO(data)).size for data in sent] == [(32, 64), (32, 64)]
    assert Image.open(BytesIO(sent[0])).getexif().get(0x0112, 1) == 1


async def test_what_stands_upright_is_sent_as_it_is(studio: Studio) -> None:
    studio.near.answer(ANSWER)
    for photograph in (jpeg(64, 32, 1), jpeg(8, 8, 6)[:200]):
        await studio.upload(
            "/v1/images/edits",
            ("image", "a.jpg", photograph),
            ("prompt", None, b"x"),
            ("model", None, b"m"),
        )
        assert [data for _, kind, data in parts_of(studio.near.seen[-1]) if kind] == [photograph]
