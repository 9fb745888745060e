"""Budgets, rates and places: what a hold is refused for besides the balance."""

from tests.ledger.scene import (
    USD,
    Desk,
    account,
    credit,
    hold,
    post,
    token,
    void,
)
from waystation.ledger.books import Lose
from waystation.ledger.messages import (
    Admitted,
    Extend,
    Refused,
)
from waystation.ledger.policies import Budget, Limits, PutGroup


async def test_budgets_count_posted_and_held(desk: Desk) -> None:
    await desk.fund(USD, budget=Budget(day=1_000, total=1_500))
    first = hold("h1", 600)
    await desk.one(first)
    assert await desk.one(hold("h2", 600, nanos_floor=100)) == Admitted("h2", 400)
    refused = await desk.one(hold("h3", 10))
    assert refused == Refused("h3", "budget", available=0, detail="token day")
    await desk.one(post(first, 500))
    assert await desk.one(Extend("h2", 1, 101)) == Refused(
        "h2", "budget", available=100, detail="token day"
    )
    assert await desk.one(Extend("h2", 1, 100)) == Admitted("h2", 500)
    desk.now_ms += 24 * 3_600_000
    assert await desk.one(hold("h4", 501)) == Refused(
        "h4", "budget", available=500, detail="token total"
    )
    assert await desk.one(hold("h5", 500)) == Admitted("h5", 500)
    await desk.assert_clean()


async def test_account_budget(desk: Desk) -> None:
    await desk.say(account(budget=Budget(month=700)), token(), token(11), credit(USD))
    await desk.one(hold("h1", 500))
    refused = await desk.one(hold("h2", 300, token=11))
    assert refused == Refused("h2", "budget", available=200, detail="account month")
    assert await desk.one(hold("h3", 200, token=11)) == Admitted("h3", 200)


async def test_requests_per_minute_consume_nothing_when_refused(desk: Desk) -> None:
    await desk.fund(USD, limits=Limits(rpm=2))
    first = await desk.one(hold("h1"))
    assert first.rate.requests_limit == 2
    assert first.rate.requests_remaining == 1
    assert first.rate.requests_reset_ms == 30_000
    await desk.one(hold("h2"))
    for name in ("h3", "h4"):
        refused = await desk.one(hold(name))
        assert (refused.reason, refused.retry_after_ms) == ("rate", 30_000)
        assert refused.detail == "token requests per minute"
    desk.now_ms += 29_999
    assert isinstance(await desk.one(hold("h5")), Refused)
    desk.now_ms += 1
    assert isinstance(await desk.one(hold("h6")), Admitted)
    assert isinstance(await desk.one(hold("h7")), Refused)


async def test_tokens_per_minute_are_corrected(desk: Desk) -> None:
    await desk.fund(USD, limits=Limits(tpm=1_000))
    first = hold("h1", tokens=900)
    assert (await desk.one(first)).rate.tokens_remaining == 100
    refused = await desk.one(hold("h2", tokens=200))
    assert (refused.reason, refused.detail) == ("rate", "token tokens per minute")
    assert refused.retry_after_ms == 6_000
    await desk.one(post(first, 10, tokens=300))
    admitted = await desk.one(hold("h3", tokens=700))
    assert admitted.rate.tokens_remaining == 0
    # More than reserved is charged at once; a request above the whole minute needs it empty.
    desk.now_ms += 60_000
    big = hold("h4", tokens=5_000)
    assert isinstance(await desk.one(big), Admitted)
    await desk.one(post(big, 10, tokens=2_000))
    desk.now_ms += 60_000
    assert isinstance(await desk.one(hold("h5", tokens=1)), Refused)
    desk.now_ms += 60_000
    assert isinstance(await desk.one(hold("h6", tokens=1_000)), Admitted)


async def test_what_ran_dry_is_not_given_back_twice(desk: Desk) -> None:
    await desk.fund(USD, limits=Limits(tpm=1_000))
    slow = hold("h1", tokens=1_000)
    await desk.one(slow)
    desk.now_ms += 60_000
    await desk.one(hold("h2", tokens=1_000))
    await desk.one(post(slow, 10, tokens=0))
    assert isinstance(await desk.one(hold("h3", tokens=100)), Refused)


async def test_concurrency_is_the_count_of_open_gateway_holds(desk: Desk) -> None:
    await desk.fund(USD, limits=Limits(concurrency=2))
    task = hold("t1", owner="task")
    first = hold("h1")
    await desk.say(task, first, hold("h2"))
    refused = await desk.one(hold("h3"))
    assert (refused.reason, refused.detail) == ("concurrency", "token concurrent requests")
    assert isinstance(await desk.one(hold("t2", owner="task")), Admitted)
    await desk.one(void(first))
    assert isinstance(await desk.one(hold("h3")), Admitted)
    await desk.one(Lose("g1"))
    assert all(isinstance(d, Admitted) for d in await desk.say(hold("h4"), hold("h5")))
    await desk.assert_clean()


async def test_a_part_of_a_request_has_its_place(desk: Desk) -> None:
    """Or a request that waits for its part would wait for itself."""
    await desk.fund(USD, limits=Limits(concurrency=1, rpm=3))
    whole, part = hold("h1"), hold("h2", within=True)
    assert isinstance(await desk.one(whole), Admitted)
    assert isinstance(await desk.one(part), Admitted)
    assert (await desk.one(hold("h3"))).reason == "concurrency"
    await desk.one(void(whole))
    assert (await desk.one(hold("h3"))).reason == "concurrency", "the part is counted"
    await desk.one(void(part))
    assert isinstance(await desk.one(hold("h3")), Admitted)
    refused = await desk.one(hold("h4", within=True))
    assert (refused.reason, refused.detail) == ("rate", "token requests per minute")
    await desk.assert_clean()


async def test_group_limits_count_per_account(desk: Desk) -> None:
    await desk.fund()
    await desk.say(account(2), token(20, account=2), credit(USD, account=2))
    await desk.one(PutGroup("slow", 1, Limits(concurrency=1, rpm=100)))
    first = hold("h1", group="slow")
    assert isinstance(await desk.one(first), Admitted)
    refused = await desk.one(hold("h2", group="slow"))
    assert (refused.reason, refused.detail) == ("concurrency", "group concurrent requests")
    other = hold("h3", group="slow", account=2, token=20)
    assert isinstance(await desk.one(other), Admitted)
    assert isinstance(await desk.one(hold("h4", group="fast")), Admitted)
    await desk.one(post(first, 1))
    assert isinstance(await desk.one(hold("h5", group="slow")), Admitted)
    await desk.assert_clean()


async def test_the_tightest_limit_is_told(desk: Desk) -> None:
    await desk.say(account(limits=Limits(rpm=5, tpm=100_000)), token(limits=Limits(rpm=60)))
    await desk.one(credit(USD))
    rate = (await desk.one(hold("h1"))).rate
    assert (rate.requests_limit, rate.requests_remaining) == (5, 4)
    assert (rate.tokens_limit, rate.tokens_remaining) == (100_000, 99_900)
