"""The quick reading of a usage object says what the careful one says."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from waystation.kernel.estimate import TextTally
from waystation.meter import openai
from waystation.meter.plain import read_plain

_COUNTS = st.integers(0, 5000)
_DETAILS = st.one_of(
    st.none(),
    st.dictionaries(
        st.sampled_from(("cached_tokens", "audio_tokens", "reasoning_tokens", "image_tokens")),
        st.one_of(st.integers(-2, 500), st.none()),
        max_size=3,
    ),
)


@st.composite
def usages(draw: st.DrawFn) -> dict[str, Any]:
    prompt, completion = draw(_COUNTS), draw(_COUNTS)
    off = draw(st.sampled_from((0, 0, 0, 1, -1)))
    fields: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion + off,
    }
    for name in ("prompt_tokens_details", "completion_tokens_details"):
        details = draw(_DETAILS)
        if details is not None or draw(st.booleans()):
            fields[name] = details
    if draw(st.integers(0, 9)) == 0:
        fields["cache_read_input_tokens"] = draw(_COUNTS)
    return fields


@given(usages())
def test_the_same_numbers(fields: dict[str, Any]) -> None:
    plain = read_plain(fields)
    if plain is not None:
        assert plain == openai._read_odd(fields)


@given(usages(), st.booleans(), st.integers(1, 2000))
def test_the_same_usage(fields: dict[str, Any], has_output: bool, prompt_bound: int) -> None:
    told = openai.read_told(fields)
    limits = openai.Limits(prompt_tokens=prompt_bound, output_tokens=100)
    quick = openai._plain_usage(told, fields, limits, has_output) if not told.flags else None
    if quick is None:
        return
    careful = openai._careful_usage(
        told,
        raw=fields,
        flags=set(),
        limits=limits,
        seen=TextTally(),
        has_output=has_output,
        prompt_guess=lambda: 1,
    )
    assert quick == careful


def test_an_ordinary_answer_takes_the_quick_way() -> None:
    fields = {
        "prompt_tokens": 12,
        "completion_tokens": 8,
        "total_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 0},
    }
    told = read_plain(fields)
    assert told is not None
    assert (told.prompt, told.completion, told.reasoning) == (12, 8, 3)
