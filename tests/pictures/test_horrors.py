"""What nobody sends by mistake: bombs, lies, addresses that lead inside."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tests.pictures.conftest import Begin
from tests.pictures.studio import Form, Studio, b64, images, png
from tests.support.rogue import Rogue
from tests.transport.hostile import URLS
from waystation.ledger.prices import ONE, Price, PriceRow, charge
from waystation.meter.pictures import read_picture_usage
from waystation.upstream.url import parse_url

PNG = png()
ANSWER = images({"b64_json": b64(PNG)})


@pytest.fixture
def inside() -> Iterator[Rogue]:
    """A server on a private address that nobody may be led to."""
    with Rogue() as one:
        one.answer(one.reply(200, PNG))
        yield one


@pytest.fixture
def outside() -> Iterator[Rogue]:
    """One on an address that the operator allows."""
    one = Rogue()
    one.host = "127.0.0.2"
    with one:
        yield one


async def test_a_body_that_is_too_large_is_refused_by_its_head(studio: Studio) -> None:
    for path, kind in (
        ("/v1/images/edits", "multipart/form-data; boundary=x"),
        ("/v1/images/generations", "application/json"),
    ):
        told = {"content-length": str(10**9)}
        reader, writer = await studio.open(path, b"", kind, told)
        async with asyncio.timeout(20):
            line = await reader.readline()
        writer.close()
        assert line.split()[1] == b"413"


async def test_bombs(begin: Begin) -> None:
    studio = await begin(upload_bytes_max=2**20, picture_bytes_max=2**19, body_bytes_max=2**20)
    form = Form([("image", "a.png", png(weight_bytes=2**23)), ("prompt", None, b"x")])
    packed = gzip.compress(form.body())
    assert len(packed) < 2**17
    told = {"content-encoding": "gzip"}
    reply = await studio.raw("/v1/images/edits", packed, form.content_type, told)
    assert reply.status == 413
    body = gzip.compress(json.dumps({"prompt": "x", "image": "A" * 2**23}).encode())
    reply = await studio.raw("/v1/images/generations", body, "application/json", told)
    assert reply.status == 413


async def test_a_hundred_thousand_parts(studio: Studio) -> None:
    body = b"--x\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n" * 100_000 + b"--x--\r\n"
    reply = await studio.raw("/v1/images/edits", body, "multipart/form-data; boundary=x")
    assert reply.status == 413


NO_PARTS = [
    b"content-disposition: form-data\r\n\r\nx",
    b"content-disposition: attachment; name=a\r\n\r\nx",
    b"content-type: text/plain\r\n\r\nx",
    b"content-disposition: form-data; name=" + b"n" * 300 + b"\r\n\r\nx",
    b"content-disposition: form-data; name=a\r\nx-long: " + b"y" * 9000 + b"\r\n\r\nx",
    b"x: 1\r\n" * 50 + b"\r\nx",
    b"no colon here\r\n\r\nx",
    b"bad name\x00: 1\r\n\r\nx",
]


async def test_parts_that_are_none(studio: Studio) -> None:
    for part in NO_PARTS:
        body = b"--x\r\n" + part + b"\r\n--x--\r\n"
        reply = await studio.raw("/v1/images/edits", body, "multipart/form-data; boundary=x")
        assert (reply.status, reply.code) == (400, "invalid_request"), (part, reply.body)


async def test_json_that_is_none(studio: Studio) -> None:
    deep = b'{"prompt":"x","extra":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    for body in (
        b"",
        b"[]",
        b"null",
        b'{"prompt":"x"',
        b'{"prompt":"x"} x',
        b'{"prompt":"\\ud800"}',
        b'{"prompt":"\xff"}',
        b'{"prompt":"x","n":NaN}',
        b'{"prompt":"x","n":1e999}',
        b'{"prompt":"x","seed":1e300}',
        deep,
    ):
        for path in ("/v1/images/generations", "/ideogram/generate"):
            reply = await studio.raw(path, body, "application/json")
            assert reply.status == 400, (path, body[:40], reply.body)
    assert not studio.near.seen


async def test_what_is_billed_is_what_is_sent(studio: Studio) -> None:
    studio.near.answer(images(*({"b64_json": b64(PNG)} for _ in range(2))))
    body = b'{"n":9,"model":"dear","prompt":"x","model":"m","n":2}'
    reply = await studio.raw("/v1/images/generations", body, "application/json")
    assert reply.status == 200, reply.body
    sent = json.loads(studio.near.seen[0].body)
    assert (sent["model"], sent["n"]) == ("m", 2)
    row = await studio.row(reply.request_id)
    assert (row.facts.model, row.nanos) == ("m", 40_000_000)


async def test_no_field_chooses_a_host_or_a_key(studio: Studio) -> None:
    studio.near.answer(ANSWER)
    more = {"api_key": "sk-other", "base_url": "http://127.0.0.1:1", "organization": "o"}
    told = {"openai-organization": "o", "x-forwarded-host": "evil.example", "x-api-key": ""}
    reply = await studio.draw(told, **more)
    assert reply.status == 200
    headers = studio.near.seen[0].headers
    assert "openai-organization" not in headers
    assert headers["authorization"].endswith("canary.5b0e4fa1c7")
    assert reply.json()["data"][0]["url"].startswith("http://studio.test/")


def private(port: int) -> list[str]:
    """Ways to write addresses that lead inside; 127.0.0.2 is allowed here."""
    hostile = [url.replace("{port}", str(port)) for url in URLS]
    others = [f"file:///etc/passwd?{port}", f"gopher://127.0.0.1:{port}/", f"//127.0.0.1:{port}/"]
    return [url for url in (*hostile, *others) if "127.0.0.2" not in url]


def host_of(address: str) -> str:
    try:
        return parse_url(address)[0].host
    except ValueError:
        return ""


async def test_no_address_of_a_caller_leads_inside(studio: Studio, inside: Rogue) -> None:
    for address in private(inside.port):
        reply = await studio.post("/v1/images/edits", model="m", prompt="x", image=address)
        assert reply.status == 400, (address, reply.body)
        assert reply.code in ("image_fetch_failed", "invalid_value"), address
    assert not inside.links


async def test_no_address_of_a_vendor_leads_inside(studio: Studio, inside: Rogue) -> None:
    """Also not where the channel itself is private: consent is for its own host."""
    addresses = [each for each in private(inside.port) if host_of(each) != "127.0.0.1"]
    assert len(addresses) > 120
    good = {"b64_json": b64(PNG)}
    for at in range(0, len(addresses), 9):
        studio.near.answer(images(good, *({"url": one} for one in addresses[at : at + 9])))
        reply = await studio.draw(n=10)
        assert reply.status == 200, reply.body
        assert len(reply.json()["data"]) == 1
        assert (await studio.row(reply.request_id)).nanos == 20_000_000
    assert not inside.links


async def test_redirects_do_not_lead_inside(studio: Studio, inside: Rogue, outside: Rogue) -> None:
    target = f"http://127.0.0.1:{inside.port}/a.png"
    outside.on("/in", outside.reply(302, b"", {"location": target}))
    outside.on("/round", outside.reply(302, b"", {"location": "/round"}))
    outside.on("/a.png", outside.reply(200, PNG))
    outside.on("/once", outside.reply(302, b"", {"location": "/a.png"}))
    outside.on("/html", outside.reply(200, b"<html>"))
    studio.near.answer(ANSWER)
    for path in ("/in", "/round", "/html"):
        image = f"{outside.url}{path}"
        reply = await studio.post("/v1/images/edits", model="m", prompt="x", image=image)
        assert (reply.status, reply.code) == (400, "image_fetch_failed"), (path, reply.body)
    assert not inside.seen
    good = await studio.post("/v1/images/edits", model="m", prompt="x", image=f"{outside.url}/once")
    assert good.status == 200, good.body
    assert "authorization" not in outside.seen[-1].headers


@pytest.mark.parametrize(
    "usage",
    [
        {"input_tokens": -5, "output_tokens": 10},
        {"input_tokens": "7", "output_tokens": 10},
        {"input_tokens": 10**18, "output_tokens": 10},
        {"input_tokens": 5, "output_tokens": 3, "input_tokens_details": {"image_tokens": 99}},
        {"input_tokens": 5, "output_tokens": 3, "output_tokens_details": {"text_tokens": 99}},
        {"input_tokens": 5, "output_tokens": 3, "input_tokens_details": [1]},
        {"input_tokens": 5, "output_tokens": 3, "input_tokens_details": {"image_tokens": -9}},
    ],
)
def test_lying_usage_is_clamped(usage: dict[str, Any]) -> None:
    price = Price.build(PriceRow(model="m", input="5", image_in="10", image_out="40"))
    read = read_picture_usage(msgspec.json.encode(usage))
    assert read is not None
    assert 0 <= charge(read, price, ONE).nanos <= 10_000_000 * 40_000 * 2
    assert min(read.input_fresh, read.image_in, read.output_text, read.image_out) >= 0
    told = usage.get("input_tokens")
    if isinstance(told, int) and 0 <= told < 10**7:
        assert read.input_tokens == told


def test_usage_that_says_nothing() -> None:
    odd = b'{"input_tokens":1.5,"output_tokens":true}'
    for raw in (b"null", b"{}", odd, b"[]", b"7", b'{"input_tokens":0}', b"{"):
        assert read_picture_usage(raw) is None
