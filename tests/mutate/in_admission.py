"""Faults in what is held, extended and told of it."""

from tests.mutate.fault import Fault

_ADMIT = "tests/admission/test_admit.py::"
_ESTIMATE = "tests/admission/test_estimate.py::"
_EXTEND = "tests/admission/test_extend.py::"

IN_ADMISSION = (
    Fault(
        "one prompt is held for n calls",
        "waystation/admission/estimate.py",
        "    prompt_bound = operation.prompt_tokens * calls\n",
        "    prompt_bound = operation.prompt_tokens\n",
        (_ESTIMATE + "test_n_answers_share_a_prompt_only_where_every_channel_serves_them_itself",),
    ),
    Fault(
        "the cheapest candidate's price is held",
        "waystation/routing/choices.py",
        "            if nanos > most:\n",
        "            if not most or nanos < most:\n",
        (_ESTIMATE + "test_the_dearest_candidate_and_the_dearest_kind",),
    ),
    Fault(
        "the clamp is not known",
        "waystation/admission/grant.py",
        "is_clamped = not estimate.stream and affordable < estimate.asked_tokens",
        "is_clamped = False",
        (_ADMIT + "test_the_limit_of_a_whole_answer_is_lowered_to_the_balance_and_told",),
    ),
    Fault(
        "the clamp is not written into the body",
        "waystation/dialects/openai_chat/body.py",
        "limit = target.output_limit if asked is None else min(asked, target.output_limit)",
        "limit = target.output_limit if asked is None else asked",
        ("tests/dialects/test_chat_request.py::test_the_output_limit",),
    ),
    Fault(
        "streams are never extended",
        "waystation/admission/grant.py",
        "        if estimate.stream and estimate.nanos > estimate.bound_of(0):\n",
        "        if False:\n",
        (_EXTEND + "test_a_long_stream_is_extended_on_its_way",),
    ),
    Fault(
        "a refused extension lets the stream go on",
        "waystation/admission/grant.py",
        "        if self._is_last or rest <= 0 or refused.code not in _LEAVE_THE_REST:\n",
        "        if refused.code not in _LEAVE_THE_REST:\n",
        (
            "tests/settling/test_bursts.py::test_a_burst_above_the_balance_takes_the_balance_and_ends",
        ),
    ),
    Fault(
        "a revoked caller uses up what is held",
        "waystation/admission/grant.py",
        "        if self._is_last or rest <= 0 or refused.code not in _LEAVE_THE_REST:\n",
        "        if self._is_last or rest <= 0:\n",
        (_EXTEND + "test_a_revoked_caller_does_not_go_on",),
    ),
    Fault(
        "an extension that was asked again extends twice",
        "waystation/admission/grant.py",
        "            answer = await self._ledger.extend(Extend(self.hold_id, self._seq, nanos))\n",
        "            self._seq += 1\n"
        "            answer = await self._ledger.extend(Extend(self.hold_id, self._seq, nanos))\n",
        (_EXTEND + "test_an_answer_that_got_lost_does_not_extend_twice",),
    ),
    Fault(
        "a hold may end twice",
        "waystation/admission/grant.py",
        "    def _resolve(self, resolution: Resolve) -> None:\n"
        '        assert not self._resolved, "a hold ends once"\n',
        "    def _resolve(self, resolution: Resolve) -> None:\n",
        (_ADMIT + "test_a_hold_ends_once",),
    ),
    Fault(
        "`sent` is not taken back",
        "waystation/admission/grant.py",
        "            self._ledger.unsent(self.hold_id)\n",
        "",
        (_ADMIT + "test_sent_is_told_once_and_may_be_taken_back",),
    ),
    Fault(
        "checkpoints go beyond the hold",
        "waystation/admission/grant.py",
        "        nanos = min(self.nanos, metered_nanos)\n",
        "        nanos = metered_nanos\n",
        (_ADMIT + "test_checkpoints_grow_and_stay_within_the_hold",),
    ),
    Fault(
        "without a ledger the caller's key is blamed",
        "waystation/admission/refusal.py",
        '    return NotAdmitted("temporarily_unavailable", retry_after=AWAY_SECONDS)\n\n\n',
        '    return NotAdmitted("invalid_api_key")\n\n\n',
        (_ADMIT + "test_no_ledger_is_503_and_not_401",),
    ),
    Fault(
        "the key of an idempotent request is not told",
        "waystation/admission/admit.py",
        '        "gateway",\n        idempotency,\n',
        '        "gateway",\n        None,\n',
        (_ADMIT + "test_the_hold_says_all_the_ledger_must_know",),
    ),
)
