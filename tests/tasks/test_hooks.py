"""What receivers are told: in order, signed, once, and final states until they were taken."""

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
from sqlalchemy import func, insert, select

from tests.tasks.plant import CREDIT_NANOS, Plant, facts, order
from tests.tasks.receiver import receiving
from tests.tasks.slow import Slow
from waystation.kernel.clock import now_ms
from waystation.ledger.messages import Transfer
from waystation.ledger.policies import PutAccount, PutToken
from waystation.storage.main import accounts, task_hooks, tokens
from waystation.storage.signing import Signer
from waystation.tasks.hooks import book
from waystation.tasks.hooks.address import judge
from waystation.tasks.hooks.book import Hook, HookBook, again_ms
from waystation.tasks.hooks.notifier import Notifier
from waystation.tasks.hooks.room import AT_ONCE_PER_ACCOUNT, AT_ONCE_PER_HOST, Room, host_of
from waystation.tasks.hooks.signature import Turn, secrets_of, sign
from waystation.tasks.hooks.turns import turn_on
from waystation.tasks.task import Change, Task
from waystation.upstream.egress import EgressGuard
from waystation.upstream.outbound import Outbound

SIGNER = Signer({"old": b"o" * 32, "new": b"n" * 32}, "new")
OPEN = EgressGuard(["127.0.0.0/8"])


@contextlib.asynccontextmanager
async def notifying(plant: Plant, guard: EgressGuard = OPEN) -> AsyncIterator[Notifier]:
    outbound = Outbound(guard)
    made = Notifier(plant.store, {"slow": Slow()}, outbound, SIGNER)
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await outbound.close()


async def until(holds: Callable[[], object], seconds_max: float = 10.0) -> None:
    async with asyncio.timeout(seconds_max):
        while not holds():
            await asyncio.sleep(0.01)


async def begun(plant: Plant, url: str) -> Task:
    return (await plant.beginnings.begin(order(url=url))).task


async def quiet(plant: Plant) -> None:
    """Until nothing is left to be told."""

    async def due() -> int:
        async with plant.database.read() as connection:
            counted = select(func.count()).where(task_hooks.c.due_ms.is_not(None))
            return int((await connection.execute(counted)).scalar_one())

    async with asyncio.timeout(15):
        while await due():
            await asyncio.sleep(0.02)


async def test_told_in_order_signed_and_each_thing_once(plant: Plant) -> None:
    async with receiving() as receiver, notifying(plant):
        task = await begun(plant, receiver.url)
        for change in (
            Change(state="SUBMITTED"),
            Change(state="IN_PROGRESS", progress=30),
            Change(progress=30, memo={"a": 1}),
            Change(state="SUCCESS"),
        ):
            task = await plant.store.change(task, change)
            await quiet(plant)
        told = [message.told for message in receiver.messages]
        assert told == [("SUBMITTED", "0%"), ("IN_PROGRESS", "30%"), ("SUCCESS", "100%")]
        for message in receiver.messages:
            stamp = message.headers["x-waystation-timestamp"]
            signatures = message.headers["x-waystation-signature"].split(",")
            for secret in secrets_of(SIGNER, Turn(1), now_ms()):
                told_bytes = stamp.encode() + b"." + message.body
                mac = hmac.new(secret.encode(), told_bytes, "sha256").hexdigest()
                assert f"v1={mac}" in signatures
            assert message.headers["x-waystation-event"] == "task.updated"
            assert message.headers["content-type"] == "application/json"
        ids = {message.headers["x-waystation-delivery"] for message in receiver.messages}
        assert len(ids) == 3
    log = await HookBook(plant.database).log(task.id)
    assert [(one["state"], one["attempt"], one["status"], one["error"]) for one in log] == [
        ("SUBMITTED", 1, 200, ""), ("IN_PROGRESS", 1, 200, ""), ("SUCCESS", 1, 200, ""),
    ]  # fmt: skip


async def test_a_slow_receiver_gets_the_newest_one_at_a_time_and_never_less(plant: Plant) -> None:
    async with receiving() as receiver, notifying(plant):
        receiver.pause = 0.3
        task = await begun(plant, receiver.url)
        task = await plant.store.change(task, Change(state="IN_PROGRESS"))
        for progress in range(5, 100, 5):
            task = await plant.store.change(task, Change(progress=progress))
        await plant.store.change(task, Change(state="SUCCESS"))
        await quiet(plant)
        told = [int(message.json["progress"][:-1]) for message in receiver.messages]
        assert told == sorted(set(told))
        assert receiver.messages[-1].told == ("SUCCESS", "100%")
        assert len(told) <= 4
        assert receiver.open_most == 1


async def test_a_final_state_is_told_until_it_is_taken(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "PAUSES_SECONDS", (0.2, 0.3))
    async with receiving() as receiver:
        receiver.answers = [500, 503]
        async with notifying(plant):
            task = await begun(plant, receiver.url)
            await plant.store.change(task, Change(state="FAILURE", fail_reason="no"))
            await until(lambda: len(receiver.messages) == 1)
        # Another process goes on after a restart.
        async with notifying(plant):
            await until(lambda: len(receiver.messages) == 3)
            await quiet(plant)
        assert len({m.headers["x-waystation-delivery"] for m in receiver.messages}) == 1
    log = await HookBook(plant.database).log(task.id)
    assert [(one["attempt"], one["status"], one["error"]) for one in log] == [
        (1, 500, "status"), (2, 503, "status"), (3, 200, ""),
    ]  # fmt: skip


async def test_an_intermediate_state_is_not_told_again(plant: Plant) -> None:
    async with receiving() as receiver, notifying(plant):
        receiver.answers = [500]
        task = await begun(plant, receiver.url)
        task = await plant.store.change(task, Change(state="SUBMITTED"))
        await quiet(plant)
        assert len(receiver.messages) == 1
        await plant.store.change(task, Change(state="SUCCESS"))
        await quiet(plant)
        assert [message.told[0] for message in receiver.messages] == ["SUBMITTED", "SUCCESS"]


async def test_receivers_that_hang_or_pour_leave_the_others_alone(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as hanging, receiving() as pouring, receiving() as good:
        hanging.hang, pouring.endless = True, True
        async with notifying(plant):
            for _ in range(AT_ONCE_PER_HOST + 4):
                task = await begun(plant, hanging.url)
                await plant.store.change(task, Change(state="SUCCESS"))
            poured = await begun(plant, pouring.url)
            await plant.store.change(poured, Change(state="SUCCESS"))
            await until(lambda: hanging.open == AT_ONCE_PER_HOST)
            task = await begun(plant, good.url)
            await plant.store.change(task, Change(state="SUCCESS"))
            await until(lambda: good.messages, 3.0)
            await until(lambda: pouring.messages, 3.0)
            assert hanging.open_most == AT_ONCE_PER_HOST


async def test_a_crowd_of_one_account_delays_no_other_account(plant: Plant) -> None:
    """Many receivers that hang, more messages for them than one look takes."""
    await plant.ledger.ask(PutAccount(2, 1, True))
    await plant.ledger.ask(PutToken(2, 2, 1, True))
    await plant.ledger.ask(Transfer(2, "credit", "topup", CREDIT_NANOS))
    async with contextlib.AsyncExitStack() as stack:
        hanging = [await stack.enter_async_context(receiving()) for _ in range(4)]
        for one in hanging:
            one.hang = True
        orders = [order(1, url=hanging[n % 4].url) for n in range(book.LOOK_COUNT + 88)]
        crowd = await asyncio.gather(*(plant.beginnings.begin(one) for one in orders))
        await asyncio.gather(
            *(plant.store.change(one.task, Change(state="SUCCESS")) for one in crowd)
        )
        good = await stack.enter_async_context(receiving())
        await stack.enter_async_context(notifying(plant))
        await until(lambda: sum(one.open for one in hanging) == AT_ONCE_PER_ACCOUNT)
        other = order(1, url=good.url)
        other = msgspec.structs.replace(other, facts=facts(account_id=2, token_id=2))
        task = (await plant.beginnings.begin(other)).task
        await plant.store.change(task, Change(state="SUCCESS"))
        await until(lambda: good.messages, 3.0)
        assert sum(one.open_most for one in hanging) <= AT_ONCE_PER_ACCOUNT


async def test_more_than_may_wait_are_given_up_the_oldest_first(plant: Plant) -> None:
    begun_ones = []
    for _ in range(6):
        task = await begun(plant, "http://127.0.0.1:9/")
        begun_ones.append(await plant.store.change(task, Change(state="SUCCESS")))
        await asyncio.sleep(0.002)  # another millisecond
    hooks = HookBook(plant.database)
    assert await hooks.give_up_most(6) == 0
    assert await hooks.give_up_most(4) == 2
    logs = [await hooks.log(task.id) for task in begun_ones]
    assert [[one["error"] for one in log] for log in logs] == [["given_up"]] * 2 + [[]] * 4
    assert len(await hooks.take(Room())) == 4


def test_hosts_are_told_apart() -> None:
    assert host_of("http://a/x?y") == host_of("http://a") == host_of("http://a?z=/") == "http://a"
    assert host_of("https://a/x") == "https://a"
    assert host_of("http://a:81/x") == "http://a:81"


async def test_no_hook_leads_inside(plant: Plant) -> None:
    """127.0.0.1 is not in this guard's list: the receiver is a tripwire."""
    async with receiving() as tripwire, receiving() as outside:
        outside.redirect = tripwire.url
        guard = EgressGuard([])
        async with notifying(plant, guard):
            task = await begun(plant, tripwire.url)
            await plant.store.change(task, Change(state="SUBMITTED"))
            await quiet(plant)
        async with notifying(plant):
            other = await begun(plant, outside.url)
            await plant.store.change(other, Change(state="SUBMITTED"))
            await quiet(plant)
        assert outside.messages
        assert tripwire.messages == []
    log = await HookBook(plant.database).log(task.id)
    assert [(one["status"], one["error"]) for one in log] == [(0, "forbidden")]
    log = await HookBook(plant.database).log(other.id)
    assert [(one["status"], one["error"]) for one in log] == [(302, "status")]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x", "http://169.254.169.254/latest", "http://[::1]/", "ftp://example.com",
        "http://localhost/", "http://0x7f.1/", "http://user@example.com/", "no address",
        "http://[::ffff:10.0.0.1]/", "https://example.com/" + "x" * 2000,
    ],
)  # fmt: skip
async def test_addresses_that_no_task_takes(url: str) -> None:
    with pytest.raises(ValueError):
        await judge(url, EgressGuard([]))


async def test_addresses_that_a_task_takes() -> None:
    await judge("http://127.0.0.1:9/x", OPEN)
    await judge("https://name.invalid/hook", EgressGuard([]))  # it may resolve later


def test_pauses_grow_and_end_after_a_day() -> None:
    hook = Hook("t", "u", 1, -1, 0, 0)
    assert again_ms(hook, 1000) == 2000
    assert again_ms(hook._replace(attempts=3, first_ms=1), 1000) == 121_000
    assert again_ms(hook._replace(attempts=40, first_ms=1), 1000) == 3_601_000
    day_ms = 24 * 3_600_000
    assert again_ms(hook._replace(attempts=40, first_ms=1), day_ms) is None


def test_two_secrets_are_valid_while_keys_change() -> None:
    first, second = secrets_of(SIGNER, Turn(7), 0)
    assert first != second
    assert first.startswith("whsec_")
    assert secrets_of(Signer({"old": b"o" * 32}, "old"), Turn(7), 0) == (second,)
    assert secrets_of(SIGNER, Turn(8), 0)[0] != first
    assert sign([first], 5, b"x") != sign([second], 5, b"x")
    assert sign([first, second], 5, b"x") == ",".join(
        (sign([first], 5, b"x"), sign([second], 5, b"x"))
    )


def test_a_turned_secret_is_valid_for_a_day_more() -> None:
    one = Signer({"k": b"o" * 32}, "k")
    (before,) = secrets_of(one, Turn(7), 0)
    turned = Turn(7, 1, 1_000)
    day_ms = 24 * 3_600_000
    after, still = secrets_of(one, turned, 1_000 + day_ms - 1)
    assert still == before != after
    assert secrets_of(one, turned, 1_000 + day_ms) == (after,)
    # Turned once more: the first is worthless at once.
    assert before not in secrets_of(one, Turn(7, 2, 2_000), 3_000)


async def test_while_a_secret_changes_both_sign(plant: Plant) -> None:
    """A receiver that knows the old one, and one that knows the new one, both find theirs."""
    async with plant.database.write() as connection:
        await connection.execute(
            insert(accounts).values(id=1, email="a@example.com", account_group="default")
        )
        await connection.execute(insert(tokens).values(id=1, account_id=1, name="x", mask="sk-x"))
        await turn_on(connection, 1)
    async with receiving() as receiver, notifying(plant):
        task = await begun(plant, receiver.url)
        await plant.store.change(task, Change(state="SUBMITTED"))
        await until(lambda: receiver.messages)
    (message,) = receiver.messages
    stamp = int(message.headers["x-waystation-timestamp"])
    signatures = message.headers["x-waystation-signature"].split(",")
    for number in (0, 1):
        (newest, *_) = secrets_of(SIGNER, Turn(1, number), now_ms())
        assert sign([newest], stamp, message.body) in signatures
