"""Bodies that should not be, answers of upstreams that should not be, and words at a bad moment."""

import json
from typing import Any

import pytest
from aiohttp import web

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio
from tests.support.gateway import KEY
from tests.support.wire import Wire
from waystation.dialects.midjourney.forms import FORMS
from waystation.tasks.midjourney import handing

DEEP = b"[" * 100_000 + b"]" * 100_000
BODIES = [
    b"", b"null", b"[]", b'{"prompt":"x"', b'{"prompt":"x"} x', b'{"prompt":"\\ud800"}',
    b'{"prompt":"\xff"}', b'{"prompt":1e999}', b'{"prompt":' + DEEP + b"}",
    b'{"taskId":' + DEEP + b"}", b'{"base64Array":' + DEEP + b"}",
    b'{"accountFilter":' + DEEP + b"}",
    b'{"prompt":"a","prompt":"b"}', b'{"taskId":"1","taskId":"2","customId":"MJ::BOOKMARK::h"}',
    b'{"content":"1 U2","content":""}', b'{"prompt":"' + b"x" * 200_000 + b'"}',
]  # fmt: skip


async def raw(port: int, path: str, body: bytes) -> tuple[int, Any]:
    wire = await Wire.open(port)
    await wire.send("POST", path, body, KEY)
    status = await wire.read_head()
    told = await wire.read_body("POST")
    await wire.close()
    return status, json.loads(told)


async def test_bodies_that_are_none_are_refused_on_every_page(begin: Begin) -> None:
    """Never worse than a refusal, and nothing stays of them."""
    studio = await begin([channel("mj", "http://127.0.0.1:9")], runs=False)
    for path in FORMS:
        for body in BODIES:
            status, told = await raw(studio.station.port, f"/mj{path}", body)
            assert status in (200, 400), (path, body[:40], status, told)
            assert told["code"] in (1, 3, 4)
            if told["code"] == 1:  # of a name that stands twice one is taken
                assert b'"prompt":"b"' in body, (path, body[:40])
            else:
                assert (told["result"], told["properties"]) == (None, {})
    for body in BODIES:
        status, told = await raw(studio.station.port, "/mj/task/list-by-condition", body)
        assert status in (200, 400), (body[:40], told)
        assert status == 400 or told == []


async def test_bodies_that_are_too_large(begin: Begin) -> None:
    studio = await begin([channel("mj", "http://127.0.0.1:9")], runs=False, body_bytes_max=4000)
    for path in FORMS:
        status, told = await raw(studio.station.port, f"/mj{path}", b'{"x":"' + b"y" * 5000)
        assert status == 413
        assert (told["code"], told["description"]) == (4, "request_too_large")
        assert told["error"]["code"] == "request_too_large"


async def test_secrets_in_an_upstream_s_words(studio: Studio, proxy: FakeProxy) -> None:
    """Whatever an upstream says of a failure, nobody learns its address or our key there."""
    task_id = await studio.made("cat")
    await studio.task(task_id, "SUBMITTED")
    words = f"account secret-of-mj at {proxy.url}/mj refused, see http://admin.internal:80/x"
    proxy.jobs[0].move("FAILURE", failReason=words)
    reason = (await studio.task(task_id, "FAILURE"))["failReason"]
    assert reason.startswith("account ")
    for word in ("secret-of-mj", proxy.url, "admin.internal"):
        assert word not in reason


async def test_answers_of_any_size_and_depth(
    studio: Studio, proxy: FakeProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A submit with an absurd answer fails alone; an absurd task is shown in measure."""
    monkeypatch.setattr(handing, "LOOK_SECONDS", (0.1, 0.1, 0.1))
    good = await studio.made("good")
    await studio.task(good, "SUBMITTED")
    absurd = (
        b'{"code":1,"result":' + DEEP + b"}",
        b'{"code":1,"result":"' + b"9" * 100_000 + b'"}',
        b'{"code":1,"description":"\\ud800","result":"17"}',
        b'{"code":1,"result":"17"',
    )
    proxy.on_submit(*(proxy.raw(200, body) for body in absurd))
    lost = [await studio.made(f"lost {number}") for number in range(len(absurd))]
    for task_id in lost:
        await studio.task(task_id, "FAILURE")
        assert (await studio.settled(task_id)).settle == "voided"
    assert len(proxy.submits()) == len(absurd) + 1
    huge = "x" * 30_000
    buttons = [{"customId": huge}, {"customId": "MJ::JOB::upsample::1::h", "label": huge}]
    properties = {"finalPrompt": huge, "messageHash": {"a": 1}, "flags": [[]]}
    proxy.jobs[0].finish(buttons=buttons * 30, promptEn=huge, properties=properties)
    shown = await studio.task(good, "SUCCESS")
    assert {button["customId"] for button in shown["buttons"]} == {"MJ::JOB::upsample::1::h"}
    assert len(json.dumps(shown)) < 100_000


async def test_one_task_too_large_to_be_told_delays_no_other(
    studio: Studio, proxy: FakeProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waystation.tasks.midjourney.proxy.REPLY_BYTES_MAX", 20_000)
    tasks = {f"cat {number}": await studio.made(f"cat {number}") for number in range(5)}
    for task_id in tasks.values():
        await studio.task(task_id, "SUBMITTED")
    large = proxy.jobs[2]
    for job in proxy.jobs:
        job.finish(
            **({"imageUrl": "data:image/png;base64," + "A" * 40_000} if job is large else {})
        )
    for prompt, task_id in tasks.items():
        if prompt != large.body["prompt"]:
            await studio.task(task_id, "SUCCESS")
    assert (await studio.fetch(tasks[large.body["prompt"]]))["status"] == "SUBMITTED"


async def test_ids_made_of_words(studio: Studio, proxy: FakeProxy) -> None:
    """Found in lists, though longer than our own: nobody is asked for each of them."""
    uuid = "e7c6a8a2-3f63-4f0a-9d58-6d7b1c2f9b10"

    async def answer(proxy: FakeProxy, body: dict[str, Any]) -> web.StreamResponse:
        job = proxy.add("imagine", body)
        job.id = job.fields["id"] = uuid
        return web.json_response({"code": 1, "description": "ok", "result": uuid})

    proxy.on_submit(answer)
    task_id = await studio.made()
    await studio.task(task_id, "SUBMITTED")
    proxy.jobs[0].finish()
    await studio.task(task_id, "SUCCESS")
    assert not [seen for seen in proxy.polls() if seen.path.endswith("/fetch")]


async def test_a_callback_before_the_answer_that_it_is_about(
    begin: Begin, proxy: FakeProxy
) -> None:
    """The upstream tells of its window before it has answered: the task stays in its runner's
    hands."""
    studio = await begin([channel("mj", proxy.url)], public_url="https://relay.example")
    parent = await studio.made()
    await studio.task(parent, "SUBMITTED")
    proxy.jobs[0].finish()
    await studio.task(parent, "SUCCESS")
    opens = proxy.window("cat --zoom 2")

    async def hasty(proxy: FakeProxy, body: dict[str, Any]) -> web.StreamResponse:
        answer = await opens(proxy, body)
        path = body["notifyHook"].removeprefix("https://relay.example")
        assert (await studio.post(path, proxy.jobs[-1].fields, None)).status == 200
        return answer

    proxy.on_submit(hasty)
    window = (await studio.action(parent, "MJ::CustomZoom::h"))["result"]
    assert (await studio.submit("modal", taskId=window))["code"] == 1
    await studio.task(window, "SUBMITTED")
    assert [seen.path.rsplit("/", 1)[1] for seen in proxy.submits()] == [
        *("imagine", "action", "modal")
    ]
    proxy.jobs[1].finish()
    await studio.task(window, "SUCCESS")
