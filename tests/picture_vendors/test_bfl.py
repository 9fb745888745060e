"""FLUX by BFL's own API: submit, look, and an address."""

import asyncio
import time
from base64 import b64encode
from typing import Any

import pytest

from tests.picture_vendors.line import (
    SECRET,
    Line,
    half_mask,
    json_reply,
    order,
    picture,
)
from tests.support.script import CLOSE, RESET, STALL, Pause, reply
from waystation.upstream.pictures.bfl import HOSTS, PICTURE_HOSTS, Bfl
from waystation.upstream.pictures.hosts import job_address, picture_address
from waystation.upstream.pictures.masks import painted
from waystation.upstream.pictures.polling import Pauses

NAME = "bfl"
KEY = {"x-key": SECRET}
QUICK = Bfl(Pauses(first_seconds=0.001, factor=1.0))
HTML = reply(200, b"<html>hi</html>", {"content-type": "text/html"})
PENDING = {"id": "j-1", "status": "Pending", "result": None}


def submitted(line: Line) -> dict[str, Any]:
    return {"id": "j-1", "polling_url": f"{line.rogue.url}/v1/get_result?id=j-1"}


def ready(line: Line, **more: Any) -> dict[str, Any]:
    result = {"sample": f"{line.rogue.url}/out/1.jpeg?sig=x", "seed": 42, **more}
    return {"id": "j-1", "status": "Ready", "result": result}


async def test_the_whole_conversation(line: Line) -> None:
    line.says(
        json_reply(submitted(line)),
        json_reply(PENDING),
        json_reply({"id": "j-1", "status": "Queued"}),
        json_reply(ready(line, prompt="a paper boat, golden hour")),
    )
    wanted = order(
        model="flux.1.1-pro", size="1024x768", seed=7, output_format="png",
        extras={"safety_tolerance": "3", "prompt_upsampling": "true", "guidance": 2.5},
    )  # fmt: skip
    pictures = await line.draw(NAME, QUICK, wanted)
    line.asked(
        0, "POST", "/v1/flux-pro-1.1", KEY,
        json={
            "prompt": "a paper boat", "width": 1024, "height": 768, "seed": 7,
            "output_format": "png", "safety_tolerance": 3, "prompt_upsampling": True,
            "guidance": 2.5,
        },
    )  # fmt: skip
    for index in (1, 2, 3):
        line.asked(index, "GET", "/v1/get_result?id=j-1", KEY)
    assert len(line.seen) == 4
    (one,) = pictures.items
    assert one.address == f"{line.rogue.url}/out/1.jpeg?sig=x"
    assert (one.seed, one.revised_prompt) == (42, "a paper boat, golden hour")
    assert (pictures.upstream_id, pictures.losses) == ("j-1", ())
    assert pictures.usage is None
    assert line.marks >= 1


@pytest.mark.parametrize(
    ("model", "size", "ratio", "told"),
    [
        ("flux-pro-1.1", None, None, {"width": 1024, "height": 1024}),
        ("flux-pro-1.1", "1792x1024", None, {"width": 1440, "height": 832}),
        ("flux-pro-1.1", "100x100", None, {"width": 256, "height": 256}),
        ("flux-dev", "1000x1000", None, {"width": 992, "height": 992}),
        ("flux", "1024x1024", "16:9", {"width": 1376, "height": 768}),
        ("flux-2-pro", "4000x4000", None, {"width": 2048, "height": 2048}),
        ("flux-2-pro", "1000x600", None, {"width": 1008, "height": 608}),
        ("flux-pro-1.1-ultra", "1792x1024", None, {"aspect_ratio": "16:9"}),
        ("flux-pro-1.1-ultra", None, "21:9", {"aspect_ratio": "21:9"}),
        ("flux-kontext-pro", None, None, {}),
        ("flux-kontext-max", "1024x1536", None, {"aspect_ratio": "2:3"}),
    ],
)
async def test_sizes_as_each_model_has_them(
    line: Line, model: str, size: str | None, ratio: str | None, told: dict[str, Any]
) -> None:
    line.says(json_reply(submitted(line)), json_reply(ready(line)))
    await line.draw(NAME, QUICK, order(model=model, size=size, aspect_ratio=ratio))
    name = {"flux": "flux-dev"}.get(model, model)
    line.asked(0, "POST", f"/v1/{name}", KEY, json={"prompt": "a paper boat", **told})


async def test_kontext_edits_pictures(line: Line) -> None:
    line.says(json_reply(submitted(line)), json_reply(ready(line)))
    inputs = (picture(b"one"), picture(b"two"), picture(b"t" * (1 << 20)))
    wanted = order("edit", model="flux-kontext-pro", inputs=inputs)
    await line.draw(NAME, QUICK, wanted, operation="image_edit")
    body = line.seen[0].json()
    large = body.pop("input_image_3")
    assert body == {"prompt": "a paper boat", "input_image": "b25l", "input_image_2": "dHdv"}
    assert len(large) == 4 * ((1 << 20) // 3 + 1)


async def test_a_variation_needs_no_prompt(line: Line) -> None:
    line.says(json_reply(submitted(line)), json_reply(ready(line)))
    wanted = order("vary", prompt="", model="flux-2-pro", inputs=(picture(b"one"),))
    await line.draw(NAME, QUICK, wanted)
    body = line.seen[0].json()
    assert set(body) == {"prompt", "input_image"}
    assert "variation" in body["prompt"]


async def test_ultra_blends_a_picture(line: Line) -> None:
    line.says(json_reply(submitted(line)), json_reply(ready(line)))
    wanted = order(
        "edit", model="flux-pro-1.1-ultra", inputs=(picture(b"one"),), strength=0.75,
        extras={"raw": True},
    )  # fmt: skip
    await line.draw(NAME, QUICK, wanted)
    assert line.seen[0].json() == {
        "prompt": "a paper boat", "image_prompt": "b25l", "image_prompt_strength": 0.25,
        "raw": True,
    }  # fmt: skip


async def test_fill_takes_a_mask_in_white(line: Line) -> None:
    line.says(json_reply(submitted(line)), json_reply(ready(line)))
    mask = half_mask()
    wanted = order("edit", model="flux-pro-1.0-fill", inputs=(picture(b"one"),), mask=mask)
    await line.draw(NAME, QUICK, wanted)
    white = b64encode((await painted(mask, "white")).read()).decode()
    assert line.seen[0].json() == {"prompt": "a paper boat", "image": "b25l", "mask": white}


async def test_what_it_has_no_setting_for_is_told(line: Line) -> None:
    line.says(json_reply(submitted(line)), json_reply(ready(line)))
    wanted = order(
        model="flux-pro-1.1", quality="hd", style="vivid", negative_prompt="fog",
        output_format="webp", background="auto", moderation="low", user="u-1",
        extras={"webhook_url": "https://hook.example", "cfg": 3},
    )  # fmt: skip
    pictures = await line.draw(NAME, QUICK, wanted)
    assert set(line.seen[0].json()) == {"prompt", "width", "height"}
    assert {loss.path for loss in pictures.losses} == {
        "quality", "style", "negative_prompt", "output_format", "moderation", "webhook_url", "cfg",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"action": "edit", "model": "flux-kontext-pro"}, "image"),
        ({"action": "edit", "model": "flux-kontext-pro", "inputs": 5}, "image"),
        ({"action": "edit", "model": "flux-pro-1.1", "inputs": 2}, "image"),
        ({"action": "edit", "model": "flux-kontext-pro", "inputs": 1, "mask": True}, "mask"),
        ({"model": "flux-dev", "extras": {"steps": "many"}}, "steps"),
        ({"model": "flux-dev", "extras": {"prompt_upsampling": 3}}, "prompt_upsampling"),
        ({"model": "flux-dev", "extras": {"guidance": "nan"}}, "guidance"),
    ],
)
async def test_what_cannot_be_asked_is_refused_before_a_byte_is_sent(
    line: Line, fields: dict[str, Any], param: str
) -> None:
    fields["inputs"] = tuple(picture(b"one") for _ in range(fields.get("inputs", 0)))
    fields["mask"] = half_mask() if fields.get("mask") else None
    failure = await line.fails(NAME, QUICK, order(**fields))
    assert (failure.status, failure.fault.param) == (400, param)
    assert not line.seen
    assert line.marks == 0


# ---- looks -----------------------------------------------------------------------------------


async def test_retry_after_is_obeyed_between_looks(line: Line) -> None:
    line.says(
        json_reply(submitted(line)),
        json_reply(PENDING, 200, {"retry-after": "1"}),
        json_reply(ready(line)),
    )
    await line.draw(NAME, QUICK, order(model="flux-dev"))
    assert line.seen[2].at - line.seen[1].at >= 0.95  # timers round


async def test_looks_that_fail_in_passing_are_repeated(line: Line) -> None:
    line.says(
        json_reply(submitted(line)),
        json_reply({"detail": "slow down"}, 429, {"retry-after": "1"}),
        (RESET,),
        reply(502, b"<html>bad gateway</html>", {"content-type": "text/html"}),
        json_reply({"id": "j-1", "status": "Task not found"}, 404),
        json_reply(ready(line)),
    )
    pictures = await line.draw(NAME, QUICK, order(model="flux-dev"))
    assert pictures.items[0].address
    assert len([seen for seen in line.seen if seen.method == "POST"]) == 1
    assert line.seen[2].at - line.seen[1].at >= 0.95  # timers round


async def test_failures_between_good_looks_do_not_add_up(line: Line) -> None:
    turns = [json_reply({"detail": "no"}, 500), json_reply(PENDING)] * 8
    line.says(json_reply(submitted(line)), *turns, json_reply(ready(line)))
    pictures = await line.draw(NAME, QUICK, order(model="flux-dev"))
    assert pictures.items[0].address


async def test_looks_that_go_on_failing_end_it(line: Line) -> None:
    line.says(json_reply(submitted(line)), *(json_reply({"detail": "no"}, 500) for _ in range(9)))
    failure = await line.fails(NAME, QUICK, order(model="flux-dev"))
    assert (failure.code, failure.status) == ("upstream_error", 500)
    assert len(line.seen) == 7


@pytest.mark.parametrize(
    "state",
    [
        {"status": "Request Moderated", "details": {"Moderation Reasons": ["Derivative Works"]}},
        {"status": "Content Moderated", "details": None},
    ],
)
async def test_moderation_is_the_callers(line: Line, state: dict[str, Any]) -> None:
    line.says(json_reply(submitted(line)), json_reply(PENDING), json_reply({"id": "j-1", **state}))
    failure = await line.fails(NAME, QUICK, order(model="flux-dev"))
    assert (failure.code, failure.status) == ("content_policy_violation", 400)
    if state["details"]:
        assert failure.fault.text() == "Derivative Works"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ({"status": "Error", "details": {"error": f"boom {SECRET}"}}, "upstream_error"),
        ({"status": "Failed"}, "upstream_error"),
        ({"status": "Dreaming"}, "bad_upstream_response"),
        ({"status": 7}, "bad_upstream_response"),
        ({}, "bad_upstream_response"),
        ({"status": "Ready"}, "bad_upstream_response"),
        ({"status": "Ready", "result": {"sample": None}}, "bad_upstream_response"),
        ({"status": "Ready", "result": {"sample": "file:///etc/passwd"}}, "bad_upstream_response"),
    ],
)
async def test_jobs_that_fail_or_talk_nonsense(
    line: Line, state: dict[str, Any], code: str
) -> None:
    line.says(json_reply(submitted(line)), json_reply(state))
    failure = await line.fails(NAME, QUICK, order(model="flux-dev"))
    assert failure.code == code
    assert failure.fault.status == 502


async def test_a_job_that_nobody_knows_ends(line: Line) -> None:
    unknown = json_reply({"id": "j-1", "status": "Task not found"})
    line.says(json_reply(submitted(line)), *([unknown] * 12))
    failure = await line.fails(NAME, QUICK, order(model="flux-dev"))
    assert failure.code == "upstream_error"
    assert len(line.seen) == 8


async def test_a_job_that_never_ends_is_ended_by_the_deadline(line: Line) -> None:
    line.says(json_reply(submitted(line)))
    line.rogue.on("/v1/get_result", json_reply(PENDING))
    line.rogue.on("/v1/flux-dev", json_reply(submitted(line)))
    began = time.monotonic()
    slow = Bfl(Pauses(first_seconds=0.02, factor=1.5, most_seconds=0.1))
    failure = await line.fails(NAME, slow, order(model="flux-dev"), seconds=0.4)
    assert (failure.code, failure.kind) == ("upstream_timeout", "total_timeout")
    assert 0.3 <= time.monotonic() - began < 10
    assert 2 <= len(line.seen) <= 12


async def test_a_look_that_hangs_is_ended_by_the_deadline(line: Line) -> None:
    line.says(json_reply(submitted(line)), (STALL,))
    failure = await line.fails(NAME, QUICK, order(model="flux-dev"), seconds=0.4)
    assert failure.code == "upstream_timeout"


async def test_whoever_leaves_cuts_the_look(line: Line) -> None:
    line.says(json_reply(submitted(line)), (STALL,))
    drawing = asyncio.create_task(line.draw(NAME, QUICK, order(model="flux-dev")))
    await line.rogue.until(lambda: len(line.seen) == 2)
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing
    await line.rogue.until(lambda: line.rogue.links[-1].closed_by == "peer")


# ---- submitting ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [
        (json_reply({"detail": "Invalid API key"}, 403), "upstream_account_unavailable", 503),
        (json_reply({"detail": "Insufficient credits"}, 402), "upstream_account_unavailable", 503),
        (json_reply({"detail": "Too many"}, 429, {"retry-after": "9"}), "upstream_saturated", 429),
        (
            json_reply({"detail": [{"loc": ["body", "width"], "msg": "no multiple of 32"}]}, 422),
            "invalid_request",
            422,
        ),
        (json_reply({"detail": "oops"}, 500), "upstream_error", 502),
        (json_reply({"detail": "maintenance"}, 503), "upstream_error", 503),
        (HTML, "bad_upstream_response", 502),
        (json_reply([1]), "bad_upstream_response", 502),
        (json_reply({"polling_url": "https://api.bfl.ai/x"}), "bad_upstream_response", 502),
        (json_reply({"id": "../../x"}), "bad_upstream_response", 502),
        (json_reply({"id": "j", "polling_url": 7}), "bad_upstream_response", 502),
        (json_reply({"id": "j", "polling_url": "http://a b"}), "bad_upstream_response", 502),
        ((CLOSE,), "upstream_error", 502),
    ],
)  # fmt: skip
async def test_submissions_that_are_refused(
    line: Line, answer: Any, code: str, status: int
) -> None:
    line.says(answer)
    failure = await line.fails(NAME, QUICK, order(model="flux-dev"))
    assert (failure.code, failure.fault.status) == (code, status)
    if code == "upstream_saturated":
        assert failure.fault.retry_after == 9


async def test_a_slow_submission_is_waited_for(line: Line) -> None:
    line.says((Pause(0.3), *json_reply(submitted(line))), json_reply(ready(line)))
    assert (await line.draw(NAME, QUICK, order(model="flux-dev"))).items


# ---- addresses -------------------------------------------------------------------------------


async def test_a_relay_of_this_api_is_asked_itself(line: Line) -> None:
    """What it passes on names BFL's address; our key is the relay's and stays with it."""
    foreign = {"id": "j-1", "polling_url": "https://api.us1.bfl.ai/v1/get_result?id=j-1"}
    delivered = "https://delivery-us1.bfl.ai/results/1.jpeg"
    line.says(json_reply(foreign), json_reply(ready(line, sample=delivered)))
    pictures = await line.draw(NAME, QUICK, order(model="flux-dev"))
    line.asked(1, "GET", "/v1/get_result?id=j-1", KEY)
    assert pictures.items[0].address == delivered


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/v1/get_result?id=1",
        "http://api.bfl.ai/v1/get_result?id=1",
        "https://api.bfl.ai:8443/v1/get_result?id=1",
        "https://bfl.ai.evil.example/x",
        "https://evilbfl.ai/x",
        "https://api.bfl.ai@evil.example/x",
        "https://169.254.169.254/latest",
        "https://127.0.0.1/x",
        "//api.bfl.ai/x",
        "",
    ],
)
async def test_the_vendor_leads_our_key_nowhere_else(line: Line, address: str) -> None:
    wire = line.wire(NAME, base_url="https://api.bfl.ai")
    for judged in (
        lambda: job_address(wire, address, HOSTS),
        lambda: picture_address(wire, address, PICTURE_HOSTS),
    ):
        with pytest.raises(Exception) as caught:
            judged()
        assert type(caught.value).__name__ == "AttemptFailed"


async def test_the_vendors_own_hosts_are_gone_to(line: Line) -> None:
    wire = line.wire(NAME, base_url="https://api.eu.bfl.ai", allow_private=False)
    job = job_address(wire, "https://api.eu4.bfl.ai/v1/get_result?id=1", HOSTS)
    assert job is not None
    assert (b"x-key", SECRET.encode()) in job.headers
    for address in (
        "https://delivery-eu1.bfl.ai/results/a.jpeg?se=1",
        "https://bfldelivery.blob.core.windows.net/results/a.jpeg",
    ):
        assert picture_address(wire, address, PICTURE_HOSTS) == address


@pytest.mark.parametrize(
    "model",
    ["../credits", "flux/../x", "flux?x=1", "flux#x", "flux%2F..", "flux\r\nx: y", "", ".", "é"],
)
async def test_a_models_name_leads_nowhere_else(line: Line, model: str) -> None:
    failure = await line.fails(NAME, QUICK, order(model=model))
    assert (failure.status, failure.fault.param) == (400, "model")
    assert not line.seen
