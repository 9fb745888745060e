"""What a receiver of notifyHook is told: the task as fetch shows it, in order, each change once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio
from tests.tasks.receiver import receiving
from waystation.storage.signing import Signer
from waystation.tasks.hooks.notifier import Notifier
from waystation.upstream.egress import EgressGuard
from waystation.upstream.outbound import Outbound

pytestmark = pytest.mark.untraced

LOOPBACK = "127.0.0.0/8"


@contextlib.asynccontextmanager
async def notifying(studio: Studio) -> AsyncIterator[None]:
    outbound = Outbound(EgressGuard((LOOPBACK,)))
    signer = Signer({"k": b"secret"}, "k")
    notifier = Notifier(studio.workshop.store, {"midjourney": studio.kind}, outbound, signer)
    running = asyncio.create_task(notifier.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await outbound.close()


async def test_each_change_in_order_and_the_last_as_fetch_shows_it(
    begin: Begin, proxy: FakeProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waystation.tasks.midjourney.kind.Midjourney.pace", lambda *_: 0.1)
    studio = await begin([channel("mj", proxy.url)], egress_allow=(LOOPBACK,))
    async with receiving() as receiver, notifying(studio):
        task_id = await studio.made(notifyHook=receiver.url, state="s-1")
        await studio.task(task_id, "SUBMITTED")
        for progress in ("20%", "20%", "60%"):
            proxy.jobs[0].move("IN_PROGRESS", progress)
            async with asyncio.timeout(15):
                while (await studio.fetch(task_id))["progress"] != progress:
                    await asyncio.sleep(0.02)
        proxy.jobs[0].finish()
        shown = await studio.task(task_id, "SUCCESS")
        async with asyncio.timeout(15):
            while not receiver.messages or receiver.messages[-1].told[0] != "SUCCESS":
                await asyncio.sleep(0.02)
        told = [message.told for message in receiver.messages]
        assert told == sorted(set(told), key=lambda each: (each[0] == "SUCCESS", int(each[1][:-1])))
        assert told[-1] == ("SUCCESS", "100%")
        assert receiver.messages[-1].json == shown
        assert all(message.json["state"] == "s-1" for message in receiver.messages)
        assert all("notifyHook" not in message.json for message in receiver.messages)
        assert "127.0.0.1" not in proxy.submits()[0].body["notifyHook"]


async def test_a_windows_confirmation_may_name_its_own_hook_and_state(
    begin: Begin, proxy: FakeProxy, quick: None
) -> None:
    """Given there, they take the button's place; left out, the button's stay."""
    studio = await begin([channel("mj", proxy.url)], egress_allow=(LOOPBACK,))
    async with receiving() as early, receiving() as late, notifying(studio):
        parent = await studio.made()
        await studio.task(parent, "SUBMITTED")
        proxy.jobs[0].finish()
        await studio.task(parent, "SUCCESS")
        own, buttons = (
            {"notifyHook": late.url, "state": "m"},
            {"notifyHook": early.url, "state": "a"},
        )
        for told_by, pressed, given in (
            (late, {}, own),
            (late, buttons, {**own, "state": "n"}),
            (early, buttons, {}),
        ):
            window = (await studio.action(parent, "MJ::CustomZoom::h", **pressed))["result"]
            wrong = await studio.submit("modal", taskId=window, notifyHook="http://169.254.169.254")
            assert (wrong["code"], wrong["description"]) == (4, "notifyHook地址无效")
            proxy.on_submit(proxy.window("cat --zoom 2"))
            assert (await studio.submit("modal", taskId=window, **given))["code"] == 1
            await studio.task(window, "SUBMITTED")
            proxy.jobs[-1].finish()
            shown = await studio.task(window, "SUCCESS")
            assert shown["state"] == given.get("state", "a")
            async with asyncio.timeout(15):
                while not told_by.messages or told_by.messages[-1].json != shown:
                    await asyncio.sleep(0.02)
        assert {message.json["state"] for message in late.messages} == {"m", "n"}
        assert {message.json["state"] for message in early.messages} == {"a"}
