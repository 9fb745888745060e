"""Ideogram: the legacy API and 3.0."""

import json
from typing import Any

import pytest

from tests.picture_vendors.line import (
    PNG,
    SECRET,
    Line,
    Part,
    greys,
    half_mask,
    json_reply,
    order,
    parts_of,
    picture,
)
from tests.support.script import CLOSE, STALL, reply
from waystation.upstream.pictures.ideogram import Ideogram
from waystation.upstream.pictures.ideogram_fields import version_of

NAME = "ideogram"
KEY = {"api-key": SECRET}
IDEOGRAM = Ideogram()


def told(*items: dict[str, Any]) -> dict[str, Any]:
    return {"created": "2024-11-03T08:15:30.120Z", "data": list(items)}


def item(**more: Any) -> dict[str, Any]:
    return {
        "is_image_safe": True,
        "prompt": "a paper boat, on a pond",
        "resolution": "1024x1024",
        "seed": 12345,
        "style_type": "GENERAL",
        "url": "https://ideogram.ai/api/images/ephemeral/x.png?exp=1&sig=2",
        **more,
    }


UNSAFE = item(is_image_safe=False, url=None)


async def test_legacy_generation(line: Line) -> None:
    line.says(json_reply(told(item(), UNSAFE)))
    palette = {"members": [{"color_hex": "#FF0000", "color_weight": 0.5}]}
    wanted = order(
        model="V_2", n=2, aspect_ratio="16:9", seed=7, negative_prompt="fog", style="realistic",
        extras={"magic_prompt_option": "OFF", "color_palette": palette},
    )  # fmt: skip
    assert IDEOGRAM.per_call(wanted) == 8
    pictures = await line.draw(NAME, IDEOGRAM, wanted)
    line.asked(
        0, "POST", "/generate", KEY,
        json={
            "image_request": {
                "prompt": "a paper boat", "model": "V_2", "num_images": 2, "seed": 7,
                "magic_prompt_option": "OFF", "style_type": "REALISTIC", "color_palette": palette,
                "negative_prompt": "fog", "aspect_ratio": "ASPECT_16_9",
            }
        },
    )  # fmt: skip
    first, second = pictures.items
    assert first.address == "https://ideogram.ai/api/images/ephemeral/x.png?exp=1&sig=2"
    assert (first.seed, first.size, first.style) == (12345, "1024x1024", "GENERAL")
    assert (first.revised_prompt, first.blocked) == ("a paper boat, on a pond", False)
    assert (second.address, second.blocked, second.seed) == (None, True, 12345)
    assert pictures.losses == ()


@pytest.mark.parametrize(
    ("model", "fields", "shape"),
    [
        ("V_2", {"size": "1536x640"}, {"resolution": "RESOLUTION_1536_640"}),
        ("V_2", {"size": "1792x1024"}, {"aspect_ratio": "ASPECT_16_9"}),
        ("V_2", {"size": "1536x640", "aspect_ratio": "1:1"}, {"aspect_ratio": "ASPECT_1_1"}),
        ("V_2", {"extras": {"resolution": "512x1536"}}, {"resolution": "RESOLUTION_512_1536"}),
        ("V_2", {"extras": {"resolution": "RESOLUTION_512_1536"}},
         {"resolution": "RESOLUTION_512_1536"}),
        ("V_2_TURBO", {"size": "1536x640"}, {"aspect_ratio": "ASPECT_3_1"}),
        ("V_1", {"aspect_ratio": "9:21"}, {"aspect_ratio": "ASPECT_1_3"}),
        ("V_1", {"size": "auto"}, {}),
        ("V_2A", {}, {}),
    ],
)  # fmt: skip
async def test_legacy_shapes(
    line: Line, model: str, fields: dict[str, Any], shape: dict[str, str]
) -> None:
    line.says(json_reply(told(item())))
    await line.draw(NAME, IDEOGRAM, order(model=model, **fields))
    asked = line.seen[0].json()["image_request"]
    assert {name: asked[name] for name in ("aspect_ratio", "resolution") if name in asked} == shape


async def test_legacy_models_lose_what_they_have_not(line: Line) -> None:
    line.says(json_reply(told(item())))
    wanted = order(
        model="V_2A_TURBO", negative_prompt="fog", style="fiction", quality="hd",
        extras={"color_palette": {"name": "EMBER"}},
    )  # fmt: skip
    pictures = await line.draw(NAME, IDEOGRAM, wanted)
    assert line.seen[0].json()["image_request"] == {
        "prompt": "a paper boat", "model": "V_2A_TURBO",
    }  # fmt: skip
    assert {loss.path for loss in pictures.losses} == {
        "negative_prompt", "style", "quality", "color_palette",
    }  # fmt: skip


async def test_legacy_remix_and_edit(line: Line) -> None:
    line.says(json_reply(told(item())), json_reply(told(item())))
    inputs = (picture(b"one"),)
    await line.draw(NAME, IDEOGRAM, order("vary", model="V_2", inputs=inputs, strength=0.3))
    (request, file) = parts_of(line.seen[0])
    assert line.seen[0].target == "/remix"
    assert json.loads(request.value) == {
        "prompt": "a paper boat", "model": "V_2", "image_weight": 70,
    }  # fmt: skip
    assert file == Part("image_file", b"one", "image/png", "picture1.png")
    masked = order("edit", model="V_2", inputs=inputs, mask=half_mask(), size="1024x1024")
    await line.draw(NAME, IDEOGRAM, masked)
    parts = {part.name: part for part in parts_of(line.seen[1])}
    assert line.seen[1].target == "/edit"
    assert set(parts) == {"prompt", "model", "mask", "image_file"}
    assert greys(parts["mask"].value) == [0, 0, 255, 255]


async def test_generation_with_3(line: Line) -> None:
    line.says(json_reply(told(item())))
    wanted = order(
        model="ideogram-v3-quality", aspect_ratio="10:16", seed=7, negative_prompt="fog",
        style="design", n=3,
        extras={"magic_prompt": "ON", "color_palette": {"name": "EMBER"},
                "style_preset": "ART_DECO"},
    )  # fmt: skip
    pictures = await line.draw(NAME, IDEOGRAM, wanted)
    line.asked(
        0, "POST", "/v1/ideogram-v3/generate", KEY,
        form=[
            Part("prompt", b"a paper boat"),
            Part("num_images", b"3"),
            Part("seed", b"7"),
            Part("magic_prompt", b"ON"),
            Part("rendering_speed", b"QUALITY"),
            Part("style_type", b"DESIGN"),
            Part("style_preset", b"ART_DECO"),
            Part("color_palette", b'{"name": "EMBER"}'),
            Part("negative_prompt", b"fog"),
            Part("aspect_ratio", b"10x16"),
        ],
    )  # fmt: skip
    assert pictures.losses == ()


@pytest.mark.parametrize(
    ("fields", "shape"),
    [
        ({"size": "1024x1024"}, {"resolution": "1024x1024"}),
        ({"size": "1000x500"}, {"resolution": "1408x704"}),
        ({"aspect_ratio": "21:9"}, {"aspect_ratio": "2x1"}),
        ({"extras": {"resolution": "1312x736"}}, {"resolution": "1312x736"}),
        ({}, {}),
    ],
)
async def test_shapes_of_3(line: Line, fields: dict[str, Any], shape: dict[str, str]) -> None:
    line.says(json_reply(told(item())))
    await line.draw(NAME, IDEOGRAM, order(model="V_3", **fields))
    asked = {part.name: part.value.decode() for part in parts_of(line.seen[0])}
    assert {name: asked[name] for name in ("aspect_ratio", "resolution") if name in asked} == shape


@pytest.mark.parametrize(
    ("model", "quality", "told", "speed", "lost"),
    [
        ("V_3", None, None, None, set()),
        ("V_3", None, "TURBO", "TURBO", set()),
        ("V_3", None, "QUALITY", "QUALITY", set()),
        ("V_3", "auto", "quality", "QUALITY", set()),
        ("V_3", None, "LUDICROUS", None, {"rendering_speed"}),
        ("V_3", "turbo", None, "TURBO", set()),
        ("V_3", "quality", None, "QUALITY", set()),
        ("V_3", "quality", "FLASH", "FLASH", set()),
        ("V_3", "turbo", "QUALITY", "TURBO", {"rendering_speed"}),
        ("V_3", "hd", None, "DEFAULT", {"quality"}),
        ("V_3", "hd", "QUALITY", "DEFAULT", {"quality", "rendering_speed"}),
        ("V_3_QUALITY", None, "QUALITY", "QUALITY", set()),
        ("V_3_QUALITY", "low", None, "TURBO", set()),
        ("V_3_TURBO", None, "DEFAULT", "TURBO", {"rendering_speed"}),
        ("V_3_TURBO", "quality", None, "TURBO", {"quality"}),
    ],
)
async def test_nobody_gets_a_dearer_speed_than_the_price_is_for(
    line: Line, model: str, quality: str | None, told: str | None, speed: str | None, lost: set[str]
) -> None:
    line.says(json_reply({"data": [item()]}))
    extras = {} if told is None else {"rendering_speed": told}
    pictures = await line.draw(NAME, IDEOGRAM, order(model=model, quality=quality, extras=extras))
    asked = {part.name: part.value.decode() for part in parts_of(line.seen[0])}
    assert asked.get("rendering_speed") == speed
    assert {loss.path for loss in pictures.losses} == lost


async def test_remix_edit_and_upscale_with_3(line: Line) -> None:
    line.says(*[json_reply(told(item(upscaled_resolution="2048x2048")))] * 3)
    inputs = (picture(PNG),)
    await line.draw(
        NAME, IDEOGRAM,
        order("edit", model="V_3", inputs=inputs, quality="low", extras={"image_weight": "60"}),
    )  # fmt: skip
    assert line.seen[0].target == "/v1/ideogram-v3/remix"
    asked = {part.name: part.value for part in parts_of(line.seen[0])}
    assert asked == {
        "prompt": b"a paper boat", "rendering_speed": b"TURBO", "image_weight": b"60",
        "image": PNG,
    }  # fmt: skip
    await line.draw(NAME, IDEOGRAM, order("edit", model="V_3", inputs=inputs, mask=half_mask()))
    assert line.seen[1].target == "/v1/ideogram-v3/edit"
    parts = {part.name: part for part in parts_of(line.seen[1])}
    assert set(parts) == {"prompt", "mask", "image"}
    assert greys(parts["mask"].value) == [0, 0, 255, 255]
    wanted = order("upscale", prompt="", model="ideogram", inputs=inputs, extras={"detail": 90})
    pictures = await line.draw(NAME, IDEOGRAM, wanted)
    assert line.seen[2].target == "/upscale"
    (request, file) = parts_of(line.seen[2])
    assert (json.loads(request.value), file.name) == ({"detail": 90}, "image_file")
    assert pictures.items[0].size == "2048x2048"


@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [
        (json_reply({"error": "Prompt provided failed safety check due to the inclusion of "
                              "prohibited content."}, 422), "content_policy_violation", 400),
        (json_reply({"error": "Invalid aspect_ratio"}, 400), "invalid_request", 400),
        (json_reply({"error": f"bad key {SECRET}"}, 401), "upstream_account_unavailable", 503),
        (json_reply({"error": "Not authorized"}, 403), "upstream_account_unavailable", 503),
        (json_reply({"error": "Too many requests"}, 429, {"retry-after": "3"}),
         "upstream_saturated", 429),
        (json_reply({"error": "oops"}, 500), "upstream_error", 502),
        (json_reply(told()), "bad_upstream_response", 502),
        (json_reply({"data": None}), "bad_upstream_response", 502),
        (json_reply({"created": "now"}), "bad_upstream_response", 502),
        (json_reply(told(item(url=None))), "bad_upstream_response", 502),
        (json_reply(told(item(url="javascript:alert(1)"))), "bad_upstream_response", 502),
        (reply(200, b"<html>", {"content-type": "text/html"}), "bad_upstream_response", 502),
        ((CLOSE,), "upstream_error", 502),
    ],
)  # fmt: skip
async def test_refusals_and_nonsense(line: Line, answer: Any, code: str, status: int) -> None:
    line.says(answer)
    failure = await line.fails(NAME, IDEOGRAM, order(model="V_2"))
    assert (failure.code, failure.fault.status) == (code, status)


async def test_all_unsafe_is_told_picture_by_picture(line: Line) -> None:
    """The form of this vendor shows them, so the picture path decides what to say."""
    line.says(json_reply(told(UNSAFE)))
    pictures = await line.draw(NAME, IDEOGRAM, order(model="V_2"))
    assert [one.blocked for one in pictures.items] == [True]


async def test_never_answering(line: Line) -> None:
    line.says((STALL,))
    failure = await line.fails(NAME, IDEOGRAM, order(model="V_2"), seconds=0.3)
    assert failure.code == "upstream_timeout"


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("ideogram", ("V_2", None)),
        ("V_2A", ("V_2A", None)),
        ("ideogram-V_1_TURBO", ("V_1_TURBO", None)),
        ("ideogram-v2-turbo", ("V_2_TURBO", None)),
        ("ideogram_v_3", ("V_3", None)),
        ("V3_TURBO", ("V_3", "TURBO")),
        ("ideogram-v3-flash", ("V_3", "FLASH")),
    ],
)
def test_versions_by_their_many_names(name: str, version: tuple[str, str | None]) -> None:
    assert version_of(name) == version


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": "V_9"}, "model"),
        ({"model": "V_3_SLOW"}, "model"),
        ({"model": "gpt-image-1"}, "model"),
        ({"action": "vary", "model": "V_2"}, "image"),
        ({"action": "edit", "model": "V_3", "inputs": 2}, "image"),
        ({"action": "edit", "model": "V_2A", "inputs": 1, "mask": True}, "mask"),
    ],
)
async def test_what_cannot_be_asked(line: Line, fields: dict[str, Any], param: str) -> None:
    fields["inputs"] = tuple(picture(b"one") for _ in range(fields.get("inputs", 0)))
    fields["mask"] = half_mask() if fields.get("mask") else None
    failure = await line.fails(NAME, IDEOGRAM, order(**fields))
    assert (failure.status, failure.fault.param) == (400, param)
    assert not line.seen
