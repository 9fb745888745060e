"""Channels that draw and proxies stand in for each other where the first could not begin."""

from typing import Any

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.pictures import bare
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import until
from tests.midjourney.test_emulated import DEMO
from tests.midjourney_emulated.easel import Easel, refusal
from tests.support.gateway import KEY, document, token
from tests.support.rogue import Rogue

pytestmark = pytest.mark.untraced

PAID = "sk-paid-0123456789abcdef"
DRAWS = {
    "vendor": "openai-compatible",
    "operations": ["image"],
    "models": [],
    "model_map": {"mj_*": "flux-dev"},
}


def drawn(name: str, url: str, **more: Any) -> dict[str, Any]:
    return {**channel(name, url), **DRAWS, **more}


async def test_a_proxy_draws_what_a_drawing_channel_could_not_begin(
    begin: Begin, proxy: FakeProxy
) -> None:
    away = drawn("away", "http://127.0.0.1:9")
    studio = await begin([away, channel("mj", proxy.url, priority=1)])
    task_id = await studio.made("a fox")
    await until(lambda: proxy.jobs)
    shown = await studio.task(task_id, "SUBMITTED")
    assert shown["startTime"] > 0
    proxy.jobs[0].finish()
    await studio.task(task_id, "SUCCESS")
    assert (await studio.settled(task_id)).nanos == 100_000_000
    assert len(proxy.submits()) == 1


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_refused_at_the_drawing_channel(
    begin: Begin, proxy: FakeProxy, rogue: Rogue, status: int
) -> None:
    rogue.on("/v1/images/generations", refusal(status))
    studio = await begin([drawn("near", rogue.url), channel("mj", proxy.url, priority=1)])
    task_id = await studio.made("a fox")
    await until(lambda: proxy.jobs)
    proxy.jobs[0].finish()
    await studio.task(task_id, "SUCCESS")
    assert len(proxy.submits()) == 1


async def test_a_drawing_channel_draws_what_no_proxy_took(begin: Begin, proxy: FakeProxy) -> None:
    with Easel() as easel:
        studio = await begin([channel("mj", proxy.url), drawn("near", easel.url, priority=1)])
        proxy.on_submit(proxy.says(23))
        shown = await studio.task(await studio.made("a fox"), "SUCCESS")
    assert len(shown["imageUrls"]) == 4
    assert proxy.jobs == []


async def test_the_demo_stands_in_for_nobody(begin: Begin, proxy: FakeProxy) -> None:
    """Its picture would be taken for a real one: the task waits for the proxy instead."""
    studio = await begin([channel("mj", proxy.url), {**DEMO, "priority": 1}])
    proxy.on_submit(proxy.says(23))
    task_id = await studio.made("a fox")
    await studio.task(task_id, "SUBMITTED")
    assert len(proxy.submits()) == 2


async def test_a_face_is_swapped_by_the_demo_where_nothing_is_sold(
    begin: Begin, proxy: FakeProxy
) -> None:
    """Without the operator's consent no face goes to anybody else; with it, the demo is not asked
    where somebody else does it."""
    faces = {"sourceBase64": bare(), "targetBase64": bare("red")}
    groups = [{"name": "default"}, {"name": "free", "rate": "0", "selectable": True}]
    demo = {**DEMO, "groups": ["free"], "priority": 1}
    tokens = [token(groups=["default", "free"]), token("paid", PAID)]
    channels = [channel("mj", proxy.url, groups=["default"]), demo]
    more = {"groups": groups, "tokens": tokens}
    more["prices"] = [{"model": "mj_swap_face", "per_call": "0.05"}]
    studio = await begin(channels, wanted=more)

    async def swap(key: str = KEY) -> Any:
        return (await studio.post("/mj/insight-face/swap", faces, key)).json()

    told = await swap()
    row = await studio.row(told["result"])
    assert (row.facts.group, row.hold_nanos) == ("free", 0)
    await studio.task(row.id, "SUCCESS")
    assert ((await swap(PAID))["description"], proxy.submits()) == ("服务不支持", [])
    # The demo in a group that costs something is no demo any more.
    sold = document([{**demo, "groups": ["default"]}], **more)
    await studio.apply(sold)
    assert (await swap(PAID))["description"] == "服务不支持"
    consented = document(channels, **more)
    await studio.apply({**consented, "midjourney": {"swap_face": True}})
    real = (await swap())["result"]
    await studio.task(real, "SUBMITTED")
    assert [seen.path for seen in proxy.submits()] == ["/mj/insight-face/swap"]


async def test_what_is_half_drawn_goes_to_no_proxy(begin: Begin, proxy: FakeProxy) -> None:
    with Easel() as easel:
        studio = await begin([drawn("near", easel.url), channel("mj", proxy.url, priority=1)])
        easel.hold(11)
        task_id = await studio.made("a fox --seed 10")
        await studio.task(task_id, "IN_PROGRESS")
        await studio.stop_runner()
        for _ in range(4):
            easel.queue(refusal(500))
        await studio.start_runner()
        shown = await studio.task(task_id, "FAILURE")
    assert shown["imageUrl"] == ""
    assert proxy.submits() == []


async def test_unknown_at_a_proxy_is_drawn_by_nobody(begin: Begin, proxy: FakeProxy) -> None:
    """What may have been taken is looked for, never begun again elsewhere."""
    studio = await begin([channel("mj", proxy.url), {**DEMO, "priority": 1}])
    proxy.on_submit(proxy.takes_and_dies())
    task_id = await studio.made("a fox")
    await studio.task(task_id, "SUBMITTED")
    assert (await studio.row(task_id)).upstream_id == proxy.jobs[0].id
