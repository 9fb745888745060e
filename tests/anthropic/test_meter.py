"""Anthropic's usage objects: the kinds apart, told in pieces, told late, twice or never."""

import pytest

from waystation.meter.anthropic import merged, read_told
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally
from waystation.meter.usage import Usage


def usage_of(*tellings: dict, text: str = "some text", limit: int = 10_000) -> Usage:
    tally = Tally(Limits(prompt_tokens=100_000, output_tokens=limit), lambda: 25, read_told)
    if text:
        tally.text.add(text)
        tally.has_output = True
    known: dict = {}
    for each in tellings:
        known = merged(known, each)
        tally.tell_fields(known)
    return tally.usage()


def test_kinds_are_disjoint() -> None:
    usage = usage_of(
        {
            "input_tokens": 10,
            "cache_read_input_tokens": 1000,
            "cache_creation_input_tokens": 300,
            "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
            "output_tokens": 50,
            "output_tokens_details": {"thinking_tokens": 20},
        }
    )
    assert usage.exact
    assert usage.input_fresh == 10
    assert usage.input_cache_read == 1000
    assert (usage.input_cache_write_5m, usage.input_cache_write_1h) == (100, 200)
    assert (usage.output_text, usage.output_reasoning) == (30, 20)
    assert usage.input_tokens == 1310


def test_writes_without_their_kinds_are_the_short_ones() -> None:
    usage = usage_of({"input_tokens": 10, "cache_creation_input_tokens": 300, "output_tokens": 5})
    assert (usage.input_cache_write_5m, usage.input_cache_write_1h) == (300, 0)


def test_a_stream_tells_it_in_two_pieces() -> None:
    usage = usage_of(
        {"input_tokens": 565, "cache_read_input_tokens": 40, "output_tokens": 7},
        {"output_tokens": 48},
    )
    assert usage.exact
    assert (usage.input_fresh, usage.input_cache_read, usage.output_text) == (565, 40, 48)


@pytest.mark.parametrize("zeros", [{"input_tokens": 0}, {"input_tokens": 0, "output_tokens": 9}])
def test_late_zeros_of_the_input_side_do_not_undo_it(zeros: dict) -> None:
    usage = usage_of({"input_tokens": 565, "output_tokens": 1}, {"output_tokens": 9, **zeros})
    assert usage.exact
    assert (usage.input_fresh, usage.output_text) == (565, 9)


def test_told_late_only() -> None:
    usage = usage_of(
        {"input_tokens": 0, "output_tokens": 0}, {"input_tokens": 12, "output_tokens": 9}
    )
    assert usage.exact
    assert (usage.input_fresh, usage.output_text) == (12, 9)


def test_told_twice_is_counted_once() -> None:
    once = {"input_tokens": 12, "output_tokens": 9}
    assert usage_of(once, once).output_tokens == 9


def test_never_told_is_counted_by_us() -> None:
    usage = usage_of(text="eight letters or so")
    assert not usage.exact
    assert usage.input_fresh == 25
    assert usage.output_text == 5


def test_a_shrinking_count_is_flagged_and_not_believed() -> None:
    usage = usage_of({"input_tokens": 12, "output_tokens": 90}, {"output_tokens": 9})
    assert usage.output_tokens == 90
    assert not usage.exact


@pytest.mark.parametrize("odd", [-1, "7", 2.5, True, 1 << 60])
def test_odd_numbers_are_flagged(odd: object) -> None:
    usage = usage_of({"input_tokens": odd, "output_tokens": 9})
    assert not usage.exact
    assert "malformed:input_tokens" in usage.flags


def test_what_was_spent_beside_the_answer_is_added() -> None:
    usage = usage_of(
        {
            "input_tokens": 612,
            "output_tokens": 2819,
            "iterations": [
                {"type": "compaction", "input_tokens": 60385, "output_tokens": 522},
                {"type": "message", "input_tokens": 612, "output_tokens": 2819},
            ],
        }
    )
    assert usage.exact
    assert (usage.input_fresh, usage.output_text) == (60997, 3341)


def test_calls_of_the_vendors_tools_are_units() -> None:
    tools = {"web_search_requests": 2, "web_fetch_requests": 0}
    usage = usage_of({"input_tokens": 12, "output_tokens": 9, "server_tool_use": tools})
    assert usage.units == {"web_search": 2}
    assert usage.exact
