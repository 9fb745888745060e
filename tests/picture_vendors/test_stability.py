"""Stability AI: forms out, a picture's bytes back; SDXL in JSON."""

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
from tests.support.script import CLOSE, RESET, STALL, Drip, Pause, reply
from waystation.kernel.spool import Spool
from waystation.upstream.pictures.polling import Pauses
from waystation.upstream.pictures.port import PictureInput
from waystation.upstream.pictures.stability import Stability

NAME = "stability"
KEY = {"authorization": f"Bearer {SECRET}"}
QUICK = Stability(Pauses(first_seconds=0.001, factor=1.0))
GENERATE = "/v2beta/stable-image/generate"
EDIT = "/v2beta/stable-image/edit"
FLAGGED = {
    "id": "e-1",
    "name": "content_moderation",
    "errors": ["Your request was flagged by our content moderation system."],
}


def drawing(end: str = "SUCCESS", kind: str = "image/png", body: bytes = PNG) -> Any:
    return reply(200, body, {"content-type": kind, "finish-reason": end, "seed": "4294967294"})


async def test_core_draws_from_words(line: Line) -> None:
    line.says(drawing())
    wanted = order(
        model="stable-image-core", size="1792x1024", seed=7, output_format="webp",
        negative_prompt="fog", style="digital-art",
    )  # fmt: skip
    pictures = await line.draw(NAME, QUICK, wanted)
    line.asked(
        0, "POST", f"{GENERATE}/core", KEY, accept="image/*",
        form=[
            Part("output_format", b"webp"),
            Part("seed", b"7"),
            Part("prompt", b"a paper boat"),
            Part("negative_prompt", b"fog"),
            Part("style_preset", b"digital-art"),
            Part("aspect_ratio", b"16:9"),
        ],
    )  # fmt: skip
    (one,) = pictures.items
    assert (one.data, one.seed, one.address) == (PNG, 4294967294, None)
    assert pictures.losses == ()


@pytest.mark.parametrize(
    ("model", "path", "named"),
    [
        ("stable-diffusion", "core", None),
        ("stable-image-ultra", "ultra", None),
        ("stable-diffusion-3.5-large-turbo", "sd3", "sd3.5-large-turbo"),
        ("stable-diffusion-3-medium", "sd3", "sd3.5-medium"),
        ("sd3.5-flash", "sd3", "sd3.5-flash"),
    ],
)
async def test_each_model_has_its_address(
    line: Line, model: str, path: str, named: str | None
) -> None:
    line.says(drawing())
    await line.draw(NAME, QUICK, order(model=model, extras={"guidance_scale": "4.5"}))
    assert line.seen[0].target == f"{GENERATE}/{path}"
    fields = {part.name: part.value.decode() for part in parts_of(line.seen[0])}
    told = {"model": named, "mode": "text-to-image", "cfg_scale": "4.5"} if named else {}
    assert fields == {"prompt": "a paper boat", **told}


async def test_sd3_goes_out_from_a_picture(line: Line) -> None:
    line.says(drawing(kind="image/jpeg"))
    wanted = order(
        "edit", model="sd3.5-large", inputs=(picture(b"one"),), strength=0.4, size="1024x1024"
    )
    pictures = await line.draw(NAME, QUICK, wanted)
    line.asked(
        0, "POST", f"{GENERATE}/sd3", KEY, accept="image/*",
        form=[
            Part("prompt", b"a paper boat"),
            Part("image", b"one", "image/png", "picture1.png"),
            Part("strength", b"0.4"),
            Part("model", b"sd3.5-large"),
            Part("mode", b"image-to-image"),
        ],
    )  # fmt: skip
    assert [loss.path for loss in pictures.losses] == ["size"]


async def test_a_variation_keeps_much_of_the_picture(line: Line) -> None:
    line.says(drawing())
    wanted = order("vary", prompt="", model="stable-image-ultra", inputs=(picture(b"one"),))
    await line.draw(NAME, QUICK, wanted)
    fields = {part.name: part.value for part in parts_of(line.seen[0])}
    assert fields["strength"] == b"0.6"
    assert b"variation" in fields["prompt"]


async def test_a_mask_is_painted_white_where_it_is_transparent(line: Line) -> None:
    line.says(drawing())
    wanted = order(
        "edit", model="sd3.5-large", inputs=(picture(b"one"),), mask=half_mask(),
        extras={"grow_mask": 5},
    )  # fmt: skip
    await line.draw(NAME, QUICK, wanted)
    seen = line.seen[0]
    assert seen.target == f"{EDIT}/inpaint"
    parts = {part.name: part for part in parts_of(seen)}
    assert greys(parts["mask"].value) == [255, 255, 0, 0]
    assert parts["grow_mask"].value == b"5"
    assert parts["image"].value == b"one"


async def test_a_picture_on_disk_is_sent_from_there(line: Line) -> None:
    spool = Spool(memory_bytes=1024)
    spool.write(b"z" * 300_000)
    spool.flush()
    line.says(drawing())
    inputs = (PictureInput(spool, "image/webp", "x"),)
    await line.draw(NAME, QUICK, order("edit", model="stable-image-erase", inputs=inputs))
    (part,) = parts_of(line.seen[0])
    assert part == Part("image", b"z" * 300_000, "image/webp", "picture0.webp")
    spool.close()


@pytest.mark.parametrize(
    ("model", "action", "path", "extras", "fields"),
    [
        ("stable-image-core", "upscale", "/upscale/fast", {}, {"image"}),
        ("stable-image-upscale-conservative", "upscale", "/upscale/conservative",
         {"creativity": 0.3}, {"image", "prompt", "creativity"}),
        ("stable-image-remove-background", "edit", "/edit/remove-background", {}, {"image"}),
        ("stable-image-outpaint", "edit", "/edit/outpaint", {"left": "200"},
         {"image", "prompt", "left"}),
        ("stable-image-search-and-replace", "edit", "/edit/search-and-replace",
         {"search_prompt": "a dog"}, {"image", "prompt", "search_prompt"}),
        ("stable-image-inpaint", "edit", "/edit/inpaint", {}, {"image", "prompt"}),
    ],
)  # fmt: skip
async def test_tools(
    line: Line, model: str, action: str, path: str, extras: dict[str, Any], fields: set[str]
) -> None:
    line.says(drawing())
    wanted = order(action, model=model, inputs=(picture(b"one"),), extras=extras)
    await line.draw(NAME, QUICK, wanted)
    assert line.seen[0].target == f"/v2beta/stable-image{path}"
    assert {part.name for part in parts_of(line.seen[0])} == fields


@pytest.mark.parametrize(
    ("model", "sent", "lost"),
    [
        ("stable-image-upscale-fast", {"image"}, {"seed", "negative_prompt", "style"}),
        ("stable-image-erase", {"image", "seed"}, {"negative_prompt", "style"}),
        ("stable-image-outpaint", {"image", "prompt", "seed", "style_preset"},
         {"negative_prompt"}),
        ("stable-image-inpaint", {"image", "prompt", "seed", "negative_prompt", "style_preset"},
         set()),
    ],
)  # fmt: skip
async def test_tools_are_told_what_they_take(
    line: Line, model: str, sent: set[str], lost: set[str]
) -> None:
    line.says(drawing())
    wanted = order(
        "edit", model=model, inputs=(picture(b"one"),), seed=4, negative_prompt="fog",
        style="anime",
    )  # fmt: skip
    pictures = await line.draw(NAME, QUICK, wanted)
    assert {part.name for part in parts_of(line.seen[0])} == sent
    assert {loss.path for loss in pictures.losses} == lost


async def test_the_creative_upscaler_is_asked_for_its_picture(line: Line) -> None:
    line.says(
        json_reply({"id": "a" * 64}),
        json_reply({"id": "a" * 64, "status": "in-progress"}, 202),
        json_reply({"id": "a" * 64, "status": "in-progress"}, 202, {"retry-after": "1"}),
        drawing(),
    )
    wanted = order("upscale", model="stable-image-upscale-creative", inputs=(picture(b"one"),))
    pictures = await line.draw(NAME, QUICK, wanted)
    assert line.seen[0].headers["accept"] == "application/json"
    for index in (1, 2, 3):
        line.asked(index, "GET", "/v2beta/results/" + "a" * 64, KEY, accept="image/*")
    assert line.seen[3].at - line.seen[2].at >= 0.95  # timers round
    assert pictures.items[0].data == PNG


async def test_an_upscaling_that_is_moderated_ends(line: Line) -> None:
    line.says(json_reply({"id": "a" * 64}), json_reply(FLAGGED, 403))
    wanted = order("upscale", model="stable-image-upscale-creative", inputs=(picture(b"one"),))
    failure = await line.fails(NAME, QUICK, wanted)
    assert (failure.code, failure.status) == ("content_policy_violation", 400)
    assert len(line.seen) == 2


async def test_json_with_base64_is_read_too(line: Line) -> None:
    told = {"image": b64encode(PNG).decode(), "finish_reason": "SUCCESS", "seed": 5}
    line.says(json_reply(told))
    pictures = await line.draw(NAME, QUICK, order(model="stable-image-core"))
    assert (pictures.items[0].data, pictures.items[0].seed) == (PNG, 5)


@pytest.mark.parametrize(
    "answer",
    [
        drawing("CONTENT_FILTERED"),
        json_reply({"image": b64encode(PNG).decode(), "finish_reason": "CONTENT_FILTERED"}),
        json_reply(FLAGGED, 403),
        json_reply(FLAGGED, 400),
    ],
)
async def test_moderation_is_the_callers(line: Line, answer: Any) -> None:
    line.says(answer)
    failure = await line.fails(NAME, QUICK, order(model="stable-image-core"))
    assert (failure.code, failure.status) == ("content_policy_violation", 400)


def told(name: str, *errors: str) -> dict[str, Any]:
    return {"id": "e-1", "name": name, "errors": list(errors)}


@pytest.mark.parametrize(
    ("answer", "code", "status", "words"),
    [
        (json_reply(told("unauthorized", "invalid key"), 401),
         "upstream_account_unavailable", 503, "invalid key"),
        (json_reply(told("payment_required", "You lack sufficient credits"), 402),
         "upstream_account_unavailable", 503, "credits"),
        (json_reply(told("permission_denied", "not for you"), 403),
         "upstream_account_unavailable", 503, "not for you"),
        (json_reply(told("bad_request", "aspect_ratio: must be one of"), 400),
         "invalid_request", 400, "aspect_ratio"),
        (json_reply(told("content_too_large"), 413), "invalid_request", 413, ""),
        (json_reply(told("rate_limit_exceeded", "150 requests in 10 seconds"), 429,
                    {"retry-after": "60"}), "upstream_saturated", 429, "150"),
        (json_reply(told("internal_error", f"key {SECRET}"), 500), "upstream_error", 502, "key"),
        (drawing("ERROR"), "bad_upstream_response", 502, ""),
        (drawing(body=b""), "bad_upstream_response", 502, ""),
        (reply(200, b"<html>", {"content-type": "text/html"}), "bad_upstream_response", 502, ""),
        (json_reply({"image": "@@"}), "bad_upstream_response", 502, ""),
        (json_reply({"image": "\n"}), "bad_upstream_response", 502, ""),
        (json_reply({"image": "data:image/png;base64,"}), "bad_upstream_response", 502, ""),
        (json_reply({}), "bad_upstream_response", 502, ""),
        ((CLOSE,), "upstream_error", 502, ""),
        ((RESET,), "upstream_error", 502, ""),
    ],
)  # fmt: skip
async def test_refusals_and_nonsense(
    line: Line, answer: Any, code: str, status: int, words: str
) -> None:
    line.says(answer)
    failure = await line.fails(NAME, QUICK, order(model="stable-image-core"))
    assert (failure.code, failure.fault.status) == (code, status)
    assert words in failure.fault.text()
    if code == "upstream_saturated":
        assert failure.fault.retry_after == 60


async def test_a_slow_picture_arrives(line: Line) -> None:
    head, body = drawing()[0].split(b"\r\n\r\n", 1)
    line.says((Pause(0.2), head + b"\r\n\r\n", Drip(body, 0.001)))
    assert (await line.draw(NAME, QUICK, order(model="stable-image-core"))).items[0].data == PNG


async def test_a_picture_that_never_comes_is_given_up(line: Line) -> None:
    line.says((STALL,))
    failure = await line.fails(NAME, QUICK, order(model="stable-image-core"), seconds=0.3)
    assert failure.code == "upstream_timeout"


async def test_a_picture_that_breaks_off_is_none(line: Line) -> None:
    whole = drawing()[0]
    line.says((whole[:-20], CLOSE))
    failure = await line.fails(NAME, QUICK, order(model="stable-image-core"))
    assert failure.kind == "reset"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": "nothing-of-theirs"}, "model"),
        ({"action": "edit", "model": "sd3.5-large"}, "image"),
        ({"action": "upscale", "model": "stable-image-core", "inputs": 2}, "image"),
        ({"action": "edit", "model": "stable-image-outpaint", "inputs": 1, "mask": True}, "mask"),
        ({"action": "edit", "model": "sd3.5-medium", "inputs": 1, "mask": True}, "mask"),
        ({"action": "edit", "model": "stable-image-core", "inputs": 1}, "image"),
        ({"model": "stable-diffusion", "inputs": 1}, "image"),
        ({"action": "edit", "model": "stable-diffusion-xl-base-1.0", "inputs": 1}, "image"),
    ],
)
async def test_what_cannot_be_asked(line: Line, fields: dict[str, Any], param: str) -> None:
    fields["inputs"] = tuple(picture(b"one") for _ in range(fields.get("inputs", 0)))
    fields["mask"] = half_mask() if fields.get("mask") else None
    failure = await line.fails(NAME, QUICK, order(**fields))
    assert (failure.status, failure.fault.param) == (400, param)
    assert not line.seen


@pytest.mark.parametrize("data", [b"", b"no picture", b"<svg/>", PNG[:40]])
async def test_a_mask_that_is_none_is_refused(line: Line, data: bytes) -> None:
    mask = PictureInput(data, "image/png", "mask.png")
    wanted = order("edit", model="sd3.5-large", inputs=(picture(b"one"),), mask=mask)
    failure = await line.fails(NAME, QUICK, wanted)
    assert (failure.status, failure.fault.param) == (400, "mask")
    assert not line.seen


# ---- SDXL ------------------------------------------------------------------------------------


def artifact(end: str = "SUCCESS", data: bytes = PNG) -> dict[str, Any]:
    return {"base64": b64encode(data).decode(), "seed": 1229191277, "finishReason": end}


async def test_sdxl_speaks_json(line: Line) -> None:
    line.says(json_reply({"artifacts": [artifact(), artifact("CONTENT_FILTERED")]}))
    wanted = order(
        model="stable-diffusion-xl-base-1.0", n=2, size="1024x1792", seed=3,
        negative_prompt="fog",
        extras={"num_inference_steps": 5, "guidance_scale": 6.5, "style_preset": "anime"},
    )  # fmt: skip
    assert QUICK.per_call(wanted) == 10
    pictures = await line.draw(NAME, QUICK, wanted)
    line.asked(
        0, "POST", "/v1/generation/stable-diffusion-xl-1024-v1-0/text-to-image", KEY,
        json={
            "text_prompts": [{"text": "a paper boat", "weight": 1}, {"text": "fog", "weight": -1}],
            "width": 768, "height": 1344, "samples": 2, "cfg_scale": 6.5, "steps": 10, "seed": 3,
            "style_preset": "anime",
        },
    )  # fmt: skip
    first, second = pictures.items
    assert (first.data, first.seed, first.blocked) == (PNG, 1229191277, False)
    assert (second.data, second.address, second.blocked) == (None, None, True)
    assert pictures.losses == ()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (json_reply({"artifacts": [artifact("CONTENT_FILTERED")]}), "content_policy_violation"),
        (json_reply({"id": "e", "name": "invalid_prompts", "message": "filtered words"}, 400),
         "content_policy_violation"),
        (json_reply({"artifacts": [artifact("ERROR")]}), "bad_upstream_response"),
        (json_reply({"artifacts": []}), "bad_upstream_response"),
        (json_reply({"artifacts": [{"finishReason": "SUCCESS"}]}), "bad_upstream_response"),
        (json_reply({"id": "e", "name": "bad_request", "message": "height: must be"}, 400),
         "invalid_request"),
    ],
)  # fmt: skip
async def test_sdxl_refusals(line: Line, answer: Any, code: str) -> None:
    line.says(answer)
    failure = await line.fails(NAME, QUICK, order(model="sdxl"))
    assert failure.code == code
