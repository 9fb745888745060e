"""POST /v1/images/generations: what comes back, in the form that was asked for, and its price."""

import json
from base64 import b64decode

import pytest

from tests.pictures.conftest import Begin
from tests.pictures.studio import CENT, Studio, b64, images, png
from tests.support.rogue import Rogue

pytestmark = pytest.mark.untraced

PNG = png()


async def test_a_whole_call(studio: Studio) -> None:
    studio.near.answer(images({"b64_json": b64(PNG), "revised_prompt": "a red boat"}))
    reply = await studio.draw(size="8×8", n=1)
    assert reply.status == 200, reply.body
    shown = reply.json()
    assert list(shown) == ["created", "data"]
    assert isinstance(shown["created"], int)
    (entry,) = shown["data"]
    assert entry["revised_prompt"] == "a red boat"
    file = await studio.file(entry["url"])
    assert (file.status, file.headers["content-type"], file.body) == (200, "image/png", PNG)
    row = await studio.row(reply.request_id)
    assert (row.nanos, row.facts.operation, row.exact) == (2 * CENT, "image", True)
    assert reply.headers["x-waystation-cost"] == "0.02"
    sent = json.loads(studio.near.seen[0].body)
    assert sent == {"model": "m", "prompt": "a boat", "size": "8x8"}
    assert studio.near.seen[0].path == "/v1/images/generations"


@pytest.mark.parametrize("wanted", ["url", "b64_json"])
@pytest.mark.parametrize("given", ["url", "b64_json", "data"])
async def test_the_form_asked_for_whatever_the_vendor_gives(
    studio: Studio, near: Rogue, wanted: str, given: str
) -> None:
    entries = {
        "url": {"url": f"{near.url}/made/1.png"},
        "b64_json": {"b64_json": b64(PNG)},
        "data": {"url": f"data:image/png;base64,{b64(PNG)}"},
    }
    near.on("/made/1.png", near.reply(200, PNG))
    near.on("/v1/images/generations", images(entries[given]))
    reply = await studio.draw(response_format=wanted)
    assert reply.status == 200, reply.body
    (entry,) = reply.json()["data"]
    assert list(entry) == [wanted]
    if wanted == "b64_json":
        assert b64decode(entry["b64_json"]) == PNG
    else:
        assert (await studio.file(entry["url"])).body == PNG


async def test_gpt_image_is_base64_by_itself_and_costs_its_tokens(begin: Begin) -> None:
    prices = """
[[prices]]
model = "gpt-image-1"
input = "5"
output = "40"
image_in = "10"
image_out = "40"
"""
    studio = await begin(prices=prices)
    usage = {
        "total_tokens": 1066,
        "input_tokens": 10,
        "output_tokens": 1056,
        "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
    }
    studio.near.answer(images({"b64_json": b64(PNG)}, usage=usage, quality="medium"))
    reply = await studio.draw(model="gpt-image-1", response_format="b64_json")
    shown = reply.json()
    assert shown["usage"] == usage
    assert shown["quality"] == "medium"
    assert b64decode(shown["data"][0]["b64_json"]) == PNG
    assert "response_format" not in json.loads(studio.near.seen[0].body)
    row = await studio.row(reply.request_id)
    assert row.nanos == 10 * 5_000 + 1056 * 40_000
    plain = await studio.draw(model="gpt-image-1")
    assert list(plain.json()["data"][0]) == ["b64_json"]
    linked = await studio.draw(model="gpt-image-1", response_format="url")
    assert list(linked.json()["data"][0]) == ["url"]


@pytest.mark.parametrize(
    ("order", "cents"),
    [
        ({"size": "1024x1024", "quality": "hd"}, 8),
        ({"size": "1024x1024"}, 4),
        ({"size": "512x512", "quality": "hd"}, 1),
        ({}, 1),
        ({"size": "1024x1024", "quality": "hd", "n": 3}, 24),
    ],
)
async def test_size_quality_and_number_make_the_price(
    studio: Studio, order: dict[str, object], cents: int
) -> None:
    count = order.get("n", 1)
    assert isinstance(count, int)
    studio.near.answer(images(*({"b64_json": b64(PNG)} for _ in range(count))))
    reply = await studio.draw(model="by-size", **order)
    assert (await studio.row(reply.request_id)).nanos == cents * CENT


async def test_unknown_fields_travel_on(studio: Studio) -> None:
    studio.near.answer(images({"b64_json": b64(PNG)}))
    await studio.draw(num_inference_steps=20, guidance_scale=5.5, negative_prompt="fog")
    sent = json.loads(studio.near.seen[0].body)
    assert (sent["num_inference_steps"], sent["guidance_scale"]) == (20, 5.5)
    assert sent["negative_prompt"] == "fog"


async def test_aliases_are_one_model(begin: Begin) -> None:
    studio = await begin(prices='\n[[prices]]\nmodel = "flux-pro-1.1"\nper_image = "0.04"\n')
    studio.near.answer(images({"b64_json": b64(PNG)}))
    reply = await studio.draw(model="flux.1.1-pro")
    row = await studio.row(reply.request_id)
    assert (row.facts.model, row.nanos) == ("flux-pro-1.1", 4 * CENT)
    assert json.loads(studio.near.seen[0].body)["model"] == "flux-pro-1.1"


async def test_fewer_than_asked_are_an_answer_and_a_bill(studio: Studio) -> None:
    studio.near.answer(images({"b64_json": b64(PNG)}, {"b64_json": b64(PNG)}))
    reply = await studio.draw(n=3)
    assert len(reply.json()["data"]) == 2
    assert (await studio.row(reply.request_id)).nanos == 4 * CENT


async def test_more_than_asked_are_not_billed(studio: Studio) -> None:
    studio.near.answer(images(*({"b64_json": b64(PNG)} for _ in range(3))))
    reply = await studio.draw(n=1)
    assert len(reply.json()["data"]) == 1
    assert (await studio.row(reply.request_id)).nanos == 2 * CENT


async def test_n_is_fanned_out_where_one_comes_at_a_time(begin: Begin) -> None:
    studio = await begin(vendor="openai-compatible")
    one = images({"b64_json": b64(PNG)})
    studio.near.queue(one, Rogue.error(400), one)
    reply = await studio.draw(n=3, seed=7)
    assert reply.status == 200
    assert len(reply.json()["data"]) == 2
    seeds = sorted(json.loads(seen.body)["seed"] for seen in studio.near.seen)
    assert seeds == [7, 8, 9]
    assert all("n" not in json.loads(seen.body) for seen in studio.near.seen)
    assert (await studio.row(reply.request_id)).nanos == 4 * CENT


async def test_dall_e_3_gives_one_a_call(begin: Begin) -> None:
    studio = await begin(prices='\n[[prices]]\nmodel = "dall-e-3"\nper_image = "0.04"\n')
    studio.near.answer(images({"b64_json": b64(PNG)}))
    reply = await studio.draw(model="dall-e-3", n=2, aspect_ratio="16:9")
    assert len(reply.json()["data"]) == 2
    assert [json.loads(seen.body)["size"] for seen in studio.near.seen] == ["1792x1024"] * 2
