import itertools
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.routing.scenery import channel, choices, group
from waystation.errors import Fault
from waystation.routing.affinity import Affinity
from waystation.routing.breaker import CONSECUTIVE_MAX
from waystation.routing.budget import RetryBudget
from waystation.routing.choice import CALLS_MAX, Router
from waystation.routing.choices import Choices
from waystation.routing.health import VOUCH_SECONDS
from waystation.routing.snapshot import ChannelLimits
from waystation.routing.verdict import full, judge

FAILED = judge(500, Fault("upstream_error", reason="x"))
LIMITED = judge(429, Fault("rate_limit_exceeded", message="slow down", retry_after=7))
REFUSED = judge(401, Fault("invalid_api_key"))
CALLER = judge(400, Fault("invalid_request", reason="bad"))
VERDICTS = st.sampled_from([FAILED, LIMITED, REFUSED, CALLER, full()])


def rich_router(seed: int = 1) -> Router:
    return Router(budget=RetryBudget(reserve=1e9, most=1e9), random=Random(seed))


def walk(router: Router, chosen: Choices, verdicts, now: float = 0.0) -> list[tuple[int, int]]:
    """(channel, key) of each try, failing with one verdict after another."""
    attempts = router.attempts(chosen)
    tried = []
    for verdict in verdicts:
        attempt = attempts.next(now)
        if attempt is None:
            break
        tried.append((attempt.candidate.channel.id, attempt.key.id))
        attempts.failed(attempt, verdict, now)
    return tried


@st.composite
def landscapes(draw: st.DrawFn) -> Choices:
    count = draw(st.integers(1, 5))
    channels = [channel(i, keys=draw(st.integers(1, 3))) for i in range(1, count + 1)]
    member = st.tuples(st.integers(1, count), st.integers(0, 2), st.integers(0, 5))
    groups = [
        group(f"g{number}", *draw(st.lists(member, min_size=1, max_size=6)))
        for number in range(draw(st.integers(1, 3)))
    ]
    return choices(channels, *groups)


@given(landscapes(), st.lists(VERDICTS, min_size=1, max_size=40), st.integers(0, 1000))
def test_each_candidate_at_most_once_and_calls_are_bounded(chosen, verdicts, seed) -> None:
    tried = walk(rich_router(seed), chosen, verdicts)
    used = list(zip(tried, verdicts, strict=False))
    assert tried, "something is always tried first"
    assert len(set(tried)) == len(tried)
    assert sum(verdict.kind != "full" for _, verdict in used) <= CALLS_MAX
    assert all(verdict.retry for _, verdict in used[:-1])
    for number, (place, _) in enumerate(used):
        gone = {earlier[0] for earlier, verdict in used[:number] if verdict.kind == "failed"}
        assert place[0] not in gone


@given(landscapes(), st.integers(0, 1000))
def test_tiers_in_order_and_all_of_them(chosen, seed) -> None:
    """While channels fail one by one, nobody of a later tier goes before one of an earlier."""
    router = rich_router(seed)
    attempts = router.attempts(chosen)
    ranks = []
    seen = set()
    while (attempt := attempts.next(0.0)) is not None:
        ranks.append(
            next(n for n, tier in enumerate(chosen.tiers) if attempt.candidate in tier.candidates)
        )
        seen.add(attempt.candidate.channel.id)
        attempts.failed(attempt, FAILED, 0.0)
    assert ranks == sorted(ranks)
    everyone = {candidate.channel.id for candidate in chosen.candidates}
    assert len(seen) == min(len(everyone), CALLS_MAX)


def test_calls_for_one_request_are_bounded_whatever_there_is() -> None:
    chosen = choices([channel(i) for i in range(1, 10)], group("g", *range(1, 10)))
    assert len(walk(rich_router(), chosen, [FAILED] * 20)) == CALLS_MAX
    keys = choices([channel(1, keys=20)], group("g", 1))
    assert len(walk(rich_router(), keys, [REFUSED] * 30)) == CALLS_MAX
    assert len(walk(rich_router(), chosen, [full()] * 20)) == 9


def test_weights_are_respected() -> None:
    channels = [channel(i) for i in range(1, 5)]
    chosen = choices(channels, group("g", (1, 0, 1), (2, 0, 3), (3, 0, 6), (4, 0, 0)))
    router = rich_router(7)
    drawn = Counter()
    for _ in range(20_000):
        attempt = router.attempts(chosen).next(0.0)
        assert attempt is not None
        drawn[attempt.candidate.channel.id] += 1
    assert drawn[1] == pytest.approx(2_000, rel=0.1)
    assert drawn[2] == pytest.approx(6_000, rel=0.1)
    assert drawn[3] == pytest.approx(12_000, rel=0.1)
    assert drawn[4] == 0, "weight 0 serves only when no other can"


def test_weights_are_respected_among_those_left() -> None:
    channels = [channel(i) for i in range(1, 5)]
    chosen = choices(channels, group("g", (1, 0, 50), (2, 0, 1), (3, 0, 3), (4, 0, 0)))
    router = rich_router(7)
    second = Counter()
    for _ in range(8_000):
        attempts = router.attempts(chosen)
        first = attempts.next(0.0)
        assert first is not None
        if first.candidate.channel.id != 1:
            continue
        attempts.failed(first, full(), 0.0)
        attempt = attempts.next(0.0)
        assert attempt is not None
        second[attempt.candidate.channel.id] += 1
    assert second[4] == second[1] == 0
    assert second[3] / second[2] == pytest.approx(3, rel=0.15)


def test_weight_zero_serves_when_no_other_can() -> None:
    chosen = choices([channel(1), channel(2)], group("g", (1, 0, 1), (2, 0, 0)))
    assert [place[0] for place in walk(rich_router(), chosen, [FAILED, FAILED])] == [1, 2]
    zeros = choices([channel(1), channel(2)], group("g", (1, 0, 0), (2, 0, 0)))
    firsts = {walk(rich_router(seed), zeros, [FAILED])[0][0] for seed in range(20)}
    assert firsts == {1, 2}


def test_keys_take_turns() -> None:
    chosen = choices([channel(1, keys=3)], group("g", 1))
    router = rich_router()
    keys = [router.attempts(chosen).next(0.0).key.id for _ in range(6)]
    assert keys == [100, 101, 102, 100, 101, 102]


def test_a_refused_key_gives_way_to_the_next_and_a_failed_channel_to_another_channel() -> None:
    chosen = choices([channel(1, keys=2), channel(2)], group("g", (1, 0), (2, 1)))
    assert walk(rich_router(), chosen, [REFUSED, FAILED, FAILED]) == [(1, 100), (1, 101), (2, 200)]
    assert walk(rich_router(), chosen, [FAILED, FAILED]) == [(1, 100), (2, 200)]
    assert walk(rich_router(), chosen, [LIMITED, LIMITED, FAILED]) == [
        (1, 100),
        (1, 101),
        (2, 200),
    ]


def test_a_full_channel_costs_no_retry_and_leaves_no_mark() -> None:
    limited_keys = channel(1, keys=2, limits=ChannelLimits(key_concurrency=1))
    chosen = choices([limited_keys, channel(2, keys=2)], group("g", (1, 0), (2, 1)))
    router = Router(budget=RetryBudget(reserve=0.0))
    tried = walk(router, chosen, [full()] * 9)
    assert tried == [(1, 100), (1, 101), (2, 200)]
    assert router.health.calm
    attempts = router.attempts(chosen)
    while (attempt := attempts.next(0.0)) is not None:
        attempts.failed(attempt, full(3), 0.0)
    fault = attempts.fault(0.0)
    assert (fault.code, fault.status, fault.retry_after) == ("upstream_saturated", 429, 3)


def test_a_caller_s_own_error_ends_it() -> None:
    chosen = choices([channel(1), channel(2)], group("g", 1, 2))
    attempts = rich_router().attempts(chosen)
    attempts.failed(attempts.next(0.0), CALLER, 0.0)
    assert attempts.next(0.0) is None
    assert attempts.fault(0.0) is CALLER.fault


def test_the_gravest_reason_is_told() -> None:
    chosen = choices([channel(i) for i in (1, 2, 3)], group("g", (1, 0), (2, 1), (3, 2)))
    for order in itertools.permutations([FAILED, LIMITED, REFUSED]):
        attempts = rich_router().attempts(chosen)
        for verdict in order:
            attempts.failed(attempts.next(0.0), verdict, 0.0)
        assert attempts.next(0.0) is None
        assert attempts.fault(0.0) is FAILED.fault
    limited = rich_router().attempts(chosen)
    for _ in range(3):
        limited.failed(limited.next(0.0), LIMITED, 0.0)
    fault = limited.fault(0.0)
    assert (fault.code, fault.status, fault.retry_after) == ("upstream_saturated", 429, 7)
    assert fault.text() == "slow down"


def test_refused_by_every_account_is_503_with_retry_after() -> None:
    attempts = rich_router().attempts(choices([channel(1)], group("g", 1)))
    attempts.failed(attempts.next(0.0), judge(401, Fault("invalid_api_key")), 0.0)
    fault = attempts.fault(0.0)
    assert (fault.code, fault.status) == ("upstream_account_unavailable", 503)
    assert fault.retry_after == 5


def test_a_retry_needs_budget() -> None:
    """So far apart that each failing channel is probed by each request."""
    chosen = choices([channel(1), channel(2)], group("g", 1, 2))
    router = Router(budget=RetryBudget(ratio=0.1, reserve=1.0), random=Random(1))
    calls = [len(walk(router, chosen, [FAILED] * 5, now=n * 1000.0)) for n in range(400)]
    assert calls[0] == 2
    assert calls[1] == 1
    opening = 2 * CONSECUTIVE_MAX
    assert 20 <= sum(calls) - 400 <= 1 + 0.1 * 400 + opening


def test_a_retry_to_someone_who_has_just_answered_is_free_but_not_for_long() -> None:
    chosen = choices([channel(1), channel(2)], group("g", (1, 0), (2, 1)))
    router = Router(budget=RetryBudget(ratio=0.0, reserve=0.0))
    other = router.attempts(choices([channel(2)], group("g", 2)))
    other.succeeded(other.next(0.0), 0.0)
    assert walk(router, chosen, [FAILED, FAILED], now=VOUCH_SECONDS) == [(1, 100), (2, 200)]
    other = router.attempts(choices([channel(2)], group("g", 2)))
    other.succeeded(other.next(1_000.0), 1_000.0)
    assert len(walk(router, chosen, [FAILED, FAILED], now=1_000.0 + VOUCH_SECONDS + 1.0)) == 1


def test_the_budget_has_a_ceiling() -> None:
    budget = RetryBudget(ratio=0.5, reserve=1.0, most=2.0)
    for _ in range(100):
        budget.earn()
    assert [budget.take() for _ in range(4)] == [True, True, False, False]


def test_a_conversation_stays_where_it_was_answered() -> None:
    channels = [channel(i, keys=2) for i in range(1, 6)]
    chosen = choices(channels, group("g", 1, 2, 3, 4, 5))
    router = rich_router()
    attempts = router.attempts(chosen, (7, "thread"))
    first = attempts.next(0.0)
    attempts.succeeded(first, 0.0)
    for _ in range(20):
        again = router.attempts(chosen, (7, "thread")).next(0.0)
        assert (again.candidate, again.key) == (first.candidate, first.key)
    others = {router.attempts(chosen, (8, "thread")).next(0.0).key.id for _ in range(50)}
    assert len(others) > 1


def test_a_conversation_leaves_an_unhealthy_place_and_stays_at_the_new_one() -> None:
    chosen = choices([channel(1), channel(2)], group("g", 1, 2))
    router = rich_router()
    router.affinity.keep((7, "t"), 1, 100)
    attempts = router.attempts(chosen, (7, "t"))
    attempts.failed(attempts.next(0.0), REFUSED, 0.0)
    moved = attempts.next(0.0)
    assert moved.candidate.channel.id == 2
    attempts.succeeded(moved, 0.0)
    for now in (0.0, 1_000.0):
        assert router.attempts(chosen, (7, "t")).next(now).candidate.channel.id == 2


def test_a_conversation_does_not_lead_back_to_a_channel_that_failed() -> None:
    """Another request of the same conversation was answered there meanwhile, with another key."""
    chosen = choices([channel(1, keys=2), channel(2)], group("g", 1, 2))
    router = rich_router()
    router.affinity.keep((7, "t"), 1, 100)
    attempts = router.attempts(chosen, (7, "t"))
    attempts.failed(attempts.next(0.0), FAILED, 0.0)
    router.affinity.keep((7, "t"), 1, 101)
    assert attempts.next(0.0).candidate.channel.id == 2


def test_a_conversation_does_not_reach_into_a_later_tier() -> None:
    """It was served by the last resort once; that is no reason to stay there."""
    chosen = choices([channel(1), channel(2)], group("g", (1, 0), (2, 1)))
    router = rich_router()
    router.affinity.keep((7, "t"), 2, 200)
    assert router.attempts(chosen, (7, "t")).next(0.0).candidate.channel.id == 1


def test_conversations_remembered_are_bounded() -> None:
    affinity = Affinity(most=3)
    for number in range(5):
        affinity.keep((number, "t"), number, 0)
        affinity.keep((0, "t"), 9, 9)
    assert len(affinity) == 3
    assert affinity.find((0, "t")) == (9, 9)
    assert affinity.find((1, "t")) is None
    assert affinity.find((4, "t")) == (4, 0)


def test_a_channel_without_keys_is_tried_with_none() -> None:
    chosen = choices([channel(1, keys=0)], group("g", 1))
    router = rich_router()
    router.affinity.keep((1, "t"), 1, 0)
    for attempts in (router.attempts(chosen), router.attempts(chosen, (1, "t"))):
        attempt = attempts.next(0.0)
        assert attempt.key.secret == ""
        attempts.failed(attempt, FAILED, 0.0)
        assert attempts.next(0.0) is None
