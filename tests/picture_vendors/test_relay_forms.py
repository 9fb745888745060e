"""Relays that offer Ideogram's and Recraft's forms, and which module speaks with whom."""

import json
from typing import Any

import msgspec
import pytest

from tests.picture_vendors.line import PNG, SECRET, Line, Part, json_reply, order, parts_of, picture
from tests.support.script import STALL, reply
from waystation.routing.snapshot import Channel
from waystation.upstream.pictures.bfl import Bfl
from waystation.upstream.pictures.openai_shape import OpenAiShape
from waystation.upstream.pictures.registry import BY_VENDOR, picture_vendor
from waystation.upstream.pictures.relay_forms import IdeogramForm, RecraftForm
from waystation.upstream.vendors import VENDORS

RELAY = "openai-compatible"
FORMS = VENDORS[RELAY].paths_for(("ideogram", "ideogram_remix", "recraft"))
KEY = {"authorization": f"Bearer {SECRET}"}


def channel(vendor: str, operations: tuple[str, ...] = ()) -> Channel:
    return Channel(
        id=1, name="c", vendor=vendor, base_url="https://x.example", allow_private=False, keys=(),
        models=("*",), model_map={}, paths=VENDORS[vendor].paths_for(operations),
    )  # fmt: skip


def test_each_channel_has_its_module() -> None:
    assert isinstance(picture_vendor(channel("bfl"), "image"), Bfl)
    assert isinstance(picture_vendor(channel("openai"), "image"), OpenAiShape)
    assert isinstance(picture_vendor(channel(RELAY, ("ideogram",)), "ideogram"), IdeogramForm)
    assert isinstance(
        picture_vendor(channel(RELAY, ("ideogram_remix",)), "ideogram_remix"), IdeogramForm
    )
    assert isinstance(picture_vendor(channel(RELAY, ("recraft",)), "recraft"), RecraftForm)


def test_each_module_has_a_vendor_that_is_read_up_on() -> None:
    for name in BY_VENDOR:
        assert VENDORS[name].checked == "2026-11-22"
        assert VENDORS[name].documentation.startswith("https://")
        assert "image" in VENDORS[name].paths


async def test_ideogram_goes_out_as_it_came(line: Line) -> None:
    unsafe = {"is_image_safe": False, "url": None, "seed": 1, "prompt": "a paper boat"}
    safe = {"is_image_safe": True, "url": "https://cdn.relay.example/1.png", "seed": 2}
    line.says(json_reply({"created": "2024-11-03T08:15:30Z", "data": [safe, unsafe]}))
    wanted = order(
        model="V_3", n=2, aspect_ratio="16:9", seed=4, negative_prompt="fog", style="ANIME",
        extras={"magic_prompt_option": "ON", "color_palette": {"name": "EMBER"}},
    )  # fmt: skip
    pictures = await line.draw(RELAY, IdeogramForm(), wanted, operation="ideogram", paths=FORMS)
    line.asked(
        0, "POST", "/ideogram/generate", KEY,
        json={
            "image_request": {
                "prompt": "a paper boat", "model": "V_3", "num_images": 2,
                "aspect_ratio": "ASPECT_16_9", "seed": 4, "negative_prompt": "fog",
                "style_type": "ANIME", "magic_prompt_option": "ON",
                "color_palette": {"name": "EMBER"},
            }
        },
    )  # fmt: skip
    first, second = pictures.items
    assert (first.address, first.blocked) == ("https://cdn.relay.example/1.png", False)
    assert (second.address, second.blocked) == (None, True)


async def test_a_remix_takes_its_picture_along(line: Line) -> None:
    line.says(json_reply({"data": [{"url": "https://cdn.relay.example/1.png"}]}))
    wanted = order(
        "vary",
        model="ideogram-v2a-turbo",
        inputs=(picture(b"one"),),
        strength=0.25,
        size="1024x1024",
    )
    await line.draw(RELAY, IdeogramForm(), wanted, operation="ideogram_remix", paths=FORMS)
    request, file = parts_of(line.seen[0])
    assert line.seen[0].target == "/ideogram/remix"
    assert json.loads(request.value) == {
        "prompt": "a paper boat", "model": "V_2A_TURBO", "resolution": "RESOLUTION_1024_1024",
        "image_weight": 75,
    }  # fmt: skip
    assert file == Part("image_file", b"one", "image/png", "picture1.png")


async def test_what_would_make_it_dearer_stays_here(line: Line) -> None:
    """One picture is held for and billed; a relay that is told eight would draw and bill eight."""
    for operation, vendor in (("ideogram", IdeogramForm()), ("recraft", RecraftForm())):
        line.says(json_reply({"data": [{"url": "https://cdn.relay.example/1.png"}]}))
        wanted = order(
            model="V_3", quality="low",
            extras={"num_images": 8, "n": 8, "samples": 8, "rendering_speed": "QUALITY",
                    "webhook_url": "https://x.example", "magic_prompt": "ON"},
        )  # fmt: skip
        pictures = await line.draw(RELAY, vendor, wanted, operation=operation, paths=FORMS)
        sent = line.seen[-1].json()
        sent = sent.get("image_request", sent)
        expected = {"prompt": "a paper boat", "model": "V_3", "magic_prompt": "ON"}
        if operation == "ideogram":
            expected["rendering_speed"] = "TURBO"
        assert sent == expected
        assert {loss.path for loss in pictures.losses} == {
            "num_images", "n", "samples", "rendering_speed", "webhook_url",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("model", "quality", "told", "speed"),
    [
        ("ideogram-v3", None, "QUALITY", "QUALITY"),
        ("ideogram-v3", "turbo", "QUALITY", "TURBO"),
        ("ideogram-v3-turbo", None, "QUALITY", "TURBO"),
        ("ideogram-v3", None, 7, None),
        ("ideogram-v2", None, None, None),
    ],
)
async def test_a_relay_draws_as_fast_as_is_paid_for(
    line: Line, model: str, quality: str | None, told: object, speed: str | None
) -> None:
    line.says(json_reply({"data": [{"url": "https://cdn.relay.example/1.png"}]}))
    extras = {} if told is None else {"rendering_speed": told}
    wanted = order(model=model, quality=quality, extras=extras)
    await line.draw(RELAY, IdeogramForm(), wanted, operation="ideogram", paths=FORMS)
    sent = line.seen[0].json()["image_request"]
    assert sent.get("rendering_speed") == speed
    assert sent["model"] == model.upper().replace("IDEOGRAM-V", "V_").removesuffix("-TURBO")


async def test_a_relay_may_give_the_picture_itself(line: Line) -> None:
    line.says(json_reply({"data": [{"url": "data:image/png;base64,aGk="}]}))
    pictures = await line.draw(
        RELAY, IdeogramForm(), order(model="V_2"), operation="ideogram", paths=FORMS
    )
    assert (pictures.items[0].data, pictures.items[0].address) == (b"hi", None)


async def test_recraft_goes_out_as_it_came(line: Line) -> None:
    line.says(json_reply({"created": 1, "data": [{"url": "https://cdn.relay.example/1.svg"}]}))
    wanted = order(
        model="recraftv3", n=2, size="1344x576", style="digital_illustration",
        response_format="url", extras={"substyle": "grain", "controls": {"colors": []}},
    )  # fmt: skip
    pictures = await line.draw(RELAY, RecraftForm(), wanted, operation="recraft", paths=FORMS)
    line.asked(
        0, "POST", "/recraft/v1/images/generations", KEY,
        json={
            "model": "recraftv3", "prompt": "a paper boat", "n": 2, "size": "1344x576",
            "style": "digital_illustration", "response_format": "url", "substyle": "grain",
            "controls": {"colors": []},
        },
    )  # fmt: skip
    assert pictures.items[0].address == "https://cdn.relay.example/1.svg"


async def test_the_operators_word_wins(line: Line) -> None:
    line.says(json_reply({"data": [{"b64_json": "aGk="}]}))
    over = {"style": msgspec.Raw(b'"any"')}
    await line.draw(
        RELAY, RecraftForm(), order(model="recraftv3", style="x"), operation="recraft", paths=FORMS,
        body_overrides=over,
    )  # fmt: skip
    assert line.seen[0].json()["style"] == "any"


@pytest.mark.parametrize("operation", ["ideogram", "recraft"])
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (json_reply({"error": {"message": "no channel", "code": "no_channel"}}, 503),
         "upstream_error"),
        (json_reply({"error": {"message": "balance", "code": "insufficient_user_quota"}}, 403),
         "upstream_account_unavailable"),
        (reply(200, b"<html>", {"content-type": "text/html"}), "bad_upstream_response"),
        (json_reply({"data": []}), "bad_upstream_response"),
        ((STALL,), "upstream_timeout"),
    ],
)  # fmt: skip
async def test_refusals(line: Line, operation: str, answer: Any, code: str) -> None:
    line.says(answer)
    vendor = IdeogramForm() if operation == "ideogram" else RecraftForm()
    wanted = order(model="V_2" if operation == "ideogram" else "recraftv3")
    failure = await line.fails(RELAY, vendor, wanted, operation=operation, seconds=0.5, paths=FORMS)
    assert failure.code == code


async def test_a_form_without_a_mask_says_so(line: Line) -> None:
    wanted = order("edit", model="V_2", inputs=(picture(PNG),), mask=picture(PNG))
    failure = await line.fails(
        RELAY, IdeogramForm(), wanted, operation="ideogram_remix", paths=FORMS
    )
    assert (failure.status, failure.fault.param) == (400, "mask")
    assert not line.seen
