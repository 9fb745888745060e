"""Alerts against a webhook on a real socket and a real mail server."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp.web
import pytest
from sqlalchemy import insert, select, update

from tests.control.conftest import Console
from tests.desk.charged import request
from tests.desk.conftest import Caller, signed_in
from tests.desk.test_registration import Postman, mailing
from waystation.control.aggregate import Aggregate
from waystation.control.alerts import delivery
from waystation.control.alerts.book import put_delivery
from waystation.control.alerts.checks import Checks
from waystation.control.alerts.delivery import deliver_due
from waystation.control.alerts.keeping import Watch
from waystation.control.alerts.rules import NAMES, AlertRules, Finding, Rule
from waystation.control.alerts.words import _WORDS, message
from waystation.control.site import write_setting
from waystation.journal.metrics import CHANNEL_STATE, KEY_STATE, Delta, Sample
from waystation.kernel.clock import now_ms
from waystation.storage.main import alert_deliveries, alerts, channels, outbox, settings, tasks
from waystation.tasks.hooks.signature import sign

__all__ = ["mailing"]


class Hook:
    """A receiver; what came is signed as it says."""

    def __init__(self) -> None:
        self.address = ""
        self.status = 200
        self.came: list[tuple[dict[str, str], bytes]] = []

    async def answer(self, call: aiohttp.web.Request) -> aiohttp.web.Response:
        self.came.append((dict(call.headers), await call.read()))
        return aiohttp.web.Response(status=self.status)

    def told(self) -> list[tuple[str, str]]:
        """(event, subject) of all that came."""
        bodies = [json.loads(body) for _, body in self.came]
        return [(body["event"], body["subject"]) for body in bodies]


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    made = Hook()
    app = aiohttp.web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


async def rules(console: Console, **more: Any) -> None:
    """Only these."""
    off = {name: Rule(False, "0") for name in NAMES}
    async with console.store.write() as connection:
        await write_setting(connection, AlertRules(**{**off, **more}))


async def receiver(boss: Caller, hook: Hook, **more: Any) -> Any:
    body = {"name": "ops", "kind": "webhook", "target": hook.address, "allow_private": True}
    return await boss.ok("POST", "/api/v1/alert-receivers", body | more)


def gauge(console: Console, name: str, value: float, *labels: str) -> None:
    console.services.aggregate.take(Delta("gateway-0", gauges=(Sample(name, labels, value),)))


async def test_one_alert_from_beginning_to_end(both: Console, hook: Hook) -> None:
    boss = await signed_in(both, "boss@example.com", role="operator")
    made = await receiver(boss, hook)
    watch = Watch(both.services)
    await rules(both, channel_down=Rule(True, "0"), quiet_seconds=3600)
    gauge(both, CHANNEL_STATE, 2, "north")
    for _ in range(3):
        await watch.round()
    assert hook.told() == [("alert.firing", "north")]  # once, however long it lasts
    headers, body = hook.came[0]
    stamp = int(headers["x-waystation-timestamp"])
    assert headers["x-waystation-signature"] == sign(made["secret"], stamp, body)
    assert headers["x-waystation-event"] == "alert.firing"
    gauge(both, CHANNEL_STATE, 0, "north")
    await watch.round()
    assert hook.told()[1:] == [("alert.recovered", "north")]
    gauge(both, CHANNEL_STATE, 2, "north")
    await watch.round()
    gauge(both, CHANNEL_STATE, 0, "north")
    await watch.round()
    assert len(hook.came) == 2  # it flaps within the quiet time
    async with both.store.write() as connection:
        await connection.execute(update(alerts).values(told_ms=1))
    gauge(both, CHANNEL_STATE, 2, "north")
    await watch.round()
    assert hook.told()[2:] == [("alert.firing", "north")]
    listed = (await boss.get("/api/v1/alerts"))["data"]
    assert [each["ended_at"] is None for each in listed] == [True, False, False]
    assert len((await boss.get("/api/v1/alerts?open=true"))["data"]) == 1
    log = (await boss.get("/api/v1/alert-deliveries?state=sent"))["data"]
    assert [each["status"] for each in log] == [200, 200, 200]
    assert made["secret"] not in json.dumps([log, (await boss.get("/api/v1/audit"))["data"]])


async def test_several_processes_tell_once(both: Console, hook: Hook) -> None:
    """Each has its own view of the gateways; one of them looks, and another when it is gone."""
    boss = await signed_in(both, "boss@example.com", role="operator")
    await receiver(boss, hook)
    await rules(both, channel_down=Rule(True, "0"), quiet_seconds=0)
    blind = dataclasses.replace(both.services, aggregate=Aggregate())
    first, others = Watch(both.services), [Watch(blind) for _ in range(3)]
    gauge(both, CHANNEL_STATE, 2, "north")
    await first.round()
    for _ in range(3):
        await asyncio.gather(first.round(), *(each.round() for each in others))
    assert hook.told() == [("alert.firing", "north")]
    async with both.store.write() as connection:
        mine = settings.c.name == "alerts_watcher"
        over = {"who": "a dead one", "until_ms": 1}
        await connection.execute(update(settings).where(mine).values(value=json.dumps(over)))
    await asyncio.gather(*(each.round() for each in others))
    await first.round()
    assert hook.told()[1:] == [("alert.recovered", "north")]  # as the one that looks now sees it


async def test_what_waits_is_sent_by_one_of_them(both: Console, hook: Hook) -> None:
    boss = await signed_in(both, "boss@example.com", role="operator")
    made = await receiver(boss, hook)
    told = {"receiver_id": made["id"], "kind": "webhook", "target": hook.address}
    told |= {"event": "alert.firing", "rule": "channel_down", "title": "t", "text": "x"}
    async with both.store.write() as connection:
        for number in range(30):
            await put_delivery(connection, told | {"subject": str(number)})
    await asyncio.gather(*(deliver_due(both.services) for _ in range(4)))
    await deliver_due(both.services)
    subjects = sorted(int(subject) for _, subject in hook.told())
    assert subjects == list(range(30))


async def test_what_is_quiet_at_first_is_told_when_it_lasts(console: Console, hook: Hook) -> None:
    boss = await signed_in(console, "boss@example.com", role="operator")
    await receiver(boss, hook)
    watch = Watch(console.services)
    await rules(console, channel_down=Rule(True, "0"), quiet_seconds=3600)
    before = {"rule": "channel_down", "subject": "north", "ended_ms": 2}
    async with console.store.write() as connection:
        await connection.execute(insert(alerts).values(before | {"told_ms": now_ms()}))
    gauge(console, CHANNEL_STATE, 2, "north")
    await watch.round()
    assert hook.came == []
    async with console.store.write() as connection:
        await connection.execute(update(alerts).where(alerts.c.ended_ms == 2).values(told_ms=1))
    await watch.round()
    assert hook.told() == [("alert.firing", "north")]


async def test_rules_that_are_switched_off_end_silently(console: Console, hook: Hook) -> None:
    boss = await signed_in(console, "boss@example.com", role="operator")
    await receiver(boss, hook)
    watch = Watch(console.services)
    await rules(console, channel_down=Rule(True, "0"))
    gauge(console, CHANNEL_STATE, 2, "north")
    await watch.round()
    await rules(console)
    await watch.round()
    assert len(hook.came) == 1
    assert (await boss.get("/api/v1/alerts?open=true"))["data"] == []


async def test_a_receiver_that_fails(console: Console, hook: Hook) -> None:
    """Tried again, each time later, and given up; each try is in the log."""
    boss = await signed_in(console, "boss@example.com", role="operator")
    await receiver(boss, hook)
    await receiver(boss, hook, name="others", rules=["disk_full"])
    watch, hook.status = Watch(console.services), 500
    await rules(console, channel_down=Rule(True, "0"))
    gauge(console, CHANNEL_STATE, 2, "north")
    for tries in range(1, delivery.ATTEMPTS_MAX + 2):
        await watch.round()
        async with console.store.write() as connection:
            soon = update(alert_deliveries).where(alert_deliveries.c.due_ms.is_not(None))
            await connection.execute(soon.values(due_ms=1))
        assert len(hook.came) == min(tries, delivery.ATTEMPTS_MAX)
    (row,) = (await boss.get("/api/v1/alert-deliveries"))["data"]
    assert (row["state"], row["attempts"], row["problem"]) == ("failed", 6, "status 500")


async def test_the_test_button(console: Console, hook: Hook, mailing: Postman) -> None:
    boss = await signed_in(console, "boss@example.com", role="operator")
    made = await receiver(boss, hook)
    path = f"/api/v1/alert-receivers/{made['id']}"
    told = await boss.ok("POST", f"{path}/test")
    assert (told["state"], told["status"], told["event"]) == ("sent", 200, "alert.test")
    assert "secret" not in await boss.ok("PATCH", path, {"language": "zh"})
    hook.status = 404
    told = await boss.ok("POST", f"{path}/test")
    assert (told["state"], told["problem"]) == ("failed", "status 404")
    assert "测试" in told["title"]
    await boss.ok("PATCH", path, {"target": "http://10.0.0.1/", "allow_private": True})
    assert await boss.refused("PATCH", path, {"allow_private": False}) == "invalid_value"
    body = {"name": "mail", "kind": "mail", "target": "Ops@Example.com"}
    by_mail = await boss.ok("POST", "/api/v1/alert-receivers", body)
    assert by_mail["target"] == "ops@example.com"
    told = await boss.ok("POST", f"/api/v1/alert-receivers/{by_mail['id']}/test")
    assert told["state"] == "sent"
    assert await boss.refused("POST", "/api/v1/alert-receivers", body) == "already_exists"
    for wrong in (
        {"kind": "mail", "target": "nobody"},
        {"kind": "webhook", "target": "ftp://x.example"},
        {"kind": "webhook", "target": "http://127.0.0.1/x"},
    ):
        wrong |= {"name": "wrong"}
        assert await boss.refused("POST", "/api/v1/alert-receivers", wrong) == "invalid_value"
    await boss.ok("DELETE", path)
    assert await boss.refused("POST", f"{path}/test") == "not_found"


async def test_without_a_mail_server_the_log_says_so(console: Console) -> None:
    boss = await signed_in(console, "boss@example.com", role="operator")
    body = {"name": "mail", "kind": "mail", "target": "ops@example.com"}
    made = await boss.ok("POST", "/api/v1/alert-receivers", body)
    told = await boss.ok("POST", f"/api/v1/alert-receivers/{made['id']}/test")
    assert (told["state"], "WAYSTATION_MAIL_URL" in told["problem"]) == ("failed", True)


async def test_rules_are_judged(console: Console, boss: Caller) -> None:
    said = await boss.get("/api/v1/settings/alerts")
    assert said["channel_down"] == {"enabled": True, "threshold": "60"}
    new = said | {"disk_full": {"enabled": True, "threshold": "80"}, "quiet_seconds": 60}
    assert await boss.ok("PUT", "/api/v1/settings/alerts", new) == new
    for threshold in ("-1", "much", "NaN"):
        wrong = new | {"disk_full": {"enabled": True, "threshold": threshold}}
        assert await boss.refused("PUT", "/api/v1/settings/alerts", wrong) == "invalid_value"


async def look(console: Console, **more: Any) -> list[Finding]:
    off = {name: Rule(False, "0") for name in NAMES}
    found = await Checks(console.services).look(AlertRules(**{**off, **more}))
    (only,) = found.values()
    assert only is not None
    return only


async def test_what_is_found(console: Console, mailing: Postman) -> None:
    """Each check that the store and the ledger answer."""
    boss = await signed_in(console, "boss@example.com", role="operator")
    ada = await signed_in(console, "ada@example.com", nanos=10**9)
    whose = (await ada.get("/api/v1/me"))["id"]
    token, _ = await console.token(whose)
    async with console.store.write() as connection:
        made = insert(channels).values(name="north", vendor="demo").returning(channels.c.id)
        channel = (await connection.execute(made)).scalar_one()
    failed: dict[str, Any] = {"status": 502, "end": "failed", "code": "upstream_error"}
    for number in range(20):
        await request(console, f"r{number}", whose, token, channel_id=channel, **failed)
    (rate,) = await look(console, error_rate=Rule(True, "90"))
    assert (rate.name, rate.figures) == ("north", {"requests": "20", "failures": "20"})

    assert await look(console, account_balance=Rule(True, "5")) == []  # it spent nothing
    await request(console, "paid", whose, token, channel_id=channel)
    (poor,) = await look(console, account_balance=Rule(True, "5"))
    assert (poor.owner_id, poor.figures) == (whose, {"amount": "0.999"})
    assert await look(console, account_balance=Rule(True, "0.9")) == []
    assert (await ada.ok("PATCH", "/api/v1/me", {"low_balance": "0"}))["low_balance"] == "0"
    assert await look(console, account_balance=Rule(True, "5")) == []  # she wants no letters
    assert (await ada.ok("PATCH", "/api/v1/me", {"low_balance": "2.5"}))["low_balance"] == "2.5"
    assert len(await look(console, account_balance=Rule(True, "0.9"))) == 1
    assert (await ada.ok("PATCH", "/api/v1/me", {"low_balance": ""}))["low_balance"] == ""
    wrong = {"low_balance": "-1"}
    assert await ada.refused("PATCH", "/api/v1/me", wrong) == "invalid_value"

    (disk,) = await look(console, disk_full=Rule(True, "0"))
    assert int(disk.figures["percent"]) <= 100
    assert await look(console, disk_full=Rule(True, "101")) == []

    assert await look(console, ledger_lag=Rule(True, "5")) == []
    async with console.store.write() as connection:
        late = {"kind": "transfer", "ref": "1/x", "created_ms": now_ms() - 9000}
        await connection.execute(insert(outbox).values(late))
    (lag,) = await look(console, ledger_lag=Rule(True, "5"))
    assert lag.figures["seconds"] == "9"

    assert await look(console, runner_stalled=Rule(True, "60")) == []
    async with console.store.write() as connection:
        row = {"id": "t", "account_id": whose, "token_id": token, "kind": "x", "state": "QUEUED"}
        await connection.execute(insert(tasks).values(row | {"due_at_ms": now_ms() - 90_000}))
    (stalled,) = await look(console, runner_stalled=Rule(True, "60"))
    assert int(stalled.figures["seconds"]) >= 90

    gauge(console, KEY_STATE, 2, "north", "7")
    (key,) = await look(console, key_parked=Rule(True, "0"))
    assert (key.subject, key.figures) == ("north/7", {"key": "7"})
    assert await look(console, key_parked=Rule(True, "60")) == []  # not for so long yet

    await rules(console, account_balance=Rule(True, "5"))
    await Watch(console.services).round()
    async with console.store.read() as connection:
        sent = (await connection.execute(select(alert_deliveries))).one()
    assert (sent.receiver_id, sent.target, sent.state) == (None, "ada@example.com", "sent")
    assert boss is not ada


async def test_balances_of_upstreams(console: Console, boss: Caller) -> None:
    async def answer(call: aiohttp.web.Request) -> aiohttp.web.Response:
        key = "total_usage" if call.path.endswith("usage") else "hard_limit_usd"
        return aiohttp.web.json_response({key: 3 if key == "hard_limit_usd" else 100})

    app = aiohttp.web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    await boss.ok("POST", "/api/v1/groups", {"name": "default"})
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    body = {"name": "up", "vendor": "new-api", "base_url": address, "allow_private": True}
    await boss.ok("POST", "/api/v1/channels", body | {"keys": ["sk-upstream-000000"]})
    (poor,) = await look(console, channel_balance=Rule(True, "5"))
    assert (poor.name, poor.figures) == ("up", {"amount": "2", "currency": "USD"})
    assert await look(console, channel_balance=Rule(True, "2")) == []
    await runner.cleanup()


def test_every_rule_has_its_words() -> None:
    figures = dict.fromkeys(
        ("name", "key", "amount", "currency", "requests", "failures", "percent", "seconds"), "7"
    )
    assert set(_WORDS) == set(NAMES)
    for rule in NAMES:
        for language in ("en", "zh"):
            told = message("alert.firing", language, "Site", rule, figures)
            assert "{" not in told.title + told.text
            over = message("alert.recovered", language, "Site", rule, figures, "now")
            assert told.title.removeprefix("[Site] ") in over.title
