import pytest

from tests.routing.scenery import channel, choices, group
from waystation.errors import Fault
from waystation.routing import breaker as limits
from waystation.routing import health as module
from waystation.routing.choice import Attempts, Router
from waystation.routing.choices import Choices
from waystation.routing.verdict import Verdict, judge, judge_transport

FAILED = judge(500, Fault("upstream_error", reason="x"))
REFUSED = judge(401, Fault("invalid_api_key"))
CALLER = judge(400, Fault("invalid_request", reason="x"))
CONNECT = judge_transport("connect", Fault("upstream_error", reason="x"))


def limited(retry_after: int | None) -> Verdict:
    return judge(429, Fault("rate_limit_exceeded", retry_after=retry_after))


class Play:
    """One request at a time against one landscape, at the times the test says."""

    def __init__(self, chosen: Choices) -> None:
        self.router = Router()
        self.chosen = chosen

    def request(self, now: float, *verdicts: Verdict | None) -> list[int]:
        """The keys tried; each with its verdict, None for an answer. Fewer verdicts than tries:
        the last stays open."""
        attempts = self.attempts()
        tried = []
        for verdict in verdicts:
            attempt = attempts.next(now)
            if attempt is None:
                break
            tried.append(attempt.key.id)
            if verdict is None:
                attempts.succeeded(attempt, now)
                break
            attempts.failed(attempt, verdict, now)
        return tried

    def attempts(self) -> Attempts:
        return self.router.attempts(self.chosen)

    def kill(self, now: float) -> None:
        """Fail until the only channel is left alone."""
        while self.request(now, FAILED):
            pass

    def fault(self, now: float) -> Fault:
        attempts = self.attempts()
        assert attempts.next(now) is None
        return attempts.fault(now)


@pytest.fixture
def alone() -> Play:
    return Play(choices([channel(1)], group("g", 1)))


def test_failures_in_a_row_open_the_breaker(alone: Play) -> None:
    for _ in range(limits.CONSECUTIVE_MAX):
        assert alone.request(1.0, FAILED) == [100]
    fault = alone.fault(1.0)
    assert (fault.code, fault.status, fault.retry_after) == ("no_channel_alive", 503, 1)
    assert "m" in fault.text()


def test_a_success_between_them_does_not(alone: Play) -> None:
    for _ in range(3):
        for _ in range(limits.CONSECUTIVE_MAX - 1):
            assert alone.request(1.0, FAILED) == [100]
        assert alone.request(1.0, None) == [100]


def test_without_a_connection_it_opens_sooner(alone: Play) -> None:
    for _ in range(3):
        assert alone.request(1.0, CONNECT) == [100]
    assert alone.request(1.0, None) == []


def test_one_probe_a_period_and_a_success_closes(alone: Play) -> None:
    alone.kill(0.0)
    assert alone.request(0.4, None) == []
    hanging = alone.attempts()
    assert hanging.next(0.5).probe
    assert alone.request(0.6, None) == []
    assert alone.request(1.0, None) == [100], "a probe that hangs does not block the next"
    assert alone.request(1.0, FAILED) == [100]
    assert alone.request(1.0, None) == [100]


def test_a_probe_that_is_not_made_is_left_to_the_next(alone: Play) -> None:
    """Callers without money must not use up the probes."""
    alone.kill(0.0)
    for _ in range(3):
        broke = alone.attempts()
        broke.withdraw(broke.next(0.5), 0.5)
        assert broke.next(0.5) is None
    assert alone.request(0.5, None) == [100]
    refused = Play(choices([channel(1)], group("g", 1)))
    refused.request(0.0, REFUSED)
    for _ in range(3):
        broke = refused.attempts()
        broke.withdraw(broke.next(3.0), 3.0)
    assert refused.request(3.0, limited(2)) == [100]
    broke = refused.attempts()
    assert broke.next(4.9) is None
    broke = refused.attempts()
    broke.withdraw(broke.next(9.0), 9.0)
    assert refused.request(9.0, None) == [100]


def test_periods_grow_to_their_limit_and_not_beyond(alone: Play) -> None:
    alone.kill(0.0)
    now, waits = 0.0, []
    for _ in range(6):
        start = now
        while not alone.request(now, FAILED):
            now += 0.125
        waits.append(now - start)
    assert waits == [0.5, 1.0, 2.0, 3.0, 3.0, 3.0]


def test_old_news_neither_prolong_nor_reopen(alone: Play) -> None:
    stragglers = [alone.attempts() for _ in range(20)]
    began = [(attempts, attempts.next(0.0)) for attempts in stragglers]
    alone.kill(0.0)
    for attempts, attempt in began[:10]:
        attempts.failed(attempt, FAILED, 0.4)
    assert alone.request(0.5, None) == [100]
    for attempts, attempt in began[10:]:
        attempts.failed(attempt, FAILED, 100.0)
    assert alone.request(100.0, None) == [100]


def test_half_failing_is_left_alone_only_where_there_is_better() -> None:
    play = Play(choices([channel(1), channel(2)], group("g", (1, 0), (2, 1))))
    tried = [play.request(1.0, None if n % 3 == 0 else FAILED)[0] for n in range(30)]
    assert 200 in tried
    assert tried == sorted(tried)
    lone = Play(choices([channel(1)], group("g", 1)))
    for number in range(60):
        assert lone.request(1.0, None if number % 3 == 0 else FAILED) == [100]


def test_one_model_failing_leaves_the_channel_s_others() -> None:
    both = [channel(1, models=("m", "other"))]
    play = Play(choices(both, group("g", 1)))
    healthy = Play(choices([channel(1, model_map={"m": "other"})], group("g", 1)))
    healthy.router = play.router
    for _ in range(limits.CONSECUTIVE_MAX + 5):
        play.request(1.0, FAILED)
        assert healthy.request(1.0, None) == [100]
    assert play.request(1.0, None) == []


def test_a_caller_s_error_is_a_sign_of_life(alone: Play) -> None:
    alone.kill(0.0)
    assert alone.request(0.5, CALLER) == [100]
    assert alone.request(0.5, None) == [100]


def test_a_refused_key_is_left_for_the_others_and_comes_back() -> None:
    play = Play(choices([channel(1, keys=2)], group("g", 1)))
    assert play.request(0.0, REFUSED, None) == [100, 101]
    for _ in range(5):
        assert play.request(4.9, None) == [101]
    back = {play.request(5.0, None)[0] for _ in range(4)}
    assert back == {100, 101}


def test_a_key_refused_again_waits_longer_each_time_up_to_a_limit() -> None:
    play = Play(choices([channel(1, keys=2)], group("g", 1)))
    play.router.budget.left = 1e9
    parked, now = [], 0.0
    for _ in range(9):
        while 100 not in (tried := play.request(now, REFUSED)):
            play.router.health._keys.pop((1, 101), None)
            now += 0.5
        assert tried == [100]
        park = play.router.health._keys[(1, 100)]
        parked.append(park.until - now)
        now = park.until
    assert parked == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0]


def test_when_all_keys_are_refused_one_is_tried_every_few_seconds(alone: Play) -> None:
    now, calls = 0.0, []
    while now < 60.0:
        if alone.request(now, REFUSED):
            calls.append(now)
        now += 0.25
    assert calls[:4] == [0.0, 3.0, 6.0, 9.0]
    assert len(calls) <= 21
    assert alone.request(64.0, None) == [100], "and is back soon after it is accepted again"


def test_keys_asked_to_wait_do_as_told_but_not_for_ever(alone: Play) -> None:
    assert alone.request(0.0, limited(20)) == [100]
    fault = alone.fault(5.0)
    assert (fault.code, fault.status, fault.retry_after) == ("upstream_saturated", 429, 15)
    assert alone.request(19.9, None) == []
    assert alone.request(20.0, limited(86_400)) == [100]
    assert alone.request(20.0 + limits.LIMITED_SECONDS_MAX, None) == [100]
    assert alone.request(80.1, limited(None)) == [100]
    assert alone.request(81.0, None) == []
    assert alone.request(81.2, limited(None)) == [100]
    assert alone.request(83.1, None) == []
    assert alone.request(83.3, None) == [100]


def test_a_limit_is_the_key_s_for_that_model() -> None:
    play = Play(choices([channel(1, keys=2)], group("g", 1)))
    other = Play(choices([channel(1, keys=2, model_map={"m": "other"})], group("g", 1)))
    other.router = play.router
    play.request(0.0, limited(30))
    assert {play.request(1.0, None)[0] for _ in range(4)} == {101}
    assert {other.request(1.0, None)[0] for _ in range(4)} == {100, 101}


def test_what_is_remembered_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED_MAX", 8)
    router = Router()
    for number in range(100):
        play = Play(choices([channel(number)], group("g", number)))
        play.router = router
        play.request(0.0, FAILED)
        play.request(0.0, REFUSED)
        play.request(0.0, limited(5))
    health = router.health
    for table in (health._channels, health._models, health._keys, health._limits):
        assert len(table) <= 8


def test_trouble_that_is_over_is_forgotten(alone: Play) -> None:
    alone.kill(0.0)
    assert alone.request(1.0, None)
    assert not alone.router.health.calm
    assert alone.request(1.0 + limits.NEWS_SECONDS_MAX + 1.0, None)
    assert alone.router.health.calm


def test_the_state_that_people_see_follows_the_breaker_and_the_keys(alone: Play) -> None:
    health, one = alone.router.health, alone.chosen.tiers[0].candidates[0].channel
    assert health.of_channel(one, 0.0) is module.State.READY
    alone.kill(1.0)
    assert health.of_channel(one, 1.0) is module.State.DEAD
    assert health.of_channel(one, 1.0 + limits.OPEN_SECONDS_MAX) is module.State.PROBE
    alone.request(1.0 + limits.OPEN_SECONDS_MAX, None)
    assert health.of_channel(one, 5.0) is module.State.READY


def test_a_channel_is_no_better_than_its_best_key() -> None:
    two_keys = channel(1, keys=2)
    play = Play(choices([two_keys], group("g", 1)))
    play.request(1.0, REFUSED, None)
    health = play.router.health
    assert health.of_channel(two_keys, 1.0) is module.State.READY, "the other key serves"
    play.request(1.0, REFUSED)
    assert health.of_channel(two_keys, 1.0) is module.State.DEAD
