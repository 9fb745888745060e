"""Generations: OpenAI's shape, what was asked for, counted exactly."""

import asyncio
import base64
import threading
import time
from io import BytesIO
from typing import Any

import pytest
from openai.types import ImageGenCompletedEvent, ImageGenPartialImageEvent, ImagesResponse
from PIL import Image

from tests.conformance.spec import fits
from tests.demo_pictures.asking import ask, events, picture, png, send
from waystation.demo.pictures.usage import input_tokens, output_tokens
from waystation.demo.transport import DemoTransport
from waystation.imaging.scene.prompt import Wanted
from waystation.imaging.scene.reading import read_drawing

PATH = "/v1/images/generations"
FOX: dict[str, Any] = {"model": "gpt-image-1", "prompt": "a red fox by the sea", "size": "256x256"}


async def drawn(**more: Any) -> dict[str, Any]:
    status, body = await ask(DemoTransport(), PATH, {**FOX, **more})
    assert status == 200, body
    return body


async def test_the_shape_is_openais() -> None:
    body = await drawn(n=2, quality="low")
    read = ImagesResponse.model_validate(body, strict=True)
    assert read.created > 1_700_000_000
    assert len(read.data or ()) == 2
    assert (read.output_format, read.quality, read.background) == ("png", "low", "opaque")
    assert read.usage is not None
    assert body["size"] == "256x256"
    assert read.usage.total_tokens == read.usage.input_tokens + read.usage.output_tokens
    assert read.usage.output_tokens == 2 * output_tokens((256, 256), "low")


async def test_what_was_asked_is_what_is_drawn() -> None:
    body = await drawn(size="1024x1024")
    image = picture(body["data"][0])
    assert (image.format, image.size) == ("PNG", (1024, 1024))
    seen = read_drawing(image)
    assert (seen.things, seen.ground) == ((Wanted("fox", "red", 1),), "sea")
    fits("ImagesResponse", body)  # whose sizes are three


async def test_it_depends_on_the_request_alone() -> None:
    one, again, other = await drawn(n=2), await drawn(n=2), await drawn(n=2, seed=9)
    assert one["data"] == again["data"]
    items = [item["b64_json"] for body in (one, other) for item in body["data"]]
    assert len(set(items)) == 4


async def test_a_negative_prompt_takes_away() -> None:
    body = await drawn(prompt="a fox, a tree", negative_prompt="trees", size="512x512")
    assert read_drawing(picture(body["data"][0])).things == (Wanted("fox", None, 1),)


@pytest.mark.parametrize("wanted", ["png", "jpeg", "webp"])
async def test_formats(wanted: str) -> None:
    body = await drawn(output_format=wanted, output_compression=60)
    assert picture(body["data"][0]).format == wanted.upper()
    assert body["output_format"] == wanted


async def test_compression_makes_smaller() -> None:
    one, other = [await drawn(output_format="jpeg", output_compression=q) for q in (90, 10)]
    assert len(other["data"][0]["b64_json"]) < len(one["data"][0]["b64_json"]) / 2


async def test_a_transparent_background() -> None:
    body = await drawn(background="transparent")
    image = picture(body["data"][0])
    assert image.mode == "RGBA"
    assert image.getchannel("A").getextrema() == (0, 255)
    assert body["background"] == "transparent"


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"size": "1536x1024"}, (1536, 1024)),
        ({"size": "640×384"}, (640, 384)),
        ({"size": "auto"}, (1024, 1024)),
        ({"size": None}, (1024, 1024)),
        ({"size": None, "aspect_ratio": "16:9"}, (1360, 768)),
        ({"size": "512x512", "aspect_ratio": "16:9"}, (688, 384)),
        ({"size": "2048x43", "aspect_ratio": "48:1"}, (2048, 43)),
    ],
)
async def test_sizes(fields: dict[str, Any], size: tuple[int, int]) -> None:
    assert picture((await drawn(**fields))["data"][0]).size == size


async def test_dalle_3_revises() -> None:
    body = await drawn(model="dall-e-3", response_format="url")
    assert FOX["prompt"] in body["data"][0]["revised_prompt"]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": " "}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"prompt": "x" * 32_001}, "prompt"),
        ({"n": 0}, "n"),
        ({"n": 11}, "n"),
        ({"n": True}, "n"),
        ({"n": 1.5}, "n"),
        ({"size": "big"}, "size"),
        ({"size": "8x8"}, "size"),
        ({"size": "4096x4096"}, "size"),
        ({"size": "99999x99999"}, "size"),
        ({"output_format": "gif"}, "output_format"),
        ({"output_compression": 101}, "output_compression"),
        ({"background": "transparent", "output_format": "jpeg"}, "background"),
        ({"aspect_ratio": "1:100", "size": None}, "aspect_ratio"),
        ({"partial_images": 4}, "partial_images"),
        ({"seed": -2}, "seed"),
        ({"seed": 2**63}, "seed"),
    ],
)
async def test_refusals_name_the_field(fields: dict[str, Any], param: str) -> None:
    status, body = await ask(DemoTransport(), PATH, {**FOX, **fields})
    assert status == 400
    assert body["error"]["param"] == param
    assert body["error"]["message"]


# ---- streams -------------------------------------------------------------------------------


async def test_a_stream_of_partial_pictures() -> None:
    fields = {**FOX, "stream": True, "partial_images": 2}
    incoming = await send(DemoTransport(), PATH, fields)
    assert incoming.header(b"content-type") == b"text/event-stream"
    told = await events(incoming)
    assert [name.removeprefix("image_generation.") for name, _ in told] == [
        "partial_image",
        "partial_image",
        "completed",
    ]
    partials = [ImageGenPartialImageEvent.model_validate(data) for _, data in told[:2]]
    last = ImageGenCompletedEvent.model_validate(told[2][1])
    assert [one.partial_image_index for one in partials] == [0, 1]
    whole = await drawn()
    assert last.b64_json == whole["data"][0]["b64_json"]
    assert last.usage.output_tokens == whole["usage"]["output_tokens"] + 200
    assert last.usage.input_tokens == whole["usage"]["input_tokens"]
    assert picture(told[0][1]).size == picture(told[2][1]).size == (256, 256)
    assert len({data["b64_json"] for _, data in told}) == 3
    for _, data in told:
        fits(
            "ImageGenCompletedEvent" if data is told[2][1] else "ImageGenPartialImageEvent",
            {**data, "size": "1024x1024"},
        )


async def test_a_stream_without_partials_and_of_several() -> None:
    incoming = await send(DemoTransport(), PATH, {**FOX, "stream": True, "n": 2})
    told = await events(incoming)
    assert [name for name, _ in told] == ["image_generation.completed"] * 2
    whole = await drawn(n=2)
    assert [data["b64_json"] for _, data in told] == [one["b64_json"] for one in whole["data"]]
    for key in ("input_tokens", "output_tokens", "total_tokens"):
        assert sum(data["usage"][key] for _, data in told) == whole["usage"][key]


async def test_a_stream_keeps_its_pace_and_its_end() -> None:
    fields = {**FOX, "stream": True, "partial_images": 3}
    incoming = await send(DemoTransport(), PATH, fields, **{"x-demo-pace-ms": "20"})
    began = time.perf_counter()
    assert await incoming.read()
    assert await incoming.read()
    assert time.perf_counter() - began >= 0.02
    incoming.close()
    assert await incoming.read() == b""


# ---- tokens --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "low", "medium", "high"),
    [
        ((1024, 1024), 272, 1056, 4160),
        ((1024, 1536), 408, 1584, 6240),
        ((1536, 1024), 400, 1568, 6208),
    ],
)
def test_output_tokens_are_the_published(
    size: tuple[int, int], low: int, medium: int, high: int
) -> None:
    assert [output_tokens(size, one) for one in ("low", "medium", "high")] == [low, medium, high]


@pytest.mark.parametrize(
    ("size", "tokens"),
    [((512, 512), 194), ((1024, 1024), 194), ((1024, 1536), 323), ((10, 10), 194)],
)
def test_input_tokens_count_tiles(size: tuple[int, int], tokens: int) -> None:
    assert input_tokens(size) == tokens


# ---- the gateway's loop --------------------------------------------------------------------


async def test_the_loop_hardly_works_for_a_picture() -> None:
    """What its own thread spends on one of full size, and that drawing is another's work."""
    transport = DemoTransport()
    spent = []
    for seed in range(6):
        fields = {**FOX, "size": "1024x1024", "seed": seed}
        began = time.thread_time()
        incoming = await send(transport, PATH, fields)
        spent.append(time.thread_time() - began)
        assert incoming.status == 200
    assert min(spent) < 0.005
    assert any(one.name.startswith("demo-pictures") for one in threading.enumerate())
    await transport.close()


async def test_no_more_than_a_few_are_drawn_at_once() -> None:
    transport = DemoTransport()
    fields = [{**FOX, "seed": seed, "size": "64x64"} for seed in range(90)]
    answers = await asyncio.gather(*(ask(transport, PATH, one) for one in fields))
    statuses = [status for status, _ in answers]
    assert statuses.count(200) >= 66
    assert set(statuses) <= {200, 503}
    drawing = [one for one in threading.enumerate() if one.name.startswith("demo-pictures")]
    assert 1 <= len(drawing) <= 2 * 4  # other transports' threads may still be there
    await transport.close()


async def test_a_caller_who_leaves_holds_no_place() -> None:
    transport = DemoTransport()
    for _ in range(5):
        tasks = [
            asyncio.create_task(send(transport, PATH, {**FOX, "n": 2, "seed": n}))
            for n in range(30)
        ]
        await asyncio.sleep(0)
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    status, _ = await ask(transport, PATH, FOX)
    assert status == 200
    await transport.close()


async def test_images_in_generations_are_edited() -> None:
    """kontext models take their picture here."""
    given = Image.new("RGB", (64, 64), (10, 200, 10))
    raw = "data:image/png;base64," + base64.b64encode(png(given)).decode()
    body = await drawn(image=raw, prompt="red", size=None)
    made = picture(body["data"][0])
    assert made.size == (64, 64)
    assert made.resize((1, 1)).getpixel((0, 0))[0] > 60  # type: ignore[index]
    assert body["usage"]["input_tokens_details"]["image_tokens"] == 194
    assert Image.open(BytesIO(png(made))).format == "PNG"
