"""Faults in who serves, in which order, at which rate."""

from tests.mutate.fault import Fault

_CANDIDATES = "tests/routing/test_candidates.py::"
_CHOICE = "tests/routing/test_choice.py::"
_HEALTH = "tests/routing/test_health.py::"

IN_ROUTING = (
    Fault(
        "a special rate is multiplied, not put in place",
        "waystation/routing/candidates.py",
        "        return Rate.parse(group.rate if special is None else special)\n",
        "        from waystation.ledger.price import RATE_SCALE\n\n"
        "        own, other = Rate.parse(group.rate), Rate.parse(special or '1')\n"
        "        return Rate('x', own.scaled * other.scaled // RATE_SCALE)\n",
        (_CANDIDATES + "test_a_special_rate_replaces_the_group_s",),
    ),
    Fault(
        "a candidate without a price serves for nothing",
        "waystation/routing/candidates.py",
        "(FREE if offer.channel.free_by_default else None)",
        "FREE",
        (_CANDIDATES + "test_what_has_no_price_is_dropped_and_the_demo_is_free",),
    ),
    Fault(
        "the allow-list of the token is ignored",
        "waystation/routing/candidates.py",
        "        if query.models and query.model not in NameSet(query.models):\n"
        "            raise refusals",
        "        if False:\n            raise refusals",
        (_CANDIDATES + "test_the_allow_list_of_the_token",),
    ),
    Fault(
        "anybody may pin a channel",
        "waystation/routing/candidates.py",
        "if query.pinned_channel is not None and not query.operator:",
        "if False:",
        (_CANDIDATES + "test_a_pinned_channel_is_for_operators",),
    ),
    Fault(
        "the order of tiers is ignored",
        "waystation/routing/choice.py",
        "        for tier in self._choices.tiers:\n",
        "        for tier in reversed(self._choices.tiers):\n",
        (_CHOICE + "test_tiers_in_order_and_all_of_them",),
    ),
    Fault(
        "the retry budget is ignored",
        "waystation/routing/budget.py",
        "        if self.left < 1.0:\n",
        "        if False:\n",
        (_CHOICE + "test_a_retry_needs_budget",),
    ),
    Fault(
        "retries are without end",
        "waystation/routing/choice.py",
        "        if self._over or self._calls >= CALLS_MAX:\n",
        "        if self._over:\n",
        (_CHOICE + "test_calls_for_one_request_are_bounded_whatever_there_is",),
    ),
    Fault(
        "a caller's own error is tried elsewhere",
        "waystation/routing/verdict.py",
        '    return Verdict("caller", fault, retry=False)\n',
        '    return Verdict("caller", fault)\n',
        (_CHOICE + "test_a_caller_s_own_error_ends_it",),
    ),
    Fault(
        "the breaker never opens",
        "waystation/routing/breaker.py",
        "        elif self.in_row >= CONSECUTIVE_MAX:\n",
        "        elif False:\n",
        (_HEALTH + "test_failures_in_a_row_open_the_breaker",),
    ),
    Fault(
        "every request is a probe",
        "waystation/routing/breaker.py",
        "        self.reopens = now + self.period\n",
        "        pass\n",
        (_HEALTH + "test_one_probe_a_period_and_a_success_closes",),
    ),
    Fault(
        "a refused key is tried on",
        "waystation/routing/health.py",
        "                _record(self._keys, (id, key.id), Park).refused(began, now)\n",
        "                pass\n",
        (_HEALTH + "test_a_refused_key_is_left_for_the_others_and_comes_back",),
    ),
    Fault(
        "weights are ignored",
        "waystation/routing/choice.py",
        "return tier.candidates[bisect_right(tier.sums, int(random.random() * total))]",
        "return tier.candidates[0]",
        (_CHOICE + "test_weights_are_respected",),
    ),
)
