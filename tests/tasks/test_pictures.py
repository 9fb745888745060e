"""Pictures as tasks, from the address to the receiver: the gateway takes them, the control
process's own runner draws, bills and tells."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from typing import Any

from tests.pictures.conftest import Begin, begin, data_template, far, near  # noqa: F401
from tests.pictures.studio import CENT, KEY, Form, Reply, Studio, b64, images, png
from tests.pictures.test_edits import parts_of
from tests.support.gateway import BOOT
from tests.support.rogue import Rogue
from tests.support.wire import request
from tests.tasks.receiver import receiving
from waystation.artefacts.store import ArtefactStore
from waystation.control.pending_files import decide_pending
from waystation.control.services import Services
from waystation.control.sessions import Sessions
from waystation.control.sign_in import SignIn
from waystation.control.task_runner import keep_running_tasks
from waystation.ledger.client import LedgerClient
from waystation.ledger.messages import Granted, TakeSlot
from waystation.storage.database import Database
from waystation.storage.master_key import read_master_key
from waystation.storage.sealing import Sealing
from waystation.tasks.audit import cross_audit
from waystation.tasks.hooks.signature import sign

PNG = png()
ANSWER = images({"b64_json": b64(PNG), "revised_prompt": "a red boat"})
HOOKS = {"egress_allow": ("127.0.0.0/8",)}


@contextlib.asynccontextmanager
async def control(studio: Studio) -> AsyncIterator[Services]:
    """The tasks' part of a control process."""
    settings = studio.gateway.site.settings
    database = Database.of(settings)
    ledger = LedgerClient(settings.ledger_socket, "", BOOT)
    ledger.start()
    services = Services(
        settings=settings, boot=BOOT, database=database, ledger=ledger,
        sessions=Sessions(database), sign_in=SignIn(database),
        artefacts=ArtefactStore(settings, database, lambda: Sealing(read_master_key(settings))),
    )  # fmt: skip
    running = asyncio.create_task(keep_running_tasks(services))
    try:
        yield services
    finally:
        running.cancel()
        await asyncio.wait([running])
        ledger.close()
        await database.close()


async def get(studio: Studio, path: str, method: str = "GET") -> Any:
    reply = await request(studio.port, method, path, None, KEY)
    return reply.status, reply.json()


async def ended(studio: Studio, task_id: str) -> dict[str, Any]:
    """Once it is over and settled."""
    async with asyncio.timeout(20):
        while True:
            status, task = await get(studio, f"/v1/tasks/{task_id}")
            assert status == 200
            row = await studio.gateway.site.tasks.get(task_id)
            assert row is not None
            if row.settle in ("posted", "voided"):
                return dict(task) if task["finished_ms"] else await ended(studio, task_id)
            await asyncio.sleep(0.05)


async def asked(studio: Studio, path: str = "/v1/images/generations", **more: Any) -> Reply:
    body = {"model": "m", "prompt": "a boat", **more}
    return await studio.post(f"{path}?async=true", **body)


async def agree(studio: Studio) -> None:
    site = studio.gateway.site
    assert await cross_audit(site.tasks, site.ledger.ask, 0) == []


async def test_a_picture_is_drawn_billed_and_told(begin: Begin, near: Rogue) -> None:  # noqa: F811
    near.on("/v1/images/generations", ANSWER)
    studio = await begin(**HOOKS)
    async with receiving() as receiver:
        reply = await studio.draw(n=2, response_format="b64_json", webhook=receiver.url)
        assert reply.status == 202, reply.body
        task = reply.json()
        assert (task["status"], task["kind"], task["held_usd"]) == ("NOT_START", "picture", 0.04)
        assert near.seen == []
        async with control(studio) as services:
            done = await ended(studio, task["id"])
            assert (done["status"], done["progress"], done["error"]) == ("SUCCESS", 100, None)
            (entry,) = done["result"]["data"]
            assert entry["revised_prompt"] == "a red boat"
            assert (await studio.file(entry["url"])).body == PNG
            assert done["cost_usd"] == 0.02  # one of two came
            status, late = await get(studio, f"/v1/tasks/{task['id']}/cancel", "POST")
            assert (status, late["error"]["code"]) == (409, "task_not_cancellable")
            assert "SUCCESS" in late["error"]["message"]
            async with asyncio.timeout(10):
                while not receiver.messages or receiver.messages[-1].json["status"] != "SUCCESS":
                    await asyncio.sleep(0.02)
            async with asyncio.timeout(10):
                while b'waystation_hook_deliveries_total{result="taken"}' not in (
                    text := services.aggregate.text()
                ):
                    await asyncio.sleep(0.05)
            assert b'age_seconds_count{kind="picture",status="SUCCESS"} 1' in text
    last = receiver.messages[-1]
    assert last.json == done
    _, secrets = await get(studio, "/v1/tasks/hook_secret")
    stamp = int(last.headers["x-waystation-timestamp"])
    signature = last.headers["x-waystation-signature"]
    assert signature == sign(secrets["data"], stamp, last.body)
    _, log = await get(studio, f"/v1/tasks/{task['id']}/deliveries")
    assert log["data"][-1]["http_status"] == 200
    row = await studio.row(reply.request_id)
    assert (row.nanos, row.end, row.status) == (2 * CENT, "complete", 200)
    assert b"webhook" not in near.seen[0].body
    await agree(studio)


async def test_what_fails_goes_on_to_the_next_channel_at_its_rate(
    begin: Begin,  # noqa: F811
    near: Rogue,  # noqa: F811
    far: Rogue,  # noqa: F811
) -> None:
    near.on("/v1/images/generations", Rogue.error(500))
    far.on("/v1/images/generations", ANSWER)
    studio = await begin()
    reply = await asked(studio)
    async with control(studio):
        done = await ended(studio, reply.json()["id"])
    assert (done["status"], done["cost_usd"]) == ("SUCCESS", 0.01)
    assert (await studio.row(reply.request_id)).group == "half"


async def test_a_refusal_is_told_and_costs_nothing(begin: Begin, near: Rogue) -> None:  # noqa: F811
    near.on("/v1/images/generations", images({"is_image_safe": False, "url": None}))
    studio = await begin()
    reply = await asked(studio)
    async with control(studio):
        done = await ended(studio, reply.json()["id"])
    assert done["status"] == "FAILURE"
    assert done["error"]["code"] == "content_policy_violation"
    assert (await studio.row(reply.request_id)).nanos == 0
    await agree(studio)


async def test_what_is_refused_at_once(begin: Begin) -> None:  # noqa: F811
    studio = await begin(credit="0.01")
    assert (await asked(studio)).status == 402
    assert (await asked(studio, stream=True)).code == "invalid_value"
    assert (await asked(studio, model="nobody-has-it-priced")).status in (404, 503)
    inside = await studio.draw(webhook="http://169.254.169.254/x")
    assert (inside.status, inside.json()["error"]["param"]) == (400, "webhook")
    assert (await studio.draw(webhook=5)).status == 400
    form = await studio.upload("/v1/images/edits?async=true", ("prompt", None, b"x"))
    assert (form.status, form.json()["error"]["param"]) == (400, "image")
    assert (await studio.upload("/v1/images/edits?async=true", *EDIT)).status == 402
    assert await kept(studio) == []  # nothing is left of it
    assert (await get(studio, "/v1/tasks"))[1]["data"] == []


EDIT = (
    ("image", "my cat.png", png(shade=3)),
    ("mask", "m.png", png(shade=10)),
    ("prompt", None, "给它一顶帽子".encode()),
    ("model", None, b"m"),
)


async def kept(studio: Studio) -> list[str]:
    return [one["id"] for one in (await get(studio, "/v1/artefacts"))[1]["data"]]


async def test_a_form_becomes_a_task_with_its_files(begin: Begin, near: Rogue) -> None:  # noqa: F811
    near.on("/v1/images/edits", ANSWER)
    studio = await begin(**HOOKS)
    async with receiving() as receiver:
        parts = (*EDIT, ("webhook", None, receiver.url.encode()))
        reply = await studio.upload("/v1/images/edits", *parts)
        assert reply.status == 202, reply.body
        assert len(await kept(studio)) == 2
        async with control(studio) as services:
            done = await ended(studio, reply.json()["id"])
            async with asyncio.timeout(10):
                while not receiver.messages or receiver.messages[-1].json["status"] != "SUCCESS":
                    await asyncio.sleep(0.02)
            site = studio.gateway.site
            await decide_pending(site.artefacts, services.database, site.ledger.ask)
    assert (done["status"], done["cost_usd"]) == ("SUCCESS", 0.02)
    got = {name: data for name, _, data in parts_of(near.seen[0])}
    assert (got["image"], got["mask"]) == (png(shade=3), png(shade=10))
    assert got["prompt"].decode() == "给它一顶帽子"
    assert "webhook" not in got
    (left,) = await kept(studio)  # the picture that was drawn, not those that came
    assert left in done["result"]["data"][0]["url"]
    await agree(studio)


async def test_a_form_s_files_go_with_every_end(begin: Begin, near: Rogue) -> None:  # noqa: F811
    near.on("/v1/images/edits", Rogue.error(400))
    studio = await begin()
    path = "/v1/images/edits?async=true"
    form = Form(EDIT)
    key = {"idempotency-key": "edit-1"}
    first, again = [
        (await studio.raw(path, form.body(), form.content_type, key)).json() for _ in range(2)
    ]
    assert first["id"] == again["id"]
    assert len(await kept(studio)) == 2
    assert (await get(studio, f"/v1/tasks/{first['id']}/cancel", "POST"))[0] == 200
    assert await kept(studio) == []
    failing = (await studio.upload(path, *EDIT)).json()
    async with control(studio):
        assert (await ended(studio, failing["id"]))["status"] == "FAILURE"
    assert await kept(studio) == []
    await agree(studio)


async def test_a_channel_without_a_place_is_waited_for(
    begin: Begin,  # noqa: F811
    near: Rogue,  # noqa: F811
    far: Rogue,  # noqa: F811
) -> None:
    """Tasks take places like requests do: of another channel, else when one is free."""
    for one in (near, far):
        one.on("/v1/images/generations", ANSWER)
    studio = await begin(more="limits = { concurrency = 1 }")
    directory = studio.gateway.site.directory
    assert directory is not None
    number = next(n for n, one in directory.snapshot.channels.items() if one.name == "near")
    ledger = studio.gateway.site.ledger
    place = TakeSlot("a request/1", number, 0, 1, 0, 0, 0)
    assert isinstance(await ledger.take_slot(place), Granted)
    first = (await asked(studio)).json()
    async with control(studio):
        assert (await ended(studio, first["id"]))["cost_usd"] == 0.01  # at the other one
        assert (len(near.seen), len(far.seen)) == (0, 1)
        ledger.give_slot(place.slot_id)
        second = (await asked(studio)).json()
        assert (await ended(studio, second["id"]))["cost_usd"] == 0.02
    await agree(studio)


async def test_pages_of_tasks_and_cancelling(begin: Begin) -> None:  # noqa: F811
    studio = await begin()
    ids = [(await asked(studio)).json()["id"] for _ in range(5)]
    _, first = await get(studio, "/v1/tasks?limit=3&kind=picture")
    assert [task["id"] for task in first["data"]] == ids[:1:-1]
    assert first["has_more"]
    _, rest = await get(studio, f"/v1/tasks?limit=3&after={first['next']}")
    assert [task["id"] for task in rest["data"]] == ids[1::-1]
    assert (rest["has_more"], rest["next"]) == (False, None)
    for task_id in ids:
        status, task = await get(studio, f"/v1/tasks/{task_id}/cancel", "POST")
        assert (status, task["status"], task["held_usd"]) == (200, "CANCEL", 0)
    assert (await get(studio, "/v1/tasks?status=CANCEL"))[1]["data"][0]["cost_usd"] == 0
    assert (await get(studio, "/v1/tasks?status=NOT_START"))[1]["data"] == []
    for bad in ("limit=0", "limit=x", "status=SUBMITTING", "after=x", "after=1.%00", "kind=%00"):
        status, error = await get(studio, f"/v1/tasks?{bad}")
        assert (status, error["error"]["code"]) == (400, "invalid_value"), bad
    for odd in ("nobody", "%00", "'%20OR%201=1--"):
        status, error = await get(studio, f"/v1/tasks/{odd}")
        assert (status, error["error"]["code"]) == (404, "task_not_found"), odd
    await agree(studio)


async def test_a_repeat_with_an_idempotency_key_is_the_same_task(begin: Begin) -> None:  # noqa: F811
    studio = await begin()
    key = {"idempotency-key": "order-17"}
    path, body = "/v1/images/generations?async=true", {"model": "m", "prompt": "a boat"}
    first, again = [(await studio.post(path, key, **body)).json() for _ in range(2)]
    assert first["id"] == again["id"]
    other = await studio.post(path, key, **body, n=2)
    assert other.status == 422
    assert (await get(studio, f"/v1/tasks/{first['id']}/cancel", "POST"))[0] == 200


async def test_pictures_of_a_task_are_listed_when_it_has_succeeded(
    begin: Begin,  # noqa: F811
    near: Rogue,  # noqa: F811
) -> None:
    """Also when it names fewer than were stored for it; those of a failed one are removed."""
    near.on("/v1/images/generations", ANSWER)
    studio = await begin(**HOOKS)
    site = studio.gateway.site
    async with control(studio) as services:
        task = (await asked(studio)).json()
        done = await ended(studio, task["id"])
        near.on("/v1/images/generations", Rogue.reply(400, b'{"error":{"message":"no"}}'))
        failing = (await asked(studio)).json()
        failed = await ended(studio, failing["id"])
        assert (done["status"], failed["status"]) == ("SUCCESS", "FAILURE")
        row = await site.tasks.get(task["id"])
        assert row is not None
        for task_id in (task["id"], failing["id"], "nobody"):
            await site.artefacts.keep(row.account_id, PNG, task_id=task_id, pending=True)
        assert (await get(studio, "/v1/artefacts"))[1]["data"] == []
        decide = functools.partial(decide_pending, site.artefacts, services.database)
        assert await decide(site.ledger.ask) == (1, 2)
        (one,) = (await get(studio, "/v1/artefacts"))[1]["data"]
        assert (one["task_id"], one["id"]) == (task["id"], row.artefacts[0])
    await agree(studio)
