"""Which candidate to try next: weighted within a tier, tier after tier, with what health knows.

router = Router()                                  # one a process
attempts = router.attempts(choices, now, conversation)
while (attempt := attempts.next(now)) is not None:
    ...
    attempts.succeeded(attempt, now)               # or
    attempts.failed(attempt, verdict, now)
raise attempts.fault(now)
"""

from bisect import bisect_right
from math import ceil
from random import Random

import msgspec

from waystation.errors import Fault
from waystation.routing.affinity import Affinity, Conversation
from waystation.routing.budget import RetryBudget
from waystation.routing.choices import Candidate, Choices, Tier
from waystation.routing.health import Health, State
from waystation.routing.snapshot import ChannelKey
from waystation.routing.verdict import Verdict, VerdictKind

CALLS_MAX = 5
"""Upstream calls for one request, whatever the budget has."""

_WITH_RETRY_AFTER = (429, 503, 529)

NO_KEY = ChannelKey(id=0, secret="")
"""Of channels that need none."""

_RANK: dict[VerdictKind, int] = {"full": 0, "limited": 1, "key": 2, "failed": 3, "caller": 4}
_Pick = tuple[Candidate, ChannelKey, State]


class Attempt(msgspec.Struct, frozen=True, eq=False):
    """One try. began: monotonic seconds. probe: of something that was parked."""

    candidate: Candidate
    key: ChannelKey
    began: float
    probe: bool


class Router:
    """What choosing remembers from request to request: health, retries left, conversations, and
    whose turn it is among a channel's keys."""

    __slots__ = ("affinity", "budget", "health", "random", "turns")

    def __init__(
        self,
        health: Health | None = None,
        budget: RetryBudget | None = None,
        affinity: Affinity | None = None,
        random: Random | None = None,
    ) -> None:
        self.health = health or Health()
        self.budget = budget or RetryBudget()
        self.affinity = affinity or Affinity()
        self.random = random or Random()
        self.turns: dict[int, int] = {}

    def attempts(self, choices: Choices, conversation: Conversation | None = None) -> "Attempts":
        return Attempts(self, choices, conversation)

    def key_order(self, candidate: Candidate) -> tuple[ChannelKey, ...]:
        """The channel's keys, the one whose turn it is first."""
        keys = candidate.channel.keys
        if len(keys) < 2:
            return keys or (NO_KEY,)
        turn = self.turns.get(candidate.channel.id, 0) % len(keys)
        self.turns[candidate.channel.id] = turn + 1
        return keys[turn:] + keys[:turn]


class Attempts:
    """The tries of one request. Each (channel, key) is tried at most once, and a channel that
    failed as such not again."""

    __slots__ = (
        "_calls",
        "_choices",
        "_conversation",
        "_keys_tried",
        "_out",
        "_over",
        "_router",
        "_was_free",
        "_worst",
    )

    def __init__(self, router: Router, choices: Choices, conversation: Conversation | None) -> None:
        self._router = router
        self._choices = choices
        self._conversation = conversation
        self._calls = 0  # that went, or may have gone, to an upstream
        self._keys_tried: set[tuple[int, int]] = set()
        self._out: set[int] = set()  # channels
        self._over = False
        self._was_free = True  # the last try cost nothing: the next needs no budget
        self._worst: Verdict | None = None

    def next(self, now: float) -> Attempt | None:
        """The next try, or None: then `fault` tells why."""
        if self._over or self._calls >= CALLS_MAX:
            return None
        pick = self._search(now)
        if pick is None and not self._keys_tried:
            pick = self._last_resort(now)
        if pick is None or not self._affordable(pick[0], pick[2], now):
            self._over = True
            return None
        candidate, key, state = pick
        if state is not State.READY:
            self._router.health.taken(candidate, key, now)
        self._keys_tried.add((candidate.channel.id, key.id))
        self._calls += 1
        return Attempt(candidate, key, now, state is not State.READY)

    def withdraw(self, attempt: Attempt, now: float) -> None:
        """The attempt will not be made (the caller was not admitted): nothing was learnt, and a
        probe is free for the next request. Ends the tries."""
        self._over = True
        if attempt.probe:
            self._router.health.withdrawn(attempt.candidate, attempt.key, now)

    def succeeded(self, attempt: Attempt, now: float) -> None:
        """The upstream has begun to answer."""
        router, candidate = self._router, attempt.candidate
        router.health.succeeded(candidate, attempt.key, now)
        if self._conversation is not None:
            router.affinity.keep(self._conversation, candidate.channel.id, attempt.key.id)

    def failed(self, attempt: Attempt, verdict: Verdict, now: float) -> None:
        """It did not; the verdict decides whether and where to go on."""
        candidate = attempt.candidate
        self._router.health.failed(candidate, attempt.key, verdict, attempt.began, now)
        worst = self._worst
        if worst is None or _RANK[verdict.kind] >= _RANK[worst.kind]:
            self._worst = verdict
        self._was_free = attempt.probe
        if not verdict.retry:
            self._over = True
        elif verdict.kind == "failed":
            self._out.add(candidate.channel.id)
        elif verdict.kind == "full":
            self._calls -= 1
            self._was_free = True
            if not _limits_keys(candidate):
                self._out.add(candidate.channel.id)

    def fault(self, now: float) -> Fault:
        """What to tell the caller when nothing answered."""
        if self._worst is None:
            return self._nothing_alive(now)
        fault = self._worst.fault
        if fault.retry_after is None and fault.status in _WITH_RETRY_AFTER:
            fault.retry_after = self._soonest_seconds(now)
        return fault

    # ---- choosing ------------------------------------------------------------------------------

    def _search(self, now: float) -> _Pick | None:
        """The first tier that has someone fit. A first try may be a probe of what was parked; a
        retry is one only when nobody healthy is left anywhere."""
        if not self._keys_tried:
            return self._first_of(now, State.PROBE)
        return self._first_of(now, State.READY) or self._first_of(now, State.PROBE)

    def _first_of(self, now: float, reluctance: State) -> _Pick | None:
        for tier in self._choices.tiers:
            pick = self._pick(tier, now, reluctance)
            if pick is not None:
                return pick
        return None

    def _pick(self, tier: Tier, now: float, reluctance: State) -> _Pick | None:
        if self._conversation is not None:
            pick = self._remembered(tier, now)
            if pick is not None:
                return pick
        if self._keys_tried:
            return self._pick_fit(tier, now, reluctance)
        candidate = self._draw(tier)
        if self._router.health.calm:
            return candidate, self._router.key_order(candidate)[0], State.READY
        return self._try(candidate, now, reluctance) or self._pick_fit(tier, now, reluctance)

    def _draw(self, tier: Tier) -> Candidate:
        """By weight, whoever it is."""
        if len(tier.candidates) == 1:
            return tier.candidates[0]
        random, total = self._router.random, tier.sums[-1]
        if not total:
            return tier.candidates[int(random.random() * len(tier.candidates))]
        return tier.candidates[bisect_right(tier.sums, int(random.random() * total))]

    def _pick_fit(self, tier: Tier, now: float, reluctance: State) -> _Pick | None:
        """By weight among those that are fit; weight 0 serves when no other does."""
        picks: list[_Pick] = []
        for candidate in tier.candidates:
            pick = self._try(candidate, now, reluctance)
            if pick is not None:
                picks.append(pick)
        weights = [pick[0].weight for pick in picks]
        if not any(weights):
            return picks[0] if picks else None
        return self._router.random.choices(picks, weights)[0]

    def _remembered(self, tier: Tier, now: float) -> _Pick | None:
        """Where the conversation was, when that is in this tier and healthy."""
        assert self._conversation is not None
        place = self._router.affinity.find(self._conversation)
        if place is None or place in self._keys_tried or place[0] in self._out:
            return None
        for candidate in tier.candidates:
            if candidate.channel.id == place[0]:
                for key in candidate.channel.keys or (NO_KEY,):
                    if key.id == place[1]:
                        state = self._state(candidate, key, now)
                        return (candidate, key, state) if state is State.READY else None
        return None

    def _try(self, candidate: Candidate, now: float, reluctance: State) -> _Pick | None:
        """The candidate with the next of its keys that is at most so reluctant."""
        if candidate.channel.id in self._out:
            return None
        for key in self._router.key_order(candidate):
            if (candidate.channel.id, key.id) not in self._keys_tried:
                state = self._state(candidate, key, now)
                if state <= reluctance:
                    return candidate, key, state
        return None

    def _state(self, candidate: Candidate, key: ChannelKey, now: float) -> State:
        health = self._router.health
        if health.calm:
            return State.READY
        return max(health.channel_state(candidate, now), health.key_state(candidate, key, now))

    def _last_resort(self, now: float) -> _Pick | None:
        """All are parked and nothing was tried: the shaky, or a key whose refusal is a while ago.
        What is dead or asked us to wait stays alone."""
        for candidate in self._choices.candidates:
            pick = self._try(candidate, now, State.LAST)
            if pick is not None:
                return pick
        return None

    def _affordable(self, candidate: Candidate, state: State, now: float) -> bool:
        """First tries are free and earn. Retries cost, but for those to someone ready after a
        probe or a full slot, and those to someone who has just answered others."""
        budget = self._router.budget
        if not self._keys_tried:
            budget.earn()
            return True
        free = self._was_free or self._router.health.vouches(candidate, now)
        return (free and state is State.READY) or budget.take()

    def _nothing_alive(self, now: float) -> Fault:
        """Each candidate is parked: say why, and when the first comes back."""
        retry_after = self._soonest_seconds(now)
        if all(
            self._state(candidate, key, now) is State.LIMITED
            for candidate in self._choices.candidates
            for key in candidate.channel.keys or (NO_KEY,)
        ):
            return Fault("upstream_saturated", retry_after=retry_after)
        return Fault("no_channel_alive", retry_after=retry_after, model=self._choices.model)

    def _soonest_seconds(self, now: float) -> int:
        health = self._router.health
        waits = (
            health.soonest(candidate, candidate.channel.keys or (NO_KEY,), now)
            for candidate in self._choices.candidates
        )
        return max(1, ceil(min(waits)))


def _limits_keys(candidate: Candidate) -> bool:
    limits = candidate.channel.limits
    return bool(limits.key_concurrency or limits.key_rpm)
