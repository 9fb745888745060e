"""Submits as clients send them, and what is held for them."""

import json
from typing import Any

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.pictures import bare
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio
from tests.support.gateway import KEY
from waystation.edge.midjourney.looks import Looks
from waystation.errors import Fault

NANOS = 100_000_000
"""Of mj_imagine, as it is shipped."""
BARE = KEY.removeprefix("sk-")
PREFIXES = ("/mj", "/mj-fast/mj", "/mj-relax/mj", "/mj-turbo/mj")


async def test_imagine_from_submit_to_picture(studio: Studio, proxy: FakeProxy) -> None:
    told = await studio.imagine("tin robot --ar 3:2", state="order-17", notifyHook="")
    assert told["code"] == 1
    assert told["description"] == "Submit success"
    task_id = told["result"]
    assert len(task_id) == 16
    assert task_id.isdecimal()
    assert int(task_id) < 2**53
    assert set(told["properties"]) == {"discordInstanceId", "discordChannelId"}
    await studio.task(task_id, "SUBMITTED")
    (sent,) = proxy.submits()
    assert sent.path == "/mj/submit/imagine"
    assert sent.headers["mj-api-secret"] == "secret-of-mj"
    assert sent.body["prompt"] == "tin robot --ar 3:2"
    assert sent.body["state"] != "order-17"
    proxy.jobs[0].finish()
    shown = await studio.task(task_id, "SUCCESS")
    assert shown["state"] == "order-17"
    assert shown["progress"] == "100%"
    assert 0 < shown["submitTime"] <= shown["startTime"] <= shown["finishTime"]
    row = await studio.settled(task_id)
    assert (row.settle, row.nanos) == ("posted", NANOS)
    assert (await studio.station.account()).spent == NANOS


async def test_where_the_key_may_stand(studio: Studio) -> None:
    places = [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": KEY},
        {"authorization": BARE},
        {"x_api_key": KEY},
        {"x_goog_api_key": BARE},
        {"mj_api_secret": BARE},
        {"mj_api_secret": f"Bearer {KEY}"},
        {"authorization": "midjourney-proxy", "mj_api_secret": KEY},
        {"authorization": "", "mj_api_secret": KEY},
    ]
    for headers in places:
        reply = await studio.post("/mj/submit/imagine", {"prompt": ""}, None, **headers)
        assert (reply.status, reply.json()["code"]) == (200, 4), headers
    reply = await studio.post(f"/mj/submit/imagine?key={KEY}", {"prompt": ""}, None)
    assert reply.status == 200
    body = {"prompt": "cat --ar 2:1 --no dog"}
    as_uniai = await studio.post("/mj/submit/imagine", body, None, mj_api_secret=KEY)
    assert b'"code":1,' in as_uniai.body


async def test_without_a_key_both_dialects_say_so(studio: Studio) -> None:
    for key in (None, "sk-wrong"):
        reply = await studio.post("/mj/submit/imagine", {"prompt": "cat"}, key)
        told = reply.json()
        assert reply.status == 401
        assert (told["code"], told["result"], told["properties"]) == (4, None, {})
        assert told["description"] in ("未提供令牌", "无效的令牌")
        assert told["type"] == "upstream_error"
        assert told["error"]["code"] in ("missing_api_key", "invalid_api_key")
        assert reply.headers["access-control-allow-origin"] == "*"


async def test_blank_prompts_and_bodies_that_are_none(begin: Begin, proxy: FakeProxy) -> None:
    studio = await begin([channel("mj", proxy.url)], midjourney={})
    told = await studio.imagine("  ")
    assert told == {"code": 4, "description": "prompt不能为空", "result": None, "properties": {}}
    reply = await studio.station.request("POST", "/mj/submit/imagine", None)
    assert (reply.status, reply.json()["description"]) == (400, "bind_request_body_failed")
    body = {"sourceBase64": bare(), "targetBase64": bare("red")}
    told = (await studio.post("/mj/insight-face/swap", body)).json()
    assert (told["code"], told["description"]) == (4, "服务不支持")


async def test_each_speed_and_the_task_is_seen_under_all(studio: Studio, proxy: FakeProxy) -> None:
    asked = {"/mj": "/mj-fast/mj", **{prefix: prefix for prefix in PREFIXES[1:]}}
    for prefix, expected in asked.items():
        told = await studio.submit("imagine", prefix, prompt="cat --fast")
        await studio.task(told["result"], "SUBMITTED")
        assert proxy.submits()[-1].path == f"{expected}/submit/imagine"
        for other in PREFIXES:
            assert (await studio.fetch(told["result"], other))["id"] == told["result"]


async def test_another_speed_is_none(studio: Studio) -> None:
    reply = await studio.post("/mj-warp/mj/submit/imagine", {"prompt": "cat"})
    assert (reply.status, reply.json()["code"]) == (400, 4)
    assert reply.json()["description"] == "无效的加速模式"


async def test_the_oldest_proxy_is_told_the_speed_in_the_prompt(
    begin: Begin, proxy: FakeProxy
) -> None:
    studio = await begin([channel("old", proxy.url, vendor="midjourney-proxy")])
    told = await studio.submit("imagine", "/mj-turbo/mj", prompt="cat --relax --ar 2:1")
    await studio.task(told["result"], "SUBMITTED")
    (sent,) = proxy.submits()
    assert (sent.path, sent.body["prompt"]) == ("/mj/submit/imagine", "cat --ar 2:1 --turbo")


async def test_a_speed_has_its_price_and_without_one_the_usual(begin: Begin) -> None:
    prices = [{"model": "mj_relax_imagine", "per_call": "0.02"}]
    nowhere = channel("mj", "http://127.0.0.1:9")
    studio = await begin([nowhere], wanted={"prices": prices}, runs=False)
    relaxed = await studio.submit("imagine", "/mj-relax/mj", prompt="cat")
    turbo = await studio.submit("imagine", "/mj-turbo/mj", prompt="cat")
    assert (await studio.row(relaxed["result"])).hold_nanos == 20_000_000
    assert (await studio.row(turbo["result"])).hold_nanos == NANOS
    for told in (relaxed, turbo):
        assert (await studio.post(f"/mj/task/{told['result']}/cancel")).json()["code"] == 1
        assert (await studio.settled(told["result"])).settle == "voided"


async def test_prices_by_name(begin: Begin) -> None:
    """As another relay's table names them: each verb at its own, patterns for the rest."""
    usd = {
        "mj_imagine": "0.01",
        "mj_turbo_imagine": "0.02",
        "mj_describe": "0.03",
        "mj_shorten": "0.04",
        "mj_blend": "0.05",
        "swap_face": "0.06",
        "mj_relax_*": "0.07",
    }
    prices = [{"model": name, "per_call": text} for name, text in usd.items()]
    nowhere = channel("mj", "http://127.0.0.1:9")
    studio = await begin(
        [nowhere], wanted={"prices": prices}, midjourney={"swap_face": True}, runs=False
    )
    faces = {"sourceBase64": bare(), "targetBase64": bare("red")}
    asked = [
        ("/mj/submit/imagine", {"prompt": "cat"}, 10),
        ("/mj-turbo/mj/submit/imagine", {"prompt": "cat"}, 20),
        ("/mj-fast/mj/submit/imagine", {"prompt": "cat"}, 10),
        ("/mj/submit/describe", {"base64": bare()}, 30),
        ("/mj/submit/shorten", {"prompt": "a long cat"}, 40),
        ("/mj/submit/blend", {"base64Array": [bare(), bare("red")]}, 50),
        ("/mj/insight-face/swap", faces, 60),
        ("/mj-relax/mj/submit/imagine", {"prompt": "cat"}, 70),
    ]
    for path, body, thousandths in asked:
        told = (await studio.post(path, body)).json()
        assert told["code"] == 1, (path, told)
        assert (await studio.row(told["result"])).hold_nanos == thousandths * 1_000_000, path


async def test_odd_scalars_and_bad_pictures(begin: Begin) -> None:
    studio = await begin([channel("mj", "http://127.0.0.1:9")], runs=False)
    odd = {"prompt": "cat", "base64Array": None, "notifyHook": "", "state": 5, "botType": "x"}
    told = (await studio.post("/mj/submit/imagine", odd)).json()
    assert told["code"] == 1
    shown = await studio.fetch(told["result"])
    assert (shown["state"], shown["botType"]) == ("5", "MID_JOURNEY")
    bad = await studio.imagine("cat", base64Array=["@@@"])
    assert (bad["code"], bad["description"], bad["result"]) == (4, "base64格式错误", None)
    for count in (1, 6):
        told = await studio.submit("blend", base64Array=[bare()] * count)
        assert (told["code"], told["description"]) == (4, "图片参数错误，2~5张图片")


async def test_looking_has_a_generous_limit_of_its_own(begin: Begin) -> None:
    studio = await begin(
        [channel("mj", "http://127.0.0.1:9")], midjourney={"fetch_rpm": 3}, runs=False
    )
    task_id = await studio.made()
    for _ in range(3):
        assert (await studio.get("/mj/task/list")).status == 200
    reply = await studio.get(f"/mj/task/{task_id}/fetch")
    assert (reply.status, reply.json()["code"]) == (429, 30)
    assert 1 <= int(reply.headers["retry-after"]) <= 20
    assert (await studio.imagine("dog"))["code"] == 1, "submits are not looks"


def test_looks_come_back_with_time() -> None:
    now = [0.0]
    looks = Looks(lambda: now[0])
    for _ in range(60):
        looks.take(1, 60)
    with pytest.raises(Fault) as refused:
        looks.take(1, 60)
    assert refused.value.retry_after == 1
    looks.take(2, 60)
    looks.take(1, 0)
    now[0] += 2.0
    looks.take(1, 60)
    looks.take(1, 60)
    with pytest.raises(Fault):
        looks.take(1, 60)


async def test_uploads_are_links_at_once(studio: Studio) -> None:
    told = await studio.submit("upload-discord-images", base64Array=[bare(), bare("red")])
    assert told["code"] == 1
    assert len(told["result"]) == 2
    picture = await studio.picture(told["result"][1])
    assert picture.status == 200
    assert picture.headers["content-type"] == "image/png"
    assert (await studio.station.account()).spent == 50_000_000


KEYS = {
    *("id", "action", "customId", "botType", "prompt", "promptEn", "description", "state"),
    *("submitTime", "startTime", "finishTime", "imageUrl", "imageUrls", "videoUrl"),
    *("videoUrls", "status", "progress", "failReason", "buttons", "maskBase64", "properties"),
}


def check_whole(shown: dict[str, Any]) -> None:
    """As every task object is, whatever its status: clients look without asking."""
    assert set(shown) == KEYS
    assert "null" not in json.dumps(shown)
    assert "upstream.internal" not in json.dumps(shown)
    assert shown["properties"]["discordInstanceId"] != "999"
    assert shown["properties"]["finalZhPrompt"] == ""
    over = shown["status"] in ("FAILURE", "CANCEL")
    assert bool(shown["failReason"]) == over
    assert (shown["finishTime"] > 0) == (over or shown["status"] == "SUCCESS")
    times = [one for name in ("submit", "start", "finish") if (one := shown[f"{name}Time"])]
    assert times == sorted(times)
    assert all(len(str(one)) == 13 for one in times), "milliseconds"


async def test_the_task_object_has_all_keys_and_no_null(studio: Studio, proxy: FakeProxy) -> None:
    task_id = await studio.made("cat")
    for status in ("SUBMITTED", "IN_PROGRESS", "SUCCESS"):
        shown = await studio.task(task_id, status)
        check_whole(shown)
        if status == "SUBMITTED":
            proxy.jobs[0].move("IN_PROGRESS", "40%")
        if status == "IN_PROGRESS":
            assert shown["progress"] == "40%"
            proxy.jobs[0].finish()
    window = (await studio.action(task_id, "MJ::CustomZoom::h"))["result"]
    lost = await studio.made("dog")
    await studio.task(lost, "SUBMITTED")
    proxy.jobs[1].move("FAILURE", failReason=None)
    failed = await studio.task(lost, "FAILURE")
    assert failed["progress"] == "100%"
    await studio.stop_runner()
    waiting = await studio.made("bird")
    every = [(failed, "FAILURE"), (await studio.fetch(waiting), "NOT_START")]
    every.append((await studio.fetch(window), "MODAL"))
    await studio.post(f"/mj/task/{waiting}/cancel")
    every.append((await studio.fetch(waiting), "CANCEL"))
    for shown, status in every:
        assert shown["status"] == status
        check_whole(shown)
    listed = (await studio.get("/mj/task/list")).json()
    assert [task["id"] for task in listed] == [waiting, lost, window, task_id]
    for shown in listed:
        check_whole(shown)
