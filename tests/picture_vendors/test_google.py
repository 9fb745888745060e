"""Google's pictures: Gemini models that draw, and Imagen."""

from base64 import b64encode
from typing import Any

import msgspec
import pytest

from tests.picture_vendors.line import PNG, SECRET, Line, half_mask, json_reply, order, picture
from tests.support.script import CLOSE, STALL, reply
from waystation.meter.usage import Usage
from waystation.upstream.pictures.google import Google

NAME = "google-images"
KEY = {"x-goog-api-key": SECRET}
GOOGLE = Google()
B64 = b64encode(PNG).decode()


def inline(data: str = B64, **more: Any) -> dict[str, Any]:
    return {"inlineData": {"mimeType": "image/png", "data": data}, **more}


def answered(*parts: dict[str, Any], end: str = "STOP", **more: Any) -> dict[str, Any]:
    content = {"role": "model", "parts": list(parts)}
    return {
        "candidates": [{"content": content, "finishReason": end, "index": 0}],
        "responseId": "r-1",
        **more,
    }


USAGE = {
    "promptTokenCount": 270,
    "candidatesTokenCount": 1310,
    "thoughtsTokenCount": 90,
    "totalTokenCount": 1670,
    "promptTokensDetails": [
        {"modality": "TEXT", "tokenCount": 12},
        {"modality": "IMAGE", "tokenCount": 258},
    ],
    "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1290}],
}


async def test_gemini_draws_into_an_answer(line: Line) -> None:
    draft = inline(b64encode(b"draft").decode(), thought=True)
    line.says(json_reply(answered(draft, {"text": "Here:"}, inline(), usageMetadata=USAGE)))
    wanted = order(
        "edit", model="gemini-2.5-flash-image", inputs=(picture(b"one", "image/webp"),),
        size="1536x1024", seed=5, quality="high",
    )  # fmt: skip
    assert GOOGLE.per_call(wanted) == 1
    pictures = await line.draw(NAME, GOOGLE, wanted)
    line.asked(
        0, "POST", "/v1beta/models/gemini-2.5-flash-image:generateContent", KEY,
        json={
            "contents": [
                {
                    "role": "user",
                    "parts": [
                        {"text": "a paper boat"},
                        {"inlineData": {"mimeType": "image/webp", "data": "b25l"}},
                    ],
                }
            ],
            "generationConfig": {
                "responseModalities": ["TEXT", "IMAGE"],
                "imageConfig": {"aspectRatio": "3:2"},
                "seed": 5,
            },
        },
    )  # fmt: skip
    assert [item.data for item in pictures.items] == [PNG]
    assert pictures.upstream_id == "r-1"
    assert [loss.path for loss in pictures.losses] == ["quality"]
    assert pictures.usage == Usage(
        input_fresh=12, image_in=258, output_text=20, output_reasoning=90, image_out=1290,
        exact=True, raw=USAGE,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("model", "fields", "shape"),
    [
        ("gemini-3-pro-image", {"size": "1024x1024"}, {"aspectRatio": "1:1"}),
        ("gemini-3-pro-image", {"size": "2048x2048"}, {"aspectRatio": "1:1", "imageSize": "2K"}),
        ("gemini-3-pro-image", {"size": "3840x2160"}, {"aspectRatio": "16:9", "imageSize": "4K"}),
        ("gemini-3-pro-image", {"extras": {"image_size": "4K"}}, {"imageSize": "4K"}),
        ("gemini-3-pro-image", {"size": "2K", "aspect_ratio": "3:2"},
         {"aspectRatio": "3:2", "imageSize": "2K"}),
        ("gemini-2.5-flash-image", {"size": "2K"}, None),
        ("gemini-2.5-flash-image", {"size": "4096x4096"}, {"aspectRatio": "1:1"}),
        ("gemini-3.1-flash-image", {"aspect_ratio": "21:9"}, {"aspectRatio": "21:9"}),
        ("gemini-3.1-flash-image", {}, None),
    ],
)  # fmt: skip
async def test_shapes(
    line: Line, model: str, fields: dict[str, Any], shape: dict[str, str] | None
) -> None:
    line.says(json_reply(answered(inline())))
    pictures = await line.draw(NAME, GOOGLE, order(model=model, **fields))
    assert line.seen[0].json()["generationConfig"].get("imageConfig") == shape
    assert pictures.usage is None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (json_reply({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
         "content_policy_violation"),
        (json_reply(answered(end="IMAGE_SAFETY")), "content_policy_violation"),
        (json_reply({"candidates": [{"finishReason": "IMAGE_RECITATION"}]}),
         "content_policy_violation"),
        (json_reply(answered({"text": "I would rather not."})), "bad_upstream_response"),
        (json_reply(answered(end="NO_IMAGE")), "bad_upstream_response"),
        (json_reply(answered(inline(thought=True))), "bad_upstream_response"),
        (json_reply(answered(inline("@@"))), "bad_upstream_response"),
        (json_reply({"candidates": []}), "bad_upstream_response"),
        (json_reply({}), "bad_upstream_response"),
        (reply(200, b"<html>", {"content-type": "text/html"}), "bad_upstream_response"),
        (json_reply({"error": {"code": 400, "message": "Unsupported aspect ratio",
                               "status": "INVALID_ARGUMENT"}}, 400), "invalid_request"),
        (json_reply({"error": {"code": 403, "message": f"API key {SECRET} expired",
                               "status": "PERMISSION_DENIED"}}, 403),
         "upstream_account_unavailable"),
        (json_reply({"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED"}},
                    429), "upstream_saturated"),
        (json_reply({"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}, 503),
         "upstream_error"),
        ((CLOSE,), "upstream_error"),
    ],
)  # fmt: skip
async def test_refusals_and_nonsense(line: Line, answer: Any, code: str) -> None:
    line.says(answer)
    failure = await line.fails(NAME, GOOGLE, order(model="gemini-2.5-flash-image"))
    assert failure.code == code
    if code == "content_policy_violation":
        assert failure.status == 400


async def test_lying_usage_is_clamped(line: Line) -> None:
    lies = {"promptTokenCount": -4, "candidatesTokenCount": 1290, "thoughtsTokenCount": "many"}
    line.says(json_reply(answered(inline(), usageMetadata=lies)))
    usage = (await line.draw(NAME, GOOGLE, order(model="gemini-2.5-flash-image"))).usage
    assert usage is not None
    assert (usage.input_tokens, usage.image_out, usage.exact) == (0, 1290, False)
    assert usage.flags == ("negative:promptTokenCount", "malformed:thoughtsTokenCount")


async def test_never_answering(line: Line) -> None:
    line.says((STALL,))
    wanted = order(model="gemini-2.5-flash-image")
    failure = await line.fails(NAME, GOOGLE, wanted, seconds=0.3)
    assert failure.code == "upstream_timeout"


async def test_the_operators_word_wins(line: Line) -> None:
    line.says(json_reply(answered(inline())))
    over = {"safetySettings": msgspec.Raw(b"[]")}
    await line.draw(NAME, GOOGLE, order(model="gemini-2.5-flash-image"), body_overrides=over)
    assert line.seen[0].json()["safetySettings"] == []


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"action": "edit", "model": "gemini-2.5-flash-image"}, "image"),
        ({"action": "edit", "model": "gemini-3-pro-image", "mask": True}, "mask"),
        ({"action": "edit", "model": "imagen-4.0-generate-001"}, "image"),
    ],
)
async def test_what_cannot_be_asked(line: Line, fields: dict[str, Any], param: str) -> None:
    fields["mask"] = half_mask() if fields.get("mask") else None
    failure = await line.fails(NAME, GOOGLE, order(**fields))
    assert (failure.status, failure.fault.param) == (400, param)
    assert not line.seen


# ---- Imagen ----------------------------------------------------------------------------------


async def test_imagen_predicts(line: Line) -> None:
    line.says(
        json_reply(
            {
                "predictions": [
                    {"mimeType": "image/jpeg", "bytesBase64Encoded": B64},
                    {"raiFilteredReason": "a support code: 39322892"},
                ]
            }
        )
    )
    wanted = order(
        model="imagen-4.0-generate-001", n=2, size="2048x1152", output_format="jpeg",
        output_compression=80, negative_prompt="fog", extras={"personGeneration": "dont_allow"},
    )  # fmt: skip
    assert GOOGLE.per_call(wanted) == 4
    pictures = await line.draw(NAME, GOOGLE, wanted)
    line.asked(
        0, "POST", "/v1beta/models/imagen-4.0-generate-001:predict", KEY,
        json={
            "instances": [{"prompt": "a paper boat"}],
            "parameters": {
                "sampleCount": 2,
                "includeRaiReason": True,
                "aspectRatio": "16:9",
                "imageSize": "2K",
                "personGeneration": "dont_allow",
                "outputOptions": {"mimeType": "image/jpeg", "compressionQuality": 80},
            },
        },
    )  # fmt: skip
    assert [(item.data, item.blocked) for item in pictures.items] == [(PNG, False), (None, True)]
    assert [loss.path for loss in pictures.losses] == ["negative_prompt"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (json_reply({}), "content_policy_violation"),
        (json_reply({"predictions": []}), "content_policy_violation"),
        (json_reply({"predictions": [{"raiFilteredReason": "code 5"}]}),
         "content_policy_violation"),
        (json_reply({"predictions": "none"}), "bad_upstream_response"),
        (json_reply({"predictions": [7]}), "bad_upstream_response"),
        (json_reply({"predictions": [{"bytesBase64Encoded": "@@"}]}), "bad_upstream_response"),
        (json_reply({"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}, 400),
         "invalid_request"),
    ],
)  # fmt: skip
async def test_imagen_refusals(line: Line, answer: Any, code: str) -> None:
    line.says(answer)
    failure = await line.fails(NAME, GOOGLE, order(model="imagen-4.0-generate-001"))
    assert failure.code == code


@pytest.mark.parametrize(
    "model",
    [
        "../credits",
        "gemini/../x",
        "gemini?x=1",
        "gemini#x",
        "gemini%2F..",
        "gemini\r\nx: y",
        "",
        ".",
        "é",
    ],
)
async def test_a_models_name_leads_nowhere_else(line: Line, model: str) -> None:
    failure = await line.fails(NAME, GOOGLE, order(model=model))
    assert (failure.status, failure.fault.param) == (400, "model")
    assert not line.seen
