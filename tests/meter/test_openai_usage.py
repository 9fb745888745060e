"""OpenAI-shaped usage as disjoint kinds: recorded vendors, and liars (proof 13)."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dialects import recorded
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally
from waystation.meter.usage import TOKEN_KINDS, Usage


def tally_of(*told: Any, limits: Limits | None = None, text: str = "seen text " * 4) -> Tally:
    tally = Tally(limits or Limits(prompt_tokens=5000, output_tokens=None), lambda: 25)
    if text:
        tally.text.add(text)
        tally.has_output = True
    for usage in told:
        tally.tell(json.dumps(usage).encode())
    return tally


def kinds(usage: Usage) -> dict[str, int]:
    return {kind: getattr(usage, kind) for kind in TOKEN_KINDS if getattr(usage, kind)}


RECORDED = {
    "alibaba/alibaba-tool-call": {"input_fresh": 295, "output_text": 22},
    "deepseek/deepseek-reasoning": {"input_fresh": 18, "output_text": 30, "output_reasoning": 315},
    "deepseek/deepseek-text": {"input_fresh": 13, "output_text": 300},
    "deepseek/deepseek-tool-call": {
        "input_fresh": 19,
        "input_cache_read": 320,
        "output_text": 44,
        "output_reasoning": 48,
    },
    "groq/groq-reasoning": {"input_fresh": 17, "output_text": 79, "output_reasoning": 570},
    "mistral/mistral-reasoning": {"input_fresh": 10, "output_text": 46},
    "mistral/mistral-text": {"input_fresh": 13, "output_text": 434},
    "mistral/mistral-tool-call": {"input_fresh": 124, "output_text": 22},
    "moonshotai/moonshotai-reasoning": {
        "input_fresh": 10,
        "input_cache_read": 10,
        "output_text": 8,
        "output_reasoning": 22,
    },
    "moonshotai/moonshotai-text": {"input_fresh": 9, "output_text": 5},
    "openai-compatible/xai-tool-call": {
        "input_fresh": 63,
        "input_cache_read": 244,
        "output_text": 26,
        "output_reasoning": 255,
    },
    "xai/xai-tool-call": {
        "input_fresh": 47,
        "input_cache_read": 244,
        "output_text": 26,
        "output_reasoning": 189,
    },
    "openai/openai-completion-text": {"input_fresh": 14, "output_text": 16},
}


@recorded.needs_recordings
@pytest.mark.parametrize("name", RECORDED)
def test_recorded_usage(name: str) -> None:
    told = json.loads(recorded.reply(name))["usage"]
    usage = tally_of(told).usage()
    assert kinds(usage) == RECORDED[name]
    assert usage.exact
    assert usage.flags == ()
    assert usage.raw == told
    assert usage.input_tokens + usage.output_tokens == told["total_tokens"]


def told(prompt: Any = 100, completion: Any = 50, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, **more}


def test_audio_and_pictures_are_kinds_of_their_own() -> None:
    usage = tally_of(
        told(
            prompt_tokens_details={"cached_tokens": 20, "audio_tokens": 30, "image_tokens": 10},
            completion_tokens_details={
                "reasoning_tokens": 5,
                "audio_tokens": 15,
                "image_tokens": 20,
            },
        )
    ).usage()
    assert kinds(usage) == {
        "input_fresh": 40,
        "input_cache_read": 20,
        "audio_in": 30,
        "image_in": 10,
        "output_text": 10,
        "output_reasoning": 5,
        "audio_out": 15,
        "image_out": 20,
    }
    assert usage.exact


def test_a_cached_picture_is_counted_once() -> None:
    details = {"cached_tokens": 90, "image_tokens": 80}
    usage = tally_of(told(prompt_tokens_details=details)).usage()
    assert kinds(usage) == {"input_cache_read": 90, "image_in": 10, "output_text": 50}
    assert usage.input_tokens == 100


@pytest.mark.parametrize(
    "more",
    [
        {"prompt_tokens_details": {"cached_tokens": 40}},
        {"prompt_cache_hit_tokens": 40, "prompt_cache_miss_tokens": 60},
        {"cached_tokens": 40},
        {"cache_read_input_tokens": 40},
        {"prompt_tokens_details": {"cached_tokens": 0}, "prompt_cache_hit_tokens": 40},
        {"prompt_tokens_details": None, "cached_tokens": 40},
    ],
)
def test_cached_tokens_by_any_name(more: dict[str, Any]) -> None:
    usage = tally_of(told(**more)).usage()
    assert kinds(usage) == {"input_fresh": 60, "input_cache_read": 40, "output_text": 50}
    assert usage.exact


def test_cache_writes() -> None:
    details = {"cached_tokens": 10, "cache_creation_input_tokens": 30}
    usage = tally_of(told(prompt_tokens_details=details)).usage()
    assert kinds(usage)["input_cache_write_5m"] == 30
    creation = {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 10}
    details_split = {**details, "cache_creation": creation}
    usage = tally_of(told(prompt_tokens_details=details_split)).usage()
    assert kinds(usage) == {
        "input_fresh": 60,
        "input_cache_read": 10,
        "input_cache_write_5m": 20,
        "input_cache_write_1h": 10,
        "output_text": 50,
    }


def test_reasoning_beside_the_completion_shows_in_the_total() -> None:
    beside = told(completion_tokens_details={"reasoning_tokens": 30}, total_tokens=180)
    assert kinds(tally_of(beside).usage()) == {
        "input_fresh": 100,
        "output_text": 50,
        "output_reasoning": 30,
    }
    inside = told(completion_tokens_details={"reasoning_tokens": 30}, total_tokens=150)
    assert kinds(tally_of(inside).usage())["output_text"] == 20


def test_a_total_above_the_sum_is_hidden_reasoning_and_flagged() -> None:
    usage = tally_of(told(total_tokens=250)).usage()
    assert (usage.output_text, usage.output_reasoning) == (50, 100)
    assert not usage.exact


LIES: dict[str, tuple[dict[str, Any] | None, str | None]] = {
    "missing object": (None, None),
    "empty object": ({}, "missing:prompt_tokens"),
    "missing prompt": ({"completion_tokens": 5}, "missing:prompt_tokens"),
    "missing completion": ({"prompt_tokens": 5}, "missing:completion_tokens"),
    "both zero": (told(0, 0), "zero:prompt_tokens"),
    "zero completion": (told(100, 0), "zero:completion_tokens"),
    "negative prompt": (told(-5, 50), "negative:prompt_tokens"),
    "negative completion": (told(100, -1), "negative:completion_tokens"),
    "float": (told(100.5, 50), "fraction:prompt_tokens"),
    "string": (told("100", "50"), "string:prompt_tokens"),
    "words": (told("many", 50), "string:prompt_tokens"),
    "boolean": (told(True, 50), "malformed:prompt_tokens"),
    "list": (told([100], 50), "malformed:prompt_tokens"),
    "null": (told(None, None), "missing:prompt_tokens"),
    "astronomic prompt": (told(10**18, 50), "implausible:prompt_tokens"),
    "astronomic completion": (told(100, 10**18), "implausible:completion_tokens"),
    "astronomic float": (told(1e300, 50), "fraction:prompt_tokens"),
    "astronomic total": (told(100, 50, total_tokens=10**18), "implausible:completion_tokens"),
    "cached above prompt": (
        told(prompt_tokens_details={"cached_tokens": 500}),
        "above_whole:cached_tokens",
    ),
    "negative cached": (
        told(prompt_tokens_details={"cached_tokens": -500}),
        "negative:cached_tokens",
    ),
    "reasoning above completion": (
        told(completion_tokens_details={"reasoning_tokens": 500}),
        "above_whole:reasoning_tokens",
    ),
    "audio above prompt": (
        told(prompt_tokens_details={"audio_tokens": 10**18}),
        "above_whole:audio_tokens",
    ),
}


@pytest.mark.parametrize(("lie", "flag"), LIES.values(), ids=LIES.keys())
def test_lies_are_clamped_and_flagged(lie: dict[str, Any] | None, flag: str | None) -> None:
    tally = tally_of(lie) if lie is not None else tally_of()
    usage = tally.usage()
    assert not usage.exact
    if flag is not None:
        assert flag in usage.flags
    assert all(getattr(usage, kind) >= 0 for kind in TOKEN_KINDS)
    assert 0 < usage.input_tokens <= 5000
    assert 0 < usage.output_tokens <= 1000


def test_no_usage_is_counted_from_the_text() -> None:
    usage = tally_of(text="four characters a token " * 10).usage()
    assert (usage.input_fresh, usage.output_text) == (25, 60)
    assert not usage.exact


def test_a_whole_float_is_believed() -> None:
    usage = tally_of(told(100.0, 50.0)).usage()
    assert usage.exact
    assert usage.input_fresh == 100


def test_the_last_usage_wins_and_nothing_is_added() -> None:
    usage = tally_of(told(100, 10), told(100, 30), told(100, 50)).usage()
    assert kinds(usage) == {"input_fresh": 100, "output_text": 50}
    assert usage.exact


def test_repeated_usage_counts_once() -> None:
    usage = tally_of(*[told()] * 20).usage()
    assert usage.input_tokens + usage.output_tokens == 150
    assert usage.exact


def test_shrinking_usage_keeps_the_most_and_is_flagged() -> None:
    usage = tally_of(told(100, 50), told(10, 5)).usage()
    assert kinds(usage) == {"input_fresh": 100, "output_text": 50}
    assert set(usage.flags) == {"shrank:prompt_tokens", "shrank:completion_tokens"}
    again = tally_of(told(100, 50), told(10, 5), told(120, 60)).usage()
    assert kinds(again) == {"input_fresh": 120, "output_text": 60}


def test_nothing_seen_and_nothing_told_is_zero() -> None:
    assert kinds(tally_of(text="").usage()) == {}
    assert kinds(tally_of(told(100, 0), text="").usage()) == {}


def test_output_told_but_not_seen_posts() -> None:
    usage = tally_of(told(100, 7), text="").usage()
    assert kinds(usage) == {"input_fresh": 100, "output_text": 7}
    assert usage.exact


def test_without_an_output_side_nothing_is_missed() -> None:
    limits = Limits(prompt_tokens=100, output_tokens=0, answers=False)
    usage = tally_of({"prompt_tokens": 8, "total_tokens": 8}, limits=limits, text="").usage()
    assert kinds(usage) == {"input_fresh": 8}
    assert usage.exact


@pytest.mark.parametrize("written", [b"null", b"[]", b"7", b'"x"', b"{", b"\xff"])
def test_what_is_no_usage_object_is_passed_over(written: bytes) -> None:
    tally = tally_of(told())
    tally.tell(written)
    assert kinds(tally.usage()) == {"input_fresh": 100, "output_text": 50}


NUMBERS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.integers(0, 200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=2)
)
FIELDS = st.sampled_from(
    [
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "cached_tokens",
        "reasoning_tokens",
        "audio_tokens",
        "image_tokens",
        "cache_creation_input_tokens",
        "prompt_cache_hit_tokens",
    ]
)
FLAT = st.dictionaries(FIELDS, NUMBERS, max_size=8)


@settings(deadline=None, derandomize=True)
@given(FLAT, FLAT, FLAT, st.booleans())
def test_any_usage_gives_bounded_disjoint_kinds(
    top: dict[str, Any], given_in: dict[str, Any], made: dict[str, Any], has_text: bool
) -> None:
    fields = {**top, "prompt_tokens_details": given_in, "completion_tokens_details": made}
    limits = Limits(prompt_tokens=1000, output_tokens=100)
    tally = tally_of(fields, limits=limits, text="x" * 100 if has_text else "")
    usage = tally.usage()
    assert all(getattr(usage, kind) >= 0 for kind in TOKEN_KINDS)
    assert usage.input_tokens <= limits.prompt_most
    assert usage.output_tokens <= limits.output_most(tally.text)
    assert not (usage.exact and usage.flags)
