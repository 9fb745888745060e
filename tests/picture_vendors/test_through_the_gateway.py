"""Vendors behind the whole picture path: what is stored, what is billed, what is told."""

import contextlib
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.picture_vendors.line import json_reply
from tests.pictures.studio import CENT, UPSTREAM_KEY, Studio, open_studio, png
from tests.support.rogue import Rogue
from tests.support.script import reply

PNG = png()
PRICES = """
[[prices]]
model = "flux-pro-1.1"
per_image = "0.04"

[[prices]]
model = "stable-image-core"
per_image = "0.03"

[[prices]]
model = "ideogram-v2"
per_image = "0.08"

[[prices]]
model = "gemini-2.5-flash-image"
input = "0.3"
output = "2.5"
image_out = "30"
"""

Begin = Callable[..., Any]


@pytest.fixture
def far() -> Iterator[Rogue]:
    with Rogue() as one:
        yield one


@pytest.fixture
async def begin(
    data_template: Path, tmp_path: Path, rogue: Rogue, far: Rogue
) -> AsyncIterator[Begin]:
    async with contextlib.AsyncExitStack() as stack:

        async def start(vendor: str, **options: Any) -> Studio:
            return await stack.enter_async_context(
                open_studio(
                    data_template, tmp_path, rogue, far, vendor=vendor, prices=PRICES, **options
                )
            )

        yield start


def bfl_says(rogue: Rogue, state: dict[str, Any]) -> None:
    job = {"id": "j-1", "polling_url": f"{rogue.url}/v1/get_result?id=j-1"}
    rogue.on("/v1/flux-pro-1.1", json_reply(job))
    rogue.on("/v1/get_result", json_reply({"id": "j-1", **state}))
    rogue.on("/out.png", reply(200, PNG, {"content-type": "image/png"}))


async def test_flux_is_drawn_fetched_stored_and_billed(begin: Begin, rogue: Rogue) -> None:
    studio = await begin("bfl")
    bfl_says(rogue, {"status": "Ready", "result": {"sample": f"{rogue.url}/out.png"}})
    answer = await studio.draw(model="flux.1.1-pro", size="1024x1024")
    assert answer.status == 200, answer.body
    (entry,) = answer.json()["data"]
    assert (await studio.file(entry["url"])).body == PNG
    row = await studio.row(answer.request_id)
    assert (row.nanos, row.upstream_id) == (4 * CENT, "j-1")
    fetched = next(seen for seen in rogue.seen if seen.path == "/out.png")
    assert UPSTREAM_KEY not in str(fetched.headers)


async def test_what_was_left_out_is_told_in_a_header(begin: Begin, rogue: Rogue) -> None:
    studio = await begin("bfl")
    bfl_says(rogue, {"status": "Ready", "result": {"sample": f"{rogue.url}/out.png"}})
    hostile = {
        "a\r\nset-cookie: x=1": 1,
        "\u00e9": 2,
        "x" * 9000: 3,
        **{f"f{k}": k for k in range(99)},
    }
    answer = await studio.draw(model="flux-pro-1.1", quality="hd", **hostile)
    assert answer.status == 200, answer.body
    told = answer.headers["x-waystation-dropped"].split(", ")
    assert told[:3] == ["quality", "?", "f0"]
    assert len(told) < 33
    assert "set-cookie" not in answer.headers


async def test_what_is_moderated_costs_nothing_and_is_asked_of_nobody_else(
    begin: Begin, rogue: Rogue, far: Rogue
) -> None:
    studio = await begin("bfl")
    bfl_says(rogue, {"status": "Content Moderated"})
    answer = await studio.draw(model="flux-pro-1.1")
    assert (answer.status, answer.code) == (400, "content_policy_violation")
    assert (await studio.row(answer.request_id)).nanos == 0
    assert not far.seen


async def test_a_job_that_never_ends_is_a_504_and_costs_nothing(begin: Begin, rogue: Rogue) -> None:
    studio = await begin("bfl", picture_seconds_max=1.0)
    bfl_says(rogue, {"status": "Pending"})
    answer = await studio.draw(model="flux-pro-1.1")
    assert (answer.status, answer.code) == (504, "upstream_timeout")
    assert (await studio.row(answer.request_id)).nanos == 0


async def test_a_moderated_prompt_is_no_mark_against_the_key(begin: Begin, rogue: Rogue) -> None:
    """Stability says with 403 what is the prompt's fault."""
    studio = await begin("stability")
    flagged = {"id": "e", "name": "content_moderation", "errors": ["flagged"]}
    drawn = reply(200, PNG, {"content-type": "image/png", "finish-reason": "SUCCESS"})
    rogue.queue(json_reply(flagged, 403), drawn)
    first = await studio.draw(model="stable-image-core")
    second = await studio.draw(model="stable-image-core")
    assert (first.status, first.code) == (400, "content_policy_violation")
    assert second.status == 200, second.body
    assert (await studio.row(first.request_id)).nanos == 0
    assert (await studio.row(second.request_id)).nanos == 3 * CENT


async def test_ideograms_form_shows_the_unsafe_and_bills_the_rest(
    begin: Begin, rogue: Rogue
) -> None:
    studio = await begin("ideogram")
    safe = {
        "is_image_safe": True, "prompt": "a boat", "resolution": "1024x1024", "seed": 1,
        "style_type": None, "url": f"{rogue.url}/out.png",
    }  # fmt: skip
    unsafe = {**safe, "is_image_safe": False, "url": None}
    rogue.on("/generate", json_reply({"created": "2024-11-03T08:15:30Z", "data": [safe, unsafe]}))
    rogue.on("/out.png", reply(200, PNG, {"content-type": "image/png"}))
    answer = await studio.post(
        "/ideogram/generate", image_request={"prompt": "a boat", "num_images": 2}
    )
    assert answer.status == 200, answer.body
    shown = answer.json()
    assert isinstance(shown["created"], str)
    assert [each["is_image_safe"] for each in shown["data"]] == [True, False]
    assert shown["data"][1]["url"] is None
    assert (await studio.row(answer.request_id)).nanos == 8 * CENT


async def test_gemini_is_billed_by_its_tokens(begin: Begin, rogue: Rogue) -> None:
    studio = await begin("google-images")
    part = {"inlineData": {"mimeType": "image/png", "data": b64encode(PNG).decode()}}
    usage = {
        "promptTokenCount": 10,
        "candidatesTokenCount": 1290,
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1290}],
    }
    candidates = [{"content": {"parts": [part]}, "finishReason": "STOP"}]
    rogue.answer(json_reply({"candidates": candidates, "usageMetadata": usage}))
    answer = await studio.draw(model="gemini-2.5-flash-image")
    assert answer.status == 200, answer.body
    assert (await studio.row(answer.request_id)).nanos == 10 * 300 + 1290 * 30_000


@pytest.mark.parametrize(
    ("vendor", "model", "path", "usd"),
    [
        ("recraft", "recraft-crisp-upscale", "/v1/images/crispUpscale", 0.004),
        ("stability", "stable-image-upscale-fast", "/v2beta/stable-image/upscale/fast", 0.02),
    ],
)
async def test_an_upscale_needs_no_words(
    begin: Begin, rogue: Rogue, vendor: str, model: str, path: str, usd: float
) -> None:
    """At the address of edits, at the price of the shipped list."""
    said = {"image": {"b64_json": b64encode(PNG).decode()}}
    rogue.on("/v1/images/crispUpscale", json_reply(said))
    picture = reply(200, PNG, {"content-type": "image/png", "finish-reason": "SUCCESS"})
    rogue.on("/v2beta/stable-image/upscale/fast", picture)
    studio = await begin(vendor)
    answer = await studio.upload(
        "/v1/images/edits", ("image", "a.png", PNG), ("model", None, model.encode())
    )
    assert answer.status == 200, answer.body
    assert [seen.path for seen in rogue.seen] == [path]
    assert (await studio.row(answer.request_id)).nanos == round(usd * 1e9)
    refused = await studio.upload(
        "/v1/images/edits", ("image", "a.png", PNG), ("model", None, b"stable-image-core")
    )
    assert (refused.status, refused.code) == (400, "missing_field")
