"""What is being drawn and is cancelled by its owner: over at once, and nothing of it stays."""

import asyncio

import pytest

from tests.midjourney_emulated.conftest import KEYS
from tests.midjourney_emulated.easel import Easel
from tests.midjourney_emulated.site import Site
from tests.support.serve import Serve


@pytest.fixture
def site(serve: Serve, easel: Easel) -> Site:
    easel.reset()
    return Site(serve, KEYS["flux"])


async def begun(site: Site, easel: Easel) -> str:
    """Three of four are there, the last one is being drawn."""
    easel.hold(10)
    task_id = await site.imagine("a fox --seed 10")
    async with asyncio.timeout(20):
        while (await site.fetch(task_id))["progress"] != "75%":
            await asyncio.sleep(0.02)
    return task_id


@pytest.mark.parametrize("path", ["/mj/task/{}/cancel", "/v1/tasks/{}/cancel"])
async def test_a_drawing_is_cut_off_and_costs_nothing(site: Site, easel: Easel, path: str) -> None:
    spent, stored = await site.spent(), await site.stored()
    task_id = await begun(site, easel)
    assert await site.stored() == stored + 3
    told = await site.post(path.format(task_id))
    assert told.status == 200
    assert told.json().get("code", 1) == 1
    shown = await site.fetch(task_id)
    assert (shown["status"], shown["failReason"]) == (
        "CANCEL",
        "取消任务" if path.startswith("/mj") else "cancelled",
    )
    assert shown["imageUrl"] == ""
    assert not shown["buttons"]
    report = await site.serve.audit()
    assert report["open_holds"] == 0
    async with asyncio.timeout(10):  # its runner notices
        while await site.stored() != stored:
            await asyncio.sleep(0.05)
    easel.release()
    await asyncio.sleep(0.3)  # a late picture would come now
    assert (await site.fetch(task_id))["status"] == "CANCEL"
    assert await site.spent() == pytest.approx(spent)
    assert await site.stored() == stored
    again = await site.post(path.format(task_id))
    assert again.status == 200
    if path.startswith("/mj"):
        assert (again.json()["code"], again.json()["description"]) == (4, "关联任务状态错误")


async def test_the_next_task_has_the_place(site: Site, easel: Easel) -> None:
    task_id = await begun(site, easel)
    await site.post(f"/mj/task/{task_id}/cancel")
    await site.done(await site.imagine("a hen --seed 50"))
    easel.release()


async def test_cancelled_while_control_is_down(site: Site, easel: Easel) -> None:
    spent, stored = await site.spent(), await site.stored()
    task_id = await begun(site, easel)
    pid = site.serve.kill("control")
    told = await site.post(f"/mj/task/{task_id}/cancel")
    assert told.json()["code"] == 1
    site.serve.wait_replaced("control", pid)
    easel.release()
    other = await site.done(await site.imagine("a hen --seed 50 --ar 1:1"))
    assert other["status"] == "SUCCESS"
    assert (await site.fetch(task_id))["status"] == "CANCEL"
    assert await site.spent() == pytest.approx(spent + 0.1)
    assert await site.stored() >= stored
