"""Faults in what is counted and what it costs."""

from tests.mutate.fault import Fault

_METER = "tests/meter/test_openai_usage.py"
_CHARGE = "tests/prices/test_charge.py"

IN_METER = (
    Fault(
        "cache reads and writes are swapped",
        "waystation/meter/openai.py",
        "    fresh, cached, written_5m, written_1h, audio_in, image_in = _input_kinds(",
        "    fresh, written_5m, cached, written_1h, audio_in, image_in = _input_kinds(",
        (_METER,),
    ),
    Fault(
        "cached tokens are counted as fresh too",
        "waystation/meter/openai.py",
        "    left -= cached\n",
        "",
        (_METER,),
    ),
    Fault(
        "a shrinking usage is believed",
        "waystation/meter/tally.py",
        "            told = told.not_below(self._told)\n",
        "            pass\n",
        (_METER + "::test_shrinking_usage_keeps_the_most_and_is_flagged",),
    ),
    Fault(
        "a doubtful usage is taken for exact",
        "waystation/meter/openai.py",
        "exact=is_counted and not doubts,",
        "exact=is_counted,",
        (_METER,),
    ),
    Fault(
        "an absurd number of tokens is believed",
        "waystation/meter/openai.py",
        "    if number > most:\n",
        "    if False:\n",
        (_METER + "::test_lies_are_clamped_and_flagged",),
    ),
    Fault(
        "a negative number of tokens is believed",
        "waystation/meter/openai.py",
        "        if value < 0:\n",
        "        if False:\n",
        (_METER + "::test_lies_are_clamped_and_flagged",),
    ),
    Fault(
        "reasoning is counted on top of the completion that has it",
        "waystation/meter/openai.py",
        "    return output - reasoning - audio - image, reasoning, audio, image",
        "    return output - audio - image, reasoning, audio, image",
        (_METER,),
    ),
    Fault(
        "rounded down",
        "waystation/ledger/charge.py",
        "    return Charge((atoms * rate.scaled + _HALF) // _SCALE, ",
        "    return Charge(atoms * rate.scaled // _SCALE, ",
        (_CHARGE + "::test_rounded_half_up_once_and_not_by_part",),
    ),
    Fault(
        "cached input at the price of a cache write",
        "waystation/ledger/price_tier.py",
        '"input_cache_read": told.get("cached_input", input_atoms),',
        '"input_cache_read": told.get("cache_write_5m", input_atoms),',
        (_CHARGE + "::test_a_charge_is_exact_and_rounded_once",),
    ),
    Fault(
        "a tier begins one token early",
        "waystation/ledger/price.py",
        "if prompt_tokens <= tier.above_tokens:",
        "if prompt_tokens < tier.above_tokens:",
        (_CHARGE + "::test_tiers_are_cliffs",),
    ),
    Fault(
        "the bound forgets the dearer tiers",
        "waystation/ledger/charge.py",
        "        if tier.above_tokens and prompt_tokens <= tier.above_tokens * calls:\n",
        "        if tier.above_tokens:\n",
        (_CHARGE + "::test_a_bound_is_never_exceeded",),
    ),
    Fault(
        "a price before its time",
        "waystation/ledger/price_book.py",
        "                if price.effective_ms > at_ms:\n",
        "                if False:\n",
        ("tests/prices/test_price_book.py::test_prices_change_at_their_time_and_not_before",),
    ),
)
