"""Buttons, windows, changes, and the pages that only look."""

import asyncio
import json
from typing import Any

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.pictures import data_url, png
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio
from tests.support.gateway import token

DESCRIBED = "1️⃣ a clay fox --ar 5:4\r\n\r\n2️⃣ two\r\n\r\n3️⃣ three\r\n\r\n4️⃣ four"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waystation.tasks.midjourney.kind.Midjourney.pace", lambda *_: 0.1)


async def finish(studio: Studio, proxy: FakeProxy, task_id: str, **fields: Any) -> dict[str, Any]:
    await studio.task(task_id, "SUBMITTED")
    proxy.jobs[-1].finish(**fields)
    return await studio.task(task_id, "SUCCESS")


async def drawn(studio: Studio, proxy: FakeProxy, prompt: str = "cat") -> str:
    task_id = await studio.made(prompt)
    await finish(studio, proxy, task_id)
    return task_id


async def test_buttons_go_to_the_parents_channel_and_key(begin: Begin) -> None:
    async with FakeProxy() as one, FakeProxy() as two:
        channels = [
            channel("one", one.url, keys=["one-a", "one-b"]),
            channel("two", two.url, priority=1),
        ]
        studio = await begin(channels)
        parent = await drawn(studio, one)
        secret = one.submits()[0].headers["mj-api-secret"]
        for custom_id in (
            "MJ::JOB::upsample::2::made-up",
            "MJ::JOB::variation::3",
            "MJ::JOB::reroll",
        ):
            told = await studio.action(parent, custom_id, state="s", chooseSameChannel=True)
            assert told["code"] == 1, told
            shown = await finish(studio, one, told["result"])
            assert shown["customId"] == custom_id
            assert shown["state"] == "s"
            assert shown["prompt"] == "cat"
            sent = one.submits()[-1]
            assert sent.headers["mj-api-secret"] == secret
            assert sent.body["taskId"] == one.jobs[0].id
            assert (
                sent.body["customId"].split("::")[-1].startswith("up-")
                or "SOLO" in sent.body["customId"]
            )
        assert two.submits() == []
        assert shown["action"] == "REROLL"
        unknown = await studio.action(parent, f"MJ::JOB::brand_new::1::up-{one.jobs[0].id}")
        assert unknown["code"] == 1
        assert (await finish(studio, one, unknown["result"]))["action"] == "ACTION"


async def test_a_button_pressed_again_with_its_key_is_one_task(
    studio: Studio, proxy: FakeProxy
) -> None:
    task_id = await studio.made()
    await studio.task(task_id, "SUBMITTED")
    proxy.jobs[0].finish()
    await studio.task(task_id, "SUCCESS")
    body = {"taskId": task_id, "customId": "MJ::JOB::upsample::1::x"}
    told = [
        (await studio.post("/mj/submit/action", body, idempotency_key="k-1")).json()["result"]
        for _ in range(2)
    ]
    assert told[0] == told[1]
    other = {**body, "customId": "MJ::JOB::upsample::2::x"}
    reply = await studio.post("/mj/submit/action", other, idempotency_key="k-1")
    assert reply.status == 422
    await studio.task(told[0], "SUBMITTED")
    assert [seen.path for seen in proxy.submits()].count("/mj/submit/action") == 1


async def test_what_cannot_be_pressed(studio: Studio, proxy: FakeProxy) -> None:
    task_id = await studio.made()
    upscale = "MJ::JOB::upsample::1::h"
    refused = await studio.action(task_id, upscale)
    assert (refused["code"], refused["description"]) == (4, "关联任务状态错误")
    await finish(studio, proxy, task_id)
    cases = [
        ("1730621718151844", upscale, 3, "关联任务不存在或已失效"),
        (task_id, "MJ::JOB", 4, "未知的 Action 类型"),
        (task_id, "::", 4, "未知的 Action 类型"),
        (task_id, "", 4, "参数错误"),
        (task_id, "MJ::JOB::upsample", 4, "未知的 Action 类型"),
        (task_id, "MJ::JOB::upsample::9::h", 4, "index参数错误"),
        (task_id, "MJ::JOB::animate_high::1::h::SOLO", 4, "视频功能未启用"),
        (task_id, "MJ::Job::PicReader::1", 4, "无效的 PicReader 索引"),
    ]
    for parent, custom_id, code, text in cases:
        told = await studio.action(parent, custom_id)
        assert (told["code"], told["description"]) == (code, text), custom_id
        assert told["result"] is None
    bookmark = await studio.action(task_id, "MJ::BOOKMARK::h")
    assert (bookmark["code"], bookmark["result"]) == (1, task_id)
    assert len(proxy.submits()) == 1


async def test_changes_by_index(begin: Begin, proxy: FakeProxy) -> None:
    studio = await begin([channel("old", proxy.url, vendor="midjourney-proxy")])
    parent = await studio.made()
    shown = await finish(studio, proxy, parent, buttons=None)
    assert [button["label"] for button in shown["buttons"]][:4] == ["U1", "U2", "U3", "U4"]
    told = await studio.submit("change", taskId=parent, action="UPSCALE", index=2)
    assert told["code"] == 1
    child = await finish(studio, proxy, told["result"], buttons=None)
    assert child["action"] == "UPSCALE"
    assert proxy.submits()[-1].path == "/mj/submit/change"
    assert proxy.submits()[-1].body["index"] == 2
    for content in (f"{parent}  v3", f"{parent} R"):
        told = await studio.submit("simple-change", content=content)
        await finish(studio, proxy, told["result"], buttons=None)
    assert [seen.body["action"] for seen in proxy.submits()[2:]] == ["VARIATION", "REROLL"]
    pressed = await studio.action(parent, "MJ::JOB::upsample::4::anything")
    await finish(studio, proxy, pressed["result"], buttons=None)
    assert proxy.submits()[-1].body["index"] == 4
    refused = await studio.submit("change", taskId=child["id"], action="UPSCALE", index=1)
    assert (refused["code"], refused["description"]) == (4, "关联任务不允许执行变化")
    reply = await studio.post(
        "/mj/submit/action", {"taskId": parent, "customId": "MJ::JOB::pan_left::1::h::SOLO"}
    )
    assert reply.status == 404


async def test_a_window_from_action_to_picture(studio: Studio, proxy: FakeProxy) -> None:
    parent = await drawn(studio, proxy)
    spent = (await studio.station.account()).spent
    told = await studio.action(parent, "MJ::CustomZoom::made-up", state="z")
    assert told["code"] == 21
    assert "confirm" in told["description"]
    assert told["properties"] == {"finalPrompt": "cat", "remix": True}
    window = told["result"]
    assert (await studio.fetch(window))["status"] == "MODAL"
    assert (await studio.station.account()).held == 0
    assert len(proxy.submits()) == 1
    proxy.on_submit(proxy.window("cat --zoom 2"))
    confirmed = await studio.submit("modal", taskId=int(window), prompt="")
    assert (confirmed["code"], confirmed["result"]) == (1, window)
    again = await studio.submit("modal", taskId=window, prompt="")
    assert (again["code"], again["result"]) == (1, window)
    other = await studio.submit("modal", taskId=window, prompt="another")
    assert (other["code"], other["description"]) == (4, "关联任务状态错误")
    await studio.task(window, "SUBMITTED")
    action, modal = proxy.submits()[1:]
    assert action.body["customId"].startswith("MJ::CustomZoom::up-")
    assert modal.path == "/mj/submit/modal"
    assert modal.body["taskId"] == proxy.jobs[1].id
    assert modal.body["prompt"] == "cat"
    proxy.jobs[1].finish()
    shown = await studio.task(window, "SUCCESS")
    assert (shown["action"], shown["state"]) == ("CUSTOM_ZOOM", "z")
    row = await studio.settled(window)
    assert row.nanos == 100_000_000
    assert (await studio.station.account()).spent == spent + row.nanos


async def test_a_region_needs_its_mask(studio: Studio, proxy: FakeProxy) -> None:
    parent = await drawn(studio, proxy)
    window = (await studio.action(parent, "MJ::Inpaint::1::h::SOLO"))["result"]
    refused = await studio.submit("modal", taskId=window, prompt="a hat")
    assert (refused["code"], refused["description"]) == (4, "maskBase64不能为空")
    assert (await studio.fetch(window))["status"] == "MODAL"
    proxy.on_submit(proxy.window())
    mask = data_url("white")
    told = await studio.submit("modal", taskId=window, prompt="a hat", maskBase64=mask)
    assert told["code"] == 1
    await studio.task(window, "SUBMITTED")
    sent = proxy.submits()[-1].body
    assert (sent["prompt"], sent["maskBase64"]) == ("a hat", mask)
    proxy.jobs[-1].finish()
    shown = await studio.task(window, "SUCCESS")
    assert shown["maskBase64"] == ""
    assert shown["prompt"] == "a hat"


async def test_modals_of_nothing_and_windows_that_close(studio: Studio, proxy: FakeProxy) -> None:
    gone = await studio.submit("modal", taskId="1730621718151844", prompt="x")
    assert (gone["code"], gone["description"]) == (3, "目标任务不存在")
    parent = await drawn(studio, proxy)
    early = await studio.submit("modal", taskId=parent, prompt="x")
    assert (early["code"], early["description"]) == (4, "关联任务状态错误")
    window = (await studio.action(parent, "MJ::CustomZoom::h"))["result"]
    over = studio.kind.expired(await studio.row(window))
    assert (over.state, over.fail_reason) == ("CANCEL", "任务提交超时")
    cancelled = (await studio.post(f"/mj/task/{window}/cancel")).json()
    assert cancelled["code"] == 1
    shown = await studio.fetch(window)
    assert (shown["status"], shown["failReason"]) == ("CANCEL", "取消任务")
    assert (await studio.post(f"/mj/task/{window}/cancel")).json()["code"] == 4


async def test_remix_where_the_upstream_asks_by_itself(studio: Studio, proxy: FakeProxy) -> None:
    parent = await drawn(studio, proxy)
    proxy.on_submit(proxy.window("cat"))
    told = await studio.action(parent, "MJ::JOB::variation::1::h")
    assert told["code"] == 1
    await finish(studio, proxy, told["result"])
    assert proxy.submits()[-1].body["prompt"] == "cat"
    asked = await studio.action(parent, "MJ::JOB::variation::1::h", enableRemix=True)
    assert asked["code"] == 21


async def test_describe_and_its_four_pictures(studio: Studio, proxy: FakeProxy) -> None:
    told = await studio.submit("describe", base64=data_url("navy"))
    described = told["result"]
    shown = await finish(
        studio, proxy, described, prompt=DESCRIBED, properties={"finalPrompt": DESCRIBED}
    )
    lines = DESCRIBED.replace("\r\n", "\n")
    assert shown["properties"]["finalPrompt"] == shown["prompt"] == shown["promptEn"] == lines
    assert (await studio.picture(shown["imageUrl"])).body == png("navy")
    for verb in (
        "JOB::upsample::1",
        "JOB::variation::2",
        "Inpaint::1",
        "CustomZoom",
        "Outpaint::50",
    ):
        told = await studio.action(described, f"MJ::{verb}")  # there are words, and no picture
        assert (told["code"], told["description"]) == (4, "关联任务不允许执行变化"), verb
    asked = await studio.action(described, "MJ::Job::PicReader::1")
    assert (asked["code"], asked["properties"]["finalPrompt"]) == (21, "a clay fox --ar 5:4")
    confirmed = await studio.submit("modal", taskId=asked["result"])
    assert confirmed["code"] == 1
    child = await finish(studio, proxy, asked["result"])
    assert (child["action"], child["prompt"]) == ("IMAGINE", "a clay fox --ar 5:4")
    assert proxy.submits()[-1].path == "/mj/submit/imagine"
    every = await studio.action(described, "MJ::Job::PicReader::all", state="s")
    ids = every["result"].split(",")
    assert len(set(ids)) == 4
    states = []
    for task_id in ids:
        await studio.task(task_id, "SUBMITTED")
        states.append((await studio.fetch(task_id))["state"])
    assert states == ["s::1", "s::2", "s::3", "s::4"]
    assert sorted(seen.body["prompt"] for seen in proxy.submits()[2:]) == [
        "a clay fox --ar 5:4", "four", "three", "two",
    ]  # fmt: skip


async def test_all_four_or_none(begin: Begin, proxy: FakeProxy) -> None:
    studio = await begin([channel("mj", proxy.url)], wanted={"credit": "0.4"})
    described = (await studio.submit("describe", base64=data_url()))["result"]
    await finish(studio, proxy, described, properties={"finalPrompt": DESCRIBED})
    reply = await studio.post(
        "/mj/submit/action", {"taskId": described, "customId": "MJ::Job::PicReader::all"}
    )
    assert reply.status == 402
    children = await studio.workshop.store.children(described)
    assert [child.state for child in children] == ["CANCEL"] * 3
    for child in children:
        await studio.settled(child.id)
    assert (await studio.station.account()).held == 0
    assert len(proxy.submits()) == 1


@pytest.mark.parametrize(
    ("options", "code"),
    [({"account_day": 4}, 4), ({"account_concurrency": 3}, 4), ({"queue": 0}, 23)],
)
async def test_four_at_once_count_as_four(
    begin: Begin, proxy: FakeProxy, options: dict[str, int], code: int
) -> None:
    one = channel("mj", proxy.url, limits={"concurrency": 3})
    studio = await begin([one], midjourney=options)
    described = (await studio.submit("describe", base64=data_url()))["result"]
    await finish(studio, proxy, described, properties={"finalPrompt": DESCRIBED})
    told = await studio.action(described, "MJ::Job::PicReader::all")
    assert (told["code"], told["result"]) == (code, None)
    assert await studio.workshop.store.children(described) == []


async def test_queries_of_every_shape(begin: Begin, proxy: FakeProxy) -> None:
    bob = token("bobs", "sk-of-bob-0123456789abcdef", "bob@example.com")
    wanted = {
        "accounts": [{"email": "bob@example.com", "credit": "1"}],
        "tokens": [token(), token("second", "sk-second-0123456789abcdef"), bob],
    }
    studio = await begin([channel("mj", proxy.url)], wanted=wanted)
    one, two = await studio.made("one", state="a"), await studio.made("two", state="b")
    await studio.task(two, "SUBMITTED")
    foreign = await studio.get(f"/mj/task/{one}/fetch", bob["key"])
    unknown = await studio.get("/mj/task/1730621718151844/fetch", bob["key"])
    assert foreign.status == unknown.status == 400
    assert foreign.json()["description"] == unknown.json()["description"] == "task_no_found"
    theirs, none = (
        each.body.replace(each.request_id.encode(), b"ID").replace(name.encode(), b"TASK")
        for each, name in ((foreign, one), (unknown, "1730621718151844"))
    )
    assert theirs == none
    assert foreign.json()["code"] == 4
    assert (await studio.get(f"/mj/task/{one}/fetch", "sk-second-0123456789abcdef")).status == 200
    asked = {"ids": [two, int(one), one, "17", 17.5, None]}
    listed = (await studio.post("/mj/task/list-by-condition", asked)).json()
    assert [(task["id"], task["state"]) for task in listed] == [(two, "b"), (one, "a")]
    assert all("code" not in task for task in listed)
    for empty in ({}, {"ids": None}, {"ids": []}):
        assert (await studio.post("/mj/task/list-by-ids", empty)).json() == []
    assert (await studio.post("/mj/task/list-by-ids", {"ids": [one]}, bob["key"])).json() == []
    newest = (await studio.get("/mj/task/list")).json()
    assert [task["id"] for task in newest] == [two, one]
    assert len((await studio.get("/mj/task/queue")).json()) == 2
    early = (await studio.get(f"/mj/task/{one}/image-seed")).json()
    assert (early["code"], early["description"]) == (4, "关联任务状态错误")
    await studio.task(one, "SUBMITTED")
    for job in proxy.jobs:
        job.finish()
    await studio.task(one, "SUCCESS")
    seed = await studio.get(f"/mj/task/{one}/image-seed")
    assert (
        seed.body == '{"code":1,"description":"成功","result":"636646138","properties":{}}'.encode()
    )
    assert (await studio.get("/mj/task/17/image-seed")).status == 400
    await studio.task(two, "SUCCESS")
    assert (await studio.get("/mj/task/queue")).json() == []


async def test_stored_states_are_served_while_everything_is_down(begin: Begin) -> None:
    async with FakeProxy() as mortal:
        studio = await begin([channel("mj", mortal.url)])
        task_id = await drawn(studio, mortal)
        await studio.stop_runner()
    assert (await studio.fetch(task_id))["status"] == "SUCCESS"
    reply = await studio.get(f"/mj/task/{task_id}/image-seed")
    assert (reply.status, reply.json()["code"]) == (200, 9)


async def test_cancelling(begin: Begin, proxy: FakeProxy) -> None:
    one = channel("mj", proxy.url, vendor="midjourney-trueai")
    studio = await begin([one], runs=False)
    waiting = await studio.made()
    told = (await studio.post(f"/mj/task/{waiting}/cancel")).json()
    assert (told["code"], told["result"]) == (1, waiting)
    assert (await studio.settled(waiting)).settle == "voided"
    await studio.start_runner()
    running = await studio.made()
    await studio.task(running, "SUBMITTED")
    assert (await studio.post(f"/mj/task/{running}/cancel")).json()["code"] == 1
    shown = await studio.task(running, "CANCEL")
    assert shown["failReason"] == "取消任务"
    assert (await studio.settled(running)).settle == "voided"
    assert len(proxy.submits()) == 1


async def test_callbacks_of_upstreams_bring_the_next_poll(
    begin: Begin, proxy: FakeProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waystation.tasks.midjourney.kind.Midjourney.pace", lambda *_: 60.0)
    studio = await begin([channel("mj", proxy.url)], public_url="https://relay.example")
    task_id = await studio.made(notifyHook="https://93.184.215.14/hook")
    await studio.task(task_id, "SUBMITTED")
    hook = proxy.submits()[0].body["notifyHook"]
    assert hook.startswith(f"https://relay.example/mj/notify/{task_id}/")
    assert "93.184" not in json.dumps(proxy.submits()[0].body)
    proxy.jobs[0].finish()
    path = hook.removeprefix("https://relay.example")
    for wrong in (path[:-3] + "xyz", f"/mj/notify/{task_id[:-1]}0/abc"):
        assert (await studio.post(wrong, proxy.jobs[0].fields, None)).json() == {"code": 1}
    polls = len(proxy.polls())
    forged = {**proxy.jobs[0].fields, "status": "FAILURE"}
    for _ in range(2):
        assert (await studio.post(path, forged, None)).status == 200
    async with asyncio.timeout(10):
        while (await studio.row(task_id)).state != "SUCCESS":
            await asyncio.sleep(0.05)
    assert len(proxy.polls()) > polls


async def test_hooks_that_lead_inside_are_refused(studio: Studio) -> None:
    for url in ("http://127.0.0.1:9/x", "http://169.254.169.254/", "http://[::1]/", "file:///etc"):
        told = await studio.imagine("cat", notifyHook=url)
        assert (told["code"], told["description"]) == (4, "notifyHook地址无效")
