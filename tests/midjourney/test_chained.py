"""Another relay in front of us: as one that takes us for its midjourney-proxy speaks, and our own
channel for relays, led to ourselves."""

import json
from typing import Any

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio, until
from tests.support.gateway import KEY, document, token
from tests.support.wire import Reply, request

pytestmark = pytest.mark.untraced

SECRET = {"mj-api-secret": KEY}
STRINGS = (
    "id", "action", "botType", "prompt", "promptEn", "description", "state", "imageUrl",
    "videoUrl", "status", "progress", "failReason", "customId", "maskBase64",
)  # fmt: skip
TIMES = ("submitTime", "startTime", "finishTime")


async def call(studio: Studio, method: str, path: str, body: Any = None) -> Reply:
    """With its secret alone, as such a relay sends it."""
    return await request(studio.station.port, method, path, body, None, SECRET)


def check_submitted(told: dict[str, Any]) -> None:
    """As the relay decodes it: result a string or null, properties an object."""
    assert type(told["code"]) is int
    assert isinstance(told["description"], str)
    assert told["result"] is None or isinstance(told["result"], str)
    assert isinstance(told["properties"], dict)


def check_task(task: dict[str, Any]) -> None:
    """As the relay decodes it: no nulls, whole numbers for times, lists of objects."""
    for name in STRINGS:
        assert isinstance(task[name], str), name
    for name in TIMES:
        assert type(task[name]) is int, name
    assert all(isinstance(each["customId"], str) for each in task["buttons"])
    assert isinstance(task["properties"], dict)
    assert None not in task["properties"].values()
    assert "code" not in task


async def test_a_relay_that_takes_us_for_its_proxy(studio: Studio, proxy: FakeProxy) -> None:
    ids: list[str] = []
    for number in range(3):
        reply = await call(studio, "POST", "/mj/submit/imagine", {"prompt": f"cat {number}"})
        assert b'"code":1,' in reply.body
        check_submitted(reply.json())
        ids.append(reply.json()["result"])
    for one in ids:
        await studio.task(one, "SUBMITTED")
    jobs = {job.fields["prompt"]: job for job in proxy.jobs}
    jobs["cat 0"].finish()
    jobs["cat 1"].move("FAILURE", failReason="no")
    await studio.task(ids[0], "SUCCESS")
    await studio.task(ids[1], "FAILURE")
    # It polls all that it has open, ours or not, every few seconds.
    asked = {"ids": [*ids, "1730621718151844"]}
    listed = await call(studio, "POST", "/mj/task/list-by-condition", asked)
    tasks = {task["id"]: task for task in listed.json()}
    assert set(tasks) == set(ids)
    for task in tasks.values():
        check_task(task)
    statuses = [tasks[one]["status"] for one in ids]
    assert statuses[:2] == ["SUCCESS", "FAILURE"]
    assert tasks[ids[1]]["failReason"] == "no"
    assert (await studio.picture(tasks[ids[0]]["imageUrl"])).status == 200
    window = await call(
        studio, "POST", "/mj/submit/action", {"taskId": ids[0], "customId": "MJ::CustomZoom::h"}
    )
    assert b'"code":21,' in window.body
    check_submitted(window.json())
    gone = await call(studio, "GET", "/mj/task/1730621718151844/fetch")
    assert gone.status == 400
    assert json.loads(gone.body)["description"] == "task_no_found"
    await call(studio, "POST", f"/mj/task/{window.json()['result']}/cancel")


@pytest.mark.parametrize("prefix", ["/mj", "/mj-fast/mj"])
async def test_our_own_relay_channel_led_to_ourselves(
    begin: Begin, proxy: FakeProxy, prefix: str
) -> None:
    """Two tasks, two charges; codes, buttons and pictures come through both."""
    inner = channel("mj", proxy.url, groups=["inner"])
    groups = [{"name": "default"}, {"name": "inner"}]
    studio = await begin([inner], wanted={"groups": groups})
    outer = {
        **channel("ourselves", f"http://127.0.0.1:{studio.station.port}"),
        "vendor": "midjourney-relay",
        "keys": ["sk-inner-0123456789abcdef"],
        "groups": ["default"],
    }
    tokens = [token(groups=["default"]), token("inner", "sk-inner-0123456789abcdef")]
    tokens[1]["groups"] = ["inner"]
    await studio.apply(document([inner, outer], tokens=tokens, groups=groups))
    told = await studio.submit("imagine", prefix=prefix, prompt="cat --ar 3:2")
    assert told["code"] == 1, told
    await studio.task(told["result"], "SUBMITTED")
    await until(lambda: len(proxy.jobs) == 1)
    assert proxy.jobs[0].fields["prompt"].startswith("cat --ar 3:2")
    proxy.jobs[0].finish()
    shown = await studio.task(told["result"], "SUCCESS")
    check_task(shown)
    assert (await studio.picture(shown["imageUrl"])).status == 200
    assert any("upsample::2" in each["customId"] for each in shown["buttons"])
    row = await studio.row(told["result"])
    assert row.upstream_id != told["result"]
    mirrored = await studio.row(row.upstream_id)
    assert mirrored.upstream_id == proxy.jobs[0].id
    await studio.settled(row.id)
    await studio.settled(mirrored.id)
    assert (await studio.station.account()).spent == 200_000_000
    # A button goes the same way down.
    await studio.action(told["result"], "MJ::JOB::upsample::2::x")
    await until(lambda: len(proxy.jobs) == 2)
    assert "upsample::2" in proxy.jobs[1].body["customId"]
