"""Everything fails for a minute and heals; one of five is dead. In simulated time."""

import pytest

from tests.routing.scenery import channel, choices, group
from tests.routing.storm import Storm, between
from waystation.errors import Fault
from waystation.routing.choices import Choices
from waystation.routing.verdict import Verdict, judge, judge_transport

pytestmark = pytest.mark.untraced

BAD_SECONDS = 60.0
WAYS_TO_FAIL: dict[str, tuple[float, Verdict]] = {
    "500 at once": (0.05, judge(500, Fault("upstream_error", reason="x"))),
    "503 slowly": (2.0, judge(503, Fault("upstream_error", reason="x"))),
    "no connection": (0.001, judge_transport("connect", Fault("upstream_error", reason="x"))),
    "connect time-out": (5.0, judge_transport("connect_timeout", Fault("upstream_timeout"))),
    "reset": (0.2, judge_transport("reset", Fault("upstream_error", reason="x"))),
    "no first byte": (30.0, judge_transport("first_byte_timeout", Fault("upstream_timeout"))),
    "key refused": (0.05, judge(401, Fault("invalid_api_key"))),
    "limited": (0.05, judge(429, Fault("rate_limit_exceeded"))),
    "limited, told how long": (0.05, judge(429, Fault("rate_limit_exceeded", retry_after=2))),
}


def five(keys: int = 1) -> Choices:
    return choices([channel(i, keys=keys) for i in range(1, 6)], group("g", 1, 2, 3, 4, 5))


def tiered() -> Choices:
    channels = [channel(i, keys=2) for i in range(1, 4)]
    return choices(channels, group("a", (1, 0), (2, 1)), group("b", 3, 1))


@pytest.mark.parametrize("landscape", [five, tiered], ids=["five equal", "tiers and groups"])
@pytest.mark.parametrize("way", WAYS_TO_FAIL)
@pytest.mark.parametrize("per_second", [5.0, 100.0])
def test_all_fail_and_heal(way: str, per_second: float, landscape) -> None:
    """The world is fine for 10 s, bad for 60, fine for 20."""
    seconds, verdict = WAYS_TO_FAIL[way]
    healed = 10.0 + BAD_SECONDS

    def upstream(channel: int, key: int, now: float) -> tuple[float, Verdict | None]:
        return (seconds, verdict) if 10.0 <= now < healed else (0.05, None)

    storm = Storm(landscape(), upstream)
    storm.run(per_second, seconds=90.0)
    assert between(storm.failed, 0.0, 10.0) == 0
    if seconds < 5.0:  # those that hang longer may outlive the bad times and be served yet
        assert between(storm.served, 11.0, healed - 5.0) == 0
    clients, calls = (between(times, 10.0, healed) for times in (storm.clients, storm.calls))
    assert calls <= 1.2 * clients
    assert between(storm.failed, healed + 5.0, 90.0) == 0, "not all is well 5 s after healing"


@pytest.mark.parametrize("way", WAYS_TO_FAIL)
@pytest.mark.parametrize("per_second", [2.0, 50.0])
@pytest.mark.parametrize("priorities", [(0, 0, 0, 0, 0), (0, 1, 1, 2, 2)])
def test_one_dead_of_five_costs_under_one_percent(way, per_second, priorities) -> None:
    seconds, verdict = WAYS_TO_FAIL[way]
    members = [(i, priority) for i, priority in enumerate(priorities, 1)]
    chosen = choices([channel(i) for i in range(1, 6)], group("g", *members))

    def upstream(channel: int, key: int, now: float) -> tuple[float, Verdict | None]:
        return (seconds, verdict) if channel == 1 else (0.05, None)

    storm = Storm(chosen, upstream)
    storm.run(per_second, seconds=300.0)
    assert len(storm.failed) < 0.01 * len(storm.clients)
    assert len(storm.served) + len(storm.failed) == len(storm.clients)


def test_a_flaky_only_channel_goes_on_serving_what_it_can() -> None:
    """40 % answer: better than refusing all."""
    state = {"n": 0}

    def upstream(channel: int, key: int, now: float) -> tuple[float, Verdict | None]:
        state["n"] += 1
        return (0.05, None if state["n"] * 7 % 10 < 4 else WAYS_TO_FAIL["500 at once"][1])

    storm = Storm(choices([channel(1)], group("g", 1)), upstream)
    storm.run(20.0, seconds=120.0)
    assert len(storm.served) > 0.3 * len(storm.clients)


def test_a_brownout_is_not_made_worse_by_retries() -> None:
    """Each second call fails everywhere: who answers others now and then is no safe place."""
    calls = {"n": 0}

    def upstream(channel: int, key: int, now: float) -> tuple[float, Verdict | None]:
        calls["n"] += 1
        return (0.05, WAYS_TO_FAIL["500 at once"][1] if calls["n"] % 2 else None)

    storm = Storm(five(), upstream)
    storm.run(50.0, seconds=60.0)
    assert len(storm.calls) <= 1.2 * len(storm.clients)
    assert len(storm.served) >= 0.4 * len(storm.clients)


def test_the_same_seed_tells_the_same_story() -> None:
    def upstream(channel: int, key: int, now: float) -> tuple[float, Verdict | None]:
        return (0.05, None) if channel > 2 else WAYS_TO_FAIL["reset"]

    stories = []
    for _ in range(2):
        storm = Storm(five(keys=2), upstream, seed=5)
        storm.run(20.0, seconds=20.0)
        stories.append((storm.calls, storm.served, storm.failed))
    assert stories[0] == stories[1]
