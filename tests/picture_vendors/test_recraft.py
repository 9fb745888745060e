"""Recraft: pictures, vectors, tools; refusals in plain text."""

from base64 import b64encode
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
from tests.support.script import CLOSE, STALL, Script, reply
from waystation.upstream.pictures.recraft import Recraft

NAME = "recraft"
KEY = {"authorization": f"Bearer {SECRET}"}
RECRAFT = Recraft()
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"></svg>'
B64 = b64encode(PNG).decode()


def plain(text: str, status: int) -> Script:
    return reply(status, text.encode(), {"content-type": "text/plain; charset=utf-8"})


def answered(*items: dict[str, Any]) -> dict[str, Any]:
    return {"created": 1748140800, "credits": 40, "data": list(items)}


async def test_generation(line: Line) -> None:
    svg = {"b64_json": b64encode(SVG).decode(), "image_id": "a1", "revised_prompt": "a boat"}
    line.says(json_reply(answered(svg, {"url": "https://img.recraft.ai/x", "image_id": "b2"})))
    controls = {"colors": [{"rgb": [1, 2, 3]}], "background_color": {"rgb": [4, 5, 6]}}
    wanted = order(
        model="recraftv3", n=2, size="1365x1024", style="vector_illustration", seed=9,
        response_format="url", negative_prompt="fog", quality="hd",
        extras={"substyle": "line_art", "controls": controls},
    )  # fmt: skip
    assert RECRAFT.per_call(wanted) == 6
    pictures = await line.draw(NAME, RECRAFT, wanted)
    line.asked(
        0, "POST", "/v1/images/generations", KEY,
        json={
            "prompt": "a paper boat", "model": "recraftv3", "n": 2, "response_format": "b64_json",
            "style": "vector_illustration", "negative_prompt": "fog", "random_seed": 9,
            "substyle": "line_art", "controls": controls, "size": "1365x1024",
        },
    )  # fmt: skip
    first, second = pictures.items
    assert (first.data, first.revised_prompt) == (SVG, "a boat")
    assert second.address == "https://img.recraft.ai/x"
    assert [loss.path for loss in pictures.losses] == ["quality"]


@pytest.mark.parametrize(
    ("fields", "size", "lost"),
    [
        ({"size": "auto"}, None, []),
        ({"aspect_ratio": "16:9"}, "16:9", []),
        ({"aspect_ratio": "16:9", "size": "2048x2048"}, "16:9", ["size"]),
        ({"size": "7x7"}, "7x7", []),
    ],
)
async def test_sizes_go_as_they_came(
    line: Line, fields: dict[str, Any], size: str | None, lost: list[str]
) -> None:
    line.says(json_reply(answered({"b64_json": B64})))
    pictures = await line.draw(NAME, RECRAFT, order(model="recraftv3", **fields))
    assert line.seen[0].json().get("size") == size
    assert [loss.path for loss in pictures.losses] == lost


async def test_a_picture_and_words(line: Line) -> None:
    line.says(json_reply(answered({"b64_json": B64})))
    wanted = order("edit", model="recraftv3", inputs=(picture(b"one"),), size="1024x1024")
    await line.draw(NAME, RECRAFT, wanted)
    line.asked(
        0, "POST", "/v1/images/imageToImage", KEY,
        form=[
            Part("prompt", b"a paper boat"),
            Part("model", b"recraftv3"),
            Part("response_format", b"b64_json"),
            Part("strength", b"0.5"),
            Part("image", b"one", "image/png", "picture4.png"),
        ],
    )  # fmt: skip


async def test_a_mask_is_white_where_it_is_transparent(line: Line) -> None:
    line.says(json_reply(answered({"b64_json": B64})))
    wanted = order("edit", model="recraftv3", inputs=(picture(b"one"),), mask=half_mask())
    await line.draw(NAME, RECRAFT, wanted)
    assert line.seen[0].target == "/v1/images/inpaint"
    parts = {part.name: part for part in parts_of(line.seen[0])}
    assert set(parts) == {"prompt", "model", "response_format", "mask", "image"}
    assert greys(parts["mask"].value) == [255, 255, 0, 0]


async def test_a_tools_name_is_ours_and_stays_here(line: Line) -> None:
    line.says(json_reply(answered({"b64_json": B64})))
    inputs = (picture(b"one"),)
    wanted = order("edit", model="recraft-inpaint", inputs=inputs, mask=half_mask())
    await line.draw(NAME, RECRAFT, wanted)
    assert line.seen[0].target == "/v1/images/inpaint"
    assert "model" not in {part.name for part in parts_of(line.seen[0])}


async def test_what_a_form_wrote_as_text_is_what_it_means(line: Line) -> None:
    line.says(json_reply(answered({"b64_json": B64})))
    wanted = order(
        "edit", model="recraftv3", inputs=(picture(b"one"),), strength=0.2,
        extras={"controls": '{"no_text": true}', "substyle": "grain", "text_layout": [1]},
    )  # fmt: skip
    await line.draw(NAME, RECRAFT, wanted)
    told = {part.name: part.value for part in parts_of(line.seen[0])}
    assert told["controls"] == b'{"no_text": true}'
    assert told["substyle"] == b"grain"
    assert told["text_layout"] == b"[1]"
    assert told["strength"] == b"0.2"


@pytest.mark.parametrize(
    ("model", "action", "prompt", "path", "fields"),
    [
        ("recraftv3", "upscale", "", "crispUpscale", {"response_format", "file"}),
        ("recraft-creative-upscale", "upscale", "", "creativeUpscale",
         {"response_format", "file"}),
        ("recraft-remove-background", "edit", "", "removeBackground",
         {"response_format", "file"}),
        ("recraft-vectorize", "edit", "", "vectorize",
         {"response_format", "file", "svg_compression"}),
        ("recraft-replace-background", "edit", "a beach", "replaceBackground",
         {"response_format", "image", "prompt"}),
        ("recraftv3", "vary", "", "variateImage", {"response_format", "image", "size"}),
    ],
)  # fmt: skip
async def test_tools(
    line: Line, model: str, action: str, prompt: str, path: str, fields: set[str]
) -> None:
    line.says(json_reply({"created": 1, "image": {"image_id": "x", "b64_json": B64}}))
    extras = {"svg_compression": "on"} if path == "vectorize" else {}
    wanted = order(action, prompt=prompt, model=model, inputs=(picture(b"one"),), extras=extras)
    pictures = await line.draw(NAME, RECRAFT, wanted)
    assert line.seen[0].target == f"/v1/images/{path}"
    assert {part.name for part in parts_of(line.seen[0])} == fields
    assert pictures.items[0].data == PNG
    assert pictures.losses == ()


@pytest.mark.parametrize(
    ("answer", "code", "status", "words"),
    [
        (plain("request unauthorized", 401), "upstream_account_unavailable", 503, "unauthorized"),
        (plain("not enough credits", 402), "upstream_account_unavailable", 503, "credits"),
        (plain("404 page not found", 404), "invalid_request", 404, "page not found"),
        (plain("size 7x7 is not supported", 400), "invalid_request", 400, "7x7"),
        (plain("Prompt was rejected by moderation", 400), "content_policy_violation", 400,
         "moderation"),
        (json_reply({"code": "nsfw", "message": "NSFW content"}, 400),
         "content_policy_violation", 400, "NSFW"),
        (json_reply({"code": "invalid", "message": "style is unknown"}, 400), "invalid_request",
         400, "style"),
        (reply(429, b"slow", {"retry-after": "4"}), "upstream_saturated", 429, "slow"),
        (plain(f"oops {SECRET}", 500), "upstream_error", 502, "oops"),
        (reply(502, b"<html>", {"content-type": "text/html"}), "upstream_error", 502, ""),
        (json_reply(answered()), "bad_upstream_response", 502, ""),
        (json_reply(answered({"image_id": "a"})), "bad_upstream_response", 502, ""),
        (plain("all is well", 200), "bad_upstream_response", 502, ""),
        ((CLOSE,), "upstream_error", 502, ""),
    ],
)  # fmt: skip
async def test_refusals_and_nonsense(
    line: Line, answer: Any, code: str, status: int, words: str
) -> None:
    line.says(answer)
    failure = await line.fails(NAME, RECRAFT, order(model="recraftv3"))
    assert (failure.code, failure.fault.status) == (code, status)
    assert words in failure.fault.text()
    if code == "upstream_saturated":
        assert failure.fault.retry_after == 4


async def test_never_answering(line: Line) -> None:
    line.says((STALL,))
    failure = await line.fails(NAME, RECRAFT, order(model="recraftv3"), seconds=0.3)
    assert failure.code == "upstream_timeout"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"action": "edit", "model": "recraftv3"}, "image"),
        ({"action": "edit", "model": "recraft-erase-region", "inputs": 1}, "mask"),
        ({"action": "edit", "model": "recraft-vectorize", "inputs": 1, "mask": True}, "mask"),
        ({"model": "recraftv3", "style": "any", "extras": {"style_id": "u-1"}}, "style_id"),
        ({"model": "recraftv3", "extras": {"controls": "{nothing"}}, "controls"),
    ],
)
async def test_what_cannot_be_asked(line: Line, fields: dict[str, Any], param: str) -> None:
    fields["inputs"] = tuple(picture(b"one") for _ in range(fields.get("inputs", 0)))
    fields["mask"] = half_mask() if fields.get("mask") else None
    failure = await line.fails(NAME, RECRAFT, order(**fields))
    assert (failure.status, failure.fault.param) == (400, param)
    assert not line.seen
