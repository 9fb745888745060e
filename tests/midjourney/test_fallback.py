"""Channels that draw and proxies stand in for each other where the first could not begin."""

from typing import Any

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import until
from tests.midjourney.test_emulated import DEMO
from tests.midjourney_emulated.easel import Easel, refusal
from tests.support.rogue import Rogue

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
    studio = await begin([channel("mj", proxy.url), {**DEMO, "priority": 1}])
    proxy.on_submit(proxy.says(23))
    shown = await studio.task(await studio.made("a fox --ar 96:1"), "SUCCESS")
    assert len(shown["imageUrls"]) == 4
    assert proxy.jobs == []


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
