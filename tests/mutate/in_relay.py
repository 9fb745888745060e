"""Faults on the way of a request: attempts, pump, ends, what callers see."""

from tests.mutate.fault import Fault

_FAULTS = "tests/dialects/test_faults.py::"
_ONCE = "tests/settling/test_once.py::"
_LEAVING = "tests/settling/test_leaving.py::"
_BURSTS = "tests/settling/test_bursts.py::"
_MANY = "tests/settling/test_many_answers.py::"

IN_RELAY = (
    Fault(
        "a channel's own secrets are not scrubbed",
        "waystation/dialects/scrub.py",
        "        text = text.replace(secret, _MARK)\n",
        "        pass\n",
        (_FAULTS + "test_exact_secrets_of_any_shape_are_taken_out",),
    ),
    Fault(
        "what is shaped like a key is not scrubbed",
        "waystation/dialects/scrub.py",
        "    text = _PATTERNS.sub(_MARK, text)\n",
        "",
        (_FAULTS + "test_secrets_are_taken_out",),
    ),
    Fault(
        "an attempt does not know its key for a secret",
        "waystation/edge/answers.py",
        "secrets=attempt.key.secrets,",
        "secrets=(),",
        (_ONCE + "test_an_upstreams_words_never_have_its_key",),
    ),
    Fault(
        "a retry after the first content byte",
        "waystation/dialects/openai_chat/stream.py",
        "            self.started = True\n",
        "            self.started = False\n",
        (_ONCE + "test_no_other_is_asked_once_content_has_come",),
    ),
    Fault(
        "an attempt does not get the clamp",
        "waystation/edge/answers.py",
        "output_limit=grant.output_limit,",
        "output_limit=None,",
        (_ONCE + "test_a_clamp_is_written_and_told",),
    ),
    Fault(
        "an empty answer is posted",
        "waystation/edge/answers.py",
        "    if answer.has_output or usage.output_tokens or not made.operation.expects_output:\n",
        "    if usage.input_tokens or True:\n",
        (_ONCE + "test_a_by_call_answer_without_content_is_free",),
    ),
    Fault(
        "an empty answer with tokens is free",
        "waystation/edge/answers.py",
        "    if answer.has_output or usage.output_tokens or not made.operation.expects_output:\n",
        "    if answer.has_output:\n",
        (_ONCE + "test_an_empty_answer_is_paid_if_tokens_were_made",),
    ),
    Fault(
        "the first choice's rate is charged whoever answered",
        "waystation/edge/answers.py",
        "        story.served = candidate\n",
        "        story.served = story.served or candidate\n",
        (_ONCE + "test_failed_over_it_costs_the_rate_of_the_group_that_answered",),
    ),
    Fault(
        "a stream is not paid",
        "waystation/edge/pump.py",
        "            story.post(usage, end, fault, 200)\n",
        "            story.void(end, fault, 200)\n",
        (_ONCE + "test_a_stream",),
    ),
    Fault(
        "an upstream that failed before any content is paid",
        "waystation/edge/pump.py",
        "            if ended_by_itself or self._cut is not None:\n",
        "            if False:\n",
        (_LEAVING + "test_an_upstream_that_fails_before_any_content_is_free",),
    ),
    Fault(
        "the prompt is free for who leaves early",
        "waystation/edge/story.py",
        "        if not self.grant.was_sent:\n",
        "        if True:\n",
        (_LEAVING + "test_before_any_content_the_prompt_is_paid",),
    ),
    Fault(
        "the prompt is free after early headers",
        "waystation/edge/pump.py",
        "                story.post_prompt(end, fault, 200)\n",
        "                story.void(end, fault, 200)\n",
        (_LEAVING + "test_headers_that_had_to_be_told_early_do_not_make_the_prompt_free",),
    ),
    Fault(
        "draining for a client that left has no end",
        "waystation/edge/pump.py",
        "            if now > self._drain_until:\n",
        "            if False:\n",
        (_LEAVING + "test_draining_has_an_end_and_is_paid_up_to_it",),
    ),
    Fault(
        "a channel that drains is cut",
        "waystation/edge/pump.py",
        "            if self._left and not self._drains:\n",
        "            if self._left:\n",
        (_LEAVING + "test_a_channel_that_drains_is_read_to_its_end",),
    ),
    Fault(
        "checkpoints are not told",
        "waystation/edge/pump.py",
        "        self._grant.checkpoint(self._story.price(self._source.usage()).nanos)\n",
        "",
        (_ONCE + "test_what_is_metered_is_told_each_second",),
    ),
    Fault(
        "the pump asks for no extension",
        "waystation/edge/pump.py",
        "            if reader.output_seen >= grant.extend_above:\n",
        "            if False:\n",
        (_BURSTS + "test_a_burst_above_the_balance_takes_the_balance_and_ends",),
    ),
    Fault(
        "what came faster than it was held is not paid",
        "waystation/edge/story.py",
        "            if nanos > self.grant.nanos:\n",
        "            if False:\n",
        (_BURSTS + "test_a_burst_is_held_and_paid",),
    ),
    Fault(
        "our own count is charged beyond the caller's limit",
        "waystation/admission/grant.py",
        "            metered_nanos = min(metered_nanos, "
        "self._estimate.bound_of(self._output_tokens_max))\n",
        "            pass\n",
        (_BURSTS + "test_the_callers_own_limit_bounds_what_our_count_may_charge",),
    ),
    Fault(
        "n calls are paid as one",
        "waystation/dialects/openai_chat/fan_out.py",
        '        units["calls"] = calls\n',
        "        pass\n",
        (
            _MANY + "test_a_price_per_call_is_paid_for_each_call",
            _MANY + "test_each_call_falls_into_the_tier_of_its_own_prompt",
        ),
    ),
    Fault(
        "a channel's place is never given back",
        "waystation/edge/relay.py",
        "                self._site.ledger.give_slot(slot.slot_id)\n",
        "                pass\n",
        (_ONCE + "test_a_channels_place_is_given_back",),
    ),
    Fault(
        "the idempotency key is ignored",
        "waystation/edge/relay.py",
        "        idempotency = None if digest is None else idempotency_of(call, digest)\n",
        "        idempotency = None\n",
        (_ONCE + "test_the_same_idempotency_key_is_served_once",),
    ),
    Fault(
        "a stream goes on without its hold",
        "waystation/edge/pulse.py",
        "            stream.swept()\n",
        "            pass\n",
        ("tests/settling/test_swept.py",),
    ),
    Fault(
        "a client that left in line is served all the same",
        "waystation/edge/leaving.py",
        "        if self._task is not None:\n            self._task.cancel()\n",
        "",
        (_LEAVING + "test_before_any_content_the_prompt_is_paid",),
    ),
)
